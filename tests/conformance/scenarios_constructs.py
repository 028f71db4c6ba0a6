"""Every construct, run to its end in each way that there is."""

from __future__ import annotations

from typing import Any

from tests.conformance.conversation import Conversation
from tests.conformance.corpus import ALL, SCENARIOS, Scenario

# (name, workflow, input)
STRAIGHT: list[tuple[str, str, Any]] = [
    ("sequence", "city-workflow", {"city": "NY"}),
    ("three_steps", "three", {"i": 0}),
    ("echo_object", "echo", {"a": [1, None, {"b": "é"}], "c": 1.5}),
    ("echo_list", "echo", [1, None, "é"]),
    ("echo_text", "echo", "text"),
    ("echo_zero", "echo", 0),
    ("echo_null", "echo", None),
    ("unicode", "unicode", {"text": "été 鏡 🎈 \u2028"}),
    ("odd_workflow_id", "odd id/é", {"n": 1}),
    ("schema_defaults", "strict-input", {"name": "x", "age": 3, "tags": ["t"], "address": {"city": "NY"}}),
    ("mapped", "mapped", {"n": 2}),
    ("bail", "bail", {"bail": True}),
    ("no_bail", "bail", {"bail": False}),
    ("parallel", "parallel", {"n": 1}),
    ("parallel_child_fails", "parallel", {"n": 1, "fail": "left"}),
    ("parallel_last", "only-parallel", {"n": 1}),
    ("branch_two", "branch", {"n": 100}),
    ("branch_one", "branch", {"n": -1}),
    ("branch_none", "branch", {"n": 0}),
    ("dowhile", "dowhile", {"n": 0}),
    ("dountil", "dountil", {"n": 1}),
    ("foreach", "foreach", [1, 2, 3]),
    ("foreach_empty", "foreach", []),
    ("foreach_fails", "foreach", [1, -2, 3]),
    ("foreach_concurrent", "foreach-concurrent", [1, 2, 3]),
    ("foreach_concurrent_fails", "foreach-concurrent", [1, -2, 3]),
    ("sleep", "sleep", {"ms": 30}),
    ("sleep_until", "sleep-until", {"until": "2020-01-01T00:00:00.000Z"}),
    ("nested", "nested", {"n": 1}),
    ("foreach_nested", "foreach-nested", [{"n": 1}, {"n": 2}]),
    ("nested_fails", "nested-failing", {"n": 1}),
    ("writer", "writer", {"events": 2, "bytes": 3}),
    ("fails_with_error", "failing", {"kind": "error"}),
    ("fails_with_string", "failing", {"kind": "string"}),
    ("fails_with_object", "failing", {"kind": "object"}),
    ("fails_with_undefined", "failing", {"kind": "undefined"}),
    ("retry_succeeds", "retrying", {"failures": 2}),
    ("retry_fails", "retrying", {"failures": 4}),
    ("tripwire", "tripwire", {}),
    ("wrong_step_input", "wrong-step-input", {}),
]


def in_each_way(conversation: Conversation, workflow: str, input_data: Any) -> None:
    """Start a run and wait, start one and poll, start one and read its stream."""
    waited, polled, streamed = conversation.run_id(), conversation.run_id(), conversation.run_id()
    body = {"inputData": input_data}
    conversation.post(workflow, "start-async", waited, body)
    conversation.read_run(workflow, waited)
    conversation.read_run(workflow, waited, "?withNestedWorkflows=false")
    conversation.post(workflow, "create-run", polled, {"resourceId": polled})
    conversation.read_run(workflow, polled)
    conversation.post(workflow, "start", polled, body)
    conversation.wait_for_status(workflow, polled, "success", "failed", "tripwire")
    if not conversation.is_beta:
        conversation.call("GET", f"/workflows/{_quoted(workflow)}/runs?resourceId={polled}")
    conversation.post(workflow, "stream", streamed, body)
    conversation.read_run(workflow, streamed)
    conversation.post(workflow, "observe", streamed)


def _quoted(workflow: str) -> str:
    from urllib.parse import quote

    return quote(workflow, safe="")


def _scenario(name: str, workflow: str, input_data: Any) -> Scenario:
    return Scenario(f"construct_{name}", lambda conversation: in_each_way(conversation, workflow, input_data), ALL)


SCENARIOS += [_scenario(*row) for row in STRAIGHT]
