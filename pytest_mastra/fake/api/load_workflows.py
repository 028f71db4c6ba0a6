"""Workflows made from what a real server says of its own; tests stub their steps."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from typing_extensions import Unpack

from mastra_sync.mapping_config import sources_of
from mastra_sync.suggest import did_you_mean, nearest_name
from pytest_mastra.fake.api.declared_steps import is_declared
from pytest_mastra.fake.api.workflow_names import explain_unknown_workflow
from pytest_mastra.fake.engine.state import UnusedName
from pytest_mastra.fake.workflows.arguments import check_name, check_text
from pytest_mastra.fake.workflows.definition import Workflow
from pytest_mastra.fake.workflows.errors import UnstubbedStep
from pytest_mastra.fake.workflows.graph import AnyStep, Step
from pytest_mastra.fake.workflows.schemas import Schema
from pytest_mastra.fake.workflows.workflow_options import WorkflowOptions
from pytest_mastra.text.values import shown

if TYPE_CHECKING:
    from pytest_mastra.fake.engine.state import ServerState
    from pytest_mastra.fake.workflows.step_context import StepContext

_SCHEMAS = {
    "inputSchema": "input_schema",
    "outputSchema": "output_schema",
    "resumeSchema": "resume_schema",
    "suspendSchema": "suspend_schema",
    "stateSchema": "state_schema",
    "requestContextSchema": "request_context_schema",
}
_ALWAYS_THERE = ("inputSchema", "outputSchema")
_SOURCES = {"requestContextPath": "request_context_path", "initData": "init_data"}


_OF_ALL_STEPS = ("type", "id", "step", "description")
"""What an entry has of a step whatever it is made of."""

Act = Callable[[str, str, "StepContext"], Any]
"""Does what a step or a function of a workflow does, given the workflow's id, its own, and the context."""


def declare_workflow(
    state: ServerState, id_: str, *, key: str | None, listed: bool, **options: Unpack[WorkflowOptions]
) -> Workflow:
    """Declare a workflow.

    Args:
        state: Where.
        id_: Its id.
        key: The key under which it is listed; by default its id.
        listed: Whether the server knows it by itself, not only as a step of other workflows.
        options: Those of `Workflow`.
    """
    workflow = Workflow(id_, new_id=state.new_id, generation=state.generation, **options)
    if listed:
        state.workflows[key or id_] = workflow
    return workflow


