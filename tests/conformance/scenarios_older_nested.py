"""Workflows in workflows on servers before `current`: asking in loops, items and blocks, tried again, leaving early."""

from __future__ import annotations

from typing import Any

from tests.conformance.conversation import Conversation
from tests.conformance.corpus import ALL, SCENARIOS, Scenario
from tests.conformance.scenarios_asking import Answers, answered
from tests.conformance.scenarios_constructs import in_each_way

STRAIGHT: list[tuple[str, str, Any]] = [
    ("tried", "older-tried", {"n": 1}),
    ("leaving_items", "older-leaving-items", [{"i": 1}, {"i": 2, "leave": True}, {"i": 3}]),
    ("leaving_items_first", "older-leaving-items", [{"i": 1, "leave": True}, {"i": 2}]),
    ("leaving_nested", "older-leaving-nested", [{"i": 1}, {"i": 2, "leave": True}, {"i": 3}]),
    ("leaving_beside", "older-leaving-beside", {"leave": True}),
    ("leaving_round", "older-leaving-round", {"leave": True}),
    ("stateful_items", "older-stateful-items", [{"i": 1}, {"i": 2}, {"i": 3}]),
    ("stateful_beside", "older-stateful-beside", {"i": 1}),
]

ITEM = ["older-inner-items", "item"]
ASKS = ["older-asks", "q"]

ASKING: list[tuple[str, str, Any, Answers]] = [
    ("rounds", "older-rounds", {"n": 0}, [(["older-round", "q"], {"a": n}) for n in range(3)]),
    ("rounds_outer", "older-rounds", {"n": 0}, [("older-round", {"a": 1}), (None, {"a": 2}), (None, {"a": 3})]),
    ("nested_items", "older-nested-items", [1, 2, 3], [(ITEM, {"a": 1}), (ITEM, {"a": 2})]),
    ("nested_items_outer", "older-nested-items", [1, 2, 3], [("older-inner-items", {"a": 1}), (None, {"a": 2})]),
    ("parallel_items", "older-parallel-items", [1, 2, 3], [(ITEM, {"a": 1}), (ITEM, {"a": 2})]),
    ("items_of_items", "older-items-of-items", [[1], [2, 3]], [(ITEM, {"a": 1}), (ITEM, {"a": 2})]),
    ("nested_block", "older-nested-block", {}, [(["older-inner-block", id_], {"a": id_}) for id_ in "ab"]),
    ("nested_block_back", "older-nested-block", {}, [(["older-inner-block", id_], {"a": id_}) for id_ in "ba"]),
    ("nested_block_outer", "older-nested-block", {}, [("older-inner-block", {"a": 1}), (None, {"a": 2})]),
    ("nested_block_fails", "older-nested-block", {}, [(["older-inner-block", "a"], {"fail": True}), (None, {"a": 2})]),
    ("blocks", "older-blocks", {}, [(["older-inner-block", "b"], {"a": 1}), ("c", {"a": 2}), (None, {"a": 3})]),
    ("nested_branch", "older-nested-branch", {"both": True}, [(["older-inner-branch", id_], {"a": 1}) for id_ in "ab"]),
    ("nested_branch_one", "older-nested-branch", {}, [(["older-inner-branch", "a"], {"a": 1})]),
    ("tried_asks", "older-tried-asks", {}, [(ASKS, {"a": 1})]),
    ("tried_asks_fails", "older-tried-asks", {}, [(ASKS, {"fail": True}), (ASKS, {"a": 1})]),
    ("tried_asks_outer_fails", "older-tried-asks", {}, [("older-asks", {"fail": True}), (None, {"a": 1})]),
    ("tried_asks_wrong", "older-tried-asks", {}, [(["older-asks", "nope"], {"a": 1})]),
]


def _straight(name: str, workflow: str, input_data: Any) -> Scenario:
    return Scenario(f"older_{name}", lambda conversation: in_each_way(conversation, workflow, input_data), ALL)


def _asking(name: str, workflow: str, input_data: Any, answers: Answers) -> Scenario:
    def play(conversation: Conversation) -> None:
        answered(conversation, workflow, input_data, answers)

    return Scenario(f"older_nested_asking_{name}", play, ALL)


SCENARIOS += [_straight(*row) for row in STRAIGHT]
SCENARIOS += [_asking(*row) for row in ASKING]
