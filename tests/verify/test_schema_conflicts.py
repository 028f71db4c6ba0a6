"""Schemas of fakes that contradict the live server's, and values that these do not allow."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from mastra_sync import MastraClient, MastraError, WorkflowDetails
from pytest_mastra import FakeMastra, InProcess
from pytest_mastra.verify.findings import Comparison
from pytest_mastra.verify.schema_conflicts import schema_conflicts

STRING, NUMBER, INTEGER = {"type": "string"}, {"type": "number"}, {"type": "integer"}


def an_object(*required: str, closed: bool = True, **properties: Any) -> dict[str, Any]:
    told = {"type": "object", "properties": properties, "required": list(required or properties)}
    return {**told, "additionalProperties": False} if closed else told


class Inner(BaseModel):
    n: int


class Outer(BaseModel):
    inner: Inner
    note: str | None = None


CASES: list[tuple[Any, Any, list[str]]] = [
    (None, an_object(a=STRING), []),
    ({}, an_object(a=STRING), []),
    ({"$schema": "x"}, an_object(a=STRING), []),
    (an_object(a=STRING), an_object(a=STRING, closed=False), []),
    (an_object(a=INTEGER), an_object(a=NUMBER), []),
    (an_object(a=NUMBER), an_object(a=INTEGER), []),
    (an_object(a=STRING), an_object(a=NUMBER), ["$.a: the fake says string, the live server number"]),
    (NUMBER, an_object(a=STRING), ["$: the fake says number, the live server object"]),
    (an_object(a=STRING), an_object(a=STRING, b=NUMBER), ["$.b: the live server requires it, the fake does not"]),
    (
        an_object("a", a=STRING, b=STRING),
        an_object(a=STRING, b=STRING),
        ["$.b: the live server requires it, the fake does not"],
    ),
    (an_object("a", a=STRING, b=STRING), an_object(a=STRING, b={**STRING, "default": "x"}), []),
    (an_object(a=STRING, b=NUMBER), an_object(a=STRING), ["$.b: the live server does not know it"]),
    (an_object(a=STRING, b=NUMBER), an_object(a=STRING, closed=False), []),
    (
        {"type": "array", "items": an_object(a=STRING)},
        {"type": "array", "items": an_object(a=NUMBER)},
        ["$[*].a: the fake says string, the live server number"],
    ),
    (
        {"enum": ["low", "middle"]},
        {"type": "string", "enum": ["low", "high"]},
        ["$: the fake allows 'middle', which is no choice on the live server"],
    ),
    ({"const": 1}, {"const": "x"}, ["$: the fake says number, the live server string"]),
    ({"type": ["string", "null"]}, {"anyOf": [NUMBER, {"type": "null"}]}, []),
    (
        {"type": ["string", "null"]},
        {"anyOf": [NUMBER, {"type": "boolean"}]},
        ["$: the fake says null or string, the live server boolean or number"],
    ),
    (
        Outer.model_json_schema(),
        an_object("inner", inner=an_object(n=STRING), note=STRING),
        ["$.inner.n: the fake says integer, the live server string"],
    ),
    ({"$ref": "https://example.org/x"}, STRING, []),
    ({"$ref": "#"}, STRING, []),
]


@pytest.mark.parametrize(("fake", "live", "expected"), CASES, ids=range(len(CASES)))
def test_what_contradicts(fake: Any, live: Any, expected: list[str]) -> None:
    """Types, choices, required and unknown keys that cannot both be are told by their path."""
    assert schema_conflicts(fake, live) == expected


def test_a_schema_that_describes_itself_ends() -> None:
    """A tree of trees is looked into so far and no further."""
    tree = {"$ref": "#/$defs/tree", "$defs": {"tree": an_object("below", below={"$ref": "#/$defs/tree"}, x=STRING)}}
    other = {"$ref": "#/$defs/t", "$defs": {"t": an_object("below", below={"$ref": "#/$defs/t"}, x=NUMBER)}}
    assert len(schema_conflicts(tree, other)) == 19


SCHEMAS = st.recursive(
    st.sampled_from(
        [STRING, NUMBER, INTEGER, {"type": "boolean"}, {}, {"enum": ["a", 1]}, {"type": ["string", "null"]}]
    ),
    lambda inner: (
        st.dictionaries(st.sampled_from("abc"), inner).map(lambda keys: an_object(**keys))
        | inner.map(lambda items: {"type": "array", "items": items})
        | st.lists(inner, min_size=1).map(lambda options: {"anyOf": options})
    ),
    max_leaves=8,
)


@given(SCHEMAS)
def test_no_schema_contradicts_itself(schema: dict[str, Any]) -> None:
    """Whatever a schema is made of, the same one agrees with it."""
    assert schema_conflicts(schema, schema) == []


# -- values


def found(build: Any, live: Any, *inputs: Any, **options: Any) -> list[str]:
    """Return what is told of runs of a fake workflow, with what a live server declares."""
    real, fake = FakeMastra(), FakeMastra(**options)
    live(real, real.workflow)
    build(fake, fake.workflow)
    with InProcess(real) as front, MastraClient(front.url) as client:
        comparison = Comparison(client.list_workflows())
    with InProcess(fake) as front, MastraClient(front.url, clock=fake.clock) as client:
        for input_data in inputs:
            run = client.get_workflow("flow").create_run()
            try:
                result = run.start_async(input_data)
                if result.status == "suspended":
                    run.resume_async({"answer": 5})
            except MastraError:
                pass
    return comparison.differences(fake, fake.state.workflows["flow"], with_runs=True)


def single(run: Any, **schemas: Any) -> Any:
    def build(server: FakeMastra, workflow: Any) -> None:
        own = {name: schemas[name] for name in ("input_schema", "output_schema") if name in schemas}
        workflow("flow", **own).then(server.step("a", run or (lambda _: None), **schemas)).commit()

    return build


LIVE = single(None, input_schema=an_object(n=NUMBER), output_schema=an_object(m=NUMBER))
GENERATIONS = ("current", "1.2", "1.0-beta")


@pytest.mark.parametrize("generation", GENERATIONS)
def test_values_that_fit(generation: str) -> None:
    """What the live server's schemas allow is not told; keys that it drops where they come in are none of its."""
    assert found(single(lambda _: {"m": 2}), LIVE, {"n": 1}, {"n": 1, "more": 2}, generation=generation) == []


