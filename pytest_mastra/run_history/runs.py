"""The runs that a test touched, from HTTP and from its fakes, which know more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mastra_sync.step_graph import graph_of
from pytest_mastra.http.bodies import FIRST_ERROR, reply_json, request_json
from pytest_mastra.http.exchanges_by_run import group_exchanges, run_of
from pytest_mastra.http.verbs import Effect
from pytest_mastra.run_history.events import RecordedEvent, run_events
from pytest_mastra.run_history.fake_runs import FakeRun, FakeRuns
from pytest_mastra.run_history.last_state import UNKNOWN, last_state, last_status

if TYPE_CHECKING:
    from mastra_sync.models import RunResult
    from pytest_mastra.fake.engine.walks import Retry
    from pytest_mastra.http.exchanges import Exchange
    from pytest_mastra.redact.scrubber import Scrubber
    from pytest_mastra.suite.scene import Scene

_BROKEN = frozenset({"failed", "tripwire"})

PROPERTY = "mastra_run"
"""Name of the user property that a test has for each run."""


FAILING_STEP = "mastra_failing_step"
"""Name of the user property that a failed test has for each way in which its runs failed."""


@dataclass(slots=True)
class TouchedRun:
    """One run that a test named in a request.

    Attributes:
        workflow_id: Its workflow; as the requests name it, if no answer has the id.
        run_id: Its id.
        status: What it was last known to be, by Mastra's name; `unknown` if nothing says it, `not found` if there is no
            such run.
        known_result: Its result, if it is known already.
        events: Those that its watchers got, each once; on a fake also what nobody watched. A record that is no JSON
            object is `{"raw": "its text"}`.
        exchanges: The requests that named it.
        input_data: What it was started with last.
        arrivals: For each event, when it arrived, in seconds on the clock of the exchanges, and by which exchange;
            None for one that nobody read.
        last_state: The last that a server, or the fake, had of it, as JSON; also kept if it is not understood.
        holds: Where a fake holds it, and what lets it go on: at a gate, by its pace.
        retries: The attempts of steps that failed and were followed by another, which only a fake tells.
    """

    workflow_id: str
    run_id: str
    status: str = UNKNOWN
    known_result: RunResult | None = None
    events: list[dict[str, Any]] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    input_data: Any = None
    arrivals: list[tuple[float, int] | None] = field(default_factory=list)
    last_state: Any = None
    holds: list[str] = field(default_factory=list)
    retries: list[Retry] = field(default_factory=list)

    @property
    def result(self) -> RunResult | None:
        """Its last state, read when it is first asked for; None if it is not understood."""
        if self.known_result is None:
            # a state may have no graph
            graph = graph_in(self.exchanges)
            self.known_result = result_of(self.last_state, self.workflow_id, self.run_id, graph)
        return self.known_result


@dataclass(frozen=True, slots=True)
class NamedRun:
    """A run, and which requests named it.

    Attributes:
        workflow_id: Its workflow.
        run_id: Its id.
        exchanges: The requests.
        on_fake: The run, as its fake knows it; None if there is none.
    """

    workflow_id: str
    run_id: str
    exchanges: list[Exchange]
    on_fake: FakeRun | None

    @property
    def status(self) -> str:
        """What it was last known to be."""
        stored = self.on_fake.status if self.on_fake is not None else None
        return last_status(self.exchanges) if stored is None else stored

    @property
    def graph(self) -> Any:
        """The graph of its workflow that an answer about it has; None if none has it."""
        return graph_in(self.exchanges)

    def events(self) -> list[RecordedEvent]:
        """Return what it told, each event once and in order."""
        return run_events(self.exchanges, self.on_fake.events if self.on_fake is not None else (), self.run_id)

    def state(self, events: Sequence[RecordedEvent]) -> Mapping[str, Any] | None:
        """Return how it stands, as it was told last; None if nobody has told."""
        stored = self.on_fake.state() if self.on_fake is not None else None
        return stored or last_state(self.exchanges, events)

    def look_up(self) -> TouchedRun:
        """Return what is known of it."""
        events = self.events()
        run = TouchedRun(
            self.workflow_id,
            self.run_id,
            self.status,
            events=[event.event for event in events],
            exchanges=self.exchanges,
            input_data=_input_data(self.exchanges),
            arrivals=[event.arrival for event in events],
            last_state=self.state(events),
            holds=self.on_fake.holds if self.on_fake is not None else [],
            retries=self.on_fake.retries if self.on_fake is not None else [],
        )
        if run.input_data is None and run.result is not None:
            run.input_data = run.result.input_data
        return run


def touched_runs(scene: Scene) -> list[TouchedRun]:
    """Return the runs that a test's requests named, the first named first.

    Never raises for what came over the wire: what cannot be understood is kept as it is.
    """
    return [named.look_up() for named in named_runs(scene)]


def user_properties(scene: Scene, scrubber: Scrubber | None = None) -> list[tuple[str, str]]:
    """Return `("mastra_run", "city-workflow 5f3c9d1e-... success")` for each run that a test touched.

    Args:
        scene: The test's.
        scrubber: Takes secrets out; by default one that has learned from the scene's exchanges.
    """
    named = named_runs(scene)
    if not named:
        return []
    if scrubber is None:
        from pytest_mastra.redact.scrubber import learn_secrets  # noqa: PLC0415 -- the caller mostly has one

        scrubber = learn_secrets(scene.log)
    texts = (f"{run.workflow_id} {run.run_id} {run.status}" for run in named)
    return [(PROPERTY, scrubber.text(text)) for text in texts]


def failing_steps(scene: Scene, scrubber: Scrubber) -> list[tuple[str, str]]:
    """Return `("mastra_failing_step", "pay.charge: card declined")` for each failed run, the last first.

    Runs that failed alike are told once.
    """
    results = [run.result for run in touched_runs(scene) if run.result is not None and run.status in _BROKEN]
    found = []
    for result in reversed(results):
        step = result.failed_step
        where = ".".join(filter(None, [result.workflow_id, *(step.path if step is not None else ())]))
        error = result.error or (step.error if step is not None else None)
        found.append((FAILING_STEP, scrubber.text(f"{where}: {error}" if error else where)))
    return [*dict.fromkeys(found)]


def result_of(state: Any, workflow_id: str, run_id: str, graph: Any = None) -> RunResult | None:
    """Return a run's state as a result; None if it is not understood.

    Args:
        state: What is known of the run.
        workflow_id: Its workflow.
        run_id: Its id.
        graph: The workflow's graph, where it is known; a state may have none.
    """
    from mastra_sync.models import RunResult  # noqa: PLC0415 -- pydantic takes its time

    if not isinstance(state, Mapping):
        return None
    try:
        return RunResult.from_server(state, workflow_id=workflow_id, run_id=run_id, graph=graph)
    except (ValueError, TypeError, AttributeError, KeyError, IndexError, RecursionError):
        return None


def graph_in(exchanges: Iterable[Exchange]) -> Any:
    """Return the graph that an answer about a run has; None if none has it."""
    graphs = (graph_of(reply_json(exchange)) for exchange in exchanges if exchange.call.row.answers_run)
    return next((graph for graph in graphs if graph is not None), None)


def named_runs(scene: Scene) -> list[NamedRun]:
    """Return the runs that a test's requests named, not looked into yet."""
    return _named_runs(scene.log, FakeRuns(scene.fakes if scene.target == "fake" else ()))


