"""What breaks down in the fake itself reaches no client as an exception, and no request waits beyond patience."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

from pytest_mastra.fake.api import fault_effects
from pytest_mastra.fake.api.faults import FaultySurface
from pytest_mastra.fake.api.routes import ROUTES, HttpSurface
from pytest_mastra.fake.engine import execute_foreach, execute_foreach_batches, run_commands
from pytest_mastra.fake.engine.progress import RunsInProgress
from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.http.wire import Surface
from tests.fake.test_both_fronts import BODIES, NAMES

Serve = Callable[[Surface], str]

LIMIT = 60.0
"""Seconds after which a test takes it that a request hangs."""

MOVES = {
    "start": "pending",
    "start-async": "pending",
    "stream": "pending",
    "resume": "suspended",
    "resume-async": "suspended",
    "resume-no-wait": "suspended",
    "resume-stream": "suspended",
    "restart": "suspended",
    "restart-async": "suspended",
    "time-travel": "suspended",
    "time-travel-async": "suspended",
    "time-travel-stream": "suspended",
}
"""The verbs that move a run on, and what it is before."""


class Broken(Exception):
    """What a test makes the fake raise."""


def broken(*_: Any, **__: Any) -> Any:
    """Break down."""
    raise Broken("a wheel came off")


def a_server(generation: str = "current", **options: Any) -> FakeMastra:
    """Return a server with a workflow that asks."""
    server = FakeMastra(generation=generation, **options)
    ask = server.step("ask", lambda ctx: ctx.resume_data or ctx.suspend({"ask": "ok?"}))
    server.workflow("w").then(server.step("first", lambda ctx: ctx.input_data)).then(ask).commit()
    return server


def ask(url: str, method: str, path: str, body: Any = None) -> requests.Response:
    """Send a request past all proxies."""
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, f"{url}/api{path}", json=body, timeout=LIMIT)


def move(url: str, verb: str, run_id: str, workflow: str = "w") -> requests.Response:
    """Move a run on."""
    body = BODIES.get(verb.replace("-", "_"), {})
    return ask(url, "POST", f"/workflows/{workflow}/{verb}?runId={run_id}", body)


def records(reply: requests.Response) -> list[dict[str, Any]]:
    """Return the records of a stream."""
    return [json.loads(record) for record in reply.content.split(b"\x1e") if record.startswith(b"{")]


@pytest.mark.parametrize("generation", NAMES)
@pytest.mark.parametrize(("owner", "name"), [(HttpSurface, "_call"), (FaultySurface, "handle")])
def test_any_verb(serve: Serve, monkeypatch: pytest.MonkeyPatch, generation: str, owner: type, name: str) -> None:
    """Whatever answers a verb may break down: the answer is a 500 in JSON, and the test is told."""
    server = a_server(generation)
    url = serve(server)
    monkeypatch.setattr(owner, name, broken)
    for route in ROUTES:
        if generation not in route.generations:
            continue
        path = route.path.replace("{workflow}", "w").replace("{run}", "r")
        path = path.replace("{schedule}", "s").replace("{definition}", "d")
        reply = ask(url, route.method, f"{path}?runId=r", {} if route.method == "POST" else None)
        assert (reply.status_code, reply.headers["content-type"]) == (500, "application/json")
        assert reply.json() == {"error": "a wheel came off"}
        noted = server.unexpected_errors.pop()
        assert isinstance(noted.error, Broken)
        assert noted.request == f"{route.method} /api{path}"
        assert server.unexpected_errors == []


@pytest.mark.parametrize("generation", NAMES)
@pytest.mark.parametrize("verb", MOVES)
def test_an_execution(serve: Serve, monkeypatch: pytest.MonkeyPatch, generation: str, verb: str) -> None:
    """What executes a run may break down, waited for, streamed or in the background: it is noted once."""
    server = a_server(generation)
    url = serve(server)
    ask(url, "POST", "/workflows/w/create-run?runId=r", {})
    if MOVES[verb] == "suspended":
        move(url, "start-async", "r")
    for name in ("walk_graph", "plan_restart"):
        monkeypatch.setattr(run_commands, name, broken)
    reply = move(url, verb, "r")
    if reply.status_code == 404:
        assert (generation, verb) != ("current", verb)
        return
    if "stream" in verb:
        last = records(reply)[-1]["payload"]
        assert (last["workflowStatus"], last["metadata"]["errorMessage"]) == ("failed", "a wheel came off")
    elif verb.endswith("-async"):
        assert (reply.status_code, reply.json()) == (500, {"error": "a wheel came off"})
    else:
        assert reply.status_code == 200
    (noted,) = server.unexpected_errors
    assert (noted.workflow_id, noted.run_id, type(noted.error)) == ("w", "r", Broken)


@pytest.mark.parametrize("generation", NAMES)
def test_a_stream_whose_headers_are_out(serve: Serve, monkeypatch: pytest.MonkeyPatch, generation: str) -> None:
    """A stream that breaks down ends with a record that says so."""
    server = a_server(generation)
    url = serve(server)
    monkeypatch.setattr(RunsInProgress, "next_record", broken)
    monkeypatch.setattr(RunsInProgress, "abandon", broken)
    (last,) = records(move(url, "stream", "r"))
    assert (last["type"], last["payload"]["workflowStatus"]) == ("workflow-finish", "failed")
    assert last["payload"]["metadata"]["errorMessage"] == "a wheel came off"
    assert {type(noted.error) for noted in server.unexpected_errors} == {Broken}


def test_a_fault_that_breaks_down(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a part of the reply is out already, the connection ends."""
    server = a_server()
    url = serve(server)
    server.faults.on("stream").cut(after_events=1)
    monkeypatch.setattr(fault_effects, "_mark_position", broken)
    with pytest.raises(requests.RequestException):
        move(url, "stream", "r")
    assert [type(noted.error) for noted in server.unexpected_errors] == [Broken]


