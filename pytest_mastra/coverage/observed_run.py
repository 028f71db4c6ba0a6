"""A run as coverage sees it: out of a test's scene, or out of a trace."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from mastra_sync.step_graph import graph_of
from pytest_mastra.http.bodies import reply_json, request_json
from pytest_mastra.http.verbs import VERBS, Effect

if TYPE_CHECKING:
    from pytest_mastra.http.exchanges import Exchange
    from pytest_mastra.report.trace_reader import Trace, TracedExchange, TracedRun
    from pytest_mastra.run_history.runs import NamedRun
    from pytest_mastra.suite.scene import Scene

_LONGEST_EXAMPLE = 400

Origin = Literal["fake", "server"]
"""Whose graph a run is of: one that a fake declares, or one that a server has, recorded or not."""


@dataclass(slots=True)
class RunRequest:
    """A request that moved a run, or tried to.

    Attributes:
        effect: What it asked for.
        status: HTTP status; 0 if there was no answer.
        asked: Its body as JSON.
        answered: The answer's body as JSON; None if it is a stream.
    """

    effect: Effect
    status: int
    asked: Any = None
    answered: Any = None


@dataclass(slots=True)
class ObservedRun:
    """A run, and what is known of it.

    Attributes:
        workflow_id: Its workflow.
        test: The node id of the test that touched it.
        origin: Whose graph it is of.
        status: What it was last known to be.
        state: What a server, or the fake, told of it last, as JSON; None if nobody asked.
        events: What it told, each once and in order.
        requests: What moved it.
        graph: Its workflow's graph, where what is told of the run has none.
        retried: The steps that have succeeded after a retry, which only fakes know.
        example: Its input as Python, to stand in a test to write: short, and without secrets; empty if there is none.
        fixtures: The fixtures that its test asked for, besides ours.
    """

    workflow_id: str
    test: str
    origin: Origin
    status: str
    state: Any = None
    events: Sequence[Mapping[str, Any]] = ()
    requests: Sequence[RunRequest] = field(default_factory=tuple)
    graph: Any = None
    retried: frozenset[str] = frozenset()
    example: str = ""
    fixtures: tuple[str, ...] | None = None


def runs_of_scene(scene: Scene) -> list[ObservedRun]:
    """Return the runs that a test has touched."""
    from pytest_mastra.run_history.runs import named_runs  # noqa: PLC0415 -- pytest is not needed for traces

    return [_observed(run, scene) for run in named_runs(scene)]


def runs_of_trace(trace: Trace) -> list[ObservedRun]:
    """Return the runs of a trace that was kept."""
    requests: dict[int, list[RunRequest]] = {}
    graphs: dict[int, Any] = {}
    for exchange in trace.exchanges:
        if exchange.run is not None:
            requests.setdefault(exchange.run, []).extend(_traced_request(exchange))
            graphs[exchange.run] = graphs.get(exchange.run) or _traced_graph(exchange)
    events: dict[int, list[dict[str, Any]]] = {}
    for event in trace.events:
        events.setdefault(event.run, []).append(event.event)
    return [
        ObservedRun(
            run.workflow_id,
            trace.test,
            "fake" if trace.target == "fake" else "server",
            run.status,
            run.account,
            events.get(run.number, ()),
            requests.get(run.number, ()),
            graphs.get(run.number),
            _retried_in(run),
            example=example_of_input(run.input_data),
        )
        for run in trace.runs
    ]


def _retried_in(run: TracedRun) -> frozenset[str]:
    """Return the steps that have succeeded after a retry, by a trace."""
    steps = run.account.get("steps") if isinstance(run.account, Mapping) else None
    if not isinstance(steps, Mapping):
        return frozenset()
    ended = {retry.step: steps.get(retry.step) for retry in run.retries}
    return frozenset(
        name for name, step in ended.items() if isinstance(step, Mapping) and step.get("status") == "success"
    )


def input_of(run: ObservedRun) -> Any:
    """Return the input that a run was started with; None if no request tells."""
    starts = (one.asked for one in run.requests if one.effect is Effect.START and isinstance(one.asked, Mapping))
    return next((asked["inputData"] for asked in starts if "inputData" in asked), None)


def example_of_input(value: Any) -> str:
    """Return an input without secrets as Python; empty if it is long, or null."""
    text = "" if value is None else repr(value)
    return text if len(text) <= _LONGEST_EXAMPLE else ""


def _observed(run: NamedRun, scene: Scene) -> ObservedRun:
    events = run.events()
    state = run.state(events)
    return ObservedRun(
        run.workflow_id,
        scene.test,
        "fake" if scene.target == "fake" else "server",
        run.status,
        state,
        [event.event for event in events],
        list(_requests(run.exchanges)),
        run.graph if graph_of(state) is None else None,
        run.on_fake.retried if run.on_fake is not None else frozenset(),
    )


def _requests(exchanges: Iterable[Exchange]) -> Iterator[RunRequest]:
    for exchange in exchanges:
        row = exchange.call.row
        if row.effect is not None:
            answered = None if row.streams else reply_json(exchange)
            yield RunRequest(row.effect, exchange.status, request_json(exchange), answered)


def _traced_graph(exchange: TracedExchange) -> Any:
    row, reply = VERBS.get(exchange.verb or ""), exchange.reply
    if row is None or not row.answers_run or reply is None or reply.body is None:
        return None
    return graph_of(reply.body.json)


def _traced_request(exchange: TracedExchange) -> Iterator[RunRequest]:
    row = VERBS.get(exchange.verb or "")
    if row is not None and row.effect is not None:
        reply = exchange.reply
        answered = reply.body.json if reply is not None and reply.body is not None else None
        asked = exchange.body.json if exchange.body is not None else None
        yield RunRequest(row.effect, reply.status if reply is not None else 0, asked, answered)
