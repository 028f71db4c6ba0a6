"""Every way to suspend, and every way to answer."""

from __future__ import annotations

from typing import Any

from tests.conformance.conversation import Conversation
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


def answered(conversation: Conversation, workflow: str, input_data: Any, answers: Answers) -> None:
    """Answer with and without a stream, and look at the run each time."""
    waited, streamed = conversation.run_id(), conversation.run_id()
    start = {"inputData": input_data}
    conversation.post(workflow, "start-async", waited, start)
    conversation.read_run(workflow, waited)
    conversation.read_run(workflow, waited, "?withNestedWorkflows=false")
    for step, data in answers:
        conversation.post(workflow, "resume-async", waited, answer(step, data))
        conversation.read_run(workflow, waited)
    conversation.post(workflow, "stream", streamed, start)
    for step, data in answers:
        conversation.post(workflow, "resume-stream", streamed, answer(step, data))
    conversation.read_run(workflow, streamed)
    conversation.post(workflow, "observe", streamed)


def answer(step: Any, data: Any) -> dict[str, Any]:
    """Return the body of a resume."""
    return {"resumeData": data} | ({} if step is None else {"step": step})


def _scenario(name: str, workflow: str, input_data: Any, answers: Answers) -> Scenario:
    return Scenario(f"asking_{name}", lambda conversation: answered(conversation, workflow, input_data, answers), ALL)


SCENARIOS += [_scenario(*row) for row in ASKING]


@scenario()
def resume_answers_at_once(conversation: Conversation) -> None:
    """`resume` tells nothing of the outcome."""
    run_id = conversation.run_id()
    conversation.post("asker", "start-async", run_id, {"inputData": {"n": 1}})
    conversation.post("asker", "resume", run_id, answer("q", {"answer": "a"}))
    conversation.wait_for_status("asker", run_id, "success")
    conversation.read_run("asker", run_id)


@scenario()
def resume_no_wait(conversation: Conversation) -> None:
    """`resume-no-wait` answers with the run's id, where it exists."""
    run_id = conversation.run_id()
    conversation.post("asker", "start-async", run_id, {"inputData": {"n": 1}})
    conversation.post("asker", "resume-no-wait", run_id, answer("q", {"answer": "a"}))
    if conversation.is_current:
        conversation.wait_for_status("asker", run_id, "success")
    conversation.read_run("asker", run_id)


@scenario()
def resume_with_bad_data(conversation: Conversation) -> None:
    """A refused answer leaves the suspension as it is."""
    run_id = conversation.run_id()
    conversation.post("approval", "start-async", run_id, {"inputData": {"n": 3}})
    conversation.post("approval", "resume-async", run_id, answer("approve", {"ok": "yes"}))
    conversation.post("approval", "resume-async", run_id, answer("approve", {}))
    conversation.post("approval", "resume-async", run_id, {"step": "approve"})
    conversation.read_run("approval", run_id)
    conversation.post("approval", "resume-stream", run_id, answer("approve", {"ok": "yes"}))
    conversation.read_run("approval", run_id)
    conversation.post("approval", "resume-async", run_id, answer("approve", {"ok": False}))


@scenario(*CURRENT)
def resume_refused_unseen(conversation: Conversation) -> None:
    """The verbs that answer at once do not tell of a refusal (older servers may die of it)."""
    run_id = conversation.run_id()
    conversation.post("approval", "start-async", run_id, {"inputData": {"n": 3}})
    conversation.post("approval", "resume", run_id, answer("approve", {"ok": "yes"}))
    conversation.post("approval", "resume-no-wait", run_id, answer("nope", {"ok": True}))
    conversation.read_run("approval", run_id)


@scenario()
def resume_wrong_step(conversation: Conversation) -> None:
    """A step that is not suspended cannot be resumed."""
    run_id = conversation.run_id()
    conversation.post("asker", "start-async", run_id, {"inputData": {"n": 1}})
    conversation.post("asker", "resume-async", run_id, answer("nope", {"answer": "a"}))
    conversation.post("asker", "resume-async", run_id, answer([], {"answer": "a"}))
    conversation.post("asker", "resume-stream", run_id, answer("first", {"answer": "a"}))
    conversation.read_run("asker", run_id)