@pytest.mark.parametrize("generation", NAMES)
def test_an_item(serve: Serve, monkeypatch: pytest.MonkeyPatch, generation: str) -> None:
    """A foreach whose items break down ends; it waits for none of them for ever."""
    server = a_server(generation)
    server.workflow("each").foreach(server.step("item", lambda ctx: ctx.input_data), concurrency=2).commit()
    url = serve(server)
    for module in (execute_foreach, execute_foreach_batches):
        monkeypatch.setattr(module, "execute_step", broken)
    reply = ask(url, "POST", "/workflows/each/start-async?runId=r", {"inputData": [1, 2, 3]})
    assert "a wheel came off" in reply.text
    assert {type(noted.error) for noted in server.unexpected_errors} == {Broken}


@pytest.mark.parametrize("generation", NAMES)
@pytest.mark.parametrize("verb", ["start-async", "start", "stream"])
def test_a_loop_without_end(serve: Serve, generation: str, verb: str) -> None:
    """A loop whose condition never holds is given up when patience is over; the server answers on."""
    server = a_server(generation, patience=0.1)
    server.workflow("loop").dountil(server.step("again", lambda _: 1), lambda _: False).commit()
    url = serve(server)
    ask(url, "POST", "/workflows/loop/create-run?runId=r", {})
    if verb == "stream":
        with requests.Session() as session:
            session.trust_env = False
            events = session.post(f"{url}/api/workflows/loop/stream?runId=r", json={}, stream=True, timeout=LIMIT)
            assert next(events.iter_content(None))
            events.close()
    else:
        assert move(url, verb, "r", "loop").status_code == (504 if verb == "start-async" else 200)
    until = time.monotonic() + LIMIT
    while not server.unexpected_errors and time.monotonic() < until:
        ask(url, "GET", "/workflows/loop/runs/r")
    assert ask(url, "GET", "/workflows/loop/runs/r").status_code == 200
    (noted,) = server.unexpected_errors
    assert (noted.workflow_id, noted.run_id) == ("loop", "r")
    assert "Does the condition of a loop never hold?" in str(noted.error)


def held(server: FakeMastra) -> None:
    """Declare a workflow that waits at a gate."""

    def wait(_: Any) -> Any:
        yield server.gate("door")

    server.workflow("held").then(server.step("wait", wait)).commit()


def test_others_do_not_lengthen_patience(serve: Serve) -> None:
    """A request whose run is held is answered when its own patience is over, whoever else asks meanwhile."""
    server = a_server(patience=0.3)
    held(server)
    url = serve(server)
    answered = threading.Event()

    def ask_on() -> None:
        while not answered.is_set():
            ask(url, "GET", "/workflows/w")

    asking = threading.Thread(target=ask_on)
    asking.start()
    try:
        reply = move(url, "start-async", "r", "held")
    finally:
        answered.set()
        asking.join()
    assert (reply.status_code, reply.json()) == (504, {"error": "Gateway Timeout"})


def test_a_stream_that_is_held_ends(serve: Serve) -> None:
    """A stream that has nothing to say does not wait for ever either."""
    server = a_server(patience=0.1)
    held(server)
    url = serve(server)
    with pytest.raises(requests.RequestException):
        move(url, "stream", "r", "held")


def test_a_step_that_does_not_return(serve: Serve) -> None:
    """While a step keeps the server to itself, another request is told so instead of waiting for it."""
    server = a_server(patience=0.1)
    runs, ends = threading.Event(), threading.Event()

    def block(_: Any) -> None:
        runs.set()
        ends.wait(LIMIT)

    server.workflow("blocks").then(server.step("block", block)).commit()
    url = serve(server)
    blocked = threading.Thread(target=move, args=(url, "start-async", "r", "blocks"))
    blocked.start()
    try:
        assert runs.wait(LIMIT)
        assert ask(url, "GET", "/workflows/w").status_code == 504
    finally:
        ends.set()
        blocked.join()
    assert ask(url, "GET", "/workflows/w").status_code == 200