class Loader:
    """Declares loaded workflows and keeps their stubs.

    Args:
        state: Where to declare them.
    """

    def __init__(self, state: ServerState) -> None:
        self._state = state
        self._stubs: dict[tuple[str | None, str], Any] = {}
        self._places: dict[tuple[str | None, str], str] = {}
        self._known: dict[tuple[str, str], None] = {}
        self._steps: dict[tuple[str, str], Step] = {}
        self._retries: dict[tuple[str | None, str], int] = {}
        self._act: Act | None = None
        state.name_checks.append(self._unused)

    def act_unstubbed(self, act: Act) -> None:
        """Have this do what has no stub, instead of an error."""
        self._act = act

    def load(self, details: Mapping[str, Any]) -> None:
        """Declare what `GET /workflows` answered, or one workflow's details.

        Raises:
            TypeError: It is nothing that servers tell of workflows.
            ValueError: A condition, or a computed value, was given retries.
        """
        workflows = _workflows_in(details)
        for key, described in workflows.items():
            # only `steps` has the request context schemas of steps
            own = described.get("steps") or {}
            steps = {id_: {**step, **own.get(id_, {})} for id_, step in (described.get("allSteps") or {}).items()}
            self._declare(described["name"], described["stepGraph"], steps, described, "", key=key)
        for _, id_ in self._retries:
            self._check_retried(id_)

    def stub(self, id_: str, run: Any, *, workflow: str | None, retries: int | None = None, place: str = "") -> None:
        """Keep a stub, how often its step is tried again, and which line says so.

        Raises:
            TypeError: An id is no text.
            ValueError: What is to be tried again is a condition or a computed value; or the step is declared with what
                it does.
        """
        check_text(id_, "the id of a stubbed step")
        check_name(workflow, "the id of a stubbed step's workflow")
        self._check_loaded(id_, workflow)
        if retries is not None:
            self._check_retried(id_)
            self._retries[workflow, id_] = retries
            for (owner, name), step in self._steps.items():
                if name == id_:
                    step.retries = self._retries_of(owner, name)
        self._stubs[workflow, id_] = run
        self._places[workflow, id_] = place

    def _check_loaded(self, id_: str, workflow: str | None) -> None:
        """Refuse a stub for a step that would not ask it."""
        if id_ not in self._ids and is_declared(self._state, id_, workflow):
            raise ValueError(
                f"step {id_!r} is declared with what it does, and stubs are for what loaded workflows do not tell: "
                f"server.step({id_!r}).run = lambda ctx: ... has it do something else, .fails(...) has it fail"
            )

    def _check_retried(self, id_: str) -> None:
        if id_ in self._ids and all(name != id_ for _, name in self._steps):
            raise ValueError(f"retries: {id_!r} is no step of a loaded workflow, and only steps are tried again")

    def _retries_of(self, workflow: str, id_: str) -> int | None:
        given = (self._retries[name, id_] for name in self._names_of(workflow) if (name, id_) in self._retries)
        return next(given, None)

    def _names_of(self, workflow_id: str) -> list[str | None]:
        """Return what stubs may call a workflow: its id, its keys, None for any."""
        keys = [key for key, workflow in self._state.workflows.items() if workflow.id == workflow_id]
        return [workflow_id, *keys, None]

    @property
    def _ids(self) -> list[str]:
        return [id_ for _, id_ in self._known]

    def _unused(self) -> Iterator[UnusedName]:
        """Give the stubs that no step will ever ask."""
        if not self._places:
            return
        used = {(name, id_) for workflow, id_ in self._known for name in self._names_of(workflow)}
        for (workflow, id_), place in self._places.items():
            if (workflow, id_) not in used:
                where = "" if workflow is None else f", workflow={workflow!r}"
                yield UnusedName(f"server.stub({id_!r}, ...{where})", place, self._explain_unused(workflow, id_))

    def _explain_unused(self, workflow: str | None, id_: str) -> str:
        owners = dict.fromkeys(name for owner, _ in self._known for name in self._names_of(owner))
        if workflow not in owners and owners:
            return explain_unknown_workflow(str(workflow), [name for name in owners if name is not None])
        ids = [known for owner, known in self._known if workflow in self._names_of(owner)]
        hint = did_you_mean(nearest_name(id_, ids), before=" ", capital=True)
        whose = "No workflow was loaded that has such a step" if workflow is None else f"{workflow!r} has no such step"
        return f"{whose}.{hint} There are {', '.join(map(repr, dict.fromkeys(ids))) or 'none'}."

    def _declare(
        self,
        id_: str,
        graph: list[dict[str, Any]],
        steps: Mapping[str, Any],
        described: Mapping[str, Any],
        prefix: str,
        *,
        key: str | None,
    ) -> Workflow:
        workflow = declare_workflow(
            self._state,
            id_,
            key=key,
            listed=key is not None,
            description=described.get("description"),
            metadata=described.get("metadata"),
            validate_inputs=described.get("options", {}).get("validateInputs", True),
            **{name: schema for name, schema in _schemas(described).items() if name in _OF_WORKFLOWS},
        )
        for entry in graph:
            self._add(workflow, entry, steps, prefix)
        return workflow.commit()

    def _add(self, workflow: Workflow, entry: dict[str, Any], steps: Mapping[str, Any], prefix: str) -> None:
        kind = entry["type"]
        if kind in ("parallel", "conditional"):
            children = [self._step(workflow, child, steps, prefix) for child in entry["steps"]]
            if kind == "parallel":
                workflow.parallel(children)
                return
            conditions = [
                self.function_of(workflow, shown["id"], shown["fn"]) for shown in entry["serializedConditions"]
            ]
            workflow.branch(list(zip(conditions, children, strict=True)))
        elif kind == "loop":
            shown = entry["serializedCondition"]
            condition = self.function_of(workflow, shown["id"], shown["fn"])
            step = self._step(workflow, _as_entry(entry["step"]), steps, prefix)
            (workflow.dowhile if entry["loopType"] == "dowhile" else workflow.dountil)(step, condition)
        elif kind == "foreach":
            step = self._step(workflow, _as_entry(entry["step"]), steps, prefix)
            workflow.foreach(step, concurrency=entry.get("opts", {}).get("concurrency", 1))
        elif kind == "sleep":
            id_ = entry["id"]
            seconds = entry["duration"] / 1000 if "duration" in entry else self.function_of(workflow, id_, entry["fn"])
            workflow.sleep(seconds, id=id_)
        elif kind == "sleepUntil":
            id_ = entry["id"]
            when = _moment(entry["date"]) if "date" in entry else self.function_of(workflow, id_, entry["fn"])
            workflow.sleep_until(when, id=id_)
        elif kind == "mapping" or "mapConfig" in entry.get("step", {}):
            shown = entry if kind == "mapping" else entry["step"]
            text = shown["mapConfig"]
            workflow.map(self.mapping_of(workflow, shown["id"], text), id=shown["id"])
        else:
            workflow.then(self._step(workflow, entry, steps, prefix))

    def mapping_of(self, workflow: Workflow, id_: str, text: str) -> Any:
        """Return what a mapping does: its sources, or its stub where the text has none."""
        return _sources(text) or self.function_of(workflow, id_, text)

    def _step(self, workflow: Workflow, entry: dict[str, Any], steps: Mapping[str, Any], prefix: str) -> AnyStep:
        inner = entry.get("step", entry)
        id_ = inner["id"]
        described = steps.get(f"{prefix}{id_}", {})
        if entry["type"] == "workflow" or inner.get("component") == "WORKFLOW":
            known = self._state.workflow(id_)
            flow = inner.get("serializedStepFlow") or []
            return known or self._declare(id_, flow, steps, described, f"{prefix}{id_}.", key=None)
        step = Step(
            id_,
            self.function_of(workflow, id_),
            description=described.get("description", inner.get("description")),
            metadata=described.get("metadata"),
            retries=self._retries_of(workflow.id, id_),
            **_schemas(described),
        )
        step.component = _component_of(entry, described)
        step.reference = {name: value for name, value in entry.items() if name not in _OF_ALL_STEPS}
        self._steps[workflow.id, id_] = step
        return step

    def function_of(self, workflow: Workflow, id_: str, text: str = "") -> Any:
        """Return what a step or a function does: its stub, when it is called."""
        self._known[workflow.id, id_] = None

        def run(ctx: StepContext) -> Any:
            for name in self._names_of(workflow.id):
                if (name, id_) in self._stubs:
                    stub = self._stubs[name, id_]
                    return stub(ctx) if callable(stub) else stub
            if self._act is not None:
                return self._act(workflow.id, id_, ctx)
            raise UnstubbedStep(self._explain_missing_stub(workflow.id, id_))

        run.__qualname__ = text or id_  # which is what graphs show of a function
        return run

    def _explain_missing_stub(self, workflow_id: str, id_: str) -> str:
        stubbed = [name for _, name in self._stubs]
        stray = [name for name in stubbed if name not in self._ids]
        near = nearest_name(id_, stray or stubbed)
        hint = "" if near is None else f" The nearest stub is {near!r}."
        return f"{id_!r} of workflow {workflow_id!r} has no stub: server.stub({id_!r}, ...).{hint}"


