"""Every way to suspend, and every way to answer."""

from __future__ import annotations

from typing import Any

from tests.conformance.conversation import Talk
from tests.conformance.corpus import ALL, CURRENT, SCENARIOS, Scenario, scenario

Answers = list[tuple[Any, Any]]

# (name, workflow, input, [(step, resume data)])
ASKING: list[tuple[str, str, Any, Answers]] = [
    ("top_level", "approval", {"n": 3}, [("approve", {"ok": True})]),
    ("without_step", "asker", {"n": 1}, [(None, {"answer": "a"})]),
    ("in_the_middle", "asker", {"n": 1}, [("q", {"answer": "a"})]),
    ("loose", "ask-loose", {"x": 1}, [("q", 7)]),
    ("loose_text", "ask-loose", {"x": 1}, [("q", "yes")]),
    ("empty_object", "ask-loose", {"x": 1}, [("q", {})]),
    ("falsy_is_no_answer", "ask-loose", {"x": 1}, [("q", 0), ("q", False), ("q", ""), ("q", None), ("q", 1)]),
    ("twice", "ask-twice", {"n": 1}, [("q", {"answer": "a"}), ("q", {"answer": "b"})]),
    ("parallel", "parallel-ask", {"n": 1}, [("p1", {"answer": "a"}), ("p2", {"answer": "b"})]),
    ("parallel_other_order", "parallel-ask", {"n": 1}, [("p2", {"answer": "b"}), (None, {"answer": "a"})]),
    ("foreach", "foreach-suspend", [1, 2, 3], [("ask-item", {"add": 5})]),
    ("foreach_one_by_one", "foreach-suspend-one", [1, 2], [("ask-item", {"add": 5}), ("ask-item", {"add": 6})]),
    ("nested_path", "nested-ask", {"n": 1}, [("inner-ask.inner-q", {"answer": "a"})]),
    ("nested_list", "nested-ask", {"n": 1}, [(["inner-ask", "inner-q"], {"answer": "a"})]),
    ("nested_outer_only", "nested-ask", {"n": 1}, [("inner-ask", {"answer": "a"})]),
    ("nested_without_step", "nested-ask", {"n": 1}, [(None, {"answer": "a"})]),
    ("deep", "deep-ask", {"n": 1}, [("middle-ask.inner-ask.inner-q", {"answer": "a"})]),
    ("step_with_a_dot", "dotted", {"n": 1}, [("ask.me", {"answer": "no"}), (["ask.me"], {"answer": "a"})]),
    ("deep_without_step", "deep-ask", {"n": 1}, [(None, {"answer": "a"})]),
]


def answered(talk: Talk, workflow: str, input_data: Any, answers: Answers) -> None:
    """Answer with and without a stream, and look at the run each time."""
    waited, streamed = talk.run_id(), talk.run_id()
    start = {"inputData": input_data}
    talk.post(workflow, "start-async", waited, start)
    talk.by_id(workflow, waited)
    talk.by_id(workflow, waited, "?withNestedWorkflows=false")
    for step, data in answers:
        talk.post(workflow, "resume-async", waited, answer(step, data))
        talk.by_id(workflow, waited)
    talk.post(workflow, "stream", streamed, start)
    for step, data in answers:
        talk.post(workflow, "resume-stream", streamed, answer(step, data))
    talk.by_id(workflow, streamed)
    talk.post(workflow, "observe", streamed)


def answer(step: Any, data: Any) -> dict[str, Any]:
    """Return the body of a resume."""
    return {"resumeData": data} | ({} if step is None else {"step": step})


def _scenario(name: str, workflow: str, input_data: Any, answers: Answers) -> Scenario:
    return Scenario(f"asking_{name}", lambda talk: answered(talk, workflow, input_data, answers), ALL)


SCENARIOS += [_scenario(*row) for row in ASKING]


@scenario()
def resume_answers_at_once(talk: Talk) -> None:
    """`resume` tells nothing of the outcome."""
    run_id = talk.run_id()
    talk.post("asker", "start-async", run_id, {"inputData": {"n": 1}})
    talk.post("asker", "resume", run_id, answer("q", {"answer": "a"}))
    talk.until("asker", run_id, "success")
    talk.by_id("asker", run_id)


@scenario()
def resume_no_wait(talk: Talk) -> None:
    """`resume-no-wait` answers with the run's id, where it exists."""
    run_id = talk.run_id()
    talk.post("asker", "start-async", run_id, {"inputData": {"n": 1}})
    talk.post("asker", "resume-no-wait", run_id, answer("q", {"answer": "a"}))
    if talk.is_current:
        talk.until("asker", run_id, "success")
    talk.by_id("asker", run_id)


