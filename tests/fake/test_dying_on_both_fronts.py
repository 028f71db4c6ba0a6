"""A server that dies is met alike in process and on a socket, at the same address before and after."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from mastra_sync import MastraClient
from pytest_mastra.fake import AS_TIMED, BY_HAND, FakeMastra, OnSocket, RealClock, StepContext
from pytest_mastra.http.exchanges import Ending, ExchangeLog
from pytest_mastra.http.surface_recorder import WatchedSurface
from pytest_mastra.http.wire import Surface
from tests.fake.client_outcomes import outcome

Serve = Callable[[Surface], str]
ServeTwice = Callable[[Surface, Surface], list[str]]

PATIENCE = 10.0
"""Seconds after which something hangs that was to end at once."""


def make_server(**options: Any) -> FakeMastra:
    """Return a server with a workflow `trip` of two steps."""
    server = FakeMastra(**options)
    server.workflow("trip").then(server.step("first", lambda _: {"n": 1})).then(
        server.step("second", lambda _: {"n": 2})
    ).commit()
    return server


def test_refused_alike(serve_twice: ServeTwice) -> None:
    """A dead server refuses in the same words on both fronts, and answers again at the same address."""
    servers = [make_server(), make_server()]
    urls = serve_twice(*servers)
    for server in servers:
        server.die()
    here, there = (outcome(f"{url}/api/workflows") for url in urls)
    assert here == there
    assert "refused" in str(here.error)
    for server in servers:
        server.revive()
    assert [requests.get(f"{url}/api/workflows", timeout=PATIENCE).status_code for url in urls] == [200, 200]


DEATHS: dict[str, Callable[[Any], object]] = {
    "before its effect": lambda on: on.server_dies(),
    "after its effect": lambda on: on.server_dies(after_effect=True),
    "after two events": lambda on: on.server_dies(after_events=2),
    "in a step": lambda on: on.server_dies(in_step="second"),
}


@pytest.mark.parametrize("name", DEATHS)
def test_cut_alike(serve_twice: ServeTwice, name: str) -> None:
    """What a stream brings until its server dies is the same on both fronts, and so is what cuts it."""
    servers = [make_server(), make_server()]
    for server in servers:
        DEATHS[name](server.faults.on("stream"))
    urls = serve_twice(*servers)
    here, there = (outcome(f"{url}/api/workflows/trip/stream?runId=r", "POST", json={"inputData": {}}) for url in urls)
    assert here == there
    assert "reset" in str(here.error)
    assert [server.faults.unused for server in servers] == [(), ()]


def test_connections_that_rest_are_closed(serve: Serve) -> None:
    """A connection that is kept for later does not outlive the process."""
    server = make_server()
    url = serve(server)
    with requests.Session() as session:
        session.get(f"{url}/api/workflows", timeout=PATIENCE)
        server.die()
        with pytest.raises(requests.exceptions.ConnectionError, match=r"refused|reset|aborted"):
            session.get(f"{url}/api/workflows", timeout=PATIENCE)
        # by now it is gone, even if its end had not arrived before
        with pytest.raises(requests.exceptions.ConnectionError, match="refused"):
            session.get(f"{url}/api/workflows", timeout=PATIENCE)
        server.revive()
        assert session.get(f"{url}/api/workflows", timeout=PATIENCE).status_code == 200


def test_a_silent_answer_is_cut(serve: Serve) -> None:
    """A reply that keeps silent for ever ends when its server dies."""
    server = make_server()
    server.faults.on("list_workflows").stall()
    url = serve(server)
    ended: list[str] = []

    def ask() -> None:
        try:
            requests.get(f"{url}/api/workflows", timeout=None)
        except requests.exceptions.ConnectionError as error:
            ended.append(str(error))

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    while not server.faults.declared[0].fired:
        assert asking.is_alive()
    server.die()
    asking.join(PATIENCE)
    assert not asking.is_alive()
    assert len(ended) == 1


def test_a_request_at_work_is_cut(serve: Serve) -> None:
    """A request that waits for its run ends when the server dies, on either front."""
    server = make_server()
    gate = server.gate("g")

    def wait(_: StepContext) -> Iterator[Any]:
        yield gate

    server.workflow("held").then(server.step("wait", wait)).commit()
    url = serve(server)
    ended: list[str] = []

    def ask() -> None:
        try:
            requests.post(f"{url}/api/workflows/held/start-async?runId=r", json={"inputData": {}}, timeout=60)
        except requests.exceptions.ConnectionError as error:
            ended.append(str(error))

    asking = threading.Thread(target=ask)
    asking.start()
    with server.state.driver.lock:
        while not gate.waiting:
            assert server.state.driver.wait_for_change()
    server.die()
    asking.join(PATIENCE)
    assert "reset" in ended[0]


def test_back_by_itself(serve: Serve) -> None:
    """A client of real time waits for the server to be back, and goes on with the run."""
    server = make_server(pace=BY_HAND)
    url = serve(server)
    with MastraClient(url) as client:
        run = client.get_workflow("trip").create_run()
        run.start({})
        server.die(back_after=0.1)
        server.pace = AS_TIMED
        while server.is_dead:
            pass
        run.restart()
        assert run.wait(PATIENCE).status == "success"


def test_back_on_real_time_of_a_real_clock(serve: Serve) -> None:
    """With the machine's own clock it is the same."""
    server = make_server(clock=RealClock())
    url = serve(server)
    server.die(back_after=0.05)
    threading.Event().wait(0.2)
    assert requests.get(f"{url}/api/workflows", timeout=PATIENCE).status_code == 200


def test_back_at_once(serve: Serve) -> None:
    """A process that is replaced at once has lost its memory, and nobody is refused."""
    server = make_server()
    url = serve(server)
    server.die(back_after=0)
    assert requests.get(f"{url}/api/workflows", timeout=PATIENCE).status_code == 200


def test_stopping_a_dead_server() -> None:
    """A front whose server is dead can be stopped, and started with one that is."""
    server = make_server()
    with OnSocket(server):
        server.die(back_after=0.05)
    threading.Event().wait(0.1)
    server.revive()
    server.die()
    with OnSocket(server) as front:
        with pytest.raises(requests.exceptions.ConnectionError, match="refused"):
            requests.get(f"{front.url}/api/workflows", timeout=PATIENCE)
        server.revive()
        assert requests.get(f"{front.url}/api/workflows", timeout=PATIENCE).status_code == 200


def test_the_recorder_says_how_it_ended(serve: Serve) -> None:
    """What is noted of an exchange says that it was reset, or refused."""
    server = make_server()
    server.faults.on("stream").server_dies(after_events=2)
    log = ExchangeLog()
    url = serve(WatchedSurface(server, log, "http://mastra.test", server.clock.now))
    outcome(f"{url}/api/workflows/trip/stream?runId=r", "POST", json={"inputData": {}})
    outcome(f"{url}/api/workflows")
    noted = list(log)
    assert noted[0].ending is Ending.CUT
    assert "reset" in str(noted[0].failure)
    # on a socket nobody hears of what is refused
    assert [exchange.failure for exchange in noted[1:]] in (
        [],
        ["the connection was refused, as where nobody listens"],
    )
