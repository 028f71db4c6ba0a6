"""Runs from their making to their end: create, start, wait, execute, map, restart."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

import pytest
from pydantic import BaseModel

from mastra_sync import (
    InvalidInput,
    MastraClient,
    Run,
    RunAlreadyFinished,
    RunAlreadyStarted,
    RunNotActive,
    RunNotFound,
    RunNotStarted,
    RunPaused,
    RunResult,
    RunTimeout,
    UnsupportedByServer,
    Workflow,
)
from tests.live.client.listening_session import Listener
from tests.live.http_calls import new_run_id
from tests.live.patience import with_growing_deadlines
from tests.live.server import LiveServer

TRACING = {"metadata": {"team": "é"}, "tags": ["a"], "hideInput": True}
TALLY = {"count": 5, "notes": ["given"]}


class City(BaseModel):
    """A pydantic input."""

    city: str


@dataclasses.dataclass
class CityToo:
    """The same as a dataclass."""

    city: str


# every verb that starts a run, each brought to the run's result
STARTS: dict[str, Callable[..., RunResult]] = {
    "start": lambda run, *args, **options: run.start(*args, **options).wait(),
    "start_async": lambda run, *args, **options: run.start_async(*args, **options),
    "stream": lambda run, *args, **options: run.stream(*args, **options).result(),
}
every_start = pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)


# -- create


def test_a_run_has_the_id_that_it_is_given(client: MastraClient) -> None:
    """A made run is pending, under the caller's id or one of its own."""
    workflow = client.get_workflow("three")
    own_id = new_run_id()
    assert workflow.create_run(own_id).run_id == own_id
    for run_id in (own_id, workflow.create_run().run_id):
        assert workflow.run_by_id(run_id).status == "pending"


def test_making_a_run_again_changes_nothing(client: MastraClient) -> None:
    """`create_run` with the id of a run that has ended leaves it as it is."""
    workflow = client.get_workflow("three")
    run_id = str(workflow.execute({}).run_id)
    assert workflow.create_run(run_id).result().result == {"c": 3}


@every_start
def test_a_run_belongs_to_the_resource_it_was_made_for(
    client: MastraClient, generation: str, start: Callable[..., RunResult]
) -> None:
    """The resource given to `create_run` counts, not the start's; 1.0 beta stores none."""
    workflow = client.get_workflow("three")
    run = workflow.create_run(resource_id="first")
    start(run, {}, resource_id="second")
    stored = None if generation == "1.0-beta" else "first"
    assert workflow.run_by_id(run.run_id).resource_id == stored


def test_a_start_names_the_resource_of_a_run_that_it_makes(client: MastraClient, generation: str) -> None:
    """`start_async` makes a run that does not exist, for its own resource."""
    workflow = client.get_workflow("three")
    run = workflow.get_run(new_run_id())
    assert run.start_async({}, resource_id="second").ok
    assert workflow.run_by_id(run.run_id).resource_id == (None if generation == "1.0-beta" else "second")


def test_scorers_can_be_left_out(heard: MastraClient, listener: Listener) -> None:
    """`disable_scorers` is sent under Mastra's name, and the run goes its way."""
    assert heard.get_workflow("three").execute({}, disable_scorers=True).ok
    assert listener.bodies("/create-run") == [{"disableScorers": True}]


# -- start


@every_start
def test_every_start_runs_every_step_once(
    client: MastraClient, live_server: LiveServer, start: Callable[..., RunResult]
) -> None:
    """However it is started, the run succeeds, its result names it, and no step body runs twice."""
    run = client.get_workflow("three").create_run()
    result = start(run, {"i": 1})
    assert (result.run_id, result.workflow_id, result.status) == (run.run_id, "three", "success")
    assert (result.result, result.input_data) == ({"c": 3}, {"i": 1})
    assert live_server.executions(run.run_id) == {"t1": 1, "t2": 1, "t3": 1}


def test_execute_makes_starts_and_waits(client: MastraClient, live_server: LiveServer) -> None:
    """`execute` does it all in one call, once."""
    run_id = new_run_id()
    result = client.get_workflow("three").execute({}, run_id=run_id)
    assert (result.run_id, result.result) == (run_id, {"c": 3})
    assert live_server.executions(run_id) == {"t1": 1, "t2": 1, "t3": 1}


