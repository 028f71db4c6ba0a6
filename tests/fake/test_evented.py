"""The client and a fake whose workflows run on the evented engine: results are those of the default engine."""

from __future__ import annotations

from typing import Any

import pytest

from mastra_sync import MastraClient, RunFailed, UnsupportedByServer
from pytest_mastra import FakeMastra, StepError
from pytest_mastra.fake.workflows.definition import Workflow
from pytest_mastra.fake.workflows.engines import ENGINES, Engine


def declare(server: FakeMastra, end: str, engine: Engine) -> Workflow:
    """Declare a workflow that ends in an entry of a kind."""

    def give(id_: str) -> Any:
        return server.step(id_, lambda ctx: {id_: ctx.input_data})

    def bail(ctx: Any) -> Any:
        return ctx.bail("left")

    workflow = server.workflow("w", engine=engine)
    match end:
        case "parallel":
            return workflow.parallel([give("a"), give("b")]).commit()
        case "branch":
            return workflow.branch([(lambda ctx: True, give("a")), (lambda ctx: False, give("b"))]).commit()
        case "bail":
            return workflow.then(server.step("a", bail)).then(give("b")).commit()
        case "foreach":
            return workflow.foreach(give("a")).commit()
        case "loop":
            return workflow.dountil(give("a"), lambda ctx: ctx.iteration_count > 1).commit()
        case _:
            return workflow.then(server.workflow("inner", listed=False).then(give("a")).commit()).sleep(5).commit()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("end", "result"),
    [
        ("parallel", {"a": {"a": [1, 2]}, "b": {"b": [1, 2]}}),
        ("branch", {"a": {"a": [1, 2]}}),
        ("bail", "left"),
        ("foreach", [{"a": 1}, {"a": 2}]),
        ("loop", {"a": {"a": [1, 2]}}),
        ("nested", {"a": [1, 2]}),
    ],
)
def test_every_verb_gives_the_same_on_each_engine(
    mastra_server: FakeMastra, mastra_client: MastraClient, engine: Engine, end: str, result: Any
) -> None:
    """Whatever a workflow ends in, and however its run is waited for."""
    declare(mastra_server, end, engine)
    workflow = mastra_client.get_workflow("w")
    run = workflow.create_run()
    assert run.start_async([1, 2]).result == result
    stream = workflow.create_run().stream([1, 2])
    assert [event.type for event in stream].count("workflow-finish") == 1
    for told in (run.result(), run.wait(), stream.result(), workflow.execute([1, 2]), *workflow.iter_runs()):
        assert (told.status, told.result) == ("success", result)
    assert run.restart_async().result == result


@pytest.mark.parametrize("engine", ENGINES)
def test_a_failure_is_one_on_each_engine(
    mastra_server: FakeMastra, mastra_client: MastraClient, engine: Engine
) -> None:
    """A foreach that fails, too, which the evented engine stores as a success."""

    def refuse(ctx: Any) -> Any:
        if ctx.input_data < 0:
            raise StepError("negative")
        return ctx.input_data

    mastra_server.workflow("w", engine=engine).foreach(mastra_server.step("a", refuse)).commit()
    run = mastra_client.get_workflow("w").create_run()
    for told in (run.start_async([1, -1]), run.result(), run.wait()):
        assert (told.status, str(told.error)) == ("failed", "Error: negative")
    with pytest.raises(RunFailed, match="negative"):
        run.result().raise_for_status()


def test_items_are_answered_one_by_one(mastra_server: FakeMastra, mastra_client: MastraClient) -> None:
    """In any order, but in streams, whose answers the engine gives to the first that waits."""
    ask = mastra_server.step("q", lambda ctx: ctx.resume_data or ctx.suspend({"ask": ctx.input_data}))
    mastra_server.workflow("w", engine="evented").foreach(ask).commit()
    run = mastra_client.get_workflow("w").create_run()
    first, second, third = run.start_async([5, 6, 7]).suspensions
    with pytest.raises(UnsupportedByServer):
        run.resume_stream("b", step=second)
    assert [each.for_each_index for each in run.resume_async("b", step=second).suspensions] == [0, 2]
    run.resume_async("a", step=first)
    assert run.resume_async("c", step=third).result == ["a", "b", "c"]


def test_a_run_at_a_gate_can_be_cancelled(mastra_server: FakeMastra, mastra_client: MastraClient) -> None:
    """The step ends at the abort, and the run has no result."""

    def wait(ctx: Any) -> Any:
        yield ctx.gate_or_abort(mastra_server.gate("g"))

    mastra_server.workflow("w", engine="evented").then(mastra_server.step("a", wait)).commit()
    run = mastra_client.get_workflow("w").create_run().start({})
    run.cancel()
    assert (run.wait().status, run.result().result) == ("canceled", None)


def test_a_crash_ends_a_run(mastra_server: FakeMastra, mastra_client: MastraClient) -> None:
    """The engine cannot go on with it, and the client says so."""

    def wait(ctx: Any) -> Any:
        yield mastra_server.gate("g")

    mastra_server.workflow("w", engine="evented").then(mastra_server.step("a", wait)).commit()
    run = mastra_client.get_workflow("w").create_run().start({})
    mastra_server.die()
    mastra_server.revive()
    with pytest.raises(RunFailed, match="Execution path is empty"):
        run.restart_async().raise_for_status()
