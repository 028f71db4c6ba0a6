"""A workflow without steps: it is listed, and no run of it can be made."""

from __future__ import annotations

from tests.conformance.conversation import Conversation
from tests.conformance.corpus import scenario


@scenario()
def without_steps(conversation: Conversation) -> None:
    """Whatever makes a run is refused, and none is kept."""
    run_id = conversation.run_id()
    conversation.call("GET", "/workflows/odd-empty")
    for verb in ("create-run", "start", "start-async", "stream"):
        conversation.post("odd-empty", verb, run_id, {"inputData": {}})
    conversation.read_run("odd-empty", run_id)
    conversation.call("GET", "/workflows/odd-empty/runs")


@scenario()
def without_steps_nested(conversation: Conversation) -> None:
    """The step that it is inside of another workflow fails."""
    run_id = conversation.run_id()
    conversation.call("GET", "/workflows/odd-empty-nested")
    conversation.post("odd-empty-nested", "start-async", run_id, {"inputData": {"n": 1}})
    conversation.read_run("odd-empty-nested", run_id)
    conversation.post("odd-empty-nested", "stream", conversation.run_id(), {"inputData": {"n": 1}})
