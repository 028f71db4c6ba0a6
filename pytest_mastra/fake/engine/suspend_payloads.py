"""What steps suspend with, be it an object or not, and what Mastra keeps in it."""

from __future__ import annotations

from typing import Any

from mastra_sync.step_paths import NESTED_META
from pytest_mastra.fake.workflows.errors import Refusal
from pytest_mastra.fake.workflows.javascript import UNDEFINED, dumps, spread, truthy, without

_META = frozenset({NESTED_META})


def meta_of(payload: Any) -> dict[str, Any]:
    """Return what Mastra keeps for itself in what a step suspended with."""
    return spread(payload.get(NESTED_META)) if isinstance(payload, dict) else {}


def path_of(payload: Any) -> list[Any]:
    """Return the steps inside a nested workflow that had suspended, from the outside in."""
    return list(spread(meta_of(payload).get("path")).values())


def fields_of(payload: Any) -> dict[str, Any]:
    """Return what a step suspended with as answers gather it: text and lists by index."""
    return without(spread(payload), _META)


def with_meta(payload: Any, meta: dict[str, Any]) -> dict[str, Any]:
    """Return what a step suspended with, with what Mastra keeps in it for itself."""
    return {**spread(payload), NESTED_META: meta}


def shown_to_step(payload: Any) -> Any:
    """Return what a step that is resumed sees of what it had suspended with.

    Raises:
        Refusal: Mastra looks into it with `in`, which text, numbers and booleans do not have.
    """
    if payload is UNDEFINED or not truthy(payload):
        return payload
    if isinstance(payload, dict):
        return without(payload, _META) if NESTED_META in payload else payload
    if isinstance(payload, list):
        return payload
    text = payload if isinstance(payload, str) else dumps(payload).decode()
    raise Refusal(f"Cannot use 'in' operator to search for '{NESTED_META}' in {text}", name="TypeError")
