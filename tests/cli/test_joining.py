"""`mastra-sync run --run-id X --join`, and `resume --join`: a command that was killed is given again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mastra_sync import MastraClient
from pytest_mastra import FakeMastra
from pytest_mastra.fake import OnSocket, StepContext
from tests.cli.processes import Ended

Command = Callable[..., Ended]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeMastra]:
    """A fake on a socket at `MASTRA_BASE_URL`, with a workflow that may ask or fail."""
    server = FakeMastra()

    def act(ctx: StepContext) -> Any:
        if ctx.input_data.get("fails"):
            raise ValueError("no such luck")
        if ctx.input_data.get("asks") and not ctx.resume_data:
            return ctx.suspend({"ask": "?"})
        return {"n": ctx.input_data["n"], **(ctx.resume_data or {})}

    server.workflow("w").then(server.step("act", act)).commit()
    with OnSocket(server) as front:
        monkeypatch.setenv("MASTRA_BASE_URL", front.url)
        yield server


@pytest.mark.parametrize(("more", "status"), [([], 0), (["fails=true"], 1), (["asks=true"], 3)])
def test_the_same_command_twice_is_one_run(
    server: FakeMastra, mastra_sync: Command, more: list[str], status: int
) -> None:
    """The second goes on with what the first began: same steps, same result, same exit status."""
    first = mastra_sync("run", "w", "n=1", *more, "--run-id", "r", "--join")
    again = mastra_sync("run", "w", "n=1", *more, "--run-id", "r", "--join")
    assert (first.status, again.status) == (status, status)
    assert again.out == first.out
    assert "act" in again.err
    assert len(server.runs("w")[0].starts) == 1


def test_a_run_without_events_says_so(server: FakeMastra, mastra_sync: Command) -> None:
    """It was begun by a script without a stream: its result is printed, and why no steps are shown."""
    with MastraClient(token="") as client:
        client.get_workflow("w").execute({"n": 1}, run_id="r")
    joined = mastra_sync("run", "w", "n=1", "--run-id", "r", "--join")
    assert (joined.status, json.loads(joined.out)) == (0, {"n": 1})
    assert "holds no events of it" in joined.err
    assert "going on without its events" in joined.err
    assert len(server.runs("w")[0].starts) == 1


def test_another_input_is_refused(server: FakeMastra, mastra_sync: Command) -> None:
    """It names what differs and how to look, and starts nothing."""
    mastra_sync("run", "w", "n=1", "--run-id", "r")
    refused = mastra_sync("run", "w", "n=2", "--run-id", "r", "--join")
    assert refused.status == 2
    assert refused.err == (
        "mastra-sync: run 'r' of 'w' was started with another input: n differs; give another --run-id, or look at it "
        "with: mastra-sync result w r\nSee https://mastra-sync.readthedocs.io/errors/#input-mismatch\n"
    )
    assert len(server.runs("w")[0].starts) == 1


def test_it_needs_an_id(server: FakeMastra, mastra_sync: Command) -> None:
    """Without one there is nothing to join, and nothing is sent."""
    refused = mastra_sync("run", "w", "n=2", "--join")
    assert (refused.status, server.requests) == (2, [])
    assert "--join needs --run-id: nobody can have started a run with a new id" in refused.err


def test_the_same_answer_twice_is_one(server: FakeMastra, mastra_sync: Command) -> None:
    """The second goes on with what the first did; another answer is refused, and so is the same without --join."""
    mastra_sync("run", "w", "n=1", "asks=true", "--run-id", "r")
    first = mastra_sync("resume", "w", "r", "ok=true", "--join")
    again = mastra_sync("resume", "w", "r", "ok=true", "--join")
    assert (first.status, again.status, json.loads(again.out)) == (0, 0, {"n": 1, "ok": True})
    assert again.out == first.out
    assert "act" in again.err
    other = mastra_sync("resume", "w", "r", "ok=false", "--join")
    assert (other.status, other.err) == (
        2,
        "mastra-sync: run 'r' of 'w' was answered otherwise: ok differs; look at it with: mastra-sync result w r\n"
        "See https://mastra-sync.readthedocs.io/errors/#input-mismatch\n",
    )
    assert mastra_sync("resume", "w", "r", "ok=true").status == 2
    assert len(server.runs("w")[0].resumes) == 1
