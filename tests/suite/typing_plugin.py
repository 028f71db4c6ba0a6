"""What types those have who write tests; mypy reads this, nothing runs it."""

from __future__ import annotations

from typing import Any

from typing_extensions import assert_type

from mastra_sync import MastraClient, RunResult, StartOptions
from pytest_mastra import (
    AS_TIMED,
    FakeMastra,
    MastraCassette,
    MastraServerFactory,
    Request,
    Rerunner,
    RunView,
    ServedMastra,
)


def test_what_fixtures_give(
    mastra_server: FakeMastra, mastra_cassette: MastraCassette, mastra_replay_run: Rerunner
) -> None:
    """Each has a name to be annotated with."""
    assert_type(mastra_server.requests, list[Request])
    assert_type(mastra_server.runs("w"), list[RunView])
    assert_type(mastra_cassette.finish(mastra_server, passed=True), None)  # type: ignore[arg-type]
    mastra_replay_run.no_such_method()  # type: ignore[attr-defined]


def test_what_the_factory_gives(mastra_server_factory: MastraServerFactory) -> None:
    """Servers are fakes with clients; options that there are not are told."""
    with mastra_server_factory(generation="1.2", allow=["strays"]) as server:
        assert_type(server, ServedMastra)
        assert_type(server.client(timeout=3), MastraClient)
        fake: FakeMastra = server
    mastra_server_factory(generaton="1.2")  # type: ignore[call-arg]
    assert fake


def test_what_is_declared(mastra_server: FakeMastra) -> None:
    """Verbs and options that there are not are told by the type checker too."""
    mastra_server.faults.on("start", nth=[1, 2]).reset()
    mastra_server.faults.on("strat")  # type: ignore[arg-type]
    step = mastra_server.step("s", lambda ctx: ctx, duration=2.5)
    mastra_server.step("s", lambda ctx: ctx, retires=1)  # type: ignore[call-arg]
    workflow = mastra_server.workflow("w", pace=AS_TIMED, retry_config={"attempts": 1})
    mastra_server.workflow("w", pace="polls")  # type: ignore[arg-type]
    mastra_server.workflow("w", input_shema={})  # type: ignore[call-arg]
    workflow.parallel([step], description="both").parallel([step], descripton="x")  # type: ignore[call-arg]


def test_what_is_asked(result: RunResult) -> None:
    """A status may be compared with any text; options have a type of their own."""
    status: str = result.status
    options: StartOptions = {"resource_id": status, "per_step": True}
    wrong: StartOptions = {"resourceid": "x"}  # type: ignore[typeddict-unknown-key]
    given: dict[str, Any] = {**options, **wrong}
    assert given
