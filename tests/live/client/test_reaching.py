"""Getting through to a server: its address, its token, its limits."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mastra_sync import (
    AuthenticationError,
    MastraClient,
    MastraError,
    OutcomeUnknown,
    PayloadTooLarge,
    Run,
    RunNotStarted,
    ServerError,
)
from tests.live.client.hurried_clock import HurriedClock
from tests.live.server import LiveServer, ServerFailed

SECRET = "secret-token"
WRONG = "wrong-token"
LIMIT = 1000


# -- tokens


@pytest.fixture(scope="module")
def guarded(live_server: LiveServer) -> Iterator[LiveServer]:
    """A server of each generation that lets in one token only, and small bodies only."""
    with LiveServer(live_server.generation, auth_token=SECRET, body_limit=LIMIT) as server:
        yield server


@pytest.mark.parametrize("token", [SECRET, lambda: SECRET], ids=["text", "function"])
def test_a_token_lets_in(guarded: LiveServer, token: Any) -> None:
    """A text or a function of none is sent as a bearer token with every verb, streams too."""
    with MastraClient(guarded.base_url, token=token) as client:
        run = client.get_workflow("asker").create_run()
        assert [event.type for event in run.stream({})][-1] == "workflow-finish"
        assert run.resume_async({"answer": "a"}).ok
        assert [event.type for event in run.observe()][-1] == "workflow-finish"
        assert "three" in client.list_workflows()
        run = client.get_workflow("three").create_run()
        assert run.start({}).wait().ok
        client.get_workflow("three").delete_run_by_id(run.run_id)


def test_a_function_is_asked_for_each_request(guarded: LiveServer) -> None:
    """A token that runs out can be renewed without a new client."""
    tokens = iter([WRONG, SECRET, SECRET])
    with MastraClient(guarded.base_url, token=lambda: next(tokens)) as client:
        with pytest.raises(AuthenticationError):
            client.list_workflows()
        assert client.get_workflow("three").details().name == "three"
        assert client.get_workflow("three").runs() is not None


def test_the_environment_has_a_token(guarded: LiveServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """`MASTRA_API_TOKEN` and `MASTRA_BASE_URL` are used where nothing is given, also by a copy sent elsewhere."""
    monkeypatch.setenv("MASTRA_API_TOKEN", SECRET)
    monkeypatch.setenv("MASTRA_BASE_URL", guarded.base_url)
    with MastraClient() as client:
        copy = pickle.loads(pickle.dumps(client))
        monkeypatch.delenv("MASTRA_API_TOKEN")
        monkeypatch.delenv("MASTRA_BASE_URL")
        for one in (client, copy):
            assert one.get_workflow("three").execute({}).ok
        copy.close()


def test_a_header_may_hold_the_token(guarded: LiveServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """An `Authorization` of one's own is not replaced by the environment's token."""
    monkeypatch.setenv("MASTRA_API_TOKEN", WRONG)
    with MastraClient(guarded.base_url, headers={"authorization": f"Bearer {SECRET}"}) as client:
        assert client.get_workflow("three").execute({}).ok


def test_netrc_does_not_replace_the_token(guarded: LiveServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A password for the machine in ~/.netrc is not sent in the token's place, nor where there is no token."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password something\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with MastraClient(guarded.base_url, token=SECRET) as client:
        assert client.get_workflow("three").execute({}).ok
    with MastraClient(guarded.base_url, headers={"Authorization": f"Bearer {SECRET}"}) as client:
        assert client.get_workflow("three").execute({}).ok


@pytest.mark.parametrize("token", [WRONG, ""], ids=["wrong", "none"])
def test_others_stay_outside(
    guarded: LiveServer, token: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Every verb says so without repeating itself, and nowhere is the token told."""
    monkeypatch.delenv("MASTRA_API_TOKEN", raising=False)
    caplog.set_level(logging.DEBUG, "mastra_sync")
    with MastraClient(guarded.base_url, token=token) as client:
        workflow = client.get_workflow("three")
        calls: list[Callable[[], Any]] = [
            client.list_workflows,
            workflow.details,
            lambda: workflow.execute({}),
            lambda: workflow.get_run("r").start_async({}),
            lambda: workflow.get_run("r").stream({}),
            lambda: workflow.get_run("r").observe(),
            lambda: workflow.get_run("r").wait(),
            lambda: workflow.get_run("r").cancel(),
        ]
        for call in calls:
            with pytest.raises(AuthenticationError) as caught:
                call()
            assert (caught.value.status_code, caught.value.attempts) == (401, 1)
            told = f"{caught.value!r} {caught.value} {vars(caught.value)} {client!r} {caplog.text}"
            assert WRONG not in told
    assert "mastra_sync" in caplog.text
    assert guarded.executions("r") == {}


# -- addresses


@pytest.mark.usefixtures("live_server")
def test_the_api_may_live_elsewhere(generation: str) -> None:
    """`api_prefix`, however its slashes are written, is where the server has its routes; 1.0 beta has no choice."""
    if generation == "1.0-beta":
        with pytest.raises(ServerFailed, match="under /api only"):
            LiveServer(generation, api_prefix="/mastra").start()
        return
    with LiveServer(generation, api_prefix="/mastra") as server:
        for prefix in ("/mastra", "mastra/"):
            with MastraClient(server.base_url, api_prefix=prefix, token="") as client:
                assert client.base_url == f"{server.base_url}/mastra"
                run = client.get_workflow("three").create_run()
                assert run.stream({}).result().ok


@pytest.mark.parametrize("tail", ["/", "//"])
def test_an_address_may_end_in_slashes(live_server: LiveServer, tail: str) -> None:
    """They are not doubled."""
    with MastraClient(live_server.base_url + tail, api_prefix="api/", token="") as client:
        assert client.get_workflow("three").execute({}).ok


# -- limits


OVER_THE_LIMIT: dict[str, Callable[[Run, Any], Any]] = {
    "start": lambda run, data: run.start(data).wait(),
    "start_async": lambda run, data: run.start_async(data),
    "stream": lambda run, data: run.stream(data).result(),
}


@pytest.mark.parametrize("verb", OVER_THE_LIMIT)
def test_a_body_over_the_limit_is_refused(guarded: LiveServer, verb: str) -> None:
    """413 of current servers, a 500 of 1.2, an empty 200 of 1.0 beta, which may mean anything: no run comes of it."""
    refusals: dict[str, type[MastraError]] = {
        "current": PayloadTooLarge,
        "1.2": ServerError,
        "1.0-beta": RunNotStarted if verb == "stream" else OutcomeUnknown,
    }
    clock = HurriedClock() if guarded.generation == "1.0-beta" else None
    with MastraClient(guarded.base_url, token=SECRET, clock=clock) as client:
        run = client.get_workflow("echo").create_run()
        with pytest.raises(refusals[guarded.generation], match=run.run_id):
            OVER_THE_LIMIT[verb](run, "x" * LIMIT)
        assert guarded.executions(run.run_id) == {}
        assert OVER_THE_LIMIT[verb](run, "x" * 10).ok
