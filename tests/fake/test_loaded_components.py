"""Loaded workflows whose steps are agents and tools, and how often loaded steps are tried again."""

from __future__ import annotations

from typing import Any

import pytest

from mastra_sync import MastraClient
from pytest_mastra import FakeMastra, InProcess
from pytest_mastra.verify.graphs import graph_differences, nodes_of

AGENT = {"type": "agent", "id": "write", "agentId": "writer", "description": "Writes", "prompt": "Write a report"}
TOOL = {"type": "tool", "id": "upper", "toolId": "upper"}
PLAIN: dict[str, Any] = {"type": "step", "step": {"id": "plain", "canSuspend": False}}
OLDER = [
    {"type": "step", "step": {"id": "write", "description": "Writes", "component": "AGENT", "canSuspend": False}},
    {"type": "step", "step": {"id": "upper", "component": "TOOL", "canSuspend": False}},
    PLAIN,
]
STEPS: dict[str, dict[str, Any]] = {
    "write": {"id": "write", "description": "Writes", "component": "AGENT"},
    "upper": {"id": "upper", "component": "TOOL"},
    "plain": {"id": "plain"},
}


def details(graph: list[dict[str, Any]]) -> dict[str, Any]:
    return {"name": "report", "steps": STEPS, "allSteps": STEPS, "stepGraph": graph}


def described(server: FakeMastra) -> Any:
    with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as client:
        return client.get_workflow("report").details()


@pytest.mark.parametrize(
    "graph",
    [
        [AGENT, TOOL, PLAIN],
        [{"type": "parallel", "steps": [AGENT, TOOL]}],
        [{"type": "foreach", "step": TOOL, "opts": {"concurrency": 1}}],
        [{"type": "workflow", "id": "inner", "workflowId": "inner", "serializedStepFlow": [AGENT]}],
    ],
    ids=["in a row", "parallel", "foreach", "nested"],
)
def test_entries_are_kept(graph: list[dict[str, Any]]) -> None:
    """What stands in the graph of a current server is told again: type, agent, tool and options."""
    server = FakeMastra()
    server.load(details(graph))
    assert described(server).step_graph == graph


def test_components_are_kept() -> None:
    """Of the steps, and of all steps; a function has none."""
    server = FakeMastra()
    server.load(details([AGENT, TOOL, PLAIN]))
    told = described(server)
    for steps in (told.steps, told.all_steps):
        assert [getattr(step, "component", None) for step in steps.values()] == ["AGENT", "TOOL", None]


@pytest.mark.parametrize("generation", ["1.2", "1.0-beta"])
def test_older_servers_say_it_of_the_step(generation: str) -> None:
    """Details of either form, loaded into either fake, are told in the form of the fake's generation."""
    current: list[dict[str, Any]] = [
        {"type": "agent", "id": "write", "agentId": "write", "description": "Writes"},
        TOOL,
        PLAIN,
    ]
    for loaded in (OLDER, [AGENT, TOOL, PLAIN]):
        server = FakeMastra(generation=generation)
        server.load(details(loaded))
        assert described(server).step_graph == OLDER
    server = FakeMastra()
    server.load(details(OLDER))
    assert described(server).step_graph == current


def test_they_run_as_steps() -> None:
    """Stubbed like any other; a run's record has the graph."""
    server = FakeMastra()
    server.load(details([AGENT, TOOL]))
    server.stub("write", {"text": "rain"})
    server.stub("upper", lambda ctx: {"text": ctx.input_data["text"].upper()})
    with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as client:
        result = client.get_workflow("report").execute({})
    assert result.result == {"text": "RAIN"}
    assert result.raw["serializedStepGraph"] == [AGENT, TOOL]


def test_a_declared_step_stands_for_an_agent() -> None:
    """`--mastra-verify` finds no difference: a fake declares steps, whatever they are made of."""
    fake, live = nodes_of([{"type": "step", "step": {"id": "write"}}]), nodes_of([AGENT])
    assert graph_differences(fake, live) == []
    assert graph_differences(nodes_of([{"type": "step", "step": {"id": "wirte"}}]), live) != []


class Flaky:
    """Fails so often, then gives how often it was called."""

    def __init__(self, failures: int) -> None:
        self.calls = 0
        self._failures = failures

    def __call__(self, _: Any) -> int:
        self.calls += 1
        if self.calls <= self._failures:
            raise ValueError("not yet")
        return self.calls


@pytest.mark.parametrize("stubbed_first", [False, True], ids=["loaded, stubbed", "stubbed, loaded"])
@pytest.mark.parametrize(("retries", "status"), [(None, "failed"), (1, "failed"), (2, "success")])
def test_retries_of_a_loaded_step(retries: int | None, status: str, *, stubbed_first: bool) -> None:
    """Details do not tell them; the stub does, before the workflow is loaded or after it."""
    server = FakeMastra()
    flaky = Flaky(2)
    if stubbed_first:
        server.stub("plain", flaky, retries=retries)
    server.load(details([PLAIN]))
    if not stubbed_first:
        server.stub("plain", flaky, retries=retries)
    with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as client:
        result = client.get_workflow("report").execute({})
    assert (result.status, flaky.calls) == (status, min(1 + (retries or 0), 3))
    server.unexpected_errors.clear()


def test_retries_of_one_workflow() -> None:
    """As the stub itself, for one workflow or wherever the id occurs."""
    server = FakeMastra()
    server.load({"a": {**details([PLAIN]), "name": "a"}, "b": {**details([PLAIN]), "name": "b"}})
    in_a, elsewhere = Flaky(9), Flaky(9)
    server.stub("plain", elsewhere)
    server.stub("plain", in_a, workflow="a", retries=3)
    with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as client:
        for name in "ab":
            client.get_workflow(name).execute({})
    assert (in_a.calls, elsewhere.calls) == (4, 1)
    server.unexpected_errors.clear()


CONDITIONAL = {
    "type": "conditional",
    "steps": [PLAIN],
    "serializedConditions": [{"id": "plain-condition", "fn": "() => true"}],
}


def test_what_cannot_be_tried_again() -> None:
    """A condition is no step, and a number must be one; said at the line that gives it, or that loads the workflow."""
    server = FakeMastra()
    server.load(details([CONDITIONAL]))
    said = r"retries: 'plain-condition' is no step of a loaded workflow, and only steps are tried again"
    with pytest.raises(ValueError, match=said):
        server.stub("plain-condition", lambda _: True, retries=1)
    early = FakeMastra()
    early.stub("plain-condition", lambda _: True, retries=1)
    with pytest.raises(ValueError, match=said):
        early.load(details([CONDITIONAL]))
    for wrong in (-1, 1.5, "2", True):
        with pytest.raises((TypeError, ValueError), match="retries of step 'plain'"):
            server.stub("plain", 1, retries=wrong)  # type: ignore[arg-type]
