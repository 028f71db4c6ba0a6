"""A fake's graph shows what a lambda gives as it stands in its source, as a real server shows a function's."""

from __future__ import annotations

import functools
import types
from typing import Any

import pytest

from pytest_mastra.fake import FakeMastra
from pytest_mastra.fake.workflows.function_source import source_of

LIMIT = 3
# fmt: off
PAIR = [(lambda ctx: ctx.input_data["n"] < LIMIT, "a"), (lambda ctx: ctx.input_data["n"] >= LIMIT, "b")]
ALIKE = [(lambda ctx: True), (lambda ctx: True)]
LONG = [
    lambda ctx, limit=(1, 2): ctx.input_data["n"] in limit
    and (
        ctx.input_data["text"] == "a, b)"  # (
    ),
]
NESTED = [lambda ctx: sorted(ctx.input_data, key=lambda one: (one, 1)), None]
# fmt: on


def below(most: int) -> Any:
    return lambda ctx: ctx.input_data["n"] < most


def named(ctx: Any) -> bool:
    return bool(ctx)


@pytest.mark.parametrize(
    ("function", "source"),
    [
        (PAIR[0][0], "ctx.input_data['n'] < LIMIT"),
        (PAIR[1][0], "ctx.input_data['n'] >= LIMIT"),
        (ALIKE[0], "True"),
        (LONG[0], "ctx.input_data['n'] in limit and ctx.input_data['text'] == 'a, b)'"),
        (NESTED[0], "sorted(ctx.input_data, key=lambda one: (one, 1))"),
        (named, "named"),
        (below(3), "ctx.input_data['n'] < most"),
        (eval("lambda ctx: 1"), "<lambda>"),
    ],
)
def test_source(function: Any, source: str) -> None:
    """Of a lambda its body, told from others on its line; of what has a name, or no source, the name."""
    assert source_of(function) == source


def test_what_is_no_function() -> None:
    """What can be called and has no name is shown as it shows itself."""
    assert source_of(functools.partial(named)).startswith("functools.partial(")
    assert source_of(types.SimpleNamespace(a=1)) == "namespace(a=1)"


def test_a_graph() -> None:
    """Branches, loops and mappings have it."""
    server = FakeMastra()
    flow = server.workflow("w").map(lambda ctx: {"n": 1})
    flow.branch(
        [
            (lambda ctx: ctx.input_data["n"] < LIMIT, server.step("small", lambda ctx: 1)),
            (named, server.step("large", lambda ctx: 2)),
        ]
    )
    flow.dountil(server.step("again", lambda ctx: 1), lambda ctx: ctx.iteration_count > LIMIT).commit()
    mapped, branch, loop = server.state.serialized_graph(server.state.workflows["w"])
    assert mapped["mapConfig"] == "{'n': 1}"
    assert [one["fn"] for one in branch["serializedConditions"]] == ["ctx.input_data['n'] < LIMIT", "named"]
    assert loop["serializedCondition"]["fn"] == "ctx.iteration_count > LIMIT"
