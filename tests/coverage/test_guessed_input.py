"""Inputs that advised tests give: made of one that was given, by the conditions of the graph."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_mastra.coverage.guessed_input import guess_input, with_items


def all_hold(count: int) -> bool:
    return count > 0


@pytest.mark.parametrize(
    ("condition", "guess"),
    [
        ("c.input_data['n'] > 9", {"n": 10}),
        ('ctx.input_data["n"] >= 2.5', {"n": 2.5}),
        ("ctx.input_data.get('n') < -3", {"n": -4}),
        ("async ({ inputData }) => inputData.n !== 1", {"n": 2}),
        ("async ({ inputData }) => { return inputData?.kind === 'card'; }", {"kind": "card"}),
        ("({ inputData }) => !inputData.ok", {"ok": False}),
        ("not c.input_data['ok'] and c.input_data['n'] == 7", {"ok": False, "n": 7}),
        ("inputData.n > 5 || inputData.n < -5", {"n": 6}),
        ("ctx.inputData.deep.er <= 0", {"deep": {"er": 0}}),
        ("c.input_data['ok'] == True", {"ok": True}),
        ("(inputData.n > 1) && true", {"n": 2}),
        ("!(inputData.n < 5 || inputData.kind !== 'card')", {"n": 5, "kind": "card"}),
        ("10 < inputData.n", {"n": 11}),
        ("inputData.n % 4 === 3", {"n": 3}),
        ("inputData.n * 2 >= 9", {"n": 9}),
        ("({ inputData: { n, deep } }) => n > deep.er", {"deep": {"er": 0}}),
        ("async ({ inputData: given }) => given.n == -2", {"n": -2}),
        ("({ getInitData }) => getInitData().n > 3", {"n": 4}),
        ("lambda ctx: ctx.get_init_data()['n'] > 3", {"n": 4}),
        ("async ({ inputData }) => inputData.items.length >= 3", {"items": ["a", "b", "a"]}),
        ("inputData.items.length === 0", {"items": []}),
        ("len(ctx.input_data['items']) == 1", {"items": ["a"]}),
        ("inputData.items.includes('z')", {"items": ["a", "b", "z"]}),
        ("'a' not in c.input_data['items']", {"items": ["b"]}),
        ("inputData.kind.startsWith('x-')", {"kind": "x-"}),
        ("inputData.kind.length > 8", {"kind": "cashcashc"}),
        ("['card', 'bank'].includes(inputData.kind)", {"kind": "card"}),
        ("c.input_data['kind'] in ('card', 'bank')", {"kind": "card"}),
        ("inputData.kind === null", {"kind": None}),
        ("inputData?.['n'] > 3", {"n": 4}),
    ],
)
def test_conditions_that_are_read(condition: str, guess: dict[str, Any]) -> None:
    """Comparisons of fields with constants, in Python and in JavaScript; what is not asked for stays."""
    example = {"n": 1, "kind": "cash", "ok": condition[-4:] != "True", "deep": {"er": 3}, "items": ["a", "b"]}
    assert guess_input(example, [condition], all_hold) == {**example, **guess}


@pytest.mark.parametrize(
    "condition",
    [
        "",
        "inputData.items.includes(3)",
        "large(inputData.n)",
        "large(inputData.n) && inputData.n > 3",
        "inputData.n > inputData.m",
        "/a/.test(inputData.n)",
        "inputData.n > 3 ? true : false",
        "inputData.n ?? false",
        "true",
        "(" * 400 + "inputData.n > 3" + ")" * 400,
        "!" * 90_000 + "inputData.n",
        "inputData.other > 3",
        "inputData.n.m > 3",
        "getStepResult('a').n > 3",
    ],
)
def test_conditions_that_are_not(condition: str) -> None:
    """Nothing is guessed of what is more than that, nor of fields that the input does not have."""
    assert guess_input({"n": 1}, [condition], all_hold) is None


def test_what_is_no_object() -> None:
    """Only fields are changed."""
    assert guess_input([1], ["inputData.n > 3"], all_hold) is None
    assert guess_input({"n": 1}, [], all_hold) is None


def test_several_conditions() -> None:
    """As many hold as are wanted, where an input can have it so."""
    apart, overlapping = ["c.input_data['n'] < 9", "c.input_data['n'] > 9"], ["inputData.n < 9", "inputData.n > 4"]
    assert guess_input({"n": 1}, apart, lambda count: count == 0) == {"n": 9}
    assert guess_input({"n": 1}, apart, lambda count: count > 1) is None
    assert guess_input({"n": 1}, overlapping, lambda count: count > 1) == {"n": 8}
    assert guess_input({"n": 1}, overlapping, lambda count: count == 0) is None


def test_an_example_stays_as_it_is() -> None:
    """A guess is a copy."""
    example = {"deep": {"n": 1}, "items": ["a"]}
    guess_input(example, ["inputData.deep.n > 5"], all_hold)
    with_items(example, 3)
    assert example == {"deep": {"n": 1}, "items": ["a"]}


def test_items() -> None:
    """The one list of an input gets as many items as are wanted; of two, or of an empty one, nobody knows."""
    assert with_items({"n": 1, "items": ["a", "b"]}, 3) == {"n": 1, "items": ["a", "b", "a"]}
    assert with_items([{"id": 1}], 0) == []
    assert with_items({"in": {"items": ["a", "b"]}}, 1) == {"in": {"items": ["a"]}}
    assert with_items({"one": [1], "two": [2]}, 2) is None
    assert with_items({"items": []}, 2) is None
    assert with_items({"items": []}, 0) == {"items": []}
    assert with_items({"n": 1}, 2) is None
