"""Names of the caller's that the wire uses too, in runs that are moved on: resumed, restarted, sent back in time."""

from __future__ import annotations

from typing import Any

from tests.conformance.conversation import Conversation
from tests.conformance.corpus import ALL, SCENARIOS, Scenario, scenario
from tests.conformance.scenarios_asking import Answers, answer, answered
from tests.conformance.scenarios_names import LIKE_A_STEP

WAITS = {"status": "suspended"}
"""An input that looks like a step that waits; engines keep it among the steps."""

YES = {"status": "success", "output": 1}
VALUE = {"value": {"path": ["x"], "__stateDelta": {"a": 1}}}
WORDY = {"status": "suspended", "suspendPayload": {"__workflow_meta": {"path": ["a"]}}, **VALUE}

ASKING: list[tuple[str, str, Any, Answers]] = [
    ("plain", "payload-plain", WAITS | VALUE, [("q", YES)]),
    ("plain_without_step", "payload-plain", WAITS | VALUE, [(None, YES)]),
    ("nested", "payload-nested", WAITS | VALUE, [(["payload-inner", "q"], YES)]),
    ("nested_without_step", "payload-nested", WAITS | VALUE, [(None, YES)]),
    ("nested_with_path", "payload-nested", WORDY, [(["payload-inner", "q"], YES)]),
    ("deep", "payload-deep", WAITS | VALUE, [(["payload-middle", "payload-inner", "q"], YES)]),
    ("called_input", "names-nested-input", WAITS, [(["input", "q"], YES)]),
    ("step_called_input", "names-ask-input", WAITS, [("input", YES)]),
    ("items", "payload-foreach-nested", [WAITS | VALUE, LIKE_A_STEP | VALUE], [("payload-inner", YES)] * 2),
]


def _asking(name: str, workflow: str, input_data: Any, answers: Answers) -> Scenario:
    return Scenario(
        f"names_moving_{name}", lambda conversation: answered(conversation, workflow, input_data, answers), ALL
    )


SCENARIOS += [_asking(*row) for row in ASKING]


@scenario()
def names_moving_restart(conversation: Conversation) -> None:
    """What has ended is told again, with an input that looks like a step of every kind."""
    for input_data in (LIKE_A_STEP, WAITS, {"status": "failed", "error": {"message": "as told", "name": "Error"}}):
        run_id = conversation.run_id()
        conversation.post("names-words", "start-async", run_id, {"inputData": input_data})
        conversation.post("names-words", "restart-async", run_id)
        conversation.read_run("names-words", run_id)


@scenario()
def names_moving_time_travel(conversation: Conversation) -> None:
    """The past may have steps called as the wire's words, and look like anything."""
    for input_data in (LIKE_A_STEP, WAITS):
        run_id = conversation.run_id()
        conversation.post("names-words", "start-async", run_id, {"inputData": input_data})
        body = {"step": "error", "inputData": input_data, "initialState": LIKE_A_STEP}
        conversation.post("names-words", "time-travel-async", run_id, body)
        past = {"path": {**LIKE_A_STEP, "output": WAITS}, "input": LIKE_A_STEP}
        conversation.post("names-words", "time-travel-async", run_id, {"step": "status", "context": past})
        conversation.read_run("names-words", run_id)


@scenario()
def names_moving_foreach_called_input(conversation: Conversation) -> None:
    """Once it has begun its report is where its items were; older servers find none when it is resumed."""
    run_id = conversation.run_id()
    items = {"inputData": [{"path": "x"}, {"path": "y"}]}
    conversation.post("names-foreach-input", "start-async", run_id, items)
    for _ in range(2):
        conversation.post("names-foreach-input", "resume-async", run_id, answer("input", YES))
        conversation.read_run("names-foreach-input", run_id)