@pytest.mark.parametrize("given", [{"city": "Rom"}, City(city="Rom"), CityToo(city="Rom")], ids=type)
def test_input_may_be_a_model(client: MastraClient, given: Any) -> None:
    """Dicts, pydantic models and dataclasses are the same input."""
    assert client.get_workflow("city-workflow").execute(given).result == {"text": "Rom: 3"}


@every_start
def test_a_start_carries_the_request_context(client: MastraClient, start: Callable[..., RunResult]) -> None:
    """The steps read what the start gave as `request_context`; `tracing_options` are accepted with it."""
    run = client.get_workflow("context").create_run()
    result = start(run, {}, request_context={"tenant": "é", "deep": {"n": [1]}}, tracing_options=TRACING)
    assert result.result == {"tenant": "é", "deep": {"n": [1]}}


@every_start
def test_a_start_carries_the_initial_state(client: MastraClient, start: Callable[..., RunResult]) -> None:
    """The run begins with the state that the start gave."""
    workflow = client.get_workflow("stateful")
    run = workflow.create_run()
    assert start(run, {}, initial_state=TALLY).status == "suspended"
    assert workflow.run_by_id(run.run_id).state == {"count": 6, "notes": ["given", "count-before"]}


@every_start
def test_tracing_options_are_sent_as_given(
    heard: MastraClient, listener: Listener, start: Callable[..., RunResult]
) -> None:
    """No server without tracing shows them, so what is sent is looked at."""
    start(heard.get_workflow("three").create_run(), {}, tracing_options=TRACING)
    sent = [body["tracingOptions"] for body in listener.bodies() if "tracingOptions" in body]
    assert sent == [TRACING]


@every_start
def test_a_run_can_stop_after_one_step(
    client: MastraClient, live_server: LiveServer, generation: str, start: Callable[..., RunResult]
) -> None:
    """`per_step` pauses the run after its first step; 1.0 beta would run to the end, so nothing is sent."""
    run = client.get_workflow("three").create_run()
    if generation == "1.0-beta":
        with pytest.raises(UnsupportedByServer, match="per_step is not supported by this server"):
            start(run, {}, per_step=True)
        assert live_server.executions(run.run_id) == {}
    else:
        result = start(run, {}, per_step=True)
        assert (result.status, list(result.steps)) == ("paused", ["t1"])
        with pytest.raises(RunPaused):
            result.raise_for_status()


# -- never twice


@every_start
def test_a_run_is_not_started_again(
    client: MastraClient, live_server: LiveServer, start: Callable[..., RunResult]
) -> None:
    """A script that is run twice with an id of its own starts its run once."""
    workflow = client.get_workflow("three")
    order = f"order-{new_run_id()}"
    start(workflow.create_run(order), {})
    with pytest.raises(RunAlreadyStarted, match="the run is success"):
        start(workflow.create_run(order), {})
    assert live_server.executions(order) == {"t1": 1, "t2": 1, "t3": 1}


@every_start
def test_a_run_that_waits_for_an_answer_is_not_started_again(
    client: MastraClient, live_server: LiveServer, start: Callable[..., RunResult]
) -> None:
    """Servers would throw a suspension away and begin anew."""
    run = client.get_workflow("asker").create_run()
    start(run, {})
    with pytest.raises(RunAlreadyStarted, match="the run is suspended"):
        start(run, {})
    assert live_server.executions(run.run_id) == {"first": 1, "q": 1}


@every_start
def test_a_run_can_be_run_again_on_purpose(
    client: MastraClient, live_server: LiveServer, generation: str, start: Callable[..., RunResult]
) -> None:
    """With `again` a run that has ended is executed once more; current servers refuse that to a stream."""
    run = client.get_workflow("three").create_run()
    start(run, {"i": 1})
    if generation == "current" and start is STARTS["stream"]:
        with pytest.raises(RunAlreadyFinished):
            start(run, {"i": 2}, again=True)
    else:
        assert start(run, {"i": 2}, again=True).input_data == {"i": 2}
        assert live_server.executions(run.run_id) == {"t1": 2, "t2": 2, "t3": 2}


