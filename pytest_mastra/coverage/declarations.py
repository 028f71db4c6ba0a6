"""The workflows that fakes declare and servers list, whether a test runs them or not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from mastra_sync.errors import MastraError
from mastra_sync.normalise import schema_of
from pytest_mastra.coverage.goals import Declared
from pytest_mastra.http.bodies import FIRST_ERROR, reply_json

if TYPE_CHECKING:
    from pytest_mastra.coverage.folded import Coverage
    from pytest_mastra.coverage.observed_run import Origin
    from pytest_mastra.fake.workflows.definition import Workflow
    from pytest_mastra.http.exchanges import Exchange
    from pytest_mastra.suite.scene import Scene
    from pytest_mastra.suite.settings import MastraConfig

_NOT_OF_THE_VALUE = frozenset({"$schema", "title", "description"})


def note_declarations(coverage: Coverage, scene: Scene) -> None:
    """Note the workflows that a test's fakes have, or that a server told it of."""
    if scene.target == "fake":
        for server in scene.fakes:
            for workflow in server.state.workflows.values():
                _note_declared(coverage, server.state, workflow)
    else:
        note_listed(coverage, _listed_in(scene.log), "server")


def note_listed(coverage: Coverage, listed: Iterable[Mapping[str, Any]], origin: Origin) -> None:
    """Note workflows as a server tells their details."""
    for details in listed:
        name = details.get("name")
        if isinstance(name, str) and name:
            coverage.note_workflow(name, origin, details.get("stepGraph"), partial(declared_in, details))


def ask_server(scene: Scene, config: MastraConfig | None) -> list[Mapping[str, Any]] | None:
    """Return the details of a live server's workflows; None if it does not tell.

    Args:
        scene: Of a test that runs against it.
        config: How the test's clients reach it.
    """
    from pytest_mastra.suite.settings import MastraConfig  # noqa: PLC0415 -- only live servers are asked
    from pytest_mastra.suite.targets import client_of  # noqa: PLC0415

    try:
        with client_of(scene, config or MastraConfig()) as client:
            listed = client.list_workflows()
    except MastraError:
        return None
    return [details.model_dump(by_alias=True) for details in listed.values()]


def declared_in(details: Mapping[str, Any]) -> Declared:
    """Return what a workflow's details tell of it beside its graph."""
    steps = details.get("allSteps")
    answers = {
        path: schema_of(step["resumeSchema"])
        for path, step in (steps.items() if isinstance(steps, Mapping) else ())
        if isinstance(step, Mapping) and step.get("resumeSchema")
    }
    return Declared(_input_schema(details), is_told=True, resume_schemas=answers)


def _input_schema(details: Mapping[str, Any]) -> Any:
    """Return the JSON Schema that inputs are held against; None without one."""
    options = details.get("options")
    if isinstance(options, Mapping) and options.get("validateInputs") is False:
        return None
    schema = schema_of(details.get("inputSchema"))
    return schema if isinstance(schema, Mapping) and set(schema) - _NOT_OF_THE_VALUE else None


def _listed_in(exchanges: Iterable[Exchange]) -> Iterable[Mapping[str, Any]]:
    for exchange in exchanges:
        if exchange.call.verb not in ("list_workflows", "details") or not 0 < exchange.status < FIRST_ERROR:
            continue
        answer = reply_json(exchange)
        if isinstance(answer, Mapping):
            found = [answer] if exchange.call.verb == "details" else answer.values()
            yield from (details for details in found if isinstance(details, Mapping))


def _note_declared(coverage: Coverage, state: Any, workflow: Workflow) -> None:
    """Note a workflow of a fake."""
    # only where there is a fake
    from pytest_mastra.fake.workflows.describe import workflow_details  # noqa: PLC0415

    graph = state.serialized_graph(workflow)

    def declared() -> Declared:
        told = declared_in(workflow_details(workflow, graph, state.generation))
        return replace(told, retries=_retries(workflow, ""))

    coverage.note_workflow(workflow.id, "fake", graph, declared)


def _retries(workflow: Workflow, prefix: str) -> dict[str, int]:
    """Return how often steps are tried again, by path."""
    found: dict[str, int] = {}
    for name, step in workflow.steps.items():
        if step.is_workflow:
            found |= _retries(step, f"{prefix}{name}.")  # type: ignore[arg-type]
        else:
            found[prefix + name] = workflow.retry_config.attempts if step.retries is None else step.retries
    return {path: count for path, count in found.items() if count}
