"""What the fake makes of values by a JSON Schema that zod wrote, held against zod itself in Node."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pytest_mastra.fake.workflows.schemas import Schema
from pytest_mastra.fake.workflows.zod_releases import Zod as Release
from pytest_mastra.fake.workflows.zod_releases import zod_named
from tests.live.install import SERVERS, ServerUnavailable, install, node_program

Made = list[Any]
"""How zod is to make a schema: its kind, and what that takes; `judge.mjs` reads it."""

JUDGE = Path(__file__).with_name("judge.mjs")
TEXTS = st.sampled_from(["", "a", "ab", "abc", "x", "é", "😀", "a@b.co", "http://x/", "2026-01-01", "1.2.3.4"])
NUMBERS = st.sampled_from([0, 1, -1, 2, 3, 5, 10, 0.3, 1.5, -2.5, 0.7, 2**53 - 1, 2**53, -(2**53), 1e300, 1e-7])
LIMITS = st.integers(0, 3)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abkx"), inner, max_size=3),
    max_leaves=6,
)
FORMATS = ("email", "url", "uuid", "guid", "ipv4", "ipv6", "emoji", "nanoid", "base64", "cidrv4", "jwt", "e164")
ISO = ("date", "time", "datetime", "duration")


@st.composite
def checked(draw: st.DrawFn, kind: str, checks: tuple[str, ...], limits: st.SearchStrategy[Any]) -> Made:
    """A schema with checks, in the order in which zod writes them."""
    chosen = [name for name in checks if draw(st.booleans())]
    if {"min", "gt"} <= set(chosen):  # zod says both, its JSON Schema one of them
        chosen.remove("gt")
    if {"min", "max"} <= set(chosen):
        chosen.remove("max")
    return [kind, *([name, draw(limits)] for name in chosen)]


LEAVES: st.SearchStrategy[Made] = st.one_of(
    checked("string", ("min", "max"), LIMITS),
    checked("number", ("min", "gt", "max", "multipleOf"), st.sampled_from([1, 2, 0.1, 0.5])),
    checked("int", ("min", "max"), st.sampled_from([1, 2, 5])),
    st.sampled_from([["boolean"], ["null"], ["any"], ["never"], ["tree"]]),
    st.sampled_from([["regex", r"^\p{L}+$"], ["regex", "b$"], ["literal", "x"], ["literal", 1], ["literal", True]]),
    st.sampled_from([["enum", ["a", "b"]], ["enum", ["x"]]]),
    st.sampled_from([["format", name] for name in FORMATS] + [["iso", name] for name in ISO]),
    st.just(["default", ["string"], "D"]),
)


def composed(inner: st.SearchStrategy[Made]) -> st.SearchStrategy[Made]:
    """Schemas made of others."""
    names = st.lists(st.sampled_from("abkx"), unique=True, max_size=3)
    fields = names.flatmap(
        lambda chosen: st.tuples(*[st.tuples(st.just(name), inner, st.booleans()) for name in chosen])
    )
    lists = st.builds(lambda made, more: ["array", made, *more[1:]], inner, checked("array", ("min", "max"), LIMITS))
    several = st.lists(inner, min_size=1, max_size=3)
    tags = st.lists(inner, min_size=2, max_size=3).map(
        lambda made: ["tagged", [["object", [["kind", ["literal", f"t{i}"]], ["x", m]]] for i, m in enumerate(made)]]
    )
    return st.one_of(
        st.builds(lambda kind, of: [kind, of], st.sampled_from(["object", "looseObject"]), fields),
        lists,
        tags,
        st.builds(lambda of: ["tuple", of], several),
        st.builds(lambda of, rest: ["tuple", of, rest], several, inner),
        st.builds(lambda of: ["record", ["string"], of], inner),
        st.builds(lambda of: ["record", ["enum", ["a", "b"]], of], inner),
        st.builds(lambda of: ["partial", ["enum", ["a", "b"]], of], inner),
        st.builds(lambda of: ["union", of], st.lists(inner, min_size=2, max_size=3)),
        st.builds(lambda of: ["nullable", of], inner),
    )


SCHEMAS = st.recursive(LEAVES, composed, max_leaves=6)


@st.composite
def values_near(draw: st.DrawFn, made: Made) -> Any:  # noqa: PLR0911 -- one per kind of schema
    """A value that fits a schema, or breaks one rule of it, or is another."""
    if draw(st.integers(0, 7)) == 0:
        return draw(VALUES)
    kind, rest = made[0], made[1:]
    if kind in ("object", "strictObject", "looseObject"):
        value = {name: draw(values_near(inner)) for name, inner, *_ in rest[0] if draw(st.integers(0, 5))}
        return {**value, "new": 1} if draw(st.integers(0, 5)) == 0 else value
    if kind == "array":
        return draw(st.lists(values_near(rest[0]), max_size=4))
    if kind == "tuple":
        items = [draw(values_near(inner)) for inner in rest[0]]
        return (items + draw(st.lists(VALUES, max_size=1)))[: draw(st.integers(0, len(items) + 1)) or None]
    if kind in ("record", "partial"):
        return draw(st.dictionaries(st.sampled_from("abx"), values_near(rest[1]), max_size=3))
    if kind in ("union", "tagged"):
        return draw(st.sampled_from(rest[0]).flatmap(values_near))
    if kind in ("nullable", "default"):
        return draw(st.none() | values_near(rest[0]))
    if kind in ("tree", "strictTree"):
        return draw(
            st.recursive(
                st.just({"text": "a"}),
                lambda inner: (
                    st.builds(lambda of: {"text": "b", "answers": of}, st.lists(inner, max_size=2))
                    | st.just({"text": 1})
                ),
            )
        )
    if kind in ("literal", "enum"):
        return draw(st.sampled_from(rest[0] if kind == "enum" else rest))
    return draw(
        NUMBERS if kind in ("number", "int") else TEXTS if kind in ("string", "regex", "format", "iso") else VALUES
    )


class Zod:
    """Zod in a process of Node.

    Attributes:
        release: What the fake knows of it.
    """

    def __init__(self, process: subprocess.Popen[str], release: Release) -> None:
        self._process = process
        self.release = release

    def judge(self, made: Made, values: list[Any], target: str) -> dict[str, Any]:
        """Return the JSON Schema of a schema, and what zod makes of values by it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"schema": made, "values": values, "target": target}) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())  # type: ignore[no-any-return]


