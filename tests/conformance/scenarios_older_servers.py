"""What servers before `current` do otherwise: cancels, counts, what gives nothing, nested questions, errors."""

from __future__ import annotations

from typing import Any

from tests.conformance.conversation import Conversation
from tests.conformance.corpus import ALL, SCENARIOS, Scenario, scenario
from tests.conformance.declared.older import THROWN
from tests.conformance.scenarios_asking import Answers, answer, answered
from tests.conformance.scenarios_constructs import in_each_way

GIVEN = [{"give": 1}, {}, {"give": {"a": 1}}, {"give": None}, {"give": 0}, {"give": ""}, {"give": [2]}, {"give": False}]

STRAIGHT: list[tuple[str, str, Any]] = [
    ("count_rounds", "older-count-rounds", {}),
    ("count_items", "older-count-items", [{}, {"n": 1}, {"n": 2}]),
    ("count_tries", "older-count-tries", {"n": 0}),
    ("count_nested", "older-count-nested", [{}, {}]),
    ("count_items_nested", "older-count-items-nested", [{}, {"n": 1}, {"n": 2}]),
    ("items_pass_beside", "older-items-beside", [{"i": 1}, {"i": 2}, {"i": 3}]),
    ("items_pass_deep", "older-items-deep", [{"i": 1}, {"i": 2}, {"i": 3}]),
    ("items_block", "older-items-block", [{"i": 1}, {"i": 2}]),
    ("items_block_fails", "older-items-block", [{"i": 1}, {"i": 2, "fail": "b"}, {"i": 3}]),
    ("items_block_first_fails", "older-items-block", [{"i": 1, "fail": "a"}, {"i": 2}]),
    ("give_items", "older-give-items", GIVEN),
    ("give_items_beside", "older-give-items-beside", GIVEN[:4]),
    ("give_rounds", "older-give-rounds", {"give": {"give": {}}}),
    ("give_rounds_null", "older-give-rounds", {"give": {"give": None}}),
    ("end_rounds_fail", "older-end-rounds", {"how": "give", "then": "fail"}),
    ("end_rounds_bail", "older-end-rounds", {"how": "give", "then": "bail"}),
    ("template", "older-template", {"name": "you"}),
    ("owner", "older-owner", {"n": 1}),
    *((f"throws_{kind}", "older-throws", {"kind": kind}) for kind in THROWN),
    *(
        (f"throws_nested_{kind}", "older-throws-nested", {"kind": kind})
        for kind in ("type", "null", "empty", "cause", "object", "likeAnError")
    ),
]

BESIDE = [{"i": 1, "ask": "a?"}, {"i": 2, "ask": "b?"}, {"i": 3, "ask": "c?"}]
SOME = [{"i": 1}, {"i": 2, "ask": "b?"}, {"i": 3}, {"i": 4, "ask": "d?"}]
Q = ["older-question", "q"]
MAYBE = ["older-maybe", "q"]