@scenario()
def resume_not_suspended(conversation: Conversation) -> None:
    """A run that has ended, and one that never began, cannot be resumed."""
    ended, pending = conversation.run_id(), conversation.run_id()
    conversation.post("three", "start-async", ended, {"inputData": {}})
    conversation.post("three", "resume-async", ended, answer(None, {"a": 1}))
    conversation.post("three", "resume-stream", ended, answer(None, {"a": 1}))
    conversation.read_run("three", ended)
    conversation.post("asker", "create-run", pending)
    conversation.post("asker", "resume-async", pending, answer("q", {"answer": "a"}))
    conversation.read_run("asker", pending)


@scenario()
def resume_which_of_several(conversation: Conversation) -> None:
    """With several suspensions the step must be named."""
    run_id = conversation.run_id()
    conversation.post("parallel-ask", "start-async", run_id, {"inputData": {}})
    conversation.post("parallel-ask", "resume-async", run_id, answer(None, {"answer": "a"}))
    conversation.post("parallel-ask", "resume-stream", run_id, answer(None, {"answer": "a"}))
    conversation.read_run("parallel-ask", run_id)


@scenario()
def resume_twice(conversation: Conversation) -> None:
    """The second answer to a suspension is refused."""
    run_id = conversation.run_id()
    conversation.post("asker", "start-async", run_id, {"inputData": {}})
    conversation.post("asker", "resume-async", run_id, answer("q", {"answer": "a"}))
    conversation.post("asker", "resume-async", run_id, answer("q", {"answer": "b"}))
    conversation.read_run("asker", run_id)


@scenario()
def resume_while_it_resumes(conversation: Conversation) -> None:
    """While an answer is worked on, another one is refused, and current servers show the steps as they were."""
    run_id = conversation.run_id()
    conversation.post("ask-slow", "start-async", run_id, {"inputData": {"gate": run_id}})
    finish = conversation.begin("ask-slow", "resume-async", run_id, answer("q", {"answer": "a"}))
    conversation.wait_for_gate(run_id)
    conversation.read_run("ask-slow", run_id)
    if conversation.is_current:
        conversation.post("ask-slow", "resume-async", run_id, answer("q", {"answer": "b"}))
    conversation.open_gate(run_id)
    finish()
    conversation.read_run("ask-slow", run_id)


@scenario()
def resume_nested_mistakes(conversation: Conversation) -> None:
    """Mistakes inside a nested workflow are fatal to the run."""
    bad_data, bad_step = conversation.run_id(), conversation.run_id()
    conversation.post("nested-ask", "start-async", bad_data, {"inputData": {}})
    conversation.post("nested-ask", "resume-async", bad_data, answer("inner-ask.inner-q", {"answer": 1}))
    conversation.read_run("nested-ask", bad_data)
    conversation.post("nested-ask", "start-async", bad_step, {"inputData": {}})
    conversation.post("nested-ask", "resume-async", bad_step, answer("inner-ask.nope", {"answer": "a"}))
    conversation.read_run("nested-ask", bad_step)


@scenario()
def resume_nested_run_alone(conversation: Conversation) -> None:
    """The nested run is a run of its own; answering there does not move the one around it."""
    run_id = conversation.run_id()
    conversation.post("nested-ask", "start-async", run_id, {"inputData": {"n": 2}})
    conversation.read_run("inner-ask", run_id)
    conversation.post("inner-ask", "resume-async", run_id, answer("inner-q", {"answer": "a"}))
    conversation.read_run("inner-ask", run_id)
    conversation.read_run("nested-ask", run_id)


