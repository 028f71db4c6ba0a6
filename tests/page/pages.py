"""Pages, read as a browser reads them."""

from __future__ import annotations

import base64
import json
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NAIVE_CALLER = """
import pytest
import requests

@pytest.mark.mastra_sweep
def test_naive(pay, mastra_target):
    url = f"{mastra_target.url}/api/workflows/pay/start-async?runId=run-1"
    for _ in range(3):
        try:
            assert requests.post(url, json={"inputData": {}}, timeout=5).json()["status"] == "success"
            return
        except requests.RequestException:
            pass
"""
"""A test that asks again what was lost, so that its sweep fails; the fixture `pay` declares the workflow."""

OUTCOMES = ("failed", "error", "xpassed", "passed", "skipped", "xfailed")


@dataclass(frozen=True)
class ReadTest:
    name: str
    outcome: str
    sentence: str
    message: str
    said: dict[str, str]
    runs: list[tuple[str, str]]
    requests: int
    is_thinned: bool


@dataclass(frozen=True)
class ReadPage:
    html: str
    data: dict[str, Any]
    parts: list[dict[str, Any]]

    @property
    def static(self) -> str:
        """What is there without the script and its data."""
        without_data = re.sub(r'<script type="application/octet-stream".*?</script>', "", self.html, flags=re.DOTALL)
        return re.sub(r"<(script|style)>.*?</\1>", "", without_data, flags=re.DOTALL)

    @property
    def tests(self) -> dict[str, ReadTest]:
        """The tests by the last part of their name."""
        return {test.name.rpartition("::")[2]: test for test in map(self._test, self.data["tests"])}

    def _test(self, row: list[Any]) -> ReadTest:
        text = self.text
        workflow, words, step, why = (*map(text, row[3]), "", "", "", "")[:4]
        said = " ".join(filter(None, (workflow, words, step)))
        part = self.parts[row[7]] if len(row) > 7 else {"texts": [], "tests": [[[]]]}
        more = part["tests"][row[8] if len(row) > 7 else 0]
        return ReadTest(
            text(row[0]),
            OUTCOMES[row[1]],
            f"{said}: {why}" if why else said,
            text(row[4]),
            {part["texts"][title]: part["texts"][content] for title, content in more[0]},
            [(part["texts"][run[0]], part["texts"][run[2]]) for run in more[2]] if len(more) > 1 else [],
            len(more[4]) if len(more) > 1 else 0,
            bool(row[6]),
        )

    @property
    def texts(self) -> list[str]:
        """All texts of its data."""
        return [text for part in (self.data, *self.parts) for text in part["texts"]]

    def text(self, number: int) -> str:
        return "" if number < 0 else str(self.data["texts"][number])


def read_page(path: Path) -> ReadPage:
    """Return a page and the data in it."""
    html = path.read_text(encoding="utf-8")
    packed = re.findall(r'<script type="application/octet-stream" (?:id="data"|class="packed")>([^<]*)</script>', html)
    data, *parts = (json.loads(zlib.decompress(base64.b64decode(one))) for one in packed)
    return ReadPage(html, data, parts)
