"""What the fake makes of schemas that zod 4.6 wrote: types in lists, where zod 4.3 writes `anyOf`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pytest_mastra.fake.workflows.schemas import Schema
from tests.live.zod.test_zod import Made, Zod, zod_of

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


@pytest.mark.parametrize("made", SCHEMAS, ids=str)
def test_the_fake_judges_as_zod(zod: Zod, made: Made) -> None:
    """The same values fit, and what does not is told in the same words."""
    judged = zod.judge(["object", [["a", made, False]]], [{"a": value} for value in VALUES], "draft-07")
    schema = Schema(judged["schema"], strips=True)
    for value, verdict in zip(VALUES, judged["verdicts"], strict=True):
        fitted, issues = schema.check({"a": value})
        found = {"issues": [[list(issue.path), issue.message] for issue in issues]} if issues else {"data": fitted}
        assert found == verdict, (judged["schema"], value)


def test_lists_of_types_are_what_zod_writes(zod: Zod) -> None:
    """Or nothing of this is shown above."""
    judged = zod.judge(["object", [["a", ["nullable", ["string"]], False]]], [], "draft-07")
    assert judged["schema"]["properties"] == {"a": {"type": ["string", "null"]}}
