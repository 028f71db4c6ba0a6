"""A graph with an entry of each kind, in the forms of all generations."""

from __future__ import annotations

from typing import Any


def step(name: str) -> dict[str, Any]:
    return {"type": "step", "step": {"id": name, "canSuspend": False}}


FLOW = [step("i1"), {"type": "parallel", "steps": [step("i2"), step("i3")]}]
NESTED_NOW = {"type": "workflow", "id": "inner", "workflowId": "inner", "serializedStepFlow": FLOW}
NESTED_THEN = {"type": "step", "step": {"id": "inner", "component": "WORKFLOW", "serializedStepFlow": FLOW}}
CONDITIONS = [{"id": "a-condition", "fn": "async ({ inputData }) =>\n  inputData.a"}, {"id": "b-condition", "fn": "x"}]
GRAPH = [
    step("first"),
    {"type": "conditional", "steps": [step("a"), NESTED_NOW], "serializedConditions": CONDITIONS},
    {"type": "mapping", "id": "mapping_x", "mapConfig": "async () => 1"},
    {"type": "loop", "step": step("again"), "serializedCondition": {"fn": "n < 3"}, "loopType": "dowhile"},
    {"type": "foreach", "step": {"id": "each", "canSuspend": True}, "opts": {"concurrency": 3}},
    {"type": "foreach", "step": NESTED_THEN, "opts": {}},
    {"type": "sleep", "id": "sleep_2da4ff61-4a38-4957-951e-8933c72ef371", "duration": 7_200_000},
    {"type": "sleepUntil", "id": "until", "fn": "() => new Date()"},
    {"type": "of a newer server"},
]
