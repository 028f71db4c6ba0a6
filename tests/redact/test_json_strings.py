"""The strings of JSON texts, which are looked through for secrets together."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mastra.redact.json_text import strings_in

STRINGS = st.text(alphabet='ab"\\/\n\0\1\x1eé漢𝄞\ud800', max_size=6)
VALUES = st.recursive(
    STRINGS | st.integers() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(STRINGS, inner, max_size=4),
)


def strings_of(value: Any) -> set[str]:
    if isinstance(value, str):
        return {value}
    if isinstance(value, dict):
        return set(value).union(*map(strings_of, value.values()))
    return set().union(*map(strings_of, value)) if isinstance(value, list) else set()


@given(values=st.lists(VALUES, min_size=1, max_size=3), is_ascii=st.booleans())
def test_all_strings_are_found(values: list[Any], *, is_ascii: bool) -> None:
    """Keys and values, whatever is escaped in them, of one text and of lines of several."""
    text = "\n".join(json.dumps(value, ensure_ascii=is_ascii) for value in values)
    assert strings_in(text) == set().union(*map(strings_of, values))


@pytest.mark.parametrize("text", ['{"a\\x": 1}', '"\\n\0"', '"\\\1"'])
def test_what_is_no_json(text: str) -> None:
    """Of what has escapes that JSON has not, or control characters, nothing can be told."""
    assert strings_in(text) is None
