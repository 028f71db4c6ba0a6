"""Workflows whose definitions were stored over HTTP, run as far as their steps are known."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pytest_mastra.fake.workflows.definition import Workflow
from pytest_mastra.fake.workflows.errors import Refusal
from pytest_mastra.fake.workflows.graph import AnyStep, Step
from pytest_mastra.fake.workflows.javascript import iso, iso_date
from pytest_mastra.fake.workflows.model_schemas import close_objects
from pytest_mastra.fake.workflows.predicates import condition_of
from pytest_mastra.fake.workflows.schemas import Schema

if TYPE_CHECKING:
    from pytest_mastra.fake.api.load_workflows import Loader
    from pytest_mastra.fake.engine.state import ServerState

Definition = dict[str, Any]
"""A definition as it is sent and told: `id`, `inputSchema`, `outputSchema`, `graph`, ..."""

_NAMES = ("id", "inputSchema", "outputSchema", "stateSchema", "requestContextSchema", "graph")
_MORE = ("description", "metadata")
_SCHEMAS = {
    "inputSchema": "input_schema",
    "outputSchema": "output_schema",
    "stateSchema": "state_schema",
    "requestContextSchema": "request_context_schema",
}


class StoredDefinitions:
    """The definitions that a server has stored, and their workflows.

    Args:
        state: What the server knows.
        loader: Does what agents and tools do: their stubs.
    """

    def __init__(self, state: ServerState, loader: Loader) -> None:
        self._state = state
        self._loader = loader
        self._stored: dict[str, Definition] = {}

    def listed(self) -> list[Definition]:
        """Return all definitions, newest first."""
        return sorted(self._stored.values(), key=lambda one: str(one["createdAt"]), reverse=True)

    def find(self, id_: str) -> Definition | None:
        """Return a definition, None if there is none."""
        return self._stored.get(id_)

    def store(self, bundle: Sequence[Definition]) -> None:
        """Store definitions, all or none, and offer their workflows.

        A later one may nest those before it.

        Raises:
            Refusal: A graph is empty, names a workflow that there is not, or an id twice.
        """
        known = {workflow.id for workflow in self._state.workflows.values()} | {one["id"] for one in bundle}
        for one in bundle:
            issues = list(_issues(one, known))
            if issues:
                count = f"{len(issues)} issue(s)"
                listed = "\n".join(f"- {issue}" for issue in issues)
                raise Refusal(f'Dynamic workflow "{one["id"]}" failed validation with {count}:\n{listed}')
        for one in bundle:
            self._offer(one)

    def remove(self, id_: str) -> None:
        """Forget a definition, and the workflow of its id, whoever has declared it."""
        self._stored.pop(id_, None)
        for key in [key for key, workflow in self._state.workflows.items() if id_ in (key, workflow.id)]:
            del self._state.workflows[key]

    def _offer(self, one: Definition) -> None:
        now = iso(self._state.clock.now())
        before = self._stored.get(one["id"])
        kept = {name: one[name] for name in (*_NAMES, *_MORE) if name in one}
        more = {name: kept.pop(name) for name in _MORE if name in kept}
        times = {"createdAt": now if before is None else before["createdAt"], "updatedAt": now}
        workflow = self._workflow(one)
        self._stored[one["id"]] = {**kept, "status": "active", "source": "storage", **times, **more}
        key = next((key for key, known in self._state.workflows.items() if known.id == workflow.id), workflow.id)
        self._state.workflows[key] = workflow

    def _workflow(self, one: Definition) -> Workflow:
        schemas: Any = {
            keyword: Schema(close_objects(one[name]), strips=True) for name, keyword in _SCHEMAS.items() if name in one
        }
        more: Any = {name: one[name] for name in _MORE if name in one}
        workflow = Workflow(one["id"], new_id=self._state.new_id, generation=self._state.generation, **schemas, **more)
        workflow.origin = "dynamic"
        for entry in one["graph"]:
            self._add(workflow, entry)
        return workflow.commit()

    def _add(self, workflow: Workflow, entry: Mapping[str, Any]) -> None:
        kind = entry["type"]
        named = {name: entry[name] for name in ("id", *_MORE) if name in entry}
        if kind == "parallel":
            workflow.parallel([self._step(workflow, child) for child in entry["steps"]], **named)
        elif kind == "conditional":
            steps = [self._step(workflow, child) for child in entry["steps"]]
            conditions = [condition_of(predicate) for predicate in entry["predicates"]]
            workflow.branch(list(zip(conditions, steps, strict=True)), **named)
        elif kind == "loop":
            step, condition = self._step(workflow, entry["step"]), condition_of(entry["predicate"])
            (workflow.dowhile if entry["loopType"] == "dowhile" else workflow.dountil)(step, condition, **named)
        elif kind == "foreach":
            concurrency = (entry.get("opts") or {}).get("concurrency", 1)
            workflow.foreach(self._step(workflow, entry["step"]), concurrency=concurrency, **named)
        elif kind == "sleep":
            workflow.sleep(entry["duration"] / 1000, **named)
        elif kind == "sleepUntil":
            workflow.sleep_until(_date_of(entry), **named)
        elif kind == "mapping":
            workflow.map(self._loader.mapping_of(workflow, entry["id"], entry["mapConfig"]), **named)
        else:
            workflow.then(self._step(workflow, entry))

    def _step(self, workflow: Workflow, entry: Mapping[str, Any]) -> AnyStep:
        """Return a nested workflow under the entry's id, or an agent's or a tool's stub."""
        if entry["type"] == "workflow":
            known = self._state.workflow(entry["workflowId"])
            nested = copy.copy(known)
            assert nested is not None  # noqa: S101 -- its id was looked for before anything was stored
            nested.id = entry["id"]
            nested.shows_steps = False
            return nested
        return Step(entry["id"], self._loader.function_of(workflow, entry["id"]), description=entry.get("description"))


def _date_of(entry: Mapping[str, Any]) -> datetime:
    """Return until when an entry sleeps; of what JavaScript can read the forms of ISO 8601."""
    date = iso_date(entry["date"])
    if date is None:
        # servers answer 500 with it
        raise ValueError(f'Stored sleepUntil "{entry["id"]}" has an unparseable date: {entry["date"]}')
    return datetime.fromisoformat(date.replace("Z", "+00:00"))


def _issues(one: Definition, known: set[str]) -> Iterator[str]:
    """Give what is wrong with a definition, in Mastra's words, as far as this fake looks."""
    if not one["graph"]:
        yield "[empty-graph] graph: Workflow graph must contain at least one step."
    for place, entry in _steps(one["graph"], "graph"):
        if entry.get("type") == "workflow" and entry.get("workflowId") not in known:
            yield (
                f'[missing-reference] {place}.workflowId: Step "{entry.get("id")}" declares workflowId '
                f'"{entry.get("workflowId")}" which is not a registered workflow.'
            )
        if entry.get("type") == "mapping" and place.count(".") > 1:
            yield f"[invalid-map-placement] {place}: Persisted mapping steps must be top-level workflow entries."


def _steps(graph: Sequence[Mapping[str, Any]], place: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for index, entry in enumerate(graph):
        here = f"{place}.{index}"
        if isinstance(entry.get("steps"), list):
            yield from _steps(entry["steps"], f"{here}.steps")
        elif isinstance(entry.get("step"), dict):
            yield f"{here}.step", entry["step"]
        else:
            yield here, entry
