"""Where the values of a mapping come from, as servers write it."""

from __future__ import annotations

import json

import pytest

from mastra_sync.mapping_config import sources_of

TOLD = {"whole": {"step": "first", "path": "."}, "fixed": {"value": 1}, "text": {"template": "hi ${init.name}"}}


@pytest.mark.parametrize("sources", [{}, TOLD, {"who": {"initData": "order", "path": "who"}}])
def test_sources_that_are_told(sources: dict[str, object]) -> None:
    """All of them are given as they are."""
    assert sources_of(json.dumps(sources, indent=2)) == sources


@pytest.mark.parametrize(
    "text",
    [
        "async ({ inputData }) => inputData",
        json.dumps(TOLD)[:-9],
        json.dumps({**TOLD, "computed": {"fn": "() => 1"}}),
        json.dumps({"new": {"ofAnotherKind": 1}}),
        json.dumps({"bare": 1}),
        "[]",
        "null",
        "",
    ],
)
def test_what_is_not_told(text: str) -> None:
    """A function, text that was cut, a source that is none or of another kind: only whoever runs it knows."""
    assert sources_of(text) is None
