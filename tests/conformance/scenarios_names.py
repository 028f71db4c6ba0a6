"""Names of the caller's that the wire uses too: inputs and steps called as parts of the answers are."""

from __future__ import annotations

from typing import Any

from tests.conformance.conversation import Conversation
from tests.conformance.corpus import ALL, SCENARIOS, Scenario, scenario
from tests.conformance.declared.names import WORDS
from tests.conformance.scenarios_asking import Answers, answered
from tests.conformance.scenarios_constructs import in_each_way

LIKE_A_STEP = {"status": "success", "startedAt": 1, "endedAt": 2, "output": 3, "payload": 4, "path": ["a"]}

STRAIGHT: list[tuple[str, str, Any]] = [
    ("input_with_path", "echo", {"path": "notes.txt", "status": 404}),
    ("input_like_a_step", "echo", LIKE_A_STEP),
    ("step_called_input", "names-input", {"path": ["first"], "error": "none", "resumedAt": "never"}),
    ("step_called_input_fails", "names-input", {"fail": True, "output": 1}),
    ("steps_called_words", "names-words", dict.fromkeys(WORDS, 1)),
]

ASKING: list[tuple[str, str, Any, Answers]] = [
    ("input", "names-ask-input", {"n": 1, "metadata": 2}, [("input", {"a": 2})]),
    ("nested_input", "names-nested-input", {"n": 1}, [(["input", "q"], {"a": 2})]),
    ("beside_input", "names-parallel-input", {"n": 1}, [("path", {"a": 2})]),
    ("words", "names-ask-words", {"n": 1}, [(word, {"a": index}) for index, word in enumerate(WORDS)]),
    ("state", "names-state", {"__state": 1, "input": 2}, [("q", {"a": 2})]),
]


def _straight(name: str, workflow: str, input_data: Any) -> Scenario:
    return Scenario(f"names_{name}", lambda conversation: in_each_way(conversation, workflow, input_data), ALL)


def _asking(name: str, workflow: str, input_data: Any, answers: Answers) -> Scenario:
    return Scenario(
        f"names_asking_{name}", lambda conversation: answered(conversation, workflow, input_data, answers), ALL
    )


SCENARIOS += [_straight(*row) for row in STRAIGHT]
SCENARIOS += [_asking(*row) for row in ASKING]


@scenario()
def names_foreach_called_input(conversation: Conversation) -> None:
    """The report of a foreach called `input` is laid over the items that it is about."""
    run_id = conversation.run_id()
    conversation.post("names-foreach-input", "start-async", run_id, {"inputData": [{"path": "x"}, {"path": "y"}]})
    conversation.read_run("names-foreach-input", run_id)
