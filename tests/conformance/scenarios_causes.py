"""Errors with causes: those that are no exceptions, those that lie deep, and what is thrown and is no error."""

from __future__ import annotations

from tests.conformance.conversation import Conversation
from tests.conformance.corpus import CURRENT, scenario
from tests.conformance.declared.causes import THROWN

KINDS = [kind for kind in THROWN if kind != "final"]


@scenario()
def causes_in_answers(conversation: Conversation) -> None:
    """What the answer says, and what is stored."""
    for kind in KINDS:
        run_id = conversation.run_id()
        conversation.post(f"cause-{kind}", "start-async", run_id, {"inputData": {}})
        conversation.read_run(f"cause-{kind}", run_id)


@scenario()
def causes_in_streams(conversation: Conversation) -> None:
    """What the events say."""
    for kind in KINDS:
        conversation.post(f"cause-{kind}", "stream", conversation.run_id(), {"inputData": {}})


@scenario()
def causes_of_nested_workflows(conversation: Conversation) -> None:
    """A nested workflow throws on what its step threw."""
    for kind in KINDS:
        run_id = conversation.run_id()
        conversation.post(f"cause-nested-{kind}", "start-async", run_id, {"inputData": {}})
        conversation.read_run(f"cause-nested-{kind}", run_id)


@scenario()
def causes_of_runs_that_are_restarted(conversation: Conversation) -> None:
    """What was stored of a failure is told again."""
    for kind in ("text", "null", "inner", "eight", "thrown-nameless"):
        run_id = conversation.run_id()
        conversation.post(f"cause-{kind}", "start-async", run_id, {"inputData": {}})
        conversation.post(f"cause-{kind}", "restart-async", run_id)


@scenario(*CURRENT)
def causes_that_use_no_retries(conversation: Conversation) -> None:
    """An error that is final names its class, and a nested workflow wraps it into one of its own."""
    for workflow in ("cause-final", "cause-nested-final"):
        run_id = conversation.run_id()
        conversation.post(workflow, "start-async", run_id, {"inputData": {}})
        conversation.read_run(workflow, run_id)
        conversation.post(workflow, "stream", conversation.run_id(), {"inputData": {}})
