"""Executing a run again from one of its steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mastra_sync import (
    InvalidArgument,
    InvalidInput,
    MastraClient,
    Run,
    RunNotFound,
    RunNotStarted,
    RunResult,
    RunStillRunning,
    StepNotFound,
    UnsupportedByServer,
)
from tests.live.client.listening_session import Listener
from tests.live.http_calls import new_run_id
from tests.live.server import LiveServer

TRACING = {"tags": ["a"]}

# every verb that travels, each brought to the run's result
TRAVELS: dict[str, Callable[..., RunResult]] = {
    "time_travel": lambda run, *args, **options: run.time_travel(*args, **options).wait(),
    "time_travel_async": lambda run, *args, **options: run.time_travel_async(*args, **options),
    "time_travel_stream": lambda run, *args, **options: run.time_travel_stream(*args, **options).result(),
}
every_travel = pytest.mark.parametrize("travel", TRAVELS.values(), ids=TRAVELS)


def recorded(output: Any, payload: Any = None) -> dict[str, Any]:
    """Return a step's result as a context takes it."""
    return {"status": "success", "payload": payload or {}, "output": output, "startedAt": 1, "endedAt": 2}


def finished(client: MastraClient, workflow_id: str, input_data: Any = None, **options: Any) -> Run:
    """Return a run that has been as far as it goes by itself."""
    run = client.get_workflow(workflow_id).create_run()
    run.start_async({} if input_data is None else input_data, **options)
    return run


@every_travel
@pytest.mark.parametrize("step", ["t2", ["t2"]], ids=str)
def test_a_run_is_executed_again_from_a_step(
    client: MastraClient, live_server: LiveServer, travel: Callable[..., RunResult], step: str | list[str]
) -> None:
    """The step gets its new input and what follows runs again; what came before does not, but its record changes."""
    run = finished(client, "three", {"i": 7})
    result = travel(run, step, {"a": 10})
    assert (result.result, result.input_data) == ({"c": 12}, {"i": 7})
    assert live_server.executions(run.run_id) == {"t1": 1, "t2": 2, "t3": 2}
    assert run.result().steps["t1"].output == {"a": 10}


@every_travel
def test_without_input_a_step_gets_what_it_got(client: MastraClient, travel: Callable[..., RunResult]) -> None:
    """The recorded output of the step before is the step's input again."""
    assert travel(finished(client, "three"), "t3").result == {"c": 3}


@every_travel
def test_a_context_replaces_what_is_recorded(
    client: MastraClient, live_server: LiveServer, travel: Callable[..., RunResult]
) -> None:
    """The steps before have the results that `context` gives them."""
    run = finished(client, "three")
    context = {"t1": recorded({"a": 5}), "t2": recorded({"b": 50}, {"a": 5})}
    assert travel(run, "t3", context=context).result == {"c": 51}
    assert live_server.executions(run.run_id) == {"t1": 1, "t2": 1, "t3": 2}
    assert run.result().steps["t2"].output == {"b": 50}


@every_travel
@pytest.mark.parametrize("step", ["inner.double", ["inner", "double"]], ids=str)
def test_a_nested_step_can_be_travelled_to(
    client: MastraClient, live_server: LiveServer, travel: Callable[..., RunResult], step: str | list[str]
) -> None:
    """A dotted name or a path leads into a nested workflow, whose other steps are left alone."""
    run = finished(client, "nested", {"n": 1})
    assert travel(run, step, {"n": 10}).result == {"after": 20}
    assert live_server.executions(run.run_id) == {"increment": 1, "double": 2, "after": 2}


@every_travel
def test_a_nested_context_replaces_what_is_recorded(client: MastraClient, travel: Callable[..., RunResult]) -> None:
    """`nested_steps_context` gives the nested steps their results."""
    run = finished(client, "nested", {"n": 1})
    nested = {"inner": {"increment": recorded({"n": 100}, {"n": 99})}}
    assert travel(run, "inner.double", nested_steps_context=nested).result == {"after": 200}
    assert run.result().steps["inner.increment"].output == {"n": 100}


@every_travel
def test_travelling_can_stop_after_one_step(
    client: MastraClient, live_server: LiveServer, generation: str, travel: Callable[..., RunResult]
) -> None:
    """`per_step` goes through a run step by step; 1.0 beta would run to the end, so nothing is sent."""
    run = finished(client, "three")
    if generation == "1.0-beta":
        with pytest.raises(UnsupportedByServer, match="per_step"):
            travel(run, "t2", {"a": 10}, per_step=True)
        assert live_server.executions(run.run_id) == {"t1": 1, "t2": 1, "t3": 1}
        return
    assert travel(run, "t2", {"a": 10}, per_step=True).status == "paused"
    assert live_server.executions(run.run_id) == {"t1": 1, "t2": 2, "t3": 1}
    assert travel(run, "t3").result == {"c": 12}


@every_travel
def test_travelling_takes_another_state(client: MastraClient, travel: Callable[..., RunResult]) -> None:
    """The run goes on with `initial_state` instead of its own."""
    run = finished(client, "stateful", initial_state={"count": 1, "notes": []})
    result = travel(run, "count-after", {}, initial_state={"count": 50, "notes": ["new"]})
    assert result.result == {"count": 51, "notes": ["new", "count-after"]}


