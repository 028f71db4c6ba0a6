"""An exception whose `sent` is False is true of the whole call: nothing of it has left that could take effect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import urllib3.util.connection

from mastra_sync import APIConnectionError, MastraClient, OutcomeUnknown, RateLimitError, RunTimeout
from pytest_mastra import FakeMastra, InProcess
from pytest_mastra.fake import StepContext
from tests.faults.scripted_runs import (
    FINISH_RECORD,
    RUN_ID,
    START_RECORD,
    VERBS,
    WORKFLOW,
    ScriptedRun,
    Verb,
    reading,
    record,
    run_of,
)
from tests.faults.wire_server import Action, Answer, Received, WireServer, close, json_reply, streamed

TOO_MANY = json_reply({"error": "slow down"}, 429, Connection="close")


@pytest.fixture
def refuse(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A function from whose call on no connection comes about."""

    def no_connection(*_: Any, **__: Any) -> Any:
        raise ConnectionRefusedError(111, "Connection refused")

    return lambda: monkeypatch.setattr(urllib3.util.connection, "create_connection", no_connection)


def then(answer: Answer, refuse: Callable[[], None]) -> Answer:
    """An answer that is the server's last."""
    return (lambda connection: refuse(), *answer)


REPEATED: dict[str, tuple[str, str, Callable[[MastraClient], Any]]] = {
    "run_by_id": ("GET", f"/runs/{RUN_ID}", lambda client: client.get_workflow(WORKFLOW).run_by_id(RUN_ID)),
    "create_run": ("POST", "/create-run", lambda client: client.get_workflow(WORKFLOW).create_run(RUN_ID)),
    "delete": ("DELETE", f"/runs/{RUN_ID}", lambda client: client.get_workflow(WORKFLOW).delete_run_by_id(RUN_ID)),
    "pause_schedule": ("POST", "/schedules/s/pause", lambda client: client.pause_schedule("s")),
    "cancel": ("POST", "/cancel", lambda client: client.get_workflow(WORKFLOW).get_run(RUN_ID).cancel()),
    "execute": (
        "POST",
        "/create-run",
        lambda client: client.get_workflow(WORKFLOW).execute({}, run_id=RUN_ID, if_started="join"),
    ),
}


@pytest.mark.parametrize("answer", [(close,), TOO_MANY], ids=["lost", "429"])
@pytest.mark.parametrize("verb", REPEATED)
def test_an_earlier_attempt_was_sent(
    server: WireServer, client: MastraClient, refuse: Callable[[], None], verb: str, answer: Answer
) -> None:
    """What the last attempt, which never left, says of itself is not said of the one before."""
    method, path, call = REPEATED[verb]
    ScriptedRun(server, "running")
    server.on(method, path, then(answer, refuse))
    with pytest.raises(APIConnectionError) as raised:
        call(client)
    assert raised.value.sent is None
    assert server.count(method, path) == 1


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_a_429_before_an_attempt_that_never_left(
    server: WireServer, make_client: Callable[..., MastraClient], refuse: Callable[[], None], verb: Verb
) -> None:
    """What says 429 may stand before a server that has done it: the outcome is open where the run cannot be read."""
    ScriptedRun(server, verb.status)
    run = run_of(make_client(retries=1), verb)
    turned_away: list[Received] = []

    def turn_away(request: Received) -> Answer:
        turned_away.append(request)
        return TOO_MANY

    def read(_: Received) -> Answer:
        answer = json_reply(reading(verb.status), Connection="close")
        return then(answer, refuse) if turned_away else answer

    server.on("POST", verb.route, turn_away)
    server.on("GET", f"/runs/{RUN_ID}", read)
    with pytest.raises(OutcomeUnknown):
        verb.call(run, {"timeout": 30})
    assert server.count("POST", verb.route) == 1


def stream_that_ends(server: WireServer, after: str, *, before_finish: Action = lambda connection: None) -> None:
    """Have a run stream its end; each request has a connection of its own."""
    moved: list[bool] = []

    def read(_: Received) -> Answer:
        return json_reply(reading(after if moved else "pending", second=len(moved)), Connection="close")

    server.on("POST", "/create-run", json_reply({"runId": RUN_ID}, Connection="close"))
    server.on("GET", f"/runs/{RUN_ID}", read)
    events = streamed(record(START_RECORD), before_finish, record(FINISH_RECORD), framing="close")
    server.on("POST", "/stream", (lambda connection: moved.append(True), *events))


