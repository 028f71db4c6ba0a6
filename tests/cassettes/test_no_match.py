"""What is said of a request that was not recorded."""

from __future__ import annotations

import pytest
import requests

from mastra_sync import MastraError
from pytest_mastra.cassettes.replay.no_match import Miss, NoRecordedReply
from pytest_mastra.cassettes.replay.player import Playback
from pytest_mastra.http.exchanges import Exchange
from pytest_mastra.http.wire import WireRequest
from tests.cassettes.record_and_replay import (
    FIRST,
    OWN,
    SECOND,
    create,
    exchange_of,
    move,
    poll,
    replaying_client,
    request_of,
)

LONG = "a rather long text, of which only what is near the difference is shown, " * 3


def explained(recording: list[Exchange], *requests_: WireRequest | Exchange) -> str:
    playback = Playback(recording)
    for each in requests_:
        answer = playback.answer(each.request if isinstance(each, Exchange) else each)
    assert isinstance(answer, Miss)
    return answer.explain("cassettes/test_it.yaml", "To record it anew:\npytest x --mastra-record=rewrite")


def test_another_input() -> None:
    """The closest recorded requests come first, with what differs as JSON paths."""
    recording = [create(FIRST), move("start", FIRST, '{"city":"Oslo","days":[1,2]}'), poll(FIRST, "success")]
    text = explained(recording, create(OWN), move("start", OWN, '{"city":"Rome","days":[1]}'))
    assert text == (
        "no recorded reply to POST /api/workflows/report/start\n"
        "  start of 'report': nothing like it was recorded.\n"
        "  cassettes/test_it.yaml: 3 exchanges, 1 of them played.\n"
        "  The closest that was recorded:\n"
        "  exchange 2, start of 'report' -> 200 OK\n"
        "    $.body.inputData.city: recorded 'Oslo', asked 'Rome'\n"
        "    $.body.inputData.days[1]: recorded 2, not asked\n"
        "  To record it anew:\n"
        "  pytest x --mastra-record=rewrite"
    )


def test_once_more() -> None:
    """A move that has been played is said to have been."""
    text = explained([move("start", FIRST)], move("start", FIRST), move("start", FIRST))
    assert text == (
        "no recorded reply to POST /api/workflows/report/start\n"
        "  start of 'report': all that was recorded of it has been played.\n"
        "  cassettes/test_it.yaml: 1 exchanges, 1 of them played.\n"
        "  The closest that was recorded:\n"
        "  exchange 1, start of 'report' -> 200 OK, played\n"
        "    asked the same, ids and times aside\n"
        "  To record it anew:\n"
        "  pytest x --mastra-record=rewrite"
    )


def test_a_poll_at_the_wrong_time() -> None:
    """What a run has to go through first is named."""
    text = explained([create(FIRST), move("start", FIRST), poll(FIRST, "success")], create(FIRST), poll(FIRST, ""))
    assert text.splitlines()[1:3] == [
        "  run_by_id of 'report': it was recorded after exchange 2, start of 'report' ->",
        "    200 OK, which has not been played yet.",
    ]


def test_nothing_comes_close() -> None:
    """Where there is no such verb, those that there are are listed."""
    text = explained(
        [create(FIRST), poll(FIRST, "success"), poll(FIRST, "success")], request_of("GET", "/api/agents?x=1")
    )
    assert text.splitlines()[1:4] == [
        "  GET /api/agents: nothing like it was recorded.",
        "  cassettes/test_it.yaml: 3 exchanges, 0 of them played.",
        "  Nothing comes close; there are: create_run of 'report', run_by_id of 'report'.",
    ]


def test_an_empty_recording() -> None:
    """There is nothing to show then."""
    assert explained([], request_of("GET", "/api/agents")).splitlines()[2] == (
        "  cassettes/test_it.yaml: 0 exchanges, 0 of them played."
    )


def test_another_workflow() -> None:
    """The same verb of another workflow is close enough to be shown, after those of the same one."""
    text = explained([move("start", FIRST, "1", "other"), move("start", SECOND, "2")], move("start", OWN, "3"))
    assert [line for line in text.splitlines() if "exchange " in line] == [
        "  exchange 2, start of 'report' -> 200 OK",
        "  exchange 1, start of 'other' -> 200 OK",
    ]
    assert "    recorded of workflow 'other'" in text.splitlines()


def test_it_stays_short() -> None:
    """At most three requests of few lines, each line within 80 columns."""
    recording = [move("start", FIRST, f'{{"text":"{LONG}{number}","more":{list(range(9))}}}') for number in range(9)]
    lines = explained(recording, move("start", FIRST, f'{{"text":"{LONG}x","more":{list(range(1, 10))}}}')).splitlines()
    assert len(lines) <= 60
    assert all(len(line) <= 80 for line in lines)
    assert sum("exchange " in line for line in lines) == 3


def test_a_failure_that_was_recorded() -> None:
    """An exchange without a reply is shown by what was met."""
    recorded = exchange_of(request_of("GET", "/api/workflows/report?a=1"), b"")
    recorded.status, recorded.failure = 0, "the connection was refused"
    text = explained([recorded], request_of("GET", "/api/workflows/report?a=2"))
    assert "  exchange 1, details of 'report' -> the connection was refused" in text.splitlines()


def test_a_client_does_not_take_it_for_an_outage() -> None:
    """Neither `requests` nor `mastra_sync` tries again, or turns it into an exception of theirs."""
    assert not issubclass(NoRecordedReply, (OSError, requests.RequestException, MastraError))
    with replaying_client([]) as (client, replay):
        with pytest.raises(NoRecordedReply, match="no recorded reply to GET /api/workflows"):
            client.list_workflows()
        assert len(replay.missed) == 1
