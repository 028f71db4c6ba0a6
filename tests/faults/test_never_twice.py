"""A verb that moves a run on reaches the server once, however its answer is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mastra_sync import MastraClient, OutcomeUnknown, Run, RunResult, RunStream, RunTimeout, ServerError
from tests.faults.clocks import LeapingClock
from tests.faults.scripted_runs import FINISH_RECORD, RUN_ID, START_RECORD, VERBS, ScriptedRun, Verb, run_of
from tests.faults.wire_server import Answer, WireServer, close, json_reply, never, reply, reset

LOST: dict[str, Answer] = {
    "closed": (close,),
    "reset": (reset,),
    "cut in the status line": (b"HTTP/1.1 20", reset),
    "not HTTP": (b"\x00\x01\x02 garbage\r\n\r\n", close),
    "502": reply(502, b"<html><h1>502 Bad Gateway</h1></html>", "text/html"),
    "503": json_reply({"error": "overloaded"}, 503, Retry_After="1"),
    "504": json_reply({"error": "Gateway Timeout"}, 504),
    "a page of a proxy": reply(200, b"<html>Welcome!</html>", "text/html"),
}
"""Answers that do not say whether the verb took effect."""

CUT_BODIES: dict[str, Answer] = {
    "cut in the headers": (b"HTTP/1.1 200 OK\r\nContent-Type: appl", close),
    "cut in the body": (b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"status":', close),
    "an empty 200": reply(200, b""),
}
"""The same, where the verb is answered by one whole body."""

verbs = pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
whole_answers = pytest.mark.parametrize("verb", [one for one in VERBS if not one.streams], ids=lambda verb: verb.name)


@pytest.fixture
def clock() -> LeapingClock:
    """A run that does not move gets ten seconds, over and over: here they take ten polls."""
    return LeapingClock(haste=20)


@pytest.fixture
def run_at(server: WireServer, client: MastraClient) -> Callable[[Verb], tuple[ScriptedRun, Run]]:
    """A function that brings a run to where a verb can move it."""

    def bring(verb: Verb) -> tuple[ScriptedRun, Run]:
        return ScriptedRun(server, verb.status), run_of(client, verb)

    return bring


def carried_on(run: Run, answer: Any) -> RunResult:
    """Go on with what a verb returned, up to the run's result."""
    if isinstance(answer, RunStream):
        assert [event.raw for event in answer] == [START_RECORD, FINISH_RECORD]
        return answer.result()
    return answer if isinstance(answer, RunResult) else run.wait()


@pytest.mark.parametrize("lost", LOST)
@verbs
def test_the_run_is_gone_on_with_if_it_has_moved(
    verb: Verb, lost: str, server: WireServer, run_at: Callable[[Verb], tuple[ScriptedRun, Run]]
) -> None:
    """An answer that was lost after the verb took effect does not matter, and the verb is not sent again."""
    scripted, run = run_at(verb)
    server.on("POST", verb.route, (scripted.move, *LOST[lost]))
    assert carried_on(run, verb.call(run, {})).result == {"done": True}
    assert server.count("POST", verb.route) == 1


@pytest.mark.parametrize("lost", LOST)
@verbs
def test_the_outcome_is_unknown_if_it_has_not_moved(
    verb: Verb, lost: str, server: WireServer, run_at: Callable[[Verb], tuple[ScriptedRun, Run]]
) -> None:
    """A verb whose answer was lost, and that does not show, is reported and not sent again."""
    _, run = run_at(verb)
    server.on("POST", verb.route, LOST[lost])
    with pytest.raises(OutcomeUnknown) as raised:
        verb.call(run, {})
    assert (raised.value.operation, raised.value.run_id, raised.value.last_status) == (verb.name, RUN_ID, verb.status)
    assert server.count("POST", verb.route) == 1


@pytest.mark.parametrize("lost", CUT_BODIES)
@whole_answers
def test_an_answer_that_cannot_be_read_is_a_lost_one(
    verb: Verb, lost: str, server: WireServer, run_at: Callable[[Verb], tuple[ScriptedRun, Run]]
) -> None:
    """Neither half a body nor a page of something in between says that a verb did not take effect."""
    scripted, run = run_at(verb)
    server.on("POST", verb.route, (scripted.move, *CUT_BODIES[lost]))
    assert carried_on(run, verb.call(run, {})).result == {"done": True}
    assert server.count("POST", verb.route) == 1


