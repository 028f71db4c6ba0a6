"""The table of verbs: a new verb is a row, and no other place must be told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mastra_sync import operations
from mastra_sync.operations import Operation
from pytest_mastra.cassettes.drift.compare import compare
from pytest_mastra.cassettes.file.order import order_by_run
from pytest_mastra.cassettes.replay.player import Playback
from pytest_mastra.fake import FakeMastra
from pytest_mastra.fake.api import routes
from pytest_mastra.fake.api.call import Call as FakeCall
from pytest_mastra.fake.api.routes import ENDPOINTS, Endpoint, build_routes
from pytest_mastra.http import verbs
from pytest_mastra.http.exchanges import Exchange
from pytest_mastra.http.verbs import VERBS, Effect, Kind, VerbRow, VerbTable, call_of
from pytest_mastra.http.wire import WireRequest
from pytest_mastra.run_history.last_state import last_state
from tests.cassettes.exchange_factory import OTHER_RUN, RUN, exchange

OPERATIONS = [value for value in vars(operations).values() if isinstance(value, Operation)]
RUN_PATH = f"/api/workflows/city/runs/{RUN}"

HURRY = VerbRow(
    Operation("hurry", "POST", "/workflows/{workflow}/hurry"),
    effect=Effect.RESUME,
    answers_run=True,
    needs_run_id=True,
    fields=("resumeData", "perStep"),
)
GLANCE = VerbRow(Operation("glance", "GET", "/workflows/{workflow}/runs/{run}/glance"), kind=Kind.POLL)
CENSUS = VerbRow(Operation("census", "GET", "/workflows/census"), kind=Kind.POLL, lists_runs=True)
WATCH = VerbRow(
    Operation("watch", "POST", "/workflows/{workflow}/watch"),
    kind=Kind.READ,
    streams=True,
    replays=True,
    needs_run_id=True,
)


def answer_verb(call: FakeCall) -> bytes:
    """Endpoint with what was asked."""
    return json.dumps({"verb": call.row.name, "run": call.run_id, "body": call.body}).encode()


@pytest.fixture(autouse=True)
def made_up_verbs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Add four rows to a copy of the table, and a handler for each to the fake."""
    table = VerbTable([*VERBS.values(), HURRY, GLANCE, CENSUS, WATCH])
    answers = {row.name: Endpoint(answer_verb) for row in (HURRY, GLANCE, CENSUS, WATCH)}
    monkeypatch.setattr(verbs, "VERBS", table)
    monkeypatch.setattr(routes, "ROUTES", build_routes(table, {**ENDPOINTS, **answers}))


def hurried(status: str, **more: Any) -> Exchange:
    """Return a reply of the made-up verb that moves a run and answers with it."""
    return exchange(f"/api/workflows/city/hurry?runId={RUN}", {"status": status, **more}, method="POST", sent={})


def glanced(status: str, **more: Any) -> Exchange:
    """Return a reply of the made-up verb that asks after a run."""
    return exchange(f"{RUN_PATH}/glance", {"status": status, **more})


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_each_operation_of_the_client_is_a_verb(operation: Operation) -> None:
    """What the client can send has a row, under the name of the client's method."""
    assert VERBS[operation.name].operation is operation


def test_each_verb_has_an_answer_in_the_fake() -> None:
    """Rows and handlers go together, by name."""
    assert set(ENDPOINTS) == set(VERBS)


def test_the_parser_knows_a_new_verb() -> None:
    """A request gives verb, workflow and run; a word in a path goes before an id."""
    call = call_of(WireRequest("POST", "/api/workflows/city/hurry?runId=r"))
    assert (call.verb, call.workflow, call.run, call.row) == ("hurry", "city", "r", HURRY)
    assert call_of(WireRequest("GET", RUN_PATH + "/glance")).row is GLANCE
    assert call_of(WireRequest("GET", "/workflows/census")).row is CENSUS


def test_a_verb_has_another_path_on_1_0_beta() -> None:
    """Both paths of a verb are of the same row."""
    calls = [call_of(WireRequest("POST", f"/api/workflows/city/{path}?runId=r")) for path in ("stream", "streamVNext")]
    assert calls[0] == calls[1]
    assert calls[0].row is VERBS["stream"]


