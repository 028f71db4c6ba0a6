"""Snapshots as current servers write them: without `__proto__`, and cut where they are too deep."""

from __future__ import annotations

from typing import Any

from pytest_mastra.fake.workflows.javascript import PROTOTYPE, dumps

DEEPEST = 100
"""Objects and lists around a value that is stored as it is."""

TOO_DEEP = "[Max depth exceeded]"
"""What is stored in the place of deeper ones."""


def as_stored(snapshot: dict[str, Any]) -> dict[str, Any]:
    """Return a snapshot as it is read again."""
    text = dumps(snapshot)
    if PROTOTYPE.encode() not in text and text.count(b"{") + text.count(b"[") <= DEEPEST:
        return snapshot
    return _written(snapshot, 0)  # type: ignore[no-any-return]


def _written(value: Any, depth: int) -> Any:
    if not isinstance(value, (dict, list)):
        return value
    if depth > DEEPEST:
        return TOO_DEEP
    if isinstance(value, list):
        return [_written(item, depth + 1) for item in value]
    return {key: _written(item, depth + 1) for key, item in value.items() if key != PROTOTYPE}
