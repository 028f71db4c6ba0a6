"""Names of the caller's that are the wire's too, by verbs that move runs on."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mastra_sync import MastraClient, Run, RunResult, RunStream
from pytest_mastra import FakeMastra, InProcess
from pytest_mastra.fake import StepContext
from pytest_mastra.fake.virtual_time.scheduler import Gate
from tests.fake.wire_words import GENERATIONS, STARTS, STEP_IDS, objects, questions, start_by, values
from tests.properties import examples

RESUMES = ("resume", "resume_async", "resume_stream")
TRAVELS = ("time_travel", "time_travel_async", "time_travel_stream")
RESTARTS = ("restart", "restart_async")

# servers take an input with the status of a step that waits for one, and resume it; and restart nothing without input
inputs = (objects | values).filter(
    lambda value: value is not None and not (isinstance(value, dict) and value.get("status") == "suspended")
)
# what `__state` does is not in run-by-id of current and 1.2 servers
shown = st.sampled_from([word for word in STEP_IDS if word != "__state"])


def settled(run: Run, moved: RunStream | RunResult | Run) -> RunResult:
    """Return what a run ended with, whatever the verb that moved it on returns."""
    if isinstance(moved, RunResult):
        return moved
    if isinstance(moved, RunStream):
        with moved as events:
            for _ in events:
                pass
    return run.wait()


@settings(max_examples=examples(40))
@given(
    generation=st.sampled_from(GENERATIONS),
    start=st.sampled_from(STARTS),
    resume=st.sampled_from(RESUMES),
    ids=st.lists(shown, unique=True, min_size=3, max_size=3),
    input_data=inputs,
    question=questions,
    answer=objects,
)
def test_resumed_steps_are_those_that_asked(
    generation: str, start: str, resume: str, ids: list[str], input_data: Any, question: Any, answer: Any
) -> None:
    """A step that asked is resumed by its name, nested or not, and each step has given its own."""
    server = FakeMastra(generation=generation)
    before, outer, asking = ids
    ask = server.step(asking, lambda ctx: ctx.resume_data or ctx.suspend(question))
    inner = server.workflow(outer, listed=False).then(ask).commit()
    server.workflow("w").then(server.step(before, lambda ctx: ctx.input_data)).then(inner).commit()
    with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as client:
        workflow = client.get_workflow("w")
        waiting = start_by(workflow, start, input_data)
        for told in (waiting, workflow.run_by_id(waiting.run_id or "")):
            assert [(one.path, one.payload) for one in told.suspensions] == [([outer, asking], question)]
        run = workflow.get_run(waiting.run_id or "")
        ended = settled(run, getattr(run, resume)(answer, step=waiting.suspensions[0]))
        read = workflow.run_by_id(waiting.run_id or "")
    for told in (ended, read):
        assert (told.status, told.result, told.steps[outer].output) == ("success", answer, answer)
        assert told.input_data == (None if outer == "input" else input_data)


@settings(max_examples=examples(40))
@given(
    generation=st.sampled_from(GENERATIONS),
    resume=st.sampled_from(RESUMES),
    asking=shown,
    items=st.lists(objects, min_size=1, max_size=3),
    question=questions,
    answers=st.lists(objects, min_size=3, max_size=3),
)
def test_resumed_items_are_those_that_asked(
    generation: str, resume: str, asking: str, items: list[Any], question: Any, answers: list[Any]
) -> None:
    """Each item of a foreach over such a step gives what it was answered."""
    # there the report of a foreach so called lies where its items were, so that a resume finds none
    assume(asking != "input" or generation == "current")
    server = FakeMastra(generation=generation)
    ask = server.step(asking, lambda ctx: ctx.resume_data or ctx.suspend(question))
    server.workflow("w").foreach(ask).commit()
    with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as client:
        workflow = client.get_workflow("w")
        told = workflow.create_run().start_async(items)
        run = workflow.get_run(told.run_id or "")
        for index, answer in enumerate(answers[: len(items)]):
            (suspension,) = told.suspensions
            assert (suspension.path, suspension.payload, suspension.for_each_index) == ([asking], question, index)
            told = settled(run, getattr(run, resume)(answer, step=suspension))
        read = workflow.run_by_id(told.run_id or "")
    for ended in (told, read):
        assert (ended.status, ended.result) == ("success", answers[: len(items)])


@settings(max_examples=examples(40))
@given(
    generation=st.sampled_from(GENERATIONS),
    travel=st.sampled_from(TRAVELS),
    ids=st.lists(shown, unique=True, min_size=3, max_size=3),
    input_data=inputs,
    output=objects,
    past=objects,
    state=objects,
)
def test_a_time_travel_goes_to_its_step(
    generation: str, travel: str, ids: list[str], input_data: Any, output: Any, past: Any, state: Any
) -> None:
    """A step so called is travelled to, with the past and the state that are given."""
    server = FakeMastra(generation=generation)
    workflow = server.workflow("w", state_schema={})
    for id_ in ids:
        workflow.then(server.step(id_, lambda ctx: {"got": ctx.input_data, "state": ctx.state}))
    workflow.commit()
    with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as client:
        run = client.get_workflow("w").create_run()
        run.start_async(input_data)
        given_ = {"status": "success", "payload": past, "output": output, "startedAt": 1, "endedAt": 2}
        verb = getattr(run, travel)
        ended = settled(run, verb(ids[1], context={ids[0]: given_}, initial_state=state))
        read = client.get_workflow("w").run_by_id(run.run_id)
    middle = {"got": output, "state": state}
    for told in (ended, read):
        assert (told.status, told.steps[ids[0]].output, told.steps[ids[1]].output) == ("success", output, middle)
        assert told.result == {"got": middle, "state": state}
    assert read.state == state


@settings(max_examples=examples(40))
@given(
    generation=st.sampled_from(GENERATIONS), ids=st.lists(shown, unique=True, min_size=2, max_size=3), output=objects
)
def test_observed_events_are_those_of_the_run(generation: str, ids: list[str], output: Any) -> None:
    """What is observed of such steps are the events that were streamed, with their outputs."""
    server = FakeMastra(generation=generation)
    workflow = server.workflow("w")
    for id_ in ids:
        workflow.then(server.step(id_, lambda ctx: output))
    workflow.commit()
    with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as client:
        run = client.get_workflow("w").create_run()
        with run.stream(output) as stream:
            streamed = list(stream)
        with run.observe() as stream:
            observed = list(stream)
    assert [event.raw for event in observed] == [event.raw for event in streamed]
    given_ = [(event.step_id, event.output) for event in observed if event.type == "workflow-step-result"]
    assert given_ == [(id_, output) for id_ in ids]


@settings(max_examples=examples(40))
@given(
    generation=st.sampled_from(GENERATIONS),
    restart=st.sampled_from(RESTARTS),
    ids=st.lists(shown, unique=True, min_size=3, max_size=3),
    input_data=inputs,
    output=objects,
)
def test_a_restart_goes_on_where_the_run_stood(
    generation: str, restart: str, ids: list[str], input_data: Any, output: Any
) -> None:
    """A restart executes the step so called that was active, once more, and what follows it."""
    server = FakeMastra(generation=generation)
    executed: list[str] = []

    def stand(ctx: StepContext) -> Generator[Gate, None, Any]:
        executed.append("stand")
        if len(executed) == 1:
            yield server.gate("stand")
        return {"got": ctx.input_data}

    before, active = server.step(ids[0], lambda ctx: output), server.step(ids[1], stand)
    server.workflow("w").then(before).then(active).then(server.step(ids[2], lambda ctx: ctx.input_data)).commit()
    with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as client:
        workflow = client.get_workflow("w")
        run = workflow.create_run().start(input_data)
        while not executed:
            workflow.run_by_id(run.run_id)
        ended = settled(run, getattr(run, restart)())
        read = workflow.run_by_id(run.run_id)
    for told in (ended, read):
        assert (told.status, told.result) == ("success", {"got": output})
        assert [told.steps[id_].output for id_ in ids] == [output, {"got": output}, {"got": output}]


@settings(max_examples=examples(40))
@given(ids=st.lists(shown, unique=True, min_size=1, max_size=3), input_data=inputs, output=objects)
def test_a_restart_of_what_has_ended_tells_it_again(ids: list[str], input_data: Any, output: Any) -> None:
    """Current servers answer what is stored: the same steps, input and result."""
    server = FakeMastra()
    workflow = server.workflow("w")
    for id_ in ids:
        workflow.then(server.step(id_, lambda ctx: output))
    workflow.commit()
    with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as client:
        run = client.get_workflow("w").create_run()
        run.start_async(input_data)
        again, read = run.restart_async(), client.get_workflow("w").run_by_id(run.run_id)
    assert (again.status, again.result, again.input_data) == (read.status, read.result, read.input_data)
    assert {name: step.output for name, step in again.steps.items()} == {
        name: step.output for name, step in read.steps.items()
    }
