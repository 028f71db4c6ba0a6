"""Where the values of a workflow's mapping come from, as servers write it. No I/O."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

SOURCES = frozenset({"step", "initData", "value", "requestContextPath", "template"})
"""What names the source of a value, by the words of servers; a function has no source that can be told."""


def sources_of(text: str) -> Mapping[str, Mapping[str, Any]] | None:
    """Return the source of each value that a mapping gives.

    Args:
        text: `mapConfig` of the graph's entry; servers cut long ones.

    Returns:
        None for what is not told: a function, text that was cut, a source of another kind.
    """
    try:
        shown = json.loads(text)
    except ValueError:
        return None
    sources = shown.values() if isinstance(shown, dict) else (None,)
    return shown if all(isinstance(source, dict) and _is_told(source) for source in sources) else None


def _is_told(source: Mapping[str, Any]) -> bool:
    return "fn" not in source and not SOURCES.isdisjoint(source)