def zod_of(server: str) -> Iterator[Zod]:
    """Give zod as a generation or host of servers has it."""
    try:
        sources = install(server)
    except ServerUnavailable as missing:
        pytest.skip(str(missing))
    with subprocess.Popen(
        [node_program(), JUDGE, sources], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        yield Zod(process, zod_named("4.6" if SERVERS[server].newer_zod else "4.3"))
        process.kill()


@pytest.fixture(scope="module")
def zod() -> Iterator[Zod]:
    """Zod as the current servers have it."""
    yield from zod_of("current")


STRICT = {"object": "strictObject", "any": "nonoptional", "tree": "strictTree"}


def strict(made: Any) -> Any:
    """Return a schema whose objects refuse what they do not know, and require what the JSON Schema requires."""
    if isinstance(made, (list, tuple)):
        return [strict(inner) for inner in made]
    return STRICT.get(made, made) if isinstance(made, str) else made


def hides_a_union(made: Any) -> bool:
    """Return whether a union within a schema is written as something else: as nullable, or as what it has twice."""
    if not isinstance(made, (list, tuple)):
        return False
    options = _options(made)
    is_nullable = made[:1] == ["union"] and len(made[1]) == 2 and ["null"] in made[1]
    repeats_itself = any(option in options[:index] for index, option in enumerate(options))
    return is_nullable or repeats_itself or any(map(hides_a_union, made))


def _options(made: Sequence[Any]) -> list[Any]:
    if made[:1] == ["nullable"]:
        return [*_options(made[1]), ["null"]]
    return [inner for option in made[1] for inner in _options(option)] if made[:1] == ["union"] else [made]


@pytest.mark.parametrize("target", ["draft-07", "draft-2020-12"])
@pytest.mark.parametrize("strips", [True, False])
@settings(max_examples=200, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_fake_judges_as_zod(zod: Zod, *, strips: bool, target: str, data: st.DataObject) -> None:
    """By any schema of any shape, on any value: the same value comes out, or the same issues in the same order."""
    judge_alike(zod, data, target, strips=strips)


def judge_alike(zod: Zod, data: st.DataObject, target: str, *, strips: bool) -> None:
    """Have zod and the fake judge drawn values by a drawn schema, and hold their verdicts to be the same."""
    made = ["object", [["a", data.draw(SCHEMAS), False]]]
    assume(not hides_a_union(made))
    if not strips:
        made = strict(made)
    values = data.draw(st.lists(values_near(made), min_size=1, max_size=5))
    judged = zod.judge(made, values, target)
    assert "refused" not in judged, judged
    hold_alike(zod, judged, values, strips=strips)


def hold_alike(zod: Zod, judged: Any, values: Sequence[Any], *, strips: bool) -> None:
    """Hold what the fake says of values by the JSON Schema that zod wrote to be what zod has said of them."""
    schema = Schema(judged["schema"], strips=strips)
    for value, verdict in zip(values, judged["verdicts"], strict=True):
        fitted, issues = schema.check(value, zod.release)
        found = {"issues": [[list(issue.path), issue.message] for issue in issues]} if issues else {"data": fitted}
        assert found == verdict, (judged["schema"], value)
