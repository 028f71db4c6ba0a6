"""A trace as one JSON document, for programs that would rather not read lines. No I/O."""

from __future__ import annotations

import base64
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_mastra.report.trace_reader import Trace


def json_trace(trace: Trace) -> dict[str, Any]:
    """Return a trace as `read_trace` has it; bytes are told as `{"base64": "..."}`."""
    return {"format": "mastra-trace", "version": 1, **_plain(asdict(trace))}


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode("ascii")}
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value
