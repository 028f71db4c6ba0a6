"""Suspensions with text, lists, numbers, booleans and null, and the answers to them."""

from __future__ import annotations

from typing import Any

from tests.conformance.conversation import Conversation
from tests.conformance.corpus import ALL, SCENARIOS, Scenario, scenario
from tests.conformance.scenarios_asking import Answers, answer, answered

PAYLOADS: dict[str, dict[str, Any]] = {
    "text": {"value": "ab🎈"},
    "empty_text": {"value": ""},
    "list": {"value": [1, {"a": 2}, None]},
    "empty_list": {"value": []},
    "number": {"value": 7},
    "zero": {"value": 0},
    "true": {"value": True},
    "false": {"value": False},
    "null": {"value": None},
    "nothing": {},
    "empty_object": {"value": {}},
    "meta": {"value": {"__workflow_meta": {"path": ["x"]}, "a": 1}},
    "meta_text": {"value": {"__workflow_meta": "text", "a": 1}},
}
"""What a step suspends with, under `value`."""

YES = {"ok": True}
PLACES: list[tuple[str, Answers]] = [
    ("payload-plain", [("q", YES)]),
    ("payload-plain", [(None, YES)]),
    ("payload-labelled", [("q", YES)]),
    ("payload-nested", [(["payload-inner", "q"], YES)]),
    ("payload-nested", [(None, YES)]),
    ("payload-deep", [(["payload-middle", "payload-inner", "q"], YES)]),
    ("payload-parallel", [("a", YES), ("b", YES)]),
    ("payload-branch", [("a", YES)]),
    ("payload-loop", [("q", YES)]),
]
LISTS: list[tuple[str, Answers]] = [
    ("payload-foreach", [("q", YES), ("q", YES)]),
    ("payload-foreach-one", [("q", YES), ("q", YES)]),
    ("payload-foreach-nested", [("payload-inner", YES), ("payload-inner", YES)]),
]


SHOWN = ("text", "list", "meta")
"""What is asked with at each place, and with each kind of item; of the others a few will do."""

FEW = (PLACES[0], PLACES[4], PLACES[6])


def _anywhere(name: str, value: dict[str, Any]) -> Scenario:
    def play(conversation: Conversation) -> None:
        for workflow, answers in PLACES if name in SHOWN else FEW:
            answered(conversation, workflow, value, answers)

    return Scenario(f"payload_{name}", play, ALL)


def _item(name: str, value: dict[str, Any]) -> Scenario:
    def play(conversation: Conversation) -> None:
        for workflow, answers in LISTS if name in SHOWN else LISTS[1:2]:
            answered(conversation, workflow, [value, {"value": {"plain": 1}}], answers)

    return Scenario(f"payload_item_{name}", play, ALL)


SCENARIOS += [_anywhere(*row) for row in PAYLOADS.items()]
SCENARIOS += [_item(*row) for row in PAYLOADS.items()]


@scenario("current")
def payload_one_item(conversation: Conversation) -> None:
    """One item of several is answered, by its index."""
    for value in ("ab", [1, 2], 7):
        run_id = conversation.run_id()
        body = {"inputData": [{"value": value}, {"value": value}]}
        conversation.post("payload-foreach", "start-async", run_id, body)
        for index in (1, 0):
            conversation.post("payload-foreach", "resume-async", run_id, {**answer("q", YES), "forEachIndex": index})
            conversation.read_run("payload-foreach", run_id)
