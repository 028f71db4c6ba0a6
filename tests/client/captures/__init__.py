"""What real servers answered, captured once: one file for each case, in it one line for each generation and shape."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SHAPES = ("answer", "by_id", "row", "execution_result")
"""What an `_async` verb answers, run-by-id, the entry in the list of runs, and execution-result (1.0-beta)."""

Capture = dict[str, dict[str, Any]]


@cache
def _text(case: str) -> str:
    return (HERE / f"{case}.json").read_text(encoding="utf-8")


def capture(case: str) -> Capture:
    """Return what the servers answered in a case: by generation, then by shape; a fresh copy each time."""
    captured: Capture = json.loads(_text(case))
    return captured


def cases() -> list[str]:
    """Return the names of all cases."""
    return sorted(path.stem for path in HERE.glob("*.json"))
