"""Makes a fake of a recording: its workflows answer as recorded.

Everything else is the fake's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from pytest_mastra.cassettes.as_fake.infer_generation import infer_generation
from pytest_mastra.cassettes.as_fake.infer_graph import Entry, infer_graph, note_gap, step_id
from pytest_mastra.cassettes.as_fake.recorded_schemas import Checks, RecordedSchema, issues_in
from pytest_mastra.cassettes.as_fake.recorded_steps import RecordedBehaviour
from pytest_mastra.cassettes.as_fake.run_memory import RunMemory
from pytest_mastra.cassettes.as_fake.run_snapshots import RunSnapshot, are_same, snapshots_of
from pytest_mastra.cassettes.as_fake.step_reports import flow_of
from pytest_mastra.cassettes.as_fake.step_stubs import RecordedStart, StepStubs
from pytest_mastra.cassettes.as_fake.walk_graph import walk_snapshot
from pytest_mastra.fake.workflows.javascript import UNDEFINED
from pytest_mastra.http.bodies import OK, is_stream, records_of, reply_json, request_json
from pytest_mastra.http.exchanges import Exchange
from pytest_mastra.http.exchanges_by_run import ExchangesByRun, group_by_run
from pytest_mastra.http.verbs import Effect

if TYPE_CHECKING:
    from pytest_mastra.fake.server import FakeMastra
    from pytest_mastra.fake.workflows.definition import Workflow

Server = TypeVar("Server", bound="FakeMastra")

_WORKFLOWS = "/workflows"


def build_fake(make: Callable[..., Server], exchanges: Iterable[Exchange], **options: Any) -> Server:
    """Return a fake whose workflows answer as they were recorded to.

    Args:
        make: Makes the fake.
        exchanges: The recording, in its order.
        options: The fake's own; without `generation` it is that of the recorded server, without `api_prefix` the one
            that the recorded requests have.

    Raises:
        GenerationUnclear: The recording is of several server generations.
        GraphNotRecorded: The graph of a workflow cannot be inferred.
    """
    recorded = list(exchanges)
    recording = _Recording(group_by_run(recorded))
    wanted = options.pop("generation", None)
    generation = wanted or infer_generation(recorded, recording.behaviour.gaps)
    prefix = options.pop("api_prefix", None) or _prefix(recorded)
    server = make(generation=generation, api_prefix=prefix, **options)
    _Declaration(server, recording, shows_graphs=wanted is None).declare()
    server.gaps = tuple(recording.behaviour.gaps)
    return server


def _prefix(exchanges: Iterable[Exchange]) -> str:
    for exchange in exchanges:
        before, found, _ = exchange.request.path.partition(_WORKFLOWS)
        if found:
            return before
    return "/api"


@dataclass(eq=False)
class _Recording:
    """What a recording says of workflows: their details and graphs, and what their steps did.

    Attributes:
        exchanges: The recording, run by run.
        details: What the server said of its workflows, by id.
        keys: Their keys, by id.
        graphs: Their graphs, by id.
        shown: Which of these the server showed itself.
        behaviour: What their steps did.
        starts: What the runs were started with.
        checks: What was refused or changed, by workflow and step (None for the workflow itself) and border.
    """

    exchanges: ExchangesByRun
    details: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    graphs: dict[str, list[Entry]] = field(default_factory=dict)
    shown: set[str] = field(default_factory=set)
    behaviour: RecordedBehaviour = field(default_factory=RecordedBehaviour)
    starts: list[RecordedStart] = field(default_factory=list)
    checks: dict[tuple[str, str | None, str], Checks] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._take_details()
        names = self._names()
        by_run = [snapshots_of(run, names) for run in self.exchanges.runs]
        self._take_graphs(names, by_run)
        for number, (run, snapshots) in enumerate(zip(self.exchanges.runs, by_run, strict=True)):
            workflow = names.get(run.workflow, run.workflow)
            memory = RunMemory(self.behaviour, number)
            for snapshot in snapshots:
                walk_snapshot(memory, snapshot, self.graphs[workflow])
            self._take_starts(number, workflow, run.exchanges, snapshots)
        for (workflow, id_), pairs in self.behaviour.inputs.items():
            self._border(workflow, id_, "input_schema").taken += pairs

    def _take_details(self) -> None:
        for exchange in self.exchanges.others:
            answer = reply_json(exchange) if exchange.status == OK else None
            if exchange.call.verb == "details" and isinstance(answer, dict):
                self._take_workflow(answer, exchange.call.workflow or "")
            elif exchange.call.verb == "list_workflows" and isinstance(answer, dict):
                for key, workflow in answer.items():
                    self._take_workflow(workflow, key, listed=True)

    def _take_workflow(self, workflow: Any, key: str, *, listed: bool = False) -> None:
        if not isinstance(workflow, dict) or not isinstance(workflow.get("stepGraph"), list):
            return
        id_ = workflow.get("name", key)
        if "inputSchema" in workflow or id_ not in self.details:
            self.details[id_] = workflow
        if listed or key != id_:
            self.keys[id_] = key

    def _names(self) -> dict[str, str]:
        """Return the ids of workflows by the keys that requests may name them by."""
        names = {key: id_ for id_, key in self.keys.items()}
        for run in self.exchanges.runs:
            for exchange in run.exchanges:
                answer = reply_json(exchange) if exchange.call.row.polls_run and exchange.status == OK else None
                id_ = answer.get("workflowName") if isinstance(answer, dict) else None
                if isinstance(id_, str) and id_ != run.workflow:
                    names[run.workflow] = id_
                    self.keys.setdefault(id_, run.workflow)
        return names

    def _take_graphs(self, names: Mapping[str, str], by_run: list[list[RunSnapshot]]) -> None:
        by_workflow: dict[str, list[RunSnapshot]] = {}
        for run, snapshots in zip(self.exchanges.runs, by_run, strict=True):
            by_workflow.setdefault(names.get(run.workflow, run.workflow), []).extend(snapshots)
        for id_ in [*self.details, *by_workflow]:
            snapshots = by_workflow.get(id_, [])
            shown = next((snapshot.graph for snapshot in snapshots if snapshot.graph), None)
            if id_ in self.details:
                shown = self.details[id_]["stepGraph"]
            if shown is not None:
                self.shown.add(id_)
            self.graphs[id_] = shown if shown is not None else infer_graph(id_, snapshots, self.behaviour.gaps)

    def _take_starts(self, number: int, workflow: str, exchanges: list[Exchange], snapshots: list[RunSnapshot]) -> None:
        for exchange in exchanges:
            effect, body = exchange.call.row.effect, request_json(exchange)
            if effect not in (Effect.START, Effect.RESUME):
                continue
            sent = body if isinstance(body, dict) else {}
            if (refused := issues_in(_refusal(exchange))) is not None:
                self._take_refusal(workflow, sent, *refused)
            elif effect is Effect.START and exchange.status == OK:
                self.starts.append(RecordedStart(number, workflow, sent))
                given, taken = (
                    sent.get("inputData", UNDEFINED),
                    next((snapshot.input for snapshot in snapshots), UNDEFINED),
                )
                if taken is not UNDEFINED and not are_same(given, taken):
                    self._border(workflow, None, "input_schema").taken.append((given, taken))

    def _take_refusal(self, workflow: str, sent: Mapping[str, Any], what: str, issues: list[Any]) -> None:
        if what == "resume":
            step = sent.get("step")
            name = step[0] if isinstance(step, list) and step else step
            if isinstance(name, str):
                self._border(workflow, name, "resume_schema").refused.append(
                    (sent.get("resumeData", UNDEFINED), issues)
                )
        elif what == "initial":
            self._border(workflow, None, "state_schema").refused.append((sent.get("initialState", {}), issues))
        else:
            self._border(workflow, None, "input_schema").refused.append((sent.get("inputData", UNDEFINED), issues))

    def _border(self, workflow: str, step: str | None, border: str) -> Checks:
        return self.checks.setdefault((workflow, step, border), Checks())


def _refusal(exchange: Exchange) -> Any:
    """Return what a request was refused with; a stream says it in its last event."""
    if is_stream(exchange):
        last = next((record for record in reversed(records_of(exchange)) if isinstance(record, dict)), {})
        payload = last.get("payload")
        metadata = payload.get("metadata") if isinstance(payload, dict) else None
        return metadata.get("errorMessage") if isinstance(metadata, dict) else None
    answer = reply_json(exchange) if exchange.status != OK else None
    return answer.get("error") if isinstance(answer, dict) else None


@dataclass(eq=False)
class _Declaration:
    """Declares on a fake what a recording says."""

    server: FakeMastra
    recording: _Recording
    shows_graphs: bool
    _pauses: dict[tuple[str, str], bool] = field(default_factory=dict)

    def declare(self) -> None:
        for id_, graph in self.recording.graphs.items():
            details = self.recording.details.get(id_, {"name": id_})
            # a list without details shows no schemas; what is not shown fits anything
            playable = [self._playable_entry(id_, entry) for entry in graph]
            self.server.load({self.recording.keys.get(id_, id_): {**details, "stepGraph": playable}})
            if not graph:
                note_gap(self.recording.behaviour.gaps, id_, "no run of it got to a step, and nobody told its graph")
        stubs = StepStubs(self.server, self.recording.behaviour, self.recording.starts, self._pauses)
        self.server.act_unstubbed(stubs.call)
        for workflow in list(self.server.state.workflows.values()):
            self._add_recorded_borders(workflow)

    def _playable_entry(self, workflow: str, entry: Entry) -> Entry:
        """Return an entry of which it is known what to do.

        A nested workflow of which nobody knows what went on inside is one step.
        """
        kind = entry["type"]
        if kind in ("parallel", "conditional"):
            return {**entry, "steps": [self._playable_entry(workflow, child) for child in entry["steps"]]}
        if kind in ("sleep", "sleepUntil"):
            return self._pause(workflow, entry)
        flow = flow_of(entry)
        if flow is None:
            return entry
        inner = entry["step"] if kind in ("loop", "foreach") else entry
        id_ = step_id(entry)
        if self._is_known_inside(id_, flow):
            playable = [self._playable_entry(id_, child) for child in flow]
            head = {"type": "workflow", "id": id_, **_description_of(inner)}
            chosen: Entry = {**head, "serializedStepFlow": playable}
        else:
            note_gap(
                self.recording.behaviour.gaps,
                workflow,
                f"what the steps inside of {id_!r} did is not recorded: it is one step",
            )
            chosen = {"type": "step", "step": {"id": id_, **_description_of(inner)}}
        return {**entry, "step": chosen} if kind in ("loop", "foreach") else chosen

    def _pause(self, workflow: str, entry: Entry) -> Entry:
        id_ = entry["id"]
        is_known = (workflow, id_) in self.recording.behaviour.steps
        if "fn" in entry or ("date" in entry and is_known):
            self._pauses[workflow, id_] = entry["type"] == "sleepUntil"
            return {"type": entry["type"], "id": id_, "fn": entry.get("fn", "")}
        return entry

    def _is_known_inside(self, workflow: str, flow: list[Entry]) -> bool:
        behaviour = self.recording.behaviour
        if workflow in behaviour.known_inside:
            return True
        return any((workflow, id_) in behaviour.steps for entry in flow for id_ in _step_ids(entry))

    def _add_recorded_borders(self, workflow: Workflow) -> None:
        """Have a workflow and its steps take, refuse and show what was recorded."""
        if workflow.id in self.recording.shown and self.shows_graphs:
            workflow.shown_graph = self.recording.graphs[workflow.id]
            details = self.recording.details.get(workflow.id, {})
            workflow.shown_details = details if "inputSchema" in details else None
        for (id_, step_id_, border), checks in self.recording.checks.items():
            owner: Any = workflow if step_id_ is None else workflow.steps.get(step_id_)
            if id_ == workflow.id and owner is not None:
                setattr(owner, border, RecordedSchema(getattr(owner, border), checks))
        for step in workflow.steps.values():
            if step.is_workflow and step not in self.server.state.workflows.values():
                self._add_recorded_borders(step)  # type: ignore[arg-type]


def _description_of(entry: Entry) -> dict[str, Any]:
    inner = entry.get("step", entry)
    return {key: inner[key] for key in ("description", "metadata") if key in inner}


def _step_ids(entry: Entry) -> list[str]:
    if entry["type"] in ("parallel", "conditional"):
        return [id_ for child in entry["steps"] for id_ in _step_ids(child)]
    flow = flow_of(entry)
    return [step_id(entry), *(id_ for child in flow or () for id_ in _step_ids(child))]
