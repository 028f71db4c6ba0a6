"""Mistakes where something is declared or asked for: told at the line, with what may be meant."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import Mock

import pytest

from mastra_sync import MastraClient
from pytest_mastra import InProcess, OnSocket
from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.fake.virtual_time.pace import BY_HAND, Polls, Seconds

Mistake = Callable[[Any], object]
"""Made on a server that has a workflow `approval`, with the key `approvalFlow`, and a step `ask` in it."""


async def fetch(_: object) -> None:
    """A function as somebody writes it who has async code to test."""


def of_input_and_context(input_data: object, ctx: object) -> None:
    """A step as client code of Mastra may be remembered."""


class Fetched:
    def fetch(self) -> None:
        pass

    def fetch_for(self, ctx: object) -> None:
        pass


class Fetching:
    async def __call__(self, _: object) -> None:
        pass


def made(mistake: Mistake) -> str:
    """Return what is said of a mistake."""
    server: Any = FakeMastra()
    server.workflow("approval", key="approvalFlow").then(server.step("ask", lambda ctx: 1)).commit()
    with pytest.raises((TypeError, ValueError)) as raised:
        mistake(server)
    return str(raised.value)


PACES = "a pace is AT_ONCE, AS_TIMED, BY_HAND, Polls(count) or Seconds(seconds) of pytest_mastra, not "
NO_WORKFLOW = "There is no workflow 'aproval'. Did you mean 'approval'? Declared: 'approvalFlow', 'approval'."

NAMES: list[tuple[Mistake, str]] = [
    (
        lambda s: s.faults.on("start", workflow="aproval"),
        f"{NO_WORKFLOW} A fault names one that is declared before it.",
    ),
    (
        lambda s: s.runs("aproval"),
        "There is no workflow 'aproval'. Did you mean 'approval'? Declared: 'approvalFlow', 'approval'.",
    ),
    (lambda s: s.snapshot("aproval", "r"), NO_WORKFLOW),
    (lambda s: s.runs(None), "a workflow is named by its id, a text, not None"),
    (
        lambda s: s.workflow("w", input_shema={}),
        "workflow 'w' takes no 'input_shema': did you mean 'input_schema'? there are key, listed, schedule, "
        "input_schema, output_schema, state_schema, request_context_schema, description, metadata, retry_config, "
        "validate_inputs, pace, engine",
    ),
    (
        lambda s: s.step("f", lambda ctx: 1, retires=1),
        "step 'f' takes no 'retires': did you mean 'retries'? there are input_schema, output_schema, resume_schema, "
        "suspend_schema, state_schema, request_context_schema, description, metadata, retries, duration, "
        "stops_on_abort",
    ),
    (
        lambda s: s.workflow("w").parallel([], desciption="x"),
        "parallel of workflow 'w' takes no 'desciption': did you mean 'description'? there are id, description, "
        "metadata",
    ),
    (
        lambda s: s.workflow("w").map({"a": {"stpe": "ask"}}),
        "the source of 'a' in map of workflow 'w' takes no 'stpe': did you mean 'step'? there are step, "
        "init_data, value, "
        "request_context_path, template, fn, path",
    ),
    (
        lambda s: s.workflow("w").then(s.step("price", lambda ctx: 1)).map({"a": {"step": "prise"}}),
        "the source of 'a' in map of workflow 'w' is step 'prise', and none before it has this id; did you mean "
        "'price'?",
    ),
    (lambda s: s.advance_run("r1"), "there is no run 'r1' on this server; there are 0"),
    (
        lambda s: s.workflow("w", retry_config={"attempt": 1}),
        "a retry_config takes no 'attempt': did you mean 'attempts'? there are attempts, delay",
    ),
    (
        lambda s: s.workflow("w").fails("no", stpe="pay"),
        "fails() got an unexpected keyword argument 'stpe'; did you mean 'step'? It takes error, step",
    ),
    (
        lambda s: s.faults.on("start", nht=1),
        "on() got an unexpected keyword argument 'nht'; did you mean 'nth'? It takes verb, nth, workflow, run, "
        "probability",
    ),
    (
        lambda s: s.faults.on("start").reset(after_efect=True),
        "reset() got an unexpected keyword argument 'after_efect'; did you mean 'after_effect'? It takes after_effect",
    ),
    (
        lambda s: s.workflow("w").foreach(s.step("f", lambda ctx: 1), concurency=2),
        "foreach of workflow 'w' takes no 'concurency': did you mean 'concurrency'? there are concurrency, id, "
        "description, metadata",
    ),
    (
        lambda _: FakeMastra(generaton="1.2"),  # type: ignore[call-arg]
        "FakeMastra() got an unexpected keyword argument 'generaton'; did you mean 'generation'? It takes generation, "
        "zod, clock, pace, token, api_prefix, body_limit, patience, seed",
    ),
    (
        lambda s: InProcess(s, adress="http://a.test"),  # type: ignore[call-arg]
        "InProcess() got an unexpected keyword argument 'adress'; it takes surface, url, shadow",
    ),
    (
        lambda s: OnSocket(s, prot=1),  # type: ignore[call-arg]
        "OnSocket() got an unexpected keyword argument 'prot'; did you mean 'port'? It takes surface, host, port, "
        "idle_limit, request_limit",
    ),
    (lambda s: s.clock.advance(days=3), "advance() got an unexpected keyword argument 'days'; it takes seconds"),
    (
        lambda _: FakeMastra(generation="curent"),
        "no generation 'curent': did you mean 'current'? there are 'current', '1.2', '1.0-beta'",
    ),
]

KINDS: list[tuple[Mistake, str]] = [
    (lambda s: s.workflow("w", pace="polls"), f"{PACES}'polls'; did you mean Polls(3)?"),
    (lambda s: s.workflow("w", pace="by hand"), f"{PACES}'by hand'; did you mean BY_HAND?"),
    (lambda _: FakeMastra(pace=3), f"{PACES}3"),  # type: ignore[arg-type]
    (lambda s: setattr(s, "pace", "as_timed"), f"{PACES}'as_timed'; did you mean AS_TIMED?"),
    (lambda _: Polls("3"), "Polls takes a whole number of polls, not '3'"),  # type: ignore[arg-type]
    (lambda _: Seconds(-1), "Seconds takes a number of virtual seconds, not -1"),
    (
        lambda s: s.workflow("w").returns({"x": {1, 2}}),
        "what workflow 'w' returns is JSON, not a set at $.x: {1, 2}; list(...) makes JSON of it",
    ),
    (
        lambda s: s.workflow("w").returns([{"a": Decimal(1)}]),
        "what workflow 'w' returns is JSON, not a Decimal at $[0].a: Decimal('1'); float(...) makes a number of it",
    ),
    (
        lambda s: s.workflow("w").returns({(1, 2): 3}),
        "what workflow 'w' returns is JSON, not a tuple at $ as a key: (1, 2)",
    ),
    (
        lambda s: s.workflow("w").suspends({"ask": "ok?"}),
        "workflow 'w' suspends at a step that is named by a text, not at {'ask': 'ok?'}; what it asks comes second: "
        ".suspends('approve', {'ask': 'ok?'})",
    ),
    (
        lambda s: s.workflow("w").suspends("approve", b"x"),
        "what workflow 'w' suspends with is JSON, not a bytes: b'x'; .decode() makes a text of it",
    ),
    (
        lambda s: s.workflow("w").fails({"message": "no"}),
        "workflow 'w' fails with a message or an exception, not with {'message': 'no'}; StepError(message, code=..., "
        "cause=...) has more to say",
    ),
    (
        lambda s: s.step("f", "nofunc"),
        "what step 'f' does is a function of the context, not 'nofunc'; server.step('f', lambda ctx: ...) is a "
        "step that "
        "gives something",
    ),
    (lambda s: s.step(None, lambda ctx: 1), "a step's id is a text, not None"),
    (lambda s: s.step("", lambda ctx: 1), "a step's id is a text that is not empty"),
    (lambda s: s.step("f", lambda ctx: 1, duration="5"), "the duration of step 'f' is a number, not '5'"),
    (lambda s: s.step("f", lambda ctx: 1, retries=-1), "retries of step 'f' is a number of at least 0, not -1"),
    (lambda s: s.workflow(3), "a workflow's id is a text, not 3"),
    (lambda s: s.workflow("w", retry_config=2), "a retry_config is a mapping like {'attempts': 2, 'delay': 1}, not 2"),
    (lambda s: s.workflow("w", validate_inputs="no"), "validate_inputs of workflow 'w' is True or False, not 'no'"),
    (
        lambda s: s.workflow("w").branch([1]),
        "branch of workflow 'w' takes pairs of a condition and a step, not 1: [(lambda ctx: ctx.input_data['n'] "
        "> 1, step)]",
    ),
    (
        lambda s: s.workflow("w").branch([(s.step("f", lambda ctx: 1), lambda ctx: True)]),
        "the condition of branch of workflow 'w' is a function of the context, not <Step 'f'>; lambda ctx: "
        "ctx.input_data['n'] > 1 is one",
    ),
    (
        lambda s: s.workflow("w").parallel(s.step("f", lambda ctx: 1)),
        "parallel of workflow 'w' takes a list, not <Step 'f'>: [step, step]",
    ),
    (
        lambda s: s.workflow("w").dowhile(s.step("f", lambda ctx: 1), 1),
        "the condition of dowhile of workflow 'w' is a function of the context, not 1; lambda ctx: "
        "ctx.input_data['n'] > 1 is one",
    ),
    (
        lambda s: s.workflow("w").foreach(s.step("f", lambda ctx: 1), concurrency="2"),
        "the concurrency of foreach of workflow 'w' is a whole number, not '2'",
    ),
    (
        lambda s: s.workflow("w").sleep(timedelta(seconds=3)),
        "sleep of workflow 'w', in seconds, is a number, not datetime.timedelta(seconds=3); timedelta has "
        "total_seconds()",
    ),
    (
        lambda s: s.workflow("w").sleep_until("tomorrow"),
        "sleep_until of workflow 'w', an aware datetime or seconds since 1970, is a number, not 'tomorrow'",
    ),
    (
        lambda s: s.workflow("w").map("ask"),
        "map of workflow 'w' takes a function of the context, or a source for each key, not 'ask'",
    ),
    (
        lambda s: s.workflow("w").map({"a": 1}),
        "the source of 'a' in map of workflow 'w' is a mapping, such as {'value': 1}, not 1",
    ),
    (
        lambda s: s.workflow("w").map({"a": {"path": "x"}}),
        "the source of 'a' in map of workflow 'w' names none of step, init_data, value, request_context_path, "
        "template, "
        "fn: {'path': 'x'}",
    ),
    (
        lambda s: s.stub("ask", {"x": {1}}),
        "the stub of 'ask' is JSON, not a set at $.x: {1}; list(...) makes JSON of it",
    ),
    (lambda s: s.gate(1), "a gate's name is a text, not 1"),
    (lambda s: s.clock.advance("5"), "time passes by a number of seconds, not '5'"),
    (
        lambda s: s.load([1]),
        "server.load takes what `GET /workflows` answers, workflows by their keys, or one workflow's details, not [1]",
    ),
    (
        lambda s: s.load({"w": {"id": "w"}}),
        "server.load takes what `GET /workflows` answers, workflows by their keys, or one workflow's details, each "
        "with name and stepGraph, and 'w' is {'id': 'w'}",
    ),
    (
        lambda s: s.act_unstubbed("ask"),
        "what acts unstubbed steps is a function of the context, not 'ask'; it takes the workflow's id, the "
        "step's, and "
        "the context",
    ),
    (lambda _: FakeMastra(clock="virtual"), "a clock is a VirtualClock or a RealClock of pytest_mastra, not 'virtual'"),  # type: ignore[arg-type]
    (lambda _: FakeMastra(seed="x"), "a seed is a whole number, not 'x'"),  # type: ignore[arg-type]
    (lambda _: FakeMastra(api_prefix="api"), "an api_prefix begins with '/', or is empty, not 'api'"),
    (lambda _: FakeMastra(patience=-1), "patience, in seconds, is a number of at least 0, not -1"),
    (lambda s: setattr(s, "keep", "all"), "keep is a whole number, not 'all'"),
    (lambda s: s.faults.on(["start"]), "a verb, such as 'start', is a text, not ['start']"),
    (lambda s: s.faults.on(nth="2"), "nth is a whole number or several, counted from 1, not '2'"),
    (lambda s: s.faults.on(nth=[1.5]), "nth is a whole number, not 1.5"),
    (lambda s: s.faults.on(run=5), "a run's id is a text, not 5"),
    (lambda s: s.faults.on(probability="0.5"), "a probability is a number, not '0.5'"),
    (lambda s: s.faults.on().status("503"), "a status is a whole number, not '503'"),
    (
        lambda s: s.faults.on().status(503, {"x": {1}}),
        "the body is JSON, not a set at $.x: {1}; list(...) makes JSON of it",
    ),
    (lambda s: s.faults.on().latency("2"), "a delay, in seconds, is a number, not '2'"),
    (lambda s: s.faults.on().cut(after_bytes="9"), "after_bytes is a whole number, not '9'"),
    (lambda s: s.faults.on().status(5030), "a status is a number of at most 599, not 5030"),
    (lambda s: s.faults.on().content_type(None), "a content type is a text, not None"),
]


@pytest.mark.parametrize(("mistake", "said"), NAMES)
def test_unknown_names(mistake: Mistake, said: str) -> None:
    """Each is refused at its line, with the nearest that there is, and all that there are."""
    assert made(mistake) == said


@pytest.mark.parametrize(("mistake", "said"), KINDS)
def test_values_of_the_wrong_kind(mistake: Mistake, said: str) -> None:
    """Each is refused at its line, with what is allowed, and what to do instead."""
    assert made(mistake) == said


@pytest.mark.parametrize(
    ("mistake", "what"),
    [
        (lambda s: s.step("f", fetch), "what step 'f' does"),
        (lambda s: s.step("f", functools.partial(fetch)), "what step 'f' does"),
        (lambda s: s.step("f", Fetching()), "what step 'f' does"),
        (lambda s: s.workflow("w").returns(fetch), "what workflow 'w' returns"),
        (lambda s: s.workflow("w").map(fetch), "map of workflow 'w'"),
        (lambda s: s.workflow("w").map({"a": {"fn": fetch}}), "the source of 'a' in map of workflow 'w'"),
        (lambda s: s.workflow("w").sleep(fetch), "sleep of workflow 'w', in seconds,"),
        (
            lambda s: s.workflow("w").branch([(fetch, s.step("f", lambda ctx: 1))]),
            "the condition of branch of workflow 'w'",
        ),
        (
            lambda s: s.workflow("w").foreach(s.step("f", lambda ctx: 1), concurrency=fetch),
            "the concurrency of foreach of workflow 'w'",
        ),
        (lambda s: s.stub("ask", fetch), "the stub of 'ask'"),
    ],
)
def test_functions_that_nobody_awaits(mistake: Mistake, what: str) -> None:
    """An async function is refused wherever one of the context is taken, and told what to write."""
    said = made(mistake)
    assert said.startswith(f"{what} is a function of the context, and ")
    assert said.endswith(" is an async one, which nobody awaits; write def, and yield seconds for what takes its time")


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda s: s.workflow("w").returns(lambda: 1), "'<lambda>' takes nothing"),
        (lambda s: s.step("f", of_input_and_context), "'of_input_and_context' takes input_data, ctx"),
        (lambda s: s.step("f", lambda ctx, *, retries: 1), "'<lambda>' takes ctx, retries"),
        (lambda s: s.step("f", Fetched().fetch), "'fetch' takes nothing"),
        (lambda s: s.stub("ask", lambda: 1), "'<lambda>' takes nothing"),
    ],
)
def test_functions_of_something_else(mistake: Mistake, said: str) -> None:
    """A function that the context cannot be handed to is refused at its line, not when a run comes to it."""
    assert made(mistake).partition(" is a function of the context, and ")[2] == (
        f"{said}; it is called with 1 argument: lambda ctx: ctx.input_data is one"
    )


def test_functions_that_take_the_context() -> None:
    """Defaults, any number of arguments, methods and mocks are no mistakes."""
    server = FakeMastra()
    takes_it: list[Any] = [lambda ctx, n=1: n, lambda *args: 1, Fetched().fetch_for, Mock(), str]
    for number, run in enumerate(takes_it):
        server.step(f"f{number}", run)
    server.act_unstubbed(lambda workflow, step, ctx: None)


def test_a_key_names_a_workflow_too() -> None:
    """The runs of a workflow are found by what it is registered under, and those of a nested one by its id."""
    server = FakeMastra()
    inner = server.workflow("inner", listed=False).returns(1)
    server.workflow("outer", key="outerFlow", pace=BY_HAND).then(inner).commit()
    assert server.runs("outerFlow") == server.runs("outer") == server.runs("inner") == []


def test_a_workflow_may_be_declared_after_its_fault() -> None:
    """Without any workflow a fault may name one that is to come; if none comes, the check says so."""
    server = FakeMastra()
    server.faults.on("start", workflow="aproval").reset()
    server.workflow("approval").returns(1)
    with pytest.raises(AssertionError) as raised:
        server.check()
    assert (
        "    There is no workflow 'aproval'. Did you mean 'approval'? Declared: 'approval'."
        in str(raised.value).splitlines()
    )


def test_waits_that_nobody_yields() -> None:
    """A step that asks for a wait and does not yield it has not waited, and is told; one that does is left alone."""
    server = FakeMastra()

    def hasty(ctx: Any) -> int:
        ctx.wait(60)
        return 1

    def patient(ctx: Any) -> Any:
        yield ctx.wait(60)
        yield ctx.gate_or_abort(server.gate("door"))
        return 1

    server.open_gate("door")
    server.workflow("hasty").then(server.step("hasty", hasty)).commit()
    server.workflow("patient").then(server.step("patient", patient)).commit()
    with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as client:
        assert client.get_workflow("hasty").execute({}).status == "failed"
        assert client.get_workflow("patient").execute({}).ok
    (bug,) = server.unexpected_errors
    assert str(bug.error).startswith("step 'hasty' has called ctx.wait(...) or ctx.gate_or_abort(...) without yield")
