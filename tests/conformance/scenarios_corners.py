"""The corners: blocks in blocks, questions in loops, states, maps, and what JavaScript calls nothing."""

from __future__ import annotations

from typing import Any

from tests.conformance.conversation import Conversation
from tests.conformance.corpus import ALL, SCENARIOS, Scenario, scenario
from tests.conformance.scenarios_asking import answer, answered
from tests.conformance.scenarios_constructs import in_each_way

STRAIGHT: list[tuple[str, str, Any]] = [
    ("map_sources", "conf-map", {"tag": "x"}),
    ("map_bad_path", "conf-map-bad-path", {"a": 1}),
    ("parallel_nested", "conf-parallel-nested", {"n": 1}),
    ("parallel_bail", "conf-parallel-bail", {"n": 1}),
    ("loop_nested", "conf-loop-nested", {"n": 1}),
    ("loop_fails", "conf-loop-fails", {"n": 0}),
    ("foreach_nested_fails", "conf-foreach-nested-fails", [{"n": 1}, {"n": -1}, {"n": 2}]),
    ("retry_config", "conf-retry-config", {}),
    ("state_nested", "conf-state-nested", {}),
    ("state_refused", "conf-state-refused", {}),
    ("bail_nested", "conf-bail-nested", {}),
    ("unchecked", "conf-unchecked", {"n": 1, "more": 1}),
    ("undefined", "conf-nothing", {"what": "undefined"}),
    ("null", "conf-nothing", {"what": "null"}),
    ("empty_text", "conf-nothing", {"what": "empty"}),
    ("zero", "conf-nothing", {"what": "zero"}),
    ("false", "conf-nothing", {"what": "false"}),
    ("nothing_between", "conf-nothing-between", {}),
    ("step_context", "conf-step-context", {}),
    ("results", "conf-results", {"i": 1}),
    ("writer_nested", "conf-writer-nested", {"n": 1}),
    ("tripwire_nested", "conf-tripwire-nested", {}),
    ("mixed", "conf-mixed", {"n": 1}),
    ("suspend_schema_refuses", "conf-suspend-schema", {"good": False}),
]

ASKING: list[tuple[str, str, Any, list[tuple[Any, Any]]]] = [
    (
        "parallel_questions",
        "conf-parallel-questions",
        {},
        [("conf-question", {"answer": "a"}), ("outer-q", {"answer": "b"})],
    ),
    ("branch_two", "conf-branch-ask", {"n": 100}, [("positive", {"answer": "a"}), ("large", {"answer": "b"})]),
    ("branch_then_block", "conf-branch-block", {}, [("asks", {"answer": "a"})]),
    ("loop", "conf-loop-ask", {"n": 1}, [("guess", {"more": 2}), ("guess", {"more": 3}), ("guess", {"more": 9})]),
    ("schema", "conf-suspend-schema", {"good": True}, [("q", {"x": 1})]),
    ("bare", "conf-suspend-bare", {}, [(None, {"x": 1})]),
    ("with_output", "conf-suspend-output", {}, [("q", {"x": 1})]),
    ("writer", "conf-writer-question", {}, [("q", {"x": 1})]),
    ("context_set", "conf-context-set", {}, [("q", {"answer": "a"})]),
]


def _straight(name: str, workflow: str, input_data: Any) -> Scenario:
    return Scenario(f"corner_{name}", lambda conversation: in_each_way(conversation, workflow, input_data), ALL)


def _asking(name: str, workflow: str, input_data: Any, answers: list[tuple[Any, Any]]) -> Scenario:
    return Scenario(
        f"corner_asking_{name}", lambda conversation: answered(conversation, workflow, input_data, answers), ALL
    )


SCENARIOS += [_straight(*row) for row in STRAIGHT]
SCENARIOS += [_asking(*row) for row in ASKING]


@scenario("current")
def corner_parallel_writers(conversation: Conversation) -> None:
    """Steps side by side write one after the other; on older servers they take turns, which Python functions cannot."""
    in_each_way(conversation, "conf-parallel-writers", {"n": 1})


@scenario("current")
def corner_branch_one_asks(conversation: Conversation) -> None:
    """One branch of three asks (older servers lose count of which)."""
    answered(conversation, "conf-branch-ask", {"n": 1}, [("positive", {"answer": "a"})])


@scenario()
def corner_foreach_questions(conversation: Conversation) -> None:
    """Each item of a foreach is a workflow that asks."""
    run_id = conversation.run_id()
    conversation.post("conf-foreach-questions", "start-async", run_id, {"inputData": [{"i": 1}, {"i": 2}]})
    conversation.read_run("conf-foreach-questions", run_id)


@scenario()
def corner_functions_that_throw(conversation: Conversation) -> None:
    """A loop's condition and a sleep's function that throw leave the run where it was."""
    for workflow in ("conf-loop-throws", "conf-sleep-throws"):
        waited, streamed = conversation.run_id(), conversation.run_id()
        conversation.post(workflow, "start-async", waited, {"inputData": {"n": 1}})
        conversation.read_run(workflow, waited)
        conversation.post(workflow, "stream", streamed, {"inputData": {"n": 1}})
        conversation.read_run(workflow, streamed)


