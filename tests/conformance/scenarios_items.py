"""What a foreach makes of what is no list: items where JavaScript finds a length, errors where it finds none."""

from __future__ import annotations

from typing import Any

from tests.conformance.conversation import Conversation
from tests.conformance.corpus import ALL, SCENARIOS, Scenario, scenario

NO_LISTS: dict[str, dict[str, Any]] = {
    "object": {"value": {"a": 1}},
    "number": {"value": 7},
    "boolean": {"value": True},
    "text": {"value": "ab🎈"},
    "empty_text": {"value": ""},
    "null": {"value": None},
    "nothing": {},
    "length": {"value": {"0": "x", "length": 2}},
    "length_text": {"value": {"length": "1"}},
    "no_length": {"value": {"length": "many"}},
    "gaps": {"value": [None, [1], {"a": 1}, False, ""]},
}
"""What a foreach gets, under `value`."""

FIRST = ("items-first", "items-concurrent")
LATER = ("items-given", "items-nested", "items-retried", "items-parallel", "items-branch", "items-loop")


def _asked(conversation: Conversation, workflow: str, body: dict[str, Any]) -> None:
    """Wait for a run, read another's stream and observe it, and look at both."""
    conversation.post(workflow, "observe", conversation.wait_and_stream(workflow, body))


def _first(value: dict[str, Any]) -> Any:
    body = {"inputData": value["value"]} if value else {}

    def play(conversation: Conversation) -> None:
        for workflow in FIRST:
            _asked(conversation, workflow, body)

    return play


def _later(value: dict[str, Any]) -> Any:
    def play(conversation: Conversation) -> None:
        for workflow in LATER:
            _asked(conversation, workflow, {"inputData": value})

    return play


SCENARIOS += [Scenario(f"items_{name}", _first(value), ALL) for name, value in NO_LISTS.items()]
SCENARIOS += [Scenario(f"items_later_{name}", _later(value), ALL) for name, value in NO_LISTS.items()]


LISTS: tuple[list[Any], ...] = ([[1], {"a": 1}, 7], [[1], "ab"], ["", [2]], [[1], None], [None, [1]])


@scenario()
def items_of_items(conversation: Conversation) -> None:
    """A foreach over workflows that have one, each with another kind of item."""
    for items in LISTS:
        _asked(conversation, "items-of-items", {"inputData": items})


@scenario("current")
def items_of_items_at_once(conversation: Conversation) -> None:
    """The same, side by side."""
    for items in LISTS:
        _asked(conversation, "items-of-items-at-once", {"inputData": items})


@scenario()
def items_workflows(conversation: Conversation) -> None:
    """A foreach over a workflow."""
    for items in ({"a": 1}, 7, "ab", None, {"length": 2}):
        _asked(conversation, "items-workflows", {"inputData": items})
    _asked(conversation, "items-workflows", {})


@scenario("current")
def items_started(conversation: Conversation) -> None:
    """A start that answers at once tells nothing of a foreach that fails (older servers may end with it)."""
    for body in ({"inputData": None}, {}, {"inputData": {"a": 1}}):
        run_id = conversation.run_id()
        conversation.post("items-first", "create-run", run_id)
        conversation.post("items-first", "start", run_id, body)
        conversation.post("items-first", "start-async", conversation.run_id(), body)
        conversation.read_run("items-first", run_id)


@scenario()
def items_suspended(conversation: Conversation) -> None:
    """Characters ask, one by one or all at once."""
    for text in ("ab", "abc"):
        waited, streamed = conversation.run_id(), conversation.run_id()
        conversation.post("items-asking", "start-async", waited, {"inputData": text})
        conversation.read_run("items-asking", waited)
        for _ in text:
            conversation.post("items-asking", "resume-async", waited, {"resumeData": "yes"})
            conversation.read_run("items-asking", waited)
        conversation.post("items-asking", "stream", streamed, {"inputData": text})
        conversation.post("items-asking", "resume-stream", streamed, {"resumeData": "yes", "step": "q"})
        conversation.read_run("items-asking", streamed)


@scenario()
def items_travelled(conversation: Conversation) -> None:
    """A time travel to a foreach whose input is no list."""
    for value in ({"a": 1}, "ab", None):
        run_id = conversation.run_id()
        conversation.post("items-given", "start-async", run_id, {"inputData": {"value": [1, 2]}})
        body = {"step": "item", "inputData": value}
        conversation.post("items-given", "time-travel-async", run_id, body)
        conversation.read_run("items-given", run_id)
        conversation.post("items-given", "time-travel-stream", run_id, body)
        conversation.read_run("items-given", run_id)
