"""Tokens that agents used, counted from what steps write into a stream."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

_COUNTED = (
    "inputTokens",
    "outputTokens",
    "totalTokens",
    "reasoningTokens",
    "cachedInputTokens",
    "cacheCreationInputTokens",
)
"""The counters in the order in which they stand once something was counted."""

_OLDER_NAMES = {"inputTokens": "promptTokens", "outputTokens": "completionTokens"}
_DIGITS = re.compile(r"\s*([+-]?\d+)")


def counted(usage: dict[str, Any], record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stream's counters after a record of it; those of an agent's `finish` are added.

    Args:
        usage: The counters so far.
        record: What was written into the stream.
    """
    used = _usage_in(record)
    if not isinstance(used, Mapping):
        return usage
    names = {"inputTokens": "inputTokens", "outputTokens": "outputTokens"}
    if "inputTokens" not in used:
        names = _OLDER_NAMES if "promptTokens" in used else dict.fromkeys(names, "")
    told = {name: used.get(names.get(name, name)) for name in _COUNTED if name in usage}
    return {name: usage[name] + _parsed(value) for name, value in told.items()}


def as_told(usage: Mapping[str, Any]) -> dict[str, Any]:
    """Return counters as JSON has them: null where something told was no number."""
    return {name: None if math.isnan(value) else value for name, value in usage.items()}


def _usage_in(record: Mapping[str, Any]) -> Any:
    output = (record.get("payload") or {}).get("output") if record.get("type") == "workflow-step-output" else None
    if not isinstance(output, Mapping) or output.get("type") != "finish":
        return None
    payload = output.get("payload")
    if not isinstance(payload, Mapping):
        return None
    inner = payload.get("output")
    return payload.get("usage") or (inner.get("usage") if isinstance(inner, Mapping) else None)


def _parsed(value: Any) -> float:
    """Return a number as JavaScript's `parseInt` reads the text of a value, 0 of nothing."""
    if value is None:
        return 0
    if isinstance(value, Sequence) and not isinstance(value, str):
        value = value[0] if value else ""
    found = None if isinstance(value, bool) else _DIGITS.match(str(value))
    return int(found[1]) if found else math.nan