@pytest.mark.parametrize("generation", GENERATIONS)
def test_values_that_do_not_fit(generation: str) -> None:
    """Inputs, and what stubs gave, are told in the words of the server, each once, without the values."""
    told = found(single(lambda _: {"m": "two", "x": 1}), LIVE, {"n": "one"}, {"n": "uno"}, generation=generation)
    assert told == [
        "input: $.n: Invalid input: expected number, received string",
        "input of step 'a': $.n: Invalid input: expected number, received string",
        "output of step 'a': $.m: Invalid input: expected number, received string",
        "output of step 'a': $: Unrecognized key: \"x\"",
        "result: $.m: Invalid input: expected number, received string",
        'result: $: Unrecognized key: "x"',
    ]


def test_what_a_server_fills_in() -> None:
    """Servers say that they require what has a default: it may be missing where it comes in, not where it goes out."""
    filled = an_object(n={**NUMBER, "default": 1})
    live = single(None, input_schema=filled, output_schema=filled)
    assert found(single(lambda _: {}), live, {}) == [
        "output of step 'a': $.n: Invalid input: expected number, received undefined",
        "result: $.n: Invalid input: expected number, received undefined",
    ]


def test_what_a_fake_refuses_itself_is_no_finding() -> None:
    """A test of input that is refused is right, if the fake refuses it as the live server does."""
    refusing = single(lambda _: {"m": 2}, input_schema=an_object(n=NUMBER))
    assert found(refusing, LIVE, {"n": "one"}) == []


def test_a_step_that_gives_nothing_or_leaves_early() -> None:
    """No output is none that fits; a run that was bailed out of need not give what the workflow gives."""
    assert found(single(lambda _: None), LIVE, {"n": 1})[0] == (
        "output of step 'a': $: Invalid input: expected object, received undefined"
    )
    assert found(single(lambda ctx: ctx.bail("enough")), LIVE, {"n": 1}) == []