# -- wait


def test_waiting_reports_what_changes(client: MastraClient, live_server: LiveServer, gate: str) -> None:
    """`on_update` is called with each new status, and the last one is the result's."""
    run = client.get_workflow("slow").create_run().start({"gate": gate})
    live_server.wait_for_gate(gate)
    seen: list[str] = []

    def note(reading: RunResult) -> None:
        seen.append(reading.status)
        live_server.open_gate(gate)

    assert run.wait(on_update=note).result == {"done": True}
    assert (seen[0], seen[-1]) == ("running", "success")


def test_waiting_has_an_end(client: MastraClient, live_server: LiveServer, gate: str) -> None:
    """`RunTimeout` names the run and its status; the run goes on and can be waited for again."""
    run = client.get_workflow("slow").create_run().start({"gate": gate})
    live_server.wait_for_gate(gate)

    def seen_to_run(seconds: float) -> str | None:
        with pytest.raises(RunTimeout) as caught:
            run.wait(seconds)
        # a server that does not answer within the time has said nothing of the run
        return str(caught.value) if caught.value.last_status else None

    assert f"run {run.run_id} of 'slow' is still running" in with_growing_deadlines(seen_to_run)
    live_server.open_gate(gate)
    assert client.get_workflow("slow").get_run(run.run_id).wait().ok


def test_a_held_call_has_an_end_too(client: MastraClient, live_server: LiveServer, gate: str) -> None:
    """`start_async` gives up at its timeout, and the run that it started goes on alone."""

    def given_up(seconds: float) -> Run | None:
        run = client.get_workflow("slow").create_run()
        with pytest.raises(RunTimeout, match=run.run_id):
            run.start_async({"gate": gate}, timeout=seconds)
        return run if live_server.executions(run.run_id) == {"begin": 1, "wait": 1} else None

    run = with_growing_deadlines(given_up)
    live_server.open_gate(gate)
    assert run.wait().ok
    assert live_server.executions(run.run_id) == {"begin": 1, "wait": 1, "end": 1}


def test_a_result_can_be_had_at_any_time(client: MastraClient, live_server: LiveServer, gate: str) -> None:
    """`result` does not wait."""
    run = client.get_workflow("slow").create_run()
    assert run.result().status == "pending"
    run.start({"gate": gate})
    live_server.wait_for_gate(gate)
    assert (run.result().status, run.result().settled) == ("running", False)


# -- map


@pytest.mark.parametrize("make_executor", [lambda: None, lambda: ThreadPoolExecutor(2)], ids=["own", "given"])
def test_map_runs_each_input_once(
    client: MastraClient, live_server: LiveServer, make_executor: Callable[[], Executor | None]
) -> None:
    """Results come in the inputs' order, from the library's threads or a given executor, each from a run of its own."""
    inputs = [{"city": "x" * length} for length in (3, 1, 2)]
    results = list(client.get_workflow("city-workflow").map(inputs, executor=make_executor()))
    assert [result.result["text"] for result in results] == ["xxx: 3", "x: 1", "xx: 2"]
    for result in results:
        assert live_server.executions(str(result.run_id)) == {"lookup": 1, "report": 1}


def test_map_keeps_to_its_number_of_workers(client: MastraClient, live_server: LiveServer, gate: str) -> None:
    """With two workers, two of three runs stand at the gate; the third begins when one has ended."""
    workflow = client.get_workflow("slow")
    before = workflow.runs().total
    results = workflow.map([{"gate": gate}] * 3, max_workers=2)
    live_server.wait_for_gate(gate, count=2)
    assert workflow.runs().total - before == 2
    live_server.open_gate(gate)
    assert [result.status for result in results] == ["success"] * 3