def _workflows_in(details: object) -> dict[str, Mapping[str, Any]]:
    """Return the workflows, by key, of which a server told."""
    what = "server.load takes what `GET /workflows` answers, workflows by their keys, or one workflow's details"
    if not isinstance(details, Mapping):
        raise TypeError(f"{what}, not {shown(details, 60)}")
    workflows = {str(details.get("name")): details} if isinstance(details.get("stepGraph"), list) else dict(details)
    for key, described in workflows.items():
        if not isinstance(described, Mapping) or not {"name", "stepGraph"} <= described.keys():
            raise TypeError(f"{what}, each with name and stepGraph, and {key!r} is {shown(described, 60)}")
    return workflows


_OF_WORKFLOWS = ("input_schema", "output_schema", "state_schema", "request_context_schema")


def _schemas(described: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schemas of a description.

    Closed objects in them drop what they do not know, as `z.object` does.
    """
    found = {}
    for name, keyword in _SCHEMAS.items():
        told = described.get(name)
        schema = _schema_in(told)
        if set(schema) - {"$schema"} or (told is not None and name not in _ALWAYS_THERE):
            found[keyword] = Schema(schema, strips=True)
    return found


def _schema_in(told: Any) -> Mapping[str, Any]:
    """Return a schema as servers write it, as text, or as the client's models have it."""
    if isinstance(told, str):
        told = json.loads(told).get("json", {})
    return told if isinstance(told, Mapping) else {}


def _component_of(entry: Mapping[str, Any], described: Mapping[str, Any]) -> str | None:
    """Return what a step is made of; current servers say it by the entry's type."""
    if "step" in entry:
        component = entry["step"].get("component", described.get("component"))
        return component if isinstance(component, str) else None
    return str(entry["type"]).upper()


def _as_entry(step: dict[str, Any]) -> dict[str, Any]:
    """Return a loop's step as an entry; older servers give the bare step."""
    return step if "type" in step else {"type": "step", "step": step}


def _sources(text: str) -> dict[str, Any] | None:
    """Return the sources of a mapping, by their names here; None if they are not told."""
    shown = sources_of(text)
    if shown is None:
        return None
    return {key: {_SOURCES.get(name, name): value for name, value in source.items()} for key, source in shown.items()}


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
