"""A fake made of a recording: its workflows answer as recorded, and everything else is the fake's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from pytest_mastra.cassettes.as_fake.infer_generation import generation_recorded
from pytest_mastra.cassettes.as_fake.infer_graph import Entry, derived_graph, say, step_id
from pytest_mastra.cassettes.as_fake.recorded_schemas import Checks, RecordedSchema, issues_in
from pytest_mastra.cassettes.as_fake.recorded_steps import Evidence
from pytest_mastra.cassettes.as_fake.run_snapshots import Sight, same, sights_of
from pytest_mastra.cassettes.as_fake.step_reports import flow_of
from pytest_mastra.cassettes.as_fake.step_stubs import Actors, Start
from pytest_mastra.cassettes.as_fake.walk_graph import Walk
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


def fake_of(make: Callable[..., Server], exchanges: Iterable[Exchange], **options: Any) -> Server:
    """Return a fake whose workflows answer as they were recorded to.

    Args:
        make: Makes the fake.
        exchanges: The recording, in story order.
        options: The fake's own; without `generation` it is that of the recorded server, without `api_prefix` the one
            that the recorded requests have.

    Raises:
        Unclear: The recording is of several server generations.
        NotTold: The graph of a workflow cannot be told.
    """
    recorded = list(exchanges)
    known = _Known(group_by_run(recorded))
    wanted = options.pop("generation", None)
    generation = wanted or generation_recorded(recorded, known.evidence.gaps)
    prefix = options.pop("api_prefix", None) or _prefix(recorded)
    server = make(generation=generation, api_prefix=prefix, **options)
    _Maker(server, known, shows_graphs=wanted is None).declare()
    server.gaps = tuple(known.evidence.gaps)
    return server


def _prefix(exchanges: Iterable[Exchange]) -> str:
    for exchange in exchanges:
        before, found, _ = exchange.request.path.partition(_WORKFLOWS)
        if found:
            return before
    return "/api"


@dataclass(eq=False)
class _Known:
    """What a recording tells: the workflows' details and graphs, and what their steps did.

    Attributes:
        stories: The recording, run by run.
        details: What the server told of its workflows, by id.
        keys: Their keys, by id.
        graphs: Their graphs, by id.
        shown: Which of these the server told itself.
        evidence: What their steps did.
        starts: What the runs were started with.
        checks: What was refused or changed, by workflow and step (None for the workflow itself) and border.
    """

    stories: ExchangesByRun
    details: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    graphs: dict[str, list[Entry]] = field(default_factory=dict)
    shown: set[str] = field(default_factory=set)
    evidence: Evidence = field(default_factory=Evidence)
    starts: list[Start] = field(default_factory=list)
    checks: dict[tuple[str, str | None, str], Checks] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._take_details()
        names = self._names()
        seen = [sights_of(story, names) for story in self.stories.runs]
        self._take_graphs(names, seen)
        for number, (story, sights) in enumerate(zip(self.stories.runs, seen, strict=True)):
            workflow = names.get(story.workflow, story.workflow)
            walk = Walk(self.evidence, number)
            for sight in sights:
                walk.take(sight, self.graphs[workflow])
            self._take_starts(number, workflow, story.exchanges, sights)
        for (workflow, id_), pairs in self.evidence.inputs.items():
            self._border(workflow, id_, "input_schema").taken += pairs

    def _take_details(self) -> None:
        for exchange in self.stories.others:
            answer = reply_json(exchange) if exchange.status == OK else None
            if exchange.call.verb == "details" and isinstance(answer, dict):
                self._take_workflow(answer, exchange.call.workflow or "")
            elif exchange.call.verb == "list_workflows" and isinstance(answer, dict):
                for key, one in answer.items():
                    self._take_workflow(one, key, listed=True)

    def _take_workflow(self, told: Any, key: str, *, listed: bool = False) -> None:
        if not isinstance(told, dict) or not isinstance(told.get("stepGraph"), list):
            return
        id_ = told.get("name", key)
        if "inputSchema" in told or id_ not in self.details:
            self.details[id_] = told
        if listed or key != id_:
            self.keys[id_] = key

    def _names(self) -> dict[str, str]:
        """Return the ids of workflows by the keys that requests may name them by."""
        names = {key: id_ for id_, key in self.keys.items()}
        for story in self.stories.runs:
            for exchange in story.exchanges:
                answer = reply_json(exchange) if exchange.call.row.polls_run and exchange.status == OK else None
                told = answer.get("workflowName") if isinstance(answer, dict) else None
                if isinstance(told, str) and told != story.workflow:
                    names[story.workflow] = told
                    self.keys.setdefault(told, story.workflow)
        return names

    def _take_graphs(self, names: Mapping[str, str], seen: list[list[Sight]]) -> None:
        by_workflow: dict[str, list[Sight]] = {names.get(one.workflow, one.workflow): [] for one in self.stories.runs}
        for story, sights in zip(self.stories.runs, seen, strict=True):
            by_workflow[names.get(story.workflow, story.workflow)] += sights
        for id_ in [*self.details, *by_workflow]:
            sights = by_workflow.get(id_, [])
            told = next((sight.graph for sight in sights if sight.graph), None)
            if id_ in self.details:
                told = self.details[id_]["stepGraph"]
            if told is not None:
                self.shown.add(id_)
            self.graphs[id_] = told if told is not None else derived_graph(id_, sights, self.evidence.gaps)

    def _take_starts(self, number: int, workflow: str, exchanges: list[Exchange], sights: list[Sight]) -> None:
        for exchange in exchanges:
            effect, body = exchange.call.row.effect, request_json(exchange)
            if effect not in (Effect.START, Effect.RESUME):
                continue
            sent = body if isinstance(body, dict) else {}
            if (refused := issues_in(_refusal(exchange))) is not None:
                self._refused(workflow, sent, *refused)
            elif effect is Effect.START and exchange.status == OK:
                self.starts.append(Start(number, workflow, sent))
                given, taken = sent.get("inputData", UNDEFINED), next((s.input for s in sights), UNDEFINED)
                if taken is not UNDEFINED and not same(given, taken):
                    self._border(workflow, None, "input_schema").taken.append((given, taken))

    def _refused(self, workflow: str, sent: Mapping[str, Any], what: str, issues: list[Any]) -> None:
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
class _Maker:
    """Declares on a fake what a recording tells."""

    server: FakeMastra
    known: _Known
    shows_graphs: bool
    _pauses: dict[tuple[str, str], bool] = field(default_factory=dict)

    def declare(self) -> None:
        for id_, graph in self.known.graphs.items():
            details = self.known.details.get(id_, {"name": id_})
            # a list without details tells no schemas; what is not told fits anything
            acted = [self._entry(id_, entry) for entry in graph]
            self.server.load({self.known.keys.get(id_, id_): {**details, "stepGraph": acted}})
            if not graph:
                say(self.known.evidence.gaps, id_, "no run of it got to a step, and nobody told its graph")
        actors = Actors(self.server, self.known.evidence, self.known.starts, self._pauses)
        self.server.act_unstubbed(actors.act)
        for workflow in list(self.server.state.workflows.values()):
            self._dress(workflow)

    def _entry(self, workflow: str, entry: Entry) -> Entry:
        """Return an entry of which it is known what to do: a nested workflow that nobody looked into is one step."""
        kind = entry["type"]
        if kind in ("parallel", "conditional"):
            return {**entry, "steps": [self._entry(workflow, child) for child in entry["steps"]]}
        if kind in ("sleep", "sleepUntil"):
            return self._pause(workflow, entry)
        flow = flow_of(entry)
        if flow is None:
            return entry
        inner = entry["step"] if kind in ("loop", "foreach") else entry
        id_ = step_id(entry)
        if self._was_looked_into(id_, flow):
            acted = [self._entry(id_, one) for one in flow]
            head = {"type": "workflow", "id": id_, **_described(inner)}
            chosen: Entry = {**head, "serializedStepFlow": acted}
        else:
            say(
                self.known.evidence.gaps,
                workflow,
                f"what the steps inside of {id_!r} did is not recorded: it is one step",
            )
            chosen = {"type": "step", "step": {"id": id_, **_described(inner)}}
        return {**entry, "step": chosen} if kind in ("loop", "foreach") else chosen

    def _pause(self, workflow: str, entry: Entry) -> Entry:
        id_ = entry["id"]
        was_seen = (workflow, id_) in self.known.evidence.steps
        if "fn" in entry or ("date" in entry and was_seen):
            self._pauses[workflow, id_] = entry["type"] == "sleepUntil"
            return {"type": entry["type"], "id": id_, "fn": entry.get("fn", "")}
        return entry

    def _was_looked_into(self, workflow: str, flow: list[Entry]) -> bool:
        evidence = self.known.evidence
        if workflow in evidence.looked_into:
            return True
        return any((workflow, id_) in evidence.steps for entry in flow for id_ in _step_ids(entry))

    def _dress(self, workflow: Workflow) -> None:
        """Have a workflow and its steps take, and refuse, what was recorded; and show the graph that was."""
        if workflow.id in self.known.shown and self.shows_graphs:
            workflow.shown_graph = self.known.graphs[workflow.id]
            details = self.known.details.get(workflow.id, {})
            workflow.shown_details = details if "inputSchema" in details else None
        for (id_, step, border), checks in self.known.checks.items():
            owner: Any = workflow if step is None else workflow.steps.get(step)
            if id_ == workflow.id and owner is not None:
                setattr(owner, border, RecordedSchema(getattr(owner, border), checks))
        for step_of in workflow.steps.values():
            if step_of.is_workflow and step_of not in self.server.state.workflows.values():
                self._dress(step_of)  # type: ignore[arg-type]


def _described(entry: Entry) -> dict[str, Any]:
    inner = entry.get("step", entry)
    return {key: inner[key] for key in ("description", "metadata") if key in inner}


def _step_ids(entry: Entry) -> list[str]:
    if entry["type"] in ("parallel", "conditional"):
        return [id_ for child in entry["steps"] for id_ in _step_ids(child)]
    flow = flow_of(entry)
    return [step_id(entry), *(id_ for one in flow or () for id_ in _step_ids(one))]
