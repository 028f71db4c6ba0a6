"""A workflow that the server does not have: the error says which may be meant, whatever becomes of the look for it."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import pytest

from mastra_sync import APIConnectionError, WorkflowNotFound
from mastra_sync.error_replies import Reply
from mastra_sync.request import Request
from tests.client.scripted import client_of, reply

LISTED = {"expenseFlow": {"name": "expense"}, "weather": {"name": "weather", "steps": {}}}
NOT_FOUND = {"error": "Workflow not found"}


def error_of(look: Callable[[Request], Any], wanted: str = "expnse") -> tuple[WorkflowNotFound, list[Request]]:
    """Return what is raised of a workflow that there is not, and what was sent."""

    def answer(request: Request) -> Any:
        return look(request) if request.is_look else reply(NOT_FOUND, 404)

    client, transport = client_of(answer)
    with pytest.raises(WorkflowNotFound) as raised:
        client.get_workflow(wanted).execute({})
    return raised.value, transport.requests


@pytest.mark.parametrize(
    ("wanted", "near", "said"),
    [
        ("expnse", ["expense"], "Did you mean 'expense'?"),
        ("expenseflow", ["expense"], "Did you mean 'expense'?"),
        ("zzz", [], "The server has expense, weather"),
    ],
)
def test_the_server_is_asked_once_which_ones_there_are(wanted: str, near: list[str], said: str) -> None:
    """By their keys, too; the error says so in its second line, and says it again after pickling."""
    error, sent = error_of(lambda _: LISTED, wanted)
    assert [request.method for request in sent] == ["POST", "GET"]
    assert (sent[1].url, sent[1].query) == ("http://mastra.test/api/workflows", (("partial", "true"),))
    assert (error.near, error.available) == (near, ["expense", "weather"])
    first, second = str(error).split("\n")
    assert first.startswith("404 Workflow not found  [POST ")
    assert second == f"  {said}"
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def _unreachable(request: Request) -> Any:
    raise APIConnectionError("gone", method=request.method, url=request.url)


def _breaks(_: Request) -> Any:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    "look",
    [
        _unreachable,
        _breaks,
        lambda _: reply(NOT_FOUND, 404),
        lambda _: reply({}, 503),
        lambda _: Reply(200, {}, b"<html>"),
        lambda _: [1],
        lambda _: {},
    ],
)
def test_whatever_becomes_of_the_look_the_error_is_told(look: Callable[[Request], Any]) -> None:
    """It is asked once, and its failure is none of the call's."""
    error, sent = error_of(look)
    assert [request.is_look for request in sent] == [False, True]
    assert "\n" not in str(error)
    assert error.__cause__ is None


def test_names_that_are_none_are_passed_over() -> None:
    """What an unknown server lists does no harm; what steers a terminal is not printed."""
    error, _ = error_of(lambda _: {"a": None, "b": {"name": 1}, "c": {"name": "\x1b[2J"}}, "zzz")
    assert str(error).endswith("  The server has a, b, \\x1b[2J")