def test_a_stream_whose_result_cannot_be_read(
    server: WireServer, client: MastraClient, refuse: Callable[[], None]
) -> None:
    """The run was started: it is asked for its result until the time is up."""
    stream_that_ends(server, "success", before_finish=lambda connection: refuse())
    stream = client.get_workflow(WORKFLOW).create_run(RUN_ID).stream(timeout=60)
    with pytest.raises(RunTimeout) as raised:
        stream.result()
    assert isinstance(raised.value.__cause__, APIConnectionError)
    assert stream.complete


def test_a_stream_whose_result_is_read_late(server: WireServer, client: MastraClient) -> None:
    """A server that is away when the stream has ended is asked again."""
    busy = json_reply({"error": "busy"}, 503)
    stream_that_ends(server, "success")
    stream = client.get_workflow(WORKFLOW).create_run(RUN_ID).stream(timeout=60)
    server.on("GET", f"/runs/{RUN_ID}", *[busy] * 6, json_reply(reading("success")))
    assert stream.result().result == {"done": True}


@pytest.mark.parametrize("answers", [False, True], ids=["to ask", "to answer"])
def test_a_stream_that_cannot_go_on_after_a_suspension(
    server: WireServer, client: MastraClient, refuse: Callable[[], None], *, answers: bool
) -> None:
    """Its start was sent, whatever becomes of the looks that an answer needs."""
    stream_that_ends(server, "suspended", before_finish=lambda connection: None if answers else refuse())

    def answer(_: Any) -> Any:
        refuse()
        return {"a": 1}

    stream = client.get_workflow(WORKFLOW).create_run(RUN_ID).stream(on_suspend=answer, timeout=60)
    with pytest.raises(APIConnectionError) as raised:
        list(stream)
    assert raised.value.sent is None


JOINS: dict[str, tuple[str, str, str, Callable[[MastraClient], Any]]] = {
    "stream": (
        "/stream",
        "pending",
        "Workflow run r-1 already finished with status success",
        lambda client: client.get_workflow(WORKFLOW).create_run(RUN_ID).stream({}, if_started="join"),
    ),
    "resume_async": (
        "/resume-async",
        "suspended",
        "This workflow run was not suspended",
        lambda client: client.get_workflow(WORKFLOW).get_run(RUN_ID).resume_async({"a": 1}, if_answered="join"),
    ),
}


@pytest.mark.parametrize("verb", JOINS)
def test_a_join_that_comes_too_late(
    server: WireServer, client: MastraClient, refuse: Callable[[], None], verb: str
) -> None:
    """It was sent and refused; the second look says nothing of that."""
    route, status, message, call = JOINS[verb]
    ScriptedRun(server, status)
    server.on("POST", route, then(json_reply({"error": message}, 409, Connection="close"), refuse))
    with pytest.raises(APIConnectionError) as raised:
        call(client)
    assert (raised.value.sent, server.count("POST", route)) == (None, 1)


def test_an_answer_that_is_still_to_be_given() -> None:
    """A wait that could not give it leaves that to the next one."""
    server = FakeMastra()

    def ask(ctx: StepContext) -> Any:
        if ctx.resume_data is None:
            return ctx.suspend({"ask": "?"})
        if ctx.resume_data["n"] == 1:
            yield server.gate("held")
        return ctx.resume_data

    server.workflow(WORKFLOW).parallel([server.step("slow", ask), server.step("quick", ask)]).commit()
    with InProcess(server, "http://two.test"), MastraClient("http://two.test", token="", clock=server.clock) as client:
        run = client.get_workflow(WORKFLOW).create_run(RUN_ID)
        run.start_async({})
        run.resume({"n": 1}, step="slow")
        # the run is in motion: it does not show whether the other question was answered
        run.resume({"n": 2}, step="quick", if_answered="join")
        server.open_gate("held")
        server.faults.on("resume").status(429)
        with pytest.raises(RateLimitError):
            run.wait()
        server.faults.clear()
        assert run.wait().result == {"slow": {"n": 1}, "quick": {"n": 2}}
        server.assert_exactly_once()