@verbs
def test_a_failing_server_may_have_moved_the_run(
    verb: Verb, server: WireServer, run_at: Callable[[Verb], tuple[ScriptedRun, Run]]
) -> None:
    """A plain 500 after the verb took effect (a result that cannot be serialised, say) is no failure of the run."""
    scripted, run = run_at(verb)
    server.on("POST", verb.route, (scripted.move, *reply(500, b"Internal Server Error", "text/plain")))
    assert carried_on(run, verb.call(run, {})).result == {"done": True}
    assert server.count("POST", verb.route) == 1


@verbs
def test_a_failing_server_that_did_not_move_the_run_is_not_asked_again(
    verb: Verb, server: WireServer, run_at: Callable[[Verb], tuple[ScriptedRun, Run]]
) -> None:
    """A 500 and a run that stands where it stood: the server's own words are raised."""
    _, run = run_at(verb)
    server.on("POST", verb.route, reply(500, b"Internal Server Error", "text/plain"))
    with pytest.raises(ServerError, match="Internal Server Error"):
        verb.call(run, {})
    assert server.count("POST", verb.route) == 1


@verbs
def test_an_answer_that_never_comes_is_a_lost_one(
    verb: Verb, server: WireServer, make_client: Callable[..., MastraClient]
) -> None:
    """A verb that ran into the client's read timeout, or into its own, is not sent again."""
    ScriptedRun(server, verb.status)
    server.on("POST", verb.route, (never,))
    run = run_of(make_client(timeout=(5, 0.4)), verb)
    with pytest.raises(OutcomeUnknown) as raised:
        verb.call(run, {"timeout": 2} if verb.holds else {})
    assert raised.value.last_status == verb.status
    assert server.count("POST", verb.route) == 1


@pytest.mark.parametrize("verb", [one for one in VERBS if not one.holds], ids=lambda verb: verb.name)
def test_an_answer_that_never_comes_does_not_matter_if_the_run_has_moved(
    verb: Verb, server: WireServer, make_client: Callable[..., MastraClient]
) -> None:
    """After the read timeout the run is gone on with."""
    scripted = ScriptedRun(server, verb.status)
    server.on("POST", verb.route, (scripted.move, never))
    run = run_of(make_client(timeout=(5, 0.4)), verb)
    assert carried_on(run, verb.call(run, {})).result == {"done": True}
    assert server.count("POST", verb.route) == 1


@pytest.mark.parametrize("verb", [one for one in VERBS if one.holds], ids=lambda verb: verb.name)
def test_a_run_that_outlasts_its_verb_is_told_of(
    verb: Verb, server: WireServer, make_client: Callable[..., MastraClient]
) -> None:
    """A verb that waits until its own timeout says how the run stands then, and is not sent again."""
    scripted = ScriptedRun(server, verb.status, after="waiting")
    server.on("POST", verb.route, (scripted.move, never))
    run = run_of(make_client(), verb)
    with pytest.raises(RunTimeout) as raised:
        verb.call(run, {"timeout": 0.4})
    assert (raised.value.run_id, raised.value.last_status) == (RUN_ID, "waiting")
    assert server.count("POST", verb.route) == 1


@verbs
def test_a_proxy_that_loses_the_answer_is_no_proof_that_nothing_was_sent(
    verb: Verb, server: WireServer, make_client: Callable[..., MastraClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """urllib3 says of any connection that a proxy cuts that it could not connect to the proxy."""
    scripted = ScriptedRun(server, verb.status)
    server.on("POST", verb.route, (scripted.move, reset))
    monkeypatch.setenv("HTTP_PROXY", server.base_url)
    run = run_of(make_client("http://mastra.invalid"), verb)
    assert carried_on(run, verb.call(run, {})).result == {"done": True}
    assert server.count("POST", verb.route) == 1


@verbs
def test_a_server_that_is_gone_leaves_the_outcome_unknown(
    verb: Verb, server: WireServer, run_at: Callable[[Verb], tuple[ScriptedRun, Run]]
) -> None:
    """Where the run cannot be read after the answer was lost, there is no last status to name."""
    _, run = run_at(verb)

    def then_break(connection: object) -> None:
        server.on("GET", f"/runs/{RUN_ID}", (reset,))

    server.on("POST", verb.route, (then_break, reset))
    with pytest.raises(OutcomeUnknown) as raised:
        verb.call(run, {})
    assert raised.value.last_status is None
    assert server.count("POST", verb.route) == 1
