"""What a page's data is put together of: texts that are deflated while they come, values that are encoded together."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pytest_mastra.page.deflated import DeflatedText
from pytest_mastra.page.interned import Interned

HALF = "\ud800"
UUIDS = ["5f3c0000-0000-4000-8000-000000000001", "5f3c0000-0000-4000-8000-000000000002"]
VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=5) | st.sampled_from([*UUIDS, f"x{UUIDS[0]}y", "null", "\0", HALF]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


def noise(number: int) -> str:
    return "".join(f"{(number * 7919 + index * 104729) % 999983:06d}" for index in range(170))


def test_a_text_that_grows() -> None:
    """What comes out is what was added; its size is known to a quarter all the while, once there is much of it."""
    growing, plain = DeflatedText(), ""
    for number in range(400):
        growing.add(noise(number))
        plain += noise(number)
        if number % 50 == 49 and len(plain) > 100_000:
            assert abs(growing.size / len(zlib.compress(plain.encode())) - 1) < 0.25
    text, deflated = growing.finished()
    assert growing.length == len(plain)
    assert text.decode() == plain == zlib.decompress(base64.b64decode(deflated)).decode()


@given(tests=st.lists(st.lists(VALUES, max_size=4), max_size=3))
def test_values_that_are_encoded_together(tests: list[list[Any]]) -> None:
    """They are the texts that they are one by one, whatever is in them."""
    together, apart = Interned(), Interned()
    for values in tests:
        together.begin_test()
        apart.begin_test()
        numbers, expected = together.values(values), [apart.value(value) for value in values]
        assert [_text(together, number) for number in numbers] == [_text(apart, number) for number in expected]
        assert together.ids == apart.ids


def _text(interned: Interned, number: int) -> Any:
    text = "null" if number < 0 else interned.texts[number]
    return json.loads(text.replace("\0", "stand-in "))
