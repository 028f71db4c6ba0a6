"""Graphs of fakes and of live servers: read alike from all generations, and told apart in sentences."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from mastra_sync import WorkflowDetails
from pytest_mastra import FakeMastra
from pytest_mastra.fake.workflows.definition import Workflow
from pytest_mastra.verify.findings import Comparison
from pytest_mastra.verify.graphs import graph_differences, nodes_of
from tests.conformance.transcript_files import FOLDER as TRANSCRIPTS

GENERATIONS = ("current", "1.2", "1.0-beta")
Build = Callable[[FakeMastra, Workflow], Workflow]


@cache
def recorded(generation: str) -> dict[str, Any]:
    """What a real server told of its workflows."""
    text = (TRANSCRIPTS / generation / "details_of_each_workflow.json").read_text(encoding="utf-8")
    text = re.sub(r"<id (\d+)>", lambda match: f"{int(match[1]):08x}-0000-4000-8000-000000000000", text)
    bodies = [exchange.get("body") for exchange in json.loads(text)]
    return {body["name"]: body for body in bodies if isinstance(body, dict) and "name" in body}


@pytest.mark.parametrize("real", GENERATIONS)
@pytest.mark.parametrize("fake", GENERATIONS)
def test_a_loaded_fake_agrees_with_each_generation(fake: str, real: str) -> None:
    """What a real server told of its 22 workflows, loaded into a fake of any generation, differs in nothing."""
    server = FakeMastra(generation=fake)
    for details in recorded(fake).values():
        server.load(details)
    comparison = Comparison({name: WorkflowDetails.model_validate(told) for name, told in recorded(real).items()})
    workflows = list(server.state.workflows.values())
    assert len(workflows) == 22
    found = {one.id: comparison.differences(server, one, with_runs=True) for one in workflows}
    assert not any(found.values()), found


def differences(fake: Build, live: Build, fake_generation: str = "current") -> list[str]:
    graphs = []
    for build, generation in ((fake, fake_generation), (live, "current")):
        server = FakeMastra(generation=generation)
        workflow = build(server, server.workflow("flow")).commit()
        graphs.append(nodes_of(server.state.serialized_graph(workflow)))
    return graph_differences(*graphs)


def steps(server: FakeMastra, *names: str) -> list[Any]:
    return [server.step(name, lambda _: None) for name in names]


def straight(*names: str) -> Build:
    def build(server: FakeMastra, workflow: Workflow) -> Workflow:
        for step in steps(server, *names):
            workflow.then(step)
        return workflow

    return build


def nested(*names: str) -> Build:
    def build(server: FakeMastra, workflow: Workflow) -> Workflow:
        return workflow.then(straight(*names)(server, server.workflow("inner", listed=False)).commit())

    return build


def parallel(*names: str) -> Build:
    return lambda server, workflow: workflow.parallel(steps(server, *names))


def branch(*names: str) -> Build:
    return lambda server, workflow: workflow.branch([(bool, step) for step in steps(server, *names)])


def loop(kind: str) -> Build:
    return lambda server, workflow: getattr(workflow, kind)(steps(server, "a")[0], bool)


def foreach(server: FakeMastra, workflow: Workflow) -> Workflow:
    return workflow.foreach(steps(server, "a")[0])


def napping(server: FakeMastra, workflow: Workflow) -> Workflow:
    first, second = steps(server, "a", "b")
    return workflow.then(first).sleep(5).map(lambda _: 1).then(second)


CASES: list[tuple[Build, Build, list[str]]] = [
    (straight("a", "b"), straight("a", "b"), []),
    (
        straight("a", "c"),
        straight("a", "b", "c"),
        ["after step 'a' the live server has step 'b', the fake has not"],
    ),
    (
        straight("a", "extra"),
        straight("a"),
        ["step 'extra' is not there", "after step 'a' the fake has step 'extra', the live server has not"],
    ),
    (straight("lokup"), straight("lookup"), ["step 'lokup' is not there; did you mean 'lookup'?"]),
    (
        straight("b", "a"),
        straight("a", "b"),
        ["the order differs: the fake has step 'b', step 'a', the live server has step 'a', step 'b'"],
    ),
    (parallel("b", "a"), parallel("a", "b"), []),
    (
        straight("a", "b"),
        parallel("a", "b"),
        [
            "at the beginning the fake has step 'a', the live server has parallel of step 'a', step 'b'",
            "after parallel of step 'a', step 'b' the fake has step 'b', the live server has not",
        ],
    ),
    (
        parallel("a"),
        parallel("a", "b"),
        ["after step 'a' of parallel the live server has step 'b', the fake has not"],
    ),
    (
        branch("a", "b"),
        parallel("a", "b"),
        [
            "at the beginning the fake has branch of step 'a', step 'b', "
            "the live server has parallel of step 'a', step 'b'"
        ],
    ),
    (
        loop("dowhile"),
        loop("dountil"),
        ["at the beginning the fake has dowhile of step 'a', the live server has dountil of step 'a'"],
    ),
    (foreach, straight("a"), ["at the beginning the fake has foreach of step 'a', the live server has step 'a'"]),
    (
        nested("a", "stp"),
        nested("a", "step", "c"),
        [
            "step 'inner.stp' is not there; did you mean 'inner.step'?",
            "after step 'step' of workflow 'inner' the live server has step 'c', the fake has not",
        ],
    ),
    (
        nested("b", "a"),
        nested("a", "b"),
        [
            "the order of workflow 'inner' differs: the fake has step 'b', step 'a', "
            "the live server has step 'a', step 'b'"
        ],
    ),
    (
        straight("inner"),
        nested("a"),
        ["at the beginning the fake has step 'inner', the live server has workflow 'inner'"],
    ),
    (napping, napping, []),
    (
        straight("a", "b"),
        napping,
        ["after step 'a' the live server has a sleep, a map, the fake has not"],
    ),
    # what `returns` and `fails` made stands for all that follows
    (straight("return"), straight("a", "b"), []),
    (straight("a", "fail"), straight("a", "b", "c"), []),
    (straight("b", "return"), straight("a", "b"), ["at the beginning the live server has step 'a', the fake has not"]),
    (straight("a", "return"), straight("a", "return"), []),
    (
        straight("a", "return"),
        straight("a", "return", "b"),
        ["after step 'return' the live server has step 'b', the fake has not"],
    ),
]


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize(("fake", "live", "expected"), CASES, ids=range(len(CASES)))
def test_what_differs(fake: Build, live: Build, expected: list[str], generation: str) -> None:
    """Steps, order, kinds and branches that differ are told, whichever generation the fake is of."""
    assert differences(fake, live, generation) == expected


def test_what_is_not_known_today_is_compared_by_its_kind() -> None:
    """An entry of a kind that a newer server may have is an entry, not an exception."""
    newer = nodes_of([{"type": "oracle", "id": "writer"}, {"what": 1}, 5])
    assert graph_differences((), newer) == [
        "at the beginning the live server has oracle 'writer', step, the fake has not"
    ]
    assert nodes_of(None) == nodes_of("graph") == ()
