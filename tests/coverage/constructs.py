"""Workflows that have each construct, and what runs of them say to coverage."""

from __future__ import annotations

from typing import Any

from pytest_mastra.coverage import ObservedRun, WorkflowCoverage, fold, runs_of_scene
from pytest_mastra.fake import FakeMastra
from pytest_mastra.fake.workflows.errors import StepError
from pytest_mastra.suite.scene import Scene
from tests.run_history.acted_scenes import Play, acted


def same(name: str) -> Any:
    def pass_on(ctx: Any) -> Any:
        if isinstance(ctx.input_data, dict) and ctx.input_data.get("boom") == name:
            raise StepError("boom")
        return ctx.input_data

    return pass_on


def ask(ctx: Any) -> Any:
    return ctx.suspend({"ask": "ok?"}) if ctx.resume_data is None else ctx.resume_data


def increment(ctx: Any) -> Any:
    if ctx.input_data["n"] == ctx.input_data.get("boom_at"):
        raise StepError("boom")
    return {**ctx.input_data, "n": ctx.input_data["n"] + 1}


def tenfold(ctx: Any) -> Any:
    if ctx.input_data < 0:
        raise StepError("negative")
    return ctx.input_data * 10


def declare_all(server: FakeMastra) -> None:
    """Declare a workflow for each construct."""
    step = server.step
    inner = (
        server.workflow("inner").then(step("first", same("first"))).then(step("ask", ask, resume_schema={})).commit()
    )
    server.workflow("steps").then(step("a", same("a"))).sleep(1).map(lambda ctx: ctx.input_data).then(
        step("b", same("b"))
    ).commit()
    server.workflow("branches").branch(
        [
            (lambda ctx: ctx.input_data["n"] > 0, step("positive", same("positive"))),
            (lambda ctx: ctx.input_data["n"] > 9, step("large", same("large"))),
        ]
    ).commit()
    server.workflow("arms").parallel([step("left", same("left")), step("right", ask, resume_schema={})]).commit()
    server.workflow("rounds").dountil(step("more", increment), lambda ctx: ctx.input_data["n"] >= 3).commit()
    server.workflow("items").foreach(step("item", tenfold), concurrency=2).commit()
    server.workflow("asked-items").foreach(step("item", ask, resume_schema={})).commit()
    server.workflow("nested").then(step("a", same("a"))).then(inner).commit()
    server.workflow("nested-items").foreach(inner).commit()


def play_on(target: str, play: Play, generation: str = "current") -> Scene:
    """Return the scene of a test that plays with these workflows."""

    def declared(server: FakeMastra, client: Any) -> None:
        declare_all(server)
        play(server, client)

    return acted(declared, generation=generation, target=target)


def row_of(*runs: ObservedRun) -> WorkflowCoverage:
    """Return the only row of some runs."""
    (row,) = fold(runs).workflows
    return row


def verdicts(play: Play, target: str = "fake", generation: str = "current") -> dict[str, list[str]]:
    """Return the labels of the only workflow's goals, by what became of them."""
    row = row_of(*runs_of_scene(play_on(target, play, generation)))
    found: dict[str, list[str]] = {}
    for goal in row.goals():
        found.setdefault(goal.verdict, []).append(goal.label)
    return found