@scenario()
def corner_step_context_given(conversation: Conversation) -> None:
    """A step's own schema for the request context."""
    body = {"inputData": {}, "requestContext": {"tenant": "x"}}
    conversation.post("conf-step-context", "start-async", conversation.run_id(), body)


@scenario()
def corner_aborting(conversation: Conversation) -> None:
    """A step that cancels its own run."""
    conversation.post("conf-aborting", "start-async", conversation.run_id(), {"inputData": {}})
    conversation.post("conf-aborting", "stream", conversation.run_id(), {"inputData": {}})


@scenario("current")
def corner_cancel_a_sleep(conversation: Conversation) -> None:
    """A cancel ends a sleep at once (older servers sleep on)."""
    streamed = conversation.run_id()
    conversation.hold_time()
    finish = conversation.begin("conf-long-sleep", "stream", streamed, {"inputData": {}}, wait_for_first=True)
    conversation.wait_for_status("conf-long-sleep", streamed, "waiting")
    conversation.read_run("conf-long-sleep", streamed)
    conversation.cancel("conf-long-sleep", streamed)
    finish()
    conversation.read_run("conf-long-sleep", streamed)


@scenario()
def corner_fails_beside(conversation: Conversation) -> None:
    """A child that fails does not end the others."""
    run_id, streamed = conversation.run_id(), conversation.run_id()
    finish = conversation.begin("conf-fails-beside", "start-async", run_id, {"inputData": {"gate": run_id}})
    conversation.wait_for_gate(run_id)
    conversation.read_run("conf-fails-beside", run_id)
    conversation.open_gate(run_id)
    finish()
    conversation.read_run("conf-fails-beside", run_id)
    conversation.post("conf-fails-beside", "stream", streamed, {"inputData": {}})


@scenario()
def corner_schema_of_many_kinds(conversation: Conversation) -> None:
    """What zod says to each kind of fault."""
    run_id = conversation.run_id()
    good = {
        "text": "abc",
        "whole": 5,
        "real": 0.5,
        "list": [1],
        "choice": "a",
        "exact": "x",
        "either": 1,
        "maybe": None,
        "email": "a@b.co",
    }
    conversation.post("conf-described", "start-async", run_id, {"inputData": good})
    broken: list[dict[str, Any]] = [
        {
            "text": "a",
            "whole": 0,
            "real": 0,
            "list": [],
            "choice": "c",
            "exact": "y",
            "either": True,
            "maybe": 1,
            "email": "no",
        },
        {"text": "abcdef", "whole": 10, "real": 1, "list": [1, 2, 3], "flag": "yes"},
        {"text": None, "whole": 1.5, "real": "x", "list": {}, "choice": 1, "exact": None, "flag": None},
    ]
    for faults in broken:
        conversation.post("conf-described", "start-async", run_id, {"inputData": {**good, **faults}})
    conversation.post("conf-described", "start-async", run_id, {"inputData": {}})
    if conversation.is_current:  # older servers order the keys of schemas in other ways
        conversation.call("GET", "/workflows/conf-described")


@scenario()
def corner_details(conversation: Conversation) -> None:
    """Graphs of all these."""
    for name in (
        "parallel-nested",
        "branch-ask",
        "loop-nested",
        "foreach-questions",
        "suspend-schema",
        "bail-nested",
        "unchecked",
    ):
        conversation.call("GET", f"/workflows/conf-{name}")
    conversation.call("GET", "/workflows/conf-map")
    conversation.call("GET", "/workflows/conf-step-context")


@scenario("current", "1.2")
def corner_time_travel_nested_question(conversation: Conversation) -> None:
    """A time travel answers a question in a nested workflow."""
    run_id = conversation.run_id()
    conversation.post("nested-ask", "start-async", run_id, {"inputData": {"n": 1}})
    conversation.post(
        "nested-ask", "time-travel-async", run_id, {"step": "inner-ask.inner-q", "resumeData": {"answer": "t"}}
    )
    conversation.read_run("nested-ask", run_id)


@scenario()
def corner_time_travel_over_a_sleep(conversation: Conversation) -> None:
    """A time travel past a sleep."""
    run_id = conversation.run_id()
    conversation.post("sleep", "start-async", run_id, {"inputData": {"ms": 1}})
    conversation.post("sleep", "time-travel-async", run_id, {"step": "after"})
    conversation.read_run("sleep", run_id)


@scenario()
def corner_resume_one_of_two_in_a_stream(conversation: Conversation) -> None:
    """The stream of a resume says success although another step still asks."""
    run_id = conversation.run_id()
    conversation.post("parallel-ask", "start-async", run_id, {"inputData": {}})
    conversation.post("parallel-ask", "resume-stream", run_id, answer("p1", {"answer": "a"}))
    conversation.read_run("parallel-ask", run_id)