@scenario()
def resume_one_item(conversation: Conversation) -> None:
    """`forEachIndex` answers for one item on current servers, and is ignored before."""
    run_id = conversation.run_id()
    conversation.post("foreach-suspend", "start-async", run_id, {"inputData": [1, 2, 3]})
    conversation.post("foreach-suspend", "resume-async", run_id, {**answer("ask-item", {"add": 5}), "forEachIndex": 1})
    conversation.read_run("foreach-suspend", run_id)
    if conversation.is_current:
        conversation.post(
            "foreach-suspend", "resume-async", run_id, {**answer("ask-item", {"add": 6}), "forEachIndex": 9}
        )
        conversation.read_run("foreach-suspend", run_id)
        conversation.post(
            "foreach-suspend", "resume-stream", run_id, {**answer("ask-item", {"add": 7}), "forEachIndex": 0}
        )
        conversation.post("foreach-suspend", "resume-async", run_id, answer("ask-item", {"add": 8}))
        conversation.read_run("foreach-suspend", run_id)


@scenario()
def resume_ignores_labels(conversation: Conversation) -> None:
    """A label in the body does nothing."""
    run_id = conversation.run_id()
    conversation.post("foreach-suspend", "start-async", run_id, {"inputData": [1, 2]})
    conversation.post("foreach-suspend", "resume-async", run_id, {"label": "item-2", "resumeData": {"add": 1}})
    conversation.read_run("foreach-suspend", run_id)


@scenario()
def resume_keeps_request_context(conversation: Conversation) -> None:
    """The request context of the start is there after the resume, unless the resume says otherwise."""
    run_id = conversation.run_id()
    conversation.post(
        "asker", "start-async", run_id, {"inputData": {}, "requestContext": {"a": 1, "b": 1}, "resourceId": run_id}
    )
    body = {**answer("q", {"answer": "a"}), "requestContext": {"b": 2}}
    conversation.post("asker", "resume-async", run_id, body)
    if not conversation.is_beta:
        conversation.call("GET", f"/workflows/asker/runs?resourceId={run_id}")


@scenario("current", "1.2")
def resume_one_step_only(conversation: Conversation) -> None:
    """`perStep` works on a resume too."""
    run_id = conversation.run_id()
    conversation.post("asker", "start-async", run_id, {"inputData": {}})
    conversation.post("asker", "resume-async", run_id, {**answer("q", {"answer": "a"}), "perStep": True})
    conversation.read_run("asker", run_id)


@scenario()
def start_over_a_suspension(conversation: Conversation) -> None:
    """A start throws a suspension away."""
    run_id = conversation.run_id()
    conversation.post("asker", "start-async", run_id, {"inputData": {"n": 1}})
    conversation.post("asker", "start-async", run_id, {"inputData": {"n": 2}})
    conversation.read_run("asker", run_id)


@scenario()
def stream_a_suspended_run(conversation: Conversation) -> None:
    """A stream on a run that was streamed and has suspended repeats what was said."""
    run_id = conversation.run_id()
    conversation.post("asker", "stream", run_id, {"inputData": {"n": 1}})
    conversation.post("asker", "stream", run_id, {"inputData": {"n": 2}})
    conversation.post("asker", "observe", run_id)
    conversation.read_run("asker", run_id)


@scenario()
def stateful_run(conversation: Conversation) -> None:
    """The state lives across a suspension."""
    waited, streamed = conversation.run_id(), conversation.run_id()
    start = {"inputData": {}, "initialState": {"count": 5, "notes": ["given"]}}
    conversation.post("stateful", "start-async", waited, start)
    conversation.read_run("stateful", waited)
    conversation.post("stateful", "resume-async", waited, answer("q", {"answer": "a"}))
    conversation.read_run("stateful", waited)
    conversation.post("stateful", "stream", streamed, start)
    conversation.post("stateful", "resume-stream", streamed, answer("q", {"answer": "a"}))
    conversation.read_run("stateful", streamed)


@scenario()
def state_that_does_not_fit(conversation: Conversation) -> None:
    """A bad state, and none where one is needed, are refused."""
    bad, none = conversation.run_id(), conversation.run_id()
    conversation.post("stateful", "start-async", bad, {"inputData": {}, "initialState": {"count": "x"}})
    conversation.read_run("stateful", bad)
    conversation.post("stateful", "start-async", none, {"inputData": {}})
