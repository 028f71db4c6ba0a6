"""Maps that fill templates with values that are null, missing, or no text."""

from __future__ import annotations

from typing import Any

from tests.conformance.conversation import Conversation
from tests.conformance.corpus import CURRENT, scenario

VALUES: list[Any] = [
    None,
    "",
    "text",
    0,
    -1.5,
    1e21,
    1e-7,
    True,
    False,
    [],
    [1, None, "x"],
    {},
    {"b": None},
    {"b": [1]},
]


def _fill(conversation: Conversation, template: str, body: dict[str, Any]) -> None:
    conversation.post(f"template-{template}", "start-async", conversation.run_id(), body)


@scenario(*CURRENT)
def template_of_the_input(conversation: Conversation) -> None:
    """Null and nothing are empty text, at the root and below it; a path through them fails."""
    _fill(conversation, "root", {})
    for value in VALUES:
        _fill(conversation, "root", {"inputData": value})
        for template in ("path", "deep", "plain"):
            _fill(conversation, template, {"inputData": {"a": value}})
    for template in ("path", "deep"):
        _fill(conversation, template, {"inputData": {}})
        _fill(conversation, template, {"inputData": None})
        _fill(conversation, template, {})


@scenario(*CURRENT)
def template_of_a_list(conversation: Conversation) -> None:
    """A list has a length and indices, text has neither."""
    for value in ([], [1], [None, 2], "text", {"0": "a"}):
        _fill(conversation, "length", {"inputData": value})


@scenario(*CURRENT)
def template_of_the_run(conversation: Conversation) -> None:
    """The run's input, its state and its request context."""
    roots: list[Any] = [{"a": None}, {"a": {"b": 1}}, {}, None, "text", []]
    for value in roots:
        _fill(conversation, "init", {"inputData": value})
        if value != "text":  # which is a 500, whatever the workflow
            _fill(conversation, "state", {"inputData": {}, "initialState": value})
        _fill(conversation, "context", {"inputData": {}, "requestContext": value if isinstance(value, dict) else {}})
    _fill(conversation, "init", {})
    _fill(conversation, "state", {"inputData": {}})
    _fill(conversation, "context", {"inputData": {}})


@scenario(*CURRENT)
def template_of_a_step(conversation: Conversation) -> None:
    """A step that gave null, nothing, or has not run, fails the map; what it gave may hold null."""
    for value in (None, {"a": None}, {"a": 1}, {}, "text", 0):
        _fill(conversation, "step", {"inputData": {"give": value}})
        _fill(conversation, "step-that-did-not-run", {"inputData": {"give": {"a": value}}})
    _fill(conversation, "step", {"inputData": {}})


@scenario()
def map_of_sources_that_are_not_there(conversation: Conversation) -> None:
    """A step that gave nothing, null, or has not run; lists by index and length."""
    given: list[dict[str, Any]] = [{"give": None}, {"give": {"a": 1}}, {"give": {}}, {"give": []}, {"give": 0}, {}]
    for told in given:
        run_id = conversation.run_id()
        conversation.post("template-sources", "start-async", run_id, {"inputData": {"list": [1, 2], **told}})
        conversation.read_run("template-sources", run_id)
    gifts: list[Any] = [{"a": 1}, {"a": {"b": None}}, {"a": {"b": {}}}, {}, "text"]
    for give in gifts:
        conversation.post("template-lost", "start-async", conversation.run_id(), {"inputData": {"give": give}})
    conversation.post("template-lost", "start-async", conversation.run_id(), {"inputData": {}})