@scenario()
def resume_with_bad_data(talk: Talk) -> None:
    """A refused answer leaves the suspension as it is."""
    run_id = talk.run_id()
    talk.post("approval", "start-async", run_id, {"inputData": {"n": 3}})
    talk.post("approval", "resume-async", run_id, answer("approve", {"ok": "yes"}))
    talk.post("approval", "resume-async", run_id, answer("approve", {}))
    talk.post("approval", "resume-async", run_id, {"step": "approve"})
    talk.by_id("approval", run_id)
    talk.post("approval", "resume-stream", run_id, answer("approve", {"ok": "yes"}))
    talk.by_id("approval", run_id)
    talk.post("approval", "resume-async", run_id, answer("approve", {"ok": False}))


@scenario(*CURRENT)
def resume_refused_unseen(talk: Talk) -> None:
    """The verbs that answer at once do not tell of a refusal (older servers may die of it)."""
    run_id = talk.run_id()
    talk.post("approval", "start-async", run_id, {"inputData": {"n": 3}})
    talk.post("approval", "resume", run_id, answer("approve", {"ok": "yes"}))
    talk.post("approval", "resume-no-wait", run_id, answer("nope", {"ok": True}))
    talk.by_id("approval", run_id)


@scenario()
def resume_wrong_step(talk: Talk) -> None:
    """A step that is not suspended cannot be resumed."""
    run_id = talk.run_id()
    talk.post("asker", "start-async", run_id, {"inputData": {"n": 1}})
    talk.post("asker", "resume-async", run_id, answer("nope", {"answer": "a"}))
    talk.post("asker", "resume-async", run_id, answer([], {"answer": "a"}))
    talk.post("asker", "resume-stream", run_id, answer("first", {"answer": "a"}))
    talk.by_id("asker", run_id)


@scenario()
def resume_not_suspended(talk: Talk) -> None:
    """A run that has ended, and one that never began, cannot be resumed."""
    ended, pending = talk.run_id(), talk.run_id()
    talk.post("three", "start-async", ended, {"inputData": {}})
    talk.post("three", "resume-async", ended, answer(None, {"a": 1}))
    talk.post("three", "resume-stream", ended, answer(None, {"a": 1}))
    talk.by_id("three", ended)
    talk.post("asker", "create-run", pending)
    talk.post("asker", "resume-async", pending, answer("q", {"answer": "a"}))
    talk.by_id("asker", pending)


@scenario()
def resume_which_of_several(talk: Talk) -> None:
    """With several suspensions the step must be named."""
    run_id = talk.run_id()
    talk.post("parallel-ask", "start-async", run_id, {"inputData": {}})
    talk.post("parallel-ask", "resume-async", run_id, answer(None, {"answer": "a"}))
    talk.post("parallel-ask", "resume-stream", run_id, answer(None, {"answer": "a"}))
    talk.by_id("parallel-ask", run_id)


@scenario()
def resume_twice(talk: Talk) -> None:
    """The second answer to a suspension is refused."""
    run_id = talk.run_id()
    talk.post("asker", "start-async", run_id, {"inputData": {}})
    talk.post("asker", "resume-async", run_id, answer("q", {"answer": "a"}))
    talk.post("asker", "resume-async", run_id, answer("q", {"answer": "b"}))
    talk.by_id("asker", run_id)


@scenario()
def resume_while_it_resumes(talk: Talk) -> None:
    """While an answer is worked on, another one is refused, and current servers show the steps as they were."""
    run_id = talk.run_id()
    talk.post("ask-slow", "start-async", run_id, {"inputData": {"gate": run_id}})
    finish = talk.begin("ask-slow", "resume-async", run_id, answer("q", {"answer": "a"}))
    talk.wait_for_gate(run_id)
    talk.by_id("ask-slow", run_id)
    if talk.is_current:
        talk.post("ask-slow", "resume-async", run_id, answer("q", {"answer": "b"}))
    talk.open_gate(run_id)
    finish()
    talk.by_id("ask-slow", run_id)


@scenario()
def resume_nested_mistakes(talk: Talk) -> None:
    """Mistakes inside a nested workflow are fatal to the run."""
    bad_data, bad_step = talk.run_id(), talk.run_id()
    talk.post("nested-ask", "start-async", bad_data, {"inputData": {}})
    talk.post("nested-ask", "resume-async", bad_data, answer("inner-ask.inner-q", {"answer": 1}))
    talk.by_id("nested-ask", bad_data)
    talk.post("nested-ask", "start-async", bad_step, {"inputData": {}})
    talk.post("nested-ask", "resume-async", bad_step, answer("inner-ask.nope", {"answer": "a"}))
    talk.by_id("nested-ask", bad_step)


