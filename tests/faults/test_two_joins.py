"""Two scripts that join one pending run at once: the second has looked before the first one starts it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mastra_sync import InputMismatch, MastraClient, Run, RunAlreadyFinished
from pytest_mastra import FakeMastra, InProcess

BASE_URL = "http://two.test"

Join = Callable[[Run], Any]

JOINS: dict[str, Join] = {
    "start": lambda run: run.start({"n": 1}, if_started="join").wait(),
    "start_async": lambda run: run.start_async({"n": 1}, if_started="join"),
    "stream": lambda run: run.stream({"n": 1}, if_started="join").result(),
}


class Overtaken(Run):
    """A handle that looks how its run stands; before it goes on, another script has done so."""

    other: Callable[[], object] | None = None

    def _start_command(self, *arguments: Any) -> Any:
        command = super()._start_command(*arguments)
        other, self.other = self.other, None
        if other is not None:
            other()
        return command


@pytest.fixture(params=["current", "1.2", "1.0-beta"])
def server(request: pytest.FixtureRequest) -> FakeMastra:
    """A fake of each generation."""
    server = FakeMastra(generation=request.param)
    server.workflow("w").then(server.step("work", lambda ctx: {})).commit()
    return server


@pytest.fixture
def client(server: FakeMastra) -> Iterator[MastraClient]:
    with InProcess(server, BASE_URL), MastraClient(BASE_URL, token="", clock=server.clock) as client:
        yield client


def overtaken(client: MastraClient, first: Join) -> Overtaken:
    """Return a handle of a pending run that another script starts after this one has looked."""
    other = client.get_workflow("w").create_run("r")
    run = Overtaken(other.api, fresh=False)
    run.other = lambda: first(other)
    return run


@pytest.mark.parametrize("verb", JOINS)
def test_both_start_it(server: FakeMastra, client: MastraClient, verb: str) -> None:
    """The window is from the look to the start; of streams, current servers execute the first one only."""
    is_closed = verb == "stream" and server.generation.name == "current"
    assert JOINS[verb](overtaken(client, JOINS[verb])).ok
    (run,) = server.runs("w")
    assert len([event for event in run.events if event["type"] == "workflow-step-start"]) == (1 if is_closed else 2)
    if is_closed:
        server.assert_exactly_once()
    else:
        with pytest.raises(AssertionError, match=r"'w' was started 2 times; executed again: work \(run r\)"):
            server.assert_exactly_once()


@pytest.mark.parametrize("server", ["current"], indirect=True)
def test_a_stream_that_comes_too_late_is_joined(client: MastraClient) -> None:
    """Only where it may be: not of a run with another input, and not if the script did not say so."""
    with pytest.raises(InputMismatch):
        overtaken(client, lambda run: run.start_async({"n": 2})).stream({"n": 1}, if_started="join")
    with pytest.raises(RunAlreadyFinished):
        client.get_workflow("w").get_run("r").stream({"n": 1}, if_started="again")
