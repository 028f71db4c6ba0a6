"""Missing inputs of nested workflows that fail, and functions that give odd values."""

from __future__ import annotations

from typing import Any

from tests.conformance.conversation import Conversation
from tests.conformance.corpus import ALL, SCENARIOS, Scenario, scenario

INPUTS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "null": {"value": None},
    "text": {"value": "text"},
    "failure": {"value": {"status": "failed", "nonRetryable": True}},
}
NESTED = ("odd-nested", "odd-retried", "odd-deep", "odd-parallel", "odd-loop")


def _nested(name: str, value: dict[str, Any]) -> Scenario:
    def play(conversation: Conversation) -> None:
        for workflow in NESTED:
            conversation.wait_and_stream(workflow, {"inputData": value})

    return Scenario(f"odd_nested_{name}", play, ALL)


SCENARIOS += [_nested(*row) for row in INPUTS.items()]


@scenario()
def odd_items(conversation: Conversation) -> None:
    """An item without anything goes into a workflow that fails."""
    lists: list[list[Any]] = [[None], ["x"], [{}, None]]
    for items in lists:
        conversation.wait_and_stream("odd-foreach", {"inputData": items})


NO_BOOLEANS: list[Any] = [0, "", "no", None, 1, -1, [1], {"a": 1}]
NO_NUMBERS: list[Any] = ["soon", "", "0", None, -5, True, [], {"a": 1}]
ROUNDS: list[tuple[str, list[Any]]] = [
    ("odd-until", [0, "", None, False, "end"]),
    ("odd-until", [1]),
    ("odd-while", [1, "on", True, 0]),
    ("odd-while", [None]),
    ("odd-while", [""]),
]


@scenario()
def odd_conditions(conversation: Conversation) -> None:
    """Conditions that give no boolean."""
    for value in NO_BOOLEANS:
        conversation.wait_and_stream("odd-branch", {"inputData": {"value": value}})
    conversation.wait_and_stream("odd-branch", {"inputData": {}})
    for workflow, values in ROUNDS:
        conversation.wait_and_stream(workflow, {"inputData": values})


@scenario()
def odd_sleeps(conversation: Conversation) -> None:
    """Sleeps whose function gives no number."""
    for value in NO_NUMBERS:
        conversation.wait_and_stream("odd-sleep", {"inputData": {"value": value}})
    conversation.wait_and_stream("odd-sleep", {"inputData": {}})


@scenario()
def odd_states(conversation: Conversation) -> None:
    """States that are no objects."""
    for value in ("ab", [1, 2], 7, True, None, {"a": 1}):
        conversation.wait_and_stream("odd-state", {"inputData": {"value": value}, "initialState": {}})