def test_the_fake_routes_a_new_verb() -> None:
    """The fake checks query and body by the row, calls the handler, and records the name."""
    server = FakeMastra()
    json_headers = {"content-type": "application/json"}

    def ask(target: str, body: dict[str, Any]) -> tuple[int, Any]:
        sent = WireRequest("POST", f"/api/workflows/{target}", json_headers, json.dumps(body).encode())
        reply = server.handle(sent)
        assert isinstance(reply.body, bytes)
        return reply.status, json.loads(reply.body)

    found = ask("city/hurry?runId=r", {"perStep": True})
    assert found == (200, {"verb": "hurry", "run": "r", "body": {"perStep": True}})
    status, refusal = ask("city/hurry", {})
    assert (status, refusal["issues"][0]["field"]) == (400, "runId")
    status, refusal = ask("city/hurry?runId=r", {"perStep": 3})
    assert (status, refusal["issues"][0]["field"]) == (400, "perStep")
    assert [request.verb for request in server.requests] == ["hurry"] * 3


def test_faults_are_declared_of_a_new_verb() -> None:
    """Faults know its name, and whether it is answered with events."""
    server = FakeMastra()
    server.faults.on("watch").cut(after_events=1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="hurry is not answered with events"):
        server.faults.on("hurry").cut(after_events=1)  # type: ignore[arg-type]


def test_a_recording_of_a_new_verb_is_ordered() -> None:
    """It stands among its run's exchanges; of equal answers to one poll the last is kept."""
    other = exchange(f"/api/workflows/city/hurry?runId={OTHER_RUN}", {"status": "success"}, method="POST", sent={})
    sent = [hurried("running"), other, glanced("running"), glanced("running"), glanced("success")]
    for number, each in enumerate(sent):
        each.began = float(number)
    statuses = [
        (each.call.verb, each.call.run, json.loads(each.body)["status"]) for each in order_by_run(sent, like=[])
    ]
    assert statuses == [
        ("hurry", RUN, "running"),
        ("glance", RUN, "running"),
        ("glance", RUN, "success"),
        ("hurry", OTHER_RUN, "success"),
    ]


def test_a_new_verb_is_matched_on_replay() -> None:
    """A move is played once; a poll as often as it is asked, between its run's moves."""
    recording = [glanced("suspended"), hurried("success"), glanced("success")]
    playback = Playback(recording)

    def ask(asked: Exchange) -> str | None:
        found = playback.answer(asked.request)
        return json.loads(found.body)["status"] if isinstance(found, Exchange) else None

    glance, hurry, _ = recording
    assert [ask(each) for each in (glance, glance, hurry, glance, glance, hurry)] == [
        "suspended",
        "suspended",
        "success",
        "success",
        "success",
        None,
    ]


def test_a_new_verb_is_compared_with_a_live_server() -> None:
    """Moves and settled polls are compared; polls on the way and lists of runs are not."""
    census = ("/api/workflows/census", {"running": 1}), ("/api/workflows/census", {"running": 9})
    recorded = [hurried("success", result=1), glanced("running", n=1), glanced("success", n=1), exchange(*census[0])]
    live = [hurried("success", result=2), glanced("success", n=2), exchange(*census[1])]
    differences = [difference.where for run in compare(recorded, live).runs for difference in run.differences]
    assert len(differences) == 2
    assert differences[0].startswith("hurry")
    assert differences[1].startswith("glance")


def test_the_reply_of_a_new_verb_is_read_as_a_run() -> None:
    """A run's last state is what a verb answered whose row says that it answers with runs."""
    state = last_state([glanced("running", steps={}), hurried("success", steps={})], [])
    assert state == {"status": "success", "steps": {}}
    assert last_state([glanced("running", steps={})], []) is None
    assert HURRY.status_after is None
    assert VerbRow(HURRY.operation, effect=Effect.RESUME, needs_run_id=True).status_after == "running"