ASKING: list[tuple[str, str, Any, Answers]] = [
    ("count_asks", "older-count-asks", {}, [("q", {"a": 1}), ("q", {"a": 2})]),
    ("rounds_suspend", "older-end-rounds", {"how": "give", "then": "suspend"}, [("end", {"a": 1})]),
    ("rounds_ask", "older-end-rounds", {"how": "give", "then": "ask"}, [("end", {"a": 1})]),
    ("twice", "older-ask-twice", {}, [("q", {"a": 1}), ("q", {"a": 2})]),
    ("parallel_wrong_step", "older-parallel-ask", {}, [(["older-question", "nope"], {"a": 1}), ("p", {"a": 2})]),
    ("parallel_wrong_step_last", "older-parallel-ask", {}, [("p", {"a": 2}), (["older-question", "nope"], {"a": 1})]),
    ("parallel_wrong_only", "older-parallel-only", {}, [(["older-question", "nope"], {"a": 1}), (Q, {"a": 2})]),
    ("parallel_fails", "older-parallel-ask", {}, [("p", {"fail": True}), (Q, {"a": 1})]),
    ("parallel_fails_last", "older-parallel-ask", {}, [(Q, {"a": 1}), ("p", {"fail": True})]),
    ("parallel_nested_fails", "older-parallel-ask", {}, [(Q, {"fail": True}), ("p", {"a": 1})]),
    ("branch_wrong_step", "older-branch-ask", {}, [(["older-question", "nope"], {"a": 1}), ("p", {"a": 2})]),
    ("branch_fails", "older-branch-ask", {}, [("p", {"fail": True}), (Q, {"a": 1})]),
    ("items", "older-items", BESIDE, [(MAYBE, {"a": 1}), (MAYBE, {"a": 2}), (MAYBE, {"a": 3})]),
    ("items_outer", "older-items", BESIDE[:2], [("older-maybe", {"a": 1}), (None, {"a": 2}), (None, {"a": 3})]),
    ("items_some", "older-items", SOME, [(MAYBE, {"a": 1}), (MAYBE, {"a": 2})]),
    ("items_wrong_step", "older-items", BESIDE[:2], [(["older-maybe", "nope"], {"a": 1}), (MAYBE, {"a": 2})]),
    ("items_deep", "older-items-deep", BESIDE, [(["older-deep", *MAYBE], {"a": 1}), (["older-deep"], {"a": 2})]),
    ("items_beside", "older-items-beside", BESIDE, [(MAYBE, {"a": 1}), (MAYBE, {"a": 2}), (MAYBE, {"a": 3})]),
    ("items_beside_two", "older-items-beside", BESIDE[:2], [(MAYBE, {"a": 1}), (MAYBE, {"a": 2})]),
    ("items_beside_outer", "older-items-beside", BESIDE[:2], [("older-maybe", {"a": 1}), (None, {"a": 2})]),
    ("items_beside_some", "older-items-beside", SOME, [(MAYBE, {"a": 1}), (MAYBE, {"a": 2})]),
    (
        "items_beside_wrong_step",
        "older-items-beside",
        BESIDE[:2],
        [(["older-maybe", "nope"], {"a": 1}), (MAYBE, {"a": 2})],
    ),
]


def _straight(name: str, workflow: str, input_data: Any) -> Scenario:
    return Scenario(f"older_{name}", lambda conversation: in_each_way(conversation, workflow, input_data), ALL)


def _asking(name: str, workflow: str, input_data: Any, answers: Answers) -> Scenario:
    return Scenario(
        f"older_asking_{name}", lambda conversation: answered(conversation, workflow, input_data, answers), ALL
    )


SCENARIOS += [_straight(*row) for row in STRAIGHT]
SCENARIOS += [_asking(*row) for row in ASKING]

# (name, workflow, the workflow that sleeps, the workflow in it)
SLEEPING: list[tuple[str, str, str, str | None]] = [
    ("sleep", "older-nap", "older-nap", None),
    ("sleep_until", "older-nap-until", "older-nap-until", None),
    ("last_sleep", "older-nap-last", "older-nap-last", None),
    ("nested_sleep", "older-sleeps", "older-napping", "older-napping"),
    ("sleep_after_nested", "older-nap-after", "older-nap-after", "older-rested"),
]


def _canceled_asleep(conversation: Conversation, workflow: str, sleeper: str, inner: str | None) -> None:
    """Cancel a run while it sleeps, and look at it then (where it sleeps on) and when it has ended."""
    conversation.hold_time()
    for verb in ("stream", "start-async"):
        run_id = conversation.run_id()
        finish = conversation.begin(workflow, verb, run_id, {"inputData": {"n": 1}})
        conversation.wait_for_status(sleeper, run_id, "waiting")
        conversation.cancel(workflow, run_id)
        if not conversation.is_current:
            conversation.read_run(workflow, run_id)
        conversation.let_time_pass(1.0)
        finish()
        conversation.read_run(workflow, run_id)
        conversation.post(workflow, "observe", run_id)
        if inner is not None:
            conversation.read_run(inner, run_id)


def _sleeping(name: str, workflow: str, sleeper: str, inner: str | None) -> Scenario:
    return Scenario(
        f"older_cancel_{name}", lambda conversation: _canceled_asleep(conversation, workflow, sleeper, inner), ALL
    )


