"""The examples of docs/drift.md run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from pytest_mastra.cassettes.file.read_write import write_cassette
from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.redact.scrubber import Scrubber
from tests.cassettes.recorded_calls import Said

TEXT = (Path(__file__).parents[2] / "docs" / "drift.md").read_text(encoding="utf-8")
COMPARING, MAKING = re.findall(r"^```python\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)


def _said() -> Said:
    server = FakeMastra()
    workflow = server.workflow("city").then(server.step("lookup", lambda ctx: {"city": ctx.input_data["city"]}))
    workflow.then(server.step("report", lambda ctx: {"text": f"{ctx.input_data['city']}: 2"})).commit()
    said = Said(server)
    said.post("city", "start-async", "r", {"inputData": {"city": "NY"}})
    return said


def test_the_comparison_runs() -> None:
    """As the page has it."""
    exec(COMPARING, {"recorded": _said().exchanges, "live": _said().exchanges})


def test_the_fake_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the page has it: the fault, then the stub beside what was recorded."""
    path = tmp_path / "cassettes" / "test_suite" / "test_city.yaml"
    path.parent.mkdir(parents=True)
    write_cassette(path, _said().exchanges, scrubber=Scrubber())
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(MAKING, names)
    said = Said(names["server"])
    for _ in range(2):
        answer = said.post("city", "start-async", "x", {"inputData": {"city": "NY"}})
    assert [exchange.status for exchange in said.exchanges] == [503, 200]
    assert answer["result"] == {"text": "no wind in NY"}
