"""What the fake makes of values by a JSON Schema that zod 4.6 wrote, held against zod 4.6 in Node."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.live.zod.test_zod import Made, Zod, hold_alike, judge_alike, zod_of

pytestmark = pytest.mark.hosts

VALUES: list[Any] = [None, "a", 1, 1.5, True, [], ["a", None], {}, {"x": None}]
PLAIN: list[Made] = [["string"], ["number"], ["boolean"]]
SCHEMAS: list[Made] = [
    *(["nullable", plain] for plain in PLAIN),
    ["union", [["string"], ["number"]]],
    ["union", [["string"], ["number"], ["null"]]],
    ["array", ["nullable", ["string"]]],
    ["object", [["x", ["nullable", ["number"]], True]]],
    ["nullable", ["string", ["min", 2]]],
    ["nullable", ["int"]],
    ["nullable", ["enum", ["a", "b"]]],
]


@pytest.fixture(scope="module")
def zod() -> Iterator[Zod]:
    """Zod as a project of today has it."""
    yield from zod_of("cli")


@pytest.mark.parametrize("target", ["draft-07", "draft-2020-12"])
@pytest.mark.parametrize("strips", [True, False])
@settings(max_examples=200, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_fake_judges_as_zod(zod: Zod, *, strips: bool, target: str, data: st.DataObject) -> None:
    """By any schema of any shape, on any value: the same value comes out, or the same issues in the same order."""
    judge_alike(zod, data, target, strips=strips)


@pytest.mark.parametrize("made", SCHEMAS, ids=str)
def test_types_in_lists_are_judged_as_zod_does(zod: Zod, made: Made) -> None:
    """The same values fit, and what does not is told in the same words."""
    values = [{"a": value} for value in VALUES]
    hold_alike(zod, zod.judge(["object", [["a", made, False]]], values, "draft-07"), values, strips=True)


def test_lists_of_types_are_what_zod_writes(zod: Zod) -> None:
    """Or nothing of this is shown above."""
    judged = zod.judge(["object", [["a", ["nullable", ["string"]], False]]], [], "draft-07")
    assert judged["schema"]["properties"] == {"a": {"type": ["string", "null"]}}