@scenario()
def resume_nested_run_alone(talk: Talk) -> None:
    """The nested run is a run of its own; answering there does not move the one around it."""
    run_id = talk.run_id()
    talk.post("nested-ask", "start-async", run_id, {"inputData": {"n": 2}})
    talk.by_id("inner-ask", run_id)
    talk.post("inner-ask", "resume-async", run_id, answer("inner-q", {"answer": "a"}))
    talk.by_id("inner-ask", run_id)
    talk.by_id("nested-ask", run_id)


@scenario()
def resume_one_item(talk: Talk) -> None:
    """`forEachIndex` answers for one item on current servers, and is ignored before."""
    run_id = talk.run_id()
    talk.post("foreach-suspend", "start-async", run_id, {"inputData": [1, 2, 3]})
    talk.post("foreach-suspend", "resume-async", run_id, {**answer("ask-item", {"add": 5}), "forEachIndex": 1})
    talk.by_id("foreach-suspend", run_id)
    if talk.is_current:
        talk.post("foreach-suspend", "resume-async", run_id, {**answer("ask-item", {"add": 6}), "forEachIndex": 9})
        talk.by_id("foreach-suspend", run_id)
        talk.post("foreach-suspend", "resume-stream", run_id, {**answer("ask-item", {"add": 7}), "forEachIndex": 0})
        talk.post("foreach-suspend", "resume-async", run_id, answer("ask-item", {"add": 8}))
        talk.by_id("foreach-suspend", run_id)


@scenario()
def resume_ignores_labels(talk: Talk) -> None:
    """A label in the body does nothing."""
    run_id = talk.run_id()
    talk.post("foreach-suspend", "start-async", run_id, {"inputData": [1, 2]})
    talk.post("foreach-suspend", "resume-async", run_id, {"label": "item-2", "resumeData": {"add": 1}})
    talk.by_id("foreach-suspend", run_id)


@scenario()
def resume_keeps_request_context(talk: Talk) -> None:
    """The request context of the start is there after the resume, unless the resume says otherwise."""
    run_id = talk.run_id()
    talk.post(
        "asker", "start-async", run_id, {"inputData": {}, "requestContext": {"a": 1, "b": 1}, "resourceId": run_id}
    )
    body = {**answer("q", {"answer": "a"}), "requestContext": {"b": 2}}
    talk.post("asker", "resume-async", run_id, body)
    if not talk.is_beta:
        talk.call("GET", f"/workflows/asker/runs?resourceId={run_id}")


@scenario("current", "1.2")
def resume_one_step_only(talk: Talk) -> None:
    """`perStep` works on a resume too."""
    run_id = talk.run_id()
    talk.post("asker", "start-async", run_id, {"inputData": {}})
    talk.post("asker", "resume-async", run_id, {**answer("q", {"answer": "a"}), "perStep": True})
    talk.by_id("asker", run_id)


@scenario()
def start_over_a_suspension(talk: Talk) -> None:
    """A start throws a suspension away."""
    run_id = talk.run_id()
    talk.post("asker", "start-async", run_id, {"inputData": {"n": 1}})
    talk.post("asker", "start-async", run_id, {"inputData": {"n": 2}})
    talk.by_id("asker", run_id)


@scenario()
def stream_a_suspended_run(talk: Talk) -> None:
    """A stream on a run that was streamed and has suspended repeats what was said."""
    run_id = talk.run_id()
    talk.post("asker", "stream", run_id, {"inputData": {"n": 1}})
    talk.post("asker", "stream", run_id, {"inputData": {"n": 2}})
    talk.post("asker", "observe", run_id)
    talk.by_id("asker", run_id)


@scenario()
def stateful_run(talk: Talk) -> None:
    """The state lives across a suspension."""
    waited, streamed = talk.run_id(), talk.run_id()
    start = {"inputData": {}, "initialState": {"count": 5, "notes": ["given"]}}
    talk.post("stateful", "start-async", waited, start)
    talk.by_id("stateful", waited)
    talk.post("stateful", "resume-async", waited, answer("q", {"answer": "a"}))
    talk.by_id("stateful", waited)
    talk.post("stateful", "stream", streamed, start)
    talk.post("stateful", "resume-stream", streamed, answer("q", {"answer": "a"}))
    talk.by_id("stateful", streamed)


@scenario()
def state_that_does_not_fit(talk: Talk) -> None:
    """A bad state, and none where one is needed, are refused."""
    bad, none = talk.run_id(), talk.run_id()
    talk.post("stateful", "start-async", bad, {"inputData": {}, "initialState": {"count": "x"}})
    talk.by_id("stateful", bad)
    talk.post("stateful", "start-async", none, {"inputData": {}})
