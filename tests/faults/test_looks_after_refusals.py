"""A 429 whose command took effect all the same, and answers that are none: the run is looked at first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mastra_sync import MastraClient, MastraError, RateLimitError, ResponseFormatError
from tests.faults.clocks import LeapingClock
from tests.faults.scripted_runs import RUN_ID, VERBS, WORKFLOW, ScriptedRun, Verb, reading, run_of
from tests.faults.wire_server import Action, Answer, WireServer, json_reply, streamed

TOO_MANY = json_reply({"error": "slow down"}, 429, Retry_After="1")
all_verbs = pytest.mark.parametrize("verb", VERBS, ids=[verb.name for verb in VERBS])


def after(*actions: Action) -> Answer:
    return actions


@all_verbs
@pytest.mark.parametrize("retries", [0, 3])
def test_a_429_after_which_the_effect_is_seen(
    server: WireServer, make_client: Callable[..., MastraClient], verb: Verb, retries: int
) -> None:
    """The command is not sent again, and the caller has what came of it."""
    script = ScriptedRun(server, verb.status)
    server.on("POST", verb.route, after(script.move, *TOO_MANY))
    outcome = verb.call(run_of(make_client(retries=retries), verb), {})
    assert server.count("POST", verb.route) == 1
    if verb.holds:
        assert outcome.status == "success"


@all_verbs
def test_a_429_after_which_nothing_has_happened(server: WireServer, client: MastraClient, verb: Verb) -> None:
    """The run is read before the repetition, which then is made."""
    script = ScriptedRun(server, verb.status)
    accepted = json_reply(reading("success")) if verb.holds else json_reply({"message": "ok"})
    again = after(script.move, *(streamed() if verb.streams else accepted))
    server.on("POST", verb.route, TOO_MANY, TOO_MANY, again)
    verb.call(run_of(client, verb), {})
    sent = [one.method for one in server.received if one.path.endswith((verb.route, RUN_ID))]
    assert "".join(method[0] for method in sent).partition("PGPGP")[1] == "PGPGP"


@all_verbs
def test_a_429_and_a_run_that_cannot_be_read(server: WireServer, client: MastraClient, verb: Verb) -> None:
    """What cannot be seen is not repeated: where reading is refused as well, the caller hears of the first refusal."""
    ScriptedRun(server, verb.status)
    run = run_of(client, verb)
    refused: list[bool] = []

    def read(_: Any) -> Answer:
        return TOO_MANY if refused else json_reply(reading(verb.status))

    def refuse(_: Any) -> Answer:
        refused.append(True)
        return TOO_MANY

    server.on("GET", f"/runs/{RUN_ID}", read)
    server.on("POST", verb.route, refuse)
    with pytest.raises(RateLimitError) as caught:
        verb.call(run, {})
    assert caught.value.method == "POST"
    assert server.count("POST", verb.route) == 1
    assert server.count("GET", f"/runs/{RUN_ID}") > 1


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb.holds], ids=lambda verb: verb.name)
@pytest.mark.parametrize("answer", [{}, {"message": "ok"}, [], None, {"status": 5}, {"status": "success", "steps": 5}])
def test_a_held_answer_that_is_no_run(server: WireServer, client: MastraClient, verb: Verb, answer: Any) -> None:
    """The run is read, and its result is what the verb returns; it was sent once."""
    script = ScriptedRun(server, verb.status)
    server.on("POST", verb.route, after(script.move, *json_reply(answer)))
    result = verb.call(run_of(client, verb), {})
    assert (result.status, result.result) == ("success", {"done": True})
    assert server.count("POST", verb.route) == 1


@pytest.mark.parametrize("verb", [verb for verb in VERBS if not verb.streams], ids=lambda verb: verb.name)
@pytest.mark.parametrize("answer", [[], {}, {"message": 5}, "done", None], ids=repr)
def test_an_answer_that_is_none_of_a_run_that_stands_still(
    answer: Any, server: WireServer, client: MastraClient, clock: LeapingClock, verb: Verb
) -> None:
    """It is an exception, and the command is not sent again."""
    ScriptedRun(server, verb.status)
    server.on("POST", verb.route, json_reply(answer))
    with pytest.raises(MastraError):
        verb.call(run_of(client, verb), {})
    assert server.count("POST", verb.route) == 1


@pytest.mark.parametrize("answer", [{}, {"message": 5}, [], "done", None], ids=repr)
def test_a_cancel_that_says_nothing(server: WireServer, client: MastraClient, answer: Any) -> None:
    """The run is read before another attempt: where it has ended, none is made."""
    script = ScriptedRun(server, "running", "canceled")
    server.on("POST", "/cancel", after(script.move, *json_reply(answer)))
    assert "canceled" in client.get_workflow(WORKFLOW).get_run(RUN_ID).cancel()
    assert server.count("POST", "/cancel") == 1


@pytest.mark.parametrize("answer", [{}, {"message": 5}, [], "done", None], ids=repr)
def test_a_deletion_that_says_nothing(server: WireServer, client: MastraClient, answer: Any) -> None:
    """It is no answer."""
    server.on("DELETE", f"/runs/{RUN_ID}", json_reply(answer))
    with pytest.raises(ResponseFormatError):
        client.get_workflow(WORKFLOW).delete_run_by_id(RUN_ID)


@pytest.mark.parametrize("answer", [[], "made", None, 5], ids=repr)
def test_a_run_that_was_made_by_no_object(server: WireServer, client: MastraClient, answer: Any) -> None:
    """It is no answer."""
    server.on("POST", "/create-run", json_reply(answer))
    with pytest.raises(ResponseFormatError):
        client.get_workflow(WORKFLOW).create_run()


def test_a_cancel_that_is_turned_away_for_long_after_its_effect(server: WireServer, client: MastraClient) -> None:
    """The run is read before the failure is believed: it has been cancelled."""
    script = ScriptedRun(server, "running", "canceled")
    server.on("POST", "/cancel", after(script.move, *json_reply({"error": "busy"}, 503, Retry_After="86400")))
    assert client.get_workflow(WORKFLOW).get_run(RUN_ID).cancel() == "Workflow run has ended as canceled"
    assert server.count("POST", "/cancel") == 1