def recorded_runs(exchanges: Iterable[Exchange]) -> list[TouchedRun]:
    """Return the runs that recorded requests named, the first named first."""
    return [named.look_up() for named in _named_runs(list(exchanges), FakeRuns(()))]


def _named_runs(log: Iterable[Exchange], fake_runs: FakeRuns) -> list[NamedRun]:
    ids = _workflow_ids(log, fake_runs.workflow_ids)

    def address_workflow_and_run(exchange: Exchange) -> tuple[str, str, str] | None:
        run_id, workflow = run_of(exchange), exchange.call.workflow
        if not run_id or not workflow:
            return None
        # one fake may have several addresses; two fakes make up the same ids
        address = exchange.url if fake_runs.are_on_several else ""
        return address, ids.get((exchange.url, workflow), workflow), run_id

    groups = group_exchanges(log, address_workflow_and_run)
    return [NamedRun(*key[1:], exchanges, fake_runs.find(*key[1:])) for key, exchanges in groups if key is not None]


def _workflow_ids(exchanges: Iterable[Exchange], ids_on_fakes: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """Return workflows' ids by address and by the names that requests have for them.

    Args:
        exchanges: Those of the test.
        ids_on_fakes: Ids by registered keys.
    """
    ids: dict[tuple[str, str], str] = {}
    for exchange in exchanges:
        call = exchange.call
        if call.workflow is not None and call.workflow in ids_on_fakes:
            ids[exchange.url, call.workflow] = ids_on_fakes[call.workflow]
        elif call.row.names_workflow and exchange.status < FIRST_ERROR:
            ids |= {(exchange.url, key): id_ for key, id_ in _ids_in(reply_json(exchange), call.workflow)}
    return ids


def _ids_in(answer: Any, workflow: str | None) -> list[tuple[str, str]]:
    """Return workflows' registered keys, each with its id, out of an answer."""
    if not isinstance(answer, Mapping):
        return []
    if workflow is None:
        pairs = [(key, value.get("name")) for key, value in answer.items() if isinstance(value, Mapping)]
    else:
        pairs = [(workflow, answer.get("workflowName") or answer.get("name"))]
    return [(key, id_) for key, id_ in pairs if isinstance(id_, str) and id_]


def _input_data(exchanges: Iterable[Exchange]) -> Any:
    """Return what requests have started a run with last; None if none has."""
    given = None
    for exchange in exchanges:
        if exchange.call.row.effect is Effect.START:
            question = request_json(exchange)
            given = question.get("inputData") if isinstance(question, Mapping) else None
    return given