def test_map_takes_the_options_of_a_start(client: MastraClient, gate: str) -> None:
    """Options go to each run; a run that cannot be had is given as its exception if asked for."""
    contexts = client.get_workflow("context").map([1, 2], request_context={"tenant": "é"}, tracing_options=TRACING)
    assert [result.result for result in contexts] == [{"tenant": "é"}] * 2

    def given_up(seconds: float) -> RunTimeout | None:
        (slow,) = client.get_workflow("slow").map([{"gate": gate}], timeout=seconds, return_exceptions=True)
        return slow if isinstance(slow, RunTimeout) else None

    assert with_growing_deadlines(given_up).workflow_id == "slow"


# -- restart


@pytest.mark.parametrize("wait", [False, True], ids=["restart", "restart_async"])
def test_a_restart_executes_the_active_step_again(
    client: MastraClient, live_server: LiveServer, gate: str, *, wait: bool
) -> None:
    """An active run goes on from where it stands: the step that was under way runs again, those before do not."""
    run = client.get_workflow("slow").create_run().start({"gate": gate})
    live_server.wait_for_gate(gate)
    with ThreadPoolExecutor(1) as pool:
        options: dict[str, Any] = {"request_context": {"tenant": "é"}, "tracing_options": TRACING}
        ending = pool.submit(lambda: run.restart_async(**options) if wait else run.restart(**options).wait())
        live_server.wait_for_gate(gate, count=2)
        live_server.open_gate(gate)
        assert ending.result().result == {"done": True}
    assert live_server.executions(run.run_id)["begin"] == 1
    assert live_server.executions(run.run_id)["wait"] == 2


def pending(workflow: Workflow) -> str:
    """Return a run that was never started."""
    return workflow.create_run().run_id


def suspended(workflow: Workflow) -> str:
    """Return a run that waits for an answer."""
    return str(workflow.execute({}).run_id)


@pytest.mark.parametrize("make", [pending, suspended])
def test_a_run_that_is_not_active_cannot_be_restarted(
    client: MastraClient, live_server: LiveServer, make: Callable[[Workflow], str]
) -> None:
    """Both forms say so, also the one that servers accept, and nothing is executed."""
    workflow = client.get_workflow("asker")
    run = workflow.get_run(make(workflow))
    executed = live_server.executions(run.run_id)
    for restart in (run.restart, run.restart_async):
        with pytest.raises(RunNotActive):
            restart()
    assert live_server.executions(run.run_id) == executed


def test_restarting_a_run_that_has_ended(client: MastraClient, live_server: LiveServer, generation: str) -> None:
    """Nothing is executed; current servers answer `restart_async` with the stored outcome."""
    run = client.get_workflow("three").create_run()
    run.start_async({})
    with pytest.raises(RunNotActive):
        run.restart()
    if generation == "current":
        assert run.restart_async().result == {"c": 3}
    else:
        with pytest.raises(RunNotActive):
            run.restart_async()
    assert live_server.executions(run.run_id) == {"t1": 1, "t2": 1, "t3": 1}


# -- what is refused


def test_a_run_must_be_made_before_it_is_started(client: MastraClient) -> None:
    """`start` of a run that nobody made is refused."""
    with pytest.raises(RunNotFound):
        client.get_workflow("three").get_run(new_run_id()).start({})


def test_a_state_that_does_not_fit_is_refused(client: MastraClient) -> None:
    """Each generation has its own words for it; they are one exception, and the run is still pending."""
    run = client.get_workflow("stateful").create_run()
    with pytest.raises(InvalidInput, match="- count: Invalid input: expected number, received string"):
        run.start_async({}, initial_state={"count": "x", "notes": []})
    assert run.result().status == "pending"


def test_a_request_context_that_does_not_fit_is_refused(client: MastraClient, generation: str) -> None:
    """A workflow's context schema is checked, but on 1.0 beta."""
    run = client.get_workflow("context-schema").create_run()
    if generation == "1.0-beta":
        assert run.start_async({}, request_context={"tenant": 1}).result == {"tenant": 1}
    else:
        with pytest.raises(InvalidInput, match="- tenant: Invalid input: expected string, received number"):
            run.start_async({}, request_context={"tenant": 1})
        with pytest.raises(RunNotStarted):
            run.start({}).wait(start_grace=0.2)
    assert client.get_workflow("context-schema").execute({}, request_context={"tenant": "t"}).ok