@pytest.mark.parametrize("generation", GENERATIONS)
def test_questions_and_answers(generation: str) -> None:
    """What a stub asks, and what it is answered, are held against the live server's schemas too."""

    def ask(ctx: Any) -> Any:
        return ctx.resume_data or ctx.suspend({"ask": 1})

    live = single(
        None, resume_schema=an_object(answer=STRING), suspend_schema=an_object(ask=STRING), output_schema=None
    )
    assert found(single(ask), live, {}, generation=generation) == [
        "suspend payload of step 'a': $.ask: Invalid input: expected string, received number",
        "resume data of step 'a': $.answer: Invalid input: expected string, received number",
    ]


@pytest.mark.parametrize("generation", GENERATIONS)
def test_items_of_a_foreach(generation: str) -> None:
    """The step of a foreach takes and gives items, not the list; one item that does not fit is told."""

    def build(server: FakeMastra, workflow: Any, schemas: Any = None) -> None:
        step = server.step("a", lambda ctx: ctx.input_data, **(schemas or {}))
        workflow("flow").foreach(step, concurrency=2).commit()

    def live(server: FakeMastra, workflow: Any) -> None:
        build(server, workflow, {"input_schema": NUMBER, "output_schema": NUMBER})

    assert found(build, live, [1, 2, 3], generation=generation) == []
    assert found(build, live, [1, "two"], generation=generation) == [
        "input of step 'a': $: Invalid input: expected number, received string",
        "output of step 'a': $: Invalid input: expected number, received string",
    ]


@pytest.mark.parametrize("generation", GENERATIONS)
def test_questions_of_a_foreach(generation: str) -> None:
    """What the engine adds to a question is none of the stub's."""

    def build(server: FakeMastra, workflow: Any, schemas: Any = None) -> None:
        def ask(ctx: Any) -> Any:
            return ctx.resume_data or ctx.suspend({"ask": "n?"})

        workflow("flow").foreach(server.step("a", ask, **(schemas or {})), concurrency=2).commit()

    def live(server: FakeMastra, workflow: Any) -> None:
        build(server, workflow, {"suspend_schema": an_object(ask=STRING)})

    assert found(build, live, [1, 2], generation=generation) == []


@pytest.mark.parametrize("generation", GENERATIONS)
def test_steps_of_nested_workflows(generation: str) -> None:
    """What a stub deep inside gives is told by the step's whole path."""

    def build(server: FakeMastra, workflow: Any, schemas: Any = None) -> None:
        inner = workflow("inner", listed=False).then(server.step("a", lambda _: 5, **(schemas or {}))).commit()
        workflow("flow").then(inner).commit()

    def live(server: FakeMastra, workflow: Any) -> None:
        build(server, workflow, {"output_schema": STRING})

    assert found(build, live, {}, generation=generation) == [
        "output of step 'inner.a': $: Invalid input: expected string, received number"
    ]


def test_a_workflow_by_its_key_and_one_that_is_not_there() -> None:
    """A fake may be called by the live server's key; one that has no counterpart is told with what comes near."""
    real, fake = FakeMastra(), FakeMastra()
    real.workflow("order-flow", key="orderFlow").returns(1)
    comparison = Comparison({"orderFlow": details_of(real, "orderFlow")})
    for name in ("order-flow", "orderFlow"):
        workflow = fake.workflow(name).returns(1)
        assert comparison.differences(fake, workflow, with_runs=True) == []
    assert comparison.differences(fake, fake.workflow("order-flo").returns(1), with_runs=True) == [
        "the live server has no such workflow; did you mean 'order-flow'?"
    ]
    assert comparison.differences(fake, fake.workflow("zzz").returns(1), with_runs=True) == [
        "the live server has no such workflow"
    ]


def details_of(server: FakeMastra, key: str) -> WorkflowDetails:
    with InProcess(server) as front, MastraClient(front.url) as client:
        return client.list_workflows()[key]