@every_travel
def test_travelling_adds_to_the_request_context(client: MastraClient, travel: Callable[..., RunResult]) -> None:
    """What the start gave is kept, and what is given now wins; tracing options are accepted with it."""
    run = finished(client, "context", request_context={"tenant": "é", "kept": 1})
    result = travel(run, "read", request_context={"tenant": "other"}, tracing_options=TRACING)
    assert result.result == {"tenant": "other", "kept": 1}


@every_travel
def test_travelling_answers_a_suspension(client: MastraClient, travel: Callable[..., RunResult]) -> None:
    """With `resume_data` the step that asks has its answer; without, it asks again."""
    run = finished(client, "asker")
    assert travel(run, "q").suspended == [["q"]]
    assert travel(run, "q", resume_data={"answer": "a"}).result == {"rest": "a"}


@every_travel
def test_a_run_that_never_ran_can_begin_in_the_middle(
    client: MastraClient, live_server: LiveServer, travel: Callable[..., RunResult]
) -> None:
    """A pending run is executed from the step on."""
    run = client.get_workflow("three").create_run()
    assert travel(run, "t2", {"a": 10}).result == {"c": 12}
    assert live_server.executions(run.run_id) == {"t2": 1, "t3": 1}


@every_travel
@pytest.mark.parametrize("step", ["and.end", ["and.end"]], ids=str)
def test_a_step_whose_id_has_a_dot_can_be_travelled_to(
    client: MastraClient, travel: Callable[..., RunResult], step: str | list[str]
) -> None:
    """The whole id is one name; servers would split it at its dot."""
    run = finished(client, "dotted")
    run.resume_async({"answer": "a"})
    assert travel(run, step, {"answer": "b"}).result == {"end": "b"}


@every_travel
def test_options_are_sent_under_mastras_names(
    heard: MastraClient, listener: Listener, travel: Callable[..., RunResult]
) -> None:
    """What servers do not show is looked at where it is sent, once."""
    travel(finished(heard, "three"), "t2", {"a": 1}, tracing_options=TRACING)
    sent = [body for body in listener.bodies() if "step" in body]
    assert sent == [{"step": ["t2"], "inputData": {"a": 1}, "tracingOptions": TRACING}]


# -- what is refused


@every_travel
@pytest.mark.parametrize(
    ("workflow_id", "step"),
    [("three", "t9"), ("nested", "inner.nope"), ("dotted", ["and", "end"])],
)
def test_a_step_that_does_not_exist_is_refused(
    client: MastraClient,
    live_server: LiveServer,
    workflow_id: str,
    step: str | list[str],
    travel: Callable[..., RunResult],
) -> None:
    """Inside a nested workflow a server would end the run as failed; the run stays as it is."""
    run = finished(client, workflow_id, {"n": 1})
    before, executed = run.result(), live_server.executions(run.run_id)
    with pytest.raises(StepNotFound, match="to travel to; "):
        travel(run, step, {"n": 1})
    assert run.result().raw == before.raw
    assert live_server.executions(run.run_id) == executed


@every_travel
def test_a_run_that_is_going_cannot_travel(
    client: MastraClient, live_server: LiveServer, gate: str, travel: Callable[..., RunResult]
) -> None:
    """An active run is left alone."""
    run = client.get_workflow("slow").create_run().start({"gate": gate})
    live_server.wait_for_gate(gate)
    with pytest.raises(RunStillRunning):
        travel(run, "end")
    assert live_server.executions(run.run_id) == {"begin": 1, "wait": 1}


@every_travel
def test_an_unknown_run_cannot_travel(client: MastraClient, travel: Callable[..., RunResult]) -> None:
    """Nobody made it, and nobody does: 1.0 beta would, for a stream."""
    run = client.get_workflow("three").get_run(new_run_id())
    with pytest.raises(RunNotFound):
        travel(run, "t2", {"a": 10})
    with pytest.raises(RunNotFound):
        run.result()


@pytest.mark.parametrize("name", ["time_travel_async", "time_travel_stream"])
def test_input_that_does_not_fit_is_refused(client: MastraClient, name: str) -> None:
    """The server checks the step's input; the run stays as it is."""
    run = finished(client, "three")
    with pytest.raises(InvalidInput, match="- a: Invalid input: expected number, received string"):
        TRAVELS[name](run, "t2", {"a": "x"})
    assert run.result().result == {"c": 3}


def test_input_that_is_accepted_and_ignored_is_found_out(client: MastraClient) -> None:
    """`time_travel` is accepted before it is checked; `wait` notices that the run has not moved."""
    run = finished(client, "three")
    with pytest.raises(RunNotStarted, match=r"still success .* after its time_travel was accepted"):
        run.time_travel("t2", {"a": "x"}).wait(start_grace=0.2)


@pytest.mark.parametrize(("step", "argument"), [("", "step"), ([], "step"), (["t1", ""], "step")], ids=str)
def test_a_step_must_be_named(client: MastraClient, step: Any, argument: str) -> None:
    """An empty step is refused before anything is sent."""
    with pytest.raises(InvalidArgument) as caught:
        client.get_workflow("three").get_run("r").time_travel_async(step)
    assert caught.value.argument == argument