SCENARIOS += [_sleeping(*row) for row in SLEEPING]


@scenario()
def older_owner_given(conversation: Conversation) -> None:
    """A run's resource, as the steps of a nested workflow see it."""
    run_id, streamed = conversation.run_id(), conversation.run_id()
    for id_, verb in ((run_id, "start-async"), (streamed, "stream")):
        conversation.post("older-owner", "create-run", id_, {"resourceId": "somebody"})
        conversation.post("older-owner", verb, id_, {"inputData": {"n": 1}})
        conversation.read_run("older-owner", id_)
        conversation.read_run("older-owned", id_)


def _travelled(conversation: Conversation, workflow: str, input_data: Any, travels: list[dict[str, Any]]) -> None:
    """Time travel, each time from a run of its own, with and without a stream."""
    for body in travels:
        for verb in ("time-travel-async", "time-travel-stream"):
            run_id = conversation.run_id()
            conversation.post(workflow, "start-async", run_id, {"inputData": input_data})
            conversation.post(workflow, verb, run_id, body)
            conversation.read_run(workflow, run_id)


TRAVELS: list[tuple[str, str, Any, list[dict[str, Any]]]] = [
    ("first_child", "older-beside", {"n": 1}, [{"step": "a"}, {"step": "a", "inputData": {"n": 2}}]),
    ("second_child", "older-beside", {"n": 1}, [{"step": "b"}, {"step": "b", "inputData": {"n": 2}}]),
    ("last_child", "older-beside", {"n": 1}, [{"step": "c"}, {"step": "c", "inputData": {"n": 2}}]),
    ("failed_child", "older-beside", {"n": 1, "fail": "b"}, [{"step": "b"}, {"step": "b", "inputData": {"n": 2}}]),
    ("beside_failed_child", "older-beside", {"n": 1, "fail": "b"}, [{"step": "c"}, {"step": "a"}]),
    (
        "child_with_context",
        "older-beside",
        {"n": 1},
        [{"step": "b", "context": {"a": {"status": "success", "payload": {}, "output": 5}}}],
    ),
    (
        "asking_child",
        "older-nested-beside",
        {"n": 1},
        [{"step": "older-question"}, {"step": ["older-question", "q"], "resumeData": {"a": 1}}, {"step": "a"}],
    ),
    ("branch_child", "branch", {"n": 100}, [{"step": "positive"}, {"step": "large"}, {"step": "negative"}]),
]


def _travel(name: str, workflow: str, input_data: Any, travels: list[dict[str, Any]]) -> Scenario:
    return Scenario(
        f"older_travel_{name}", lambda conversation: _travelled(conversation, workflow, input_data, travels), ALL
    )


SCENARIOS += [_travel(*row) for row in TRAVELS]


CANCELED = [
    ("question", "asker", {"n": 1}, "q", "asker"),
    ("nested_question", "nested-ask", {"n": 1}, ["inner-ask", "inner-q"], "inner-ask"),
    ("parallel_question", "older-parallel-ask", {}, Q, "older-question"),
    ("item_question", "older-items", BESIDE[:2], MAYBE, "older-maybe"),
]


def _canceled_suspended(conversation: Conversation, workflow: str, input_data: Any, step: Any, inner: str) -> None:
    """Cancel a suspended run, and resume it nevertheless."""
    for verb in ("resume-async", "resume-stream"):
        run_id = conversation.run_id()
        conversation.post(workflow, "start-async", run_id, {"inputData": input_data})
        conversation.cancel(workflow, run_id)
        conversation.read_run(workflow, run_id)
        conversation.read_run(inner, run_id)
        conversation.post(workflow, verb, run_id, answer(step, {"answer": "a"}))
        conversation.read_run(workflow, run_id)
        conversation.read_run(inner, run_id)


def _canceled(name: str, workflow: str, input_data: Any, step: Any, inner: str) -> Scenario:
    return Scenario(
        f"older_cancel_{name}",
        lambda conversation: _canceled_suspended(conversation, workflow, input_data, step, inner),
        ALL,
    )


SCENARIOS += [_canceled(*row) for row in CANCELED]
