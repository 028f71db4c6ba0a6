"""The runs that a test touched, out of what was said over HTTP, and out of its fakes, which know more. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mastra_sync.statuses import FINISHED
from pytest_mastra.http.bodies import FIRST_ERROR, reply_json, request_json
from pytest_mastra.http.exchanges_by_run import group_exchanges, run_of
from pytest_mastra.http.verbs import Effect
from pytest_mastra.run_history.events import Told, events_of, story_of
from pytest_mastra.run_history.last_state import (
    account_in,
    by_answer,
    is_refusal,
    last_account,
    status_in,
)

if TYPE_CHECKING:
    from mastra_sync.models import RunResult
    from pytest_mastra.fake import FakeMastra
    from pytest_mastra.http.exchanges import Exchange
    from pytest_mastra.redact.scrubber import Scrubber
    from pytest_mastra.suite.scene import Scene

__all__ = [
    "NOT_FOUND",
    "PROPERTY",
    "UNKNOWN",
    "TouchedRun",
    "properties",
    "result_of",
    "touched_runs",
]

PROPERTY = "mastra_run"
"""Name of the user property that a test has for each run."""

UNKNOWN = "unknown"
NOT_FOUND = "not found"
"""Status of a run that every answer said there was none of."""

_MISSING = 404


@dataclass(slots=True)
class TouchedRun:
    """One run that a test named in a request.

    Attributes:
        workflow_id: Its workflow; as the requests name it, if no answer tells the id.
        run_id: Its id.
        status: What it was last known to be, by Mastra's name; `unknown` if nothing tells, `not found` if there is no
            such run.
        result: What a server, or the fake, told of it last.
        events: What it told its watchers, each event once; on a fake also what nobody watched. A record that is no
            JSON object is `{"raw": "its text"}`.
        exchanges: The requests that named it.
        input_data: What it was started with last.
        arrivals: For each event, when it arrived, in seconds on the clock of the exchanges, and by which exchange;
            None for one that nobody read.
        account: What `result` was read from, as JSON; also kept if nothing could be read from it.
    """

    workflow_id: str
    run_id: str
    status: str = UNKNOWN
    result: RunResult | None = None
    events: list[dict[str, Any]] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    input_data: Any = None
    arrivals: list[tuple[float, int] | None] = field(default_factory=list)
    account: Any = None


@dataclass(slots=True)
class _Named:
    """A run, and which requests named it."""

    workflow_id: str
    run_id: str
    exchanges: list[Exchange]
    server: FakeMastra | None = None

    def row(self) -> Any:
        """Return what its fake has stored of it."""
        return self.server.state.store.find(self.workflow_id, self.run_id) if self.server is not None else None


def touched_runs(scene: Scene) -> list[TouchedRun]:
    """Return the runs that a test's requests named, in the order in which they were first named.

    Never raises for what was said: what cannot be understood is kept as it is.
    """
    return [_run(named) for named in _named_runs(scene)]


def properties(scene: Scene, scrubber: Scrubber | None = None) -> list[tuple[str, str]]:
    """Return `("mastra_run", "city-workflow 5f3c9d1e-... success")` for each run that a test touched.

    Args:
        scene: The test's.
        scrubber: Takes secrets out; by default one that has learned from the scene's exchanges.
    """
    named_runs = _named_runs(scene)
    if not named_runs:
        return []
    if scrubber is None:
        from pytest_mastra.redact.scrubber import learn_secrets  # noqa: PLC0415 -- the caller mostly has one

        scrubber = learn_secrets(scene.log)
    texts = (f"{named.workflow_id} {named.run_id} {_status(named)}" for named in named_runs)
    return [(PROPERTY, scrubber.text(text)) for text in texts]


def result_of(account: Any, workflow_id: str, run_id: str) -> RunResult | None:
    """Return an account of a run as a result; None if it is not one that is understood."""
    from mastra_sync.models import RunResult  # noqa: PLC0415 -- pydantic takes its time

    if not isinstance(account, Mapping):
        return None
    try:
        return RunResult.from_server(account, workflow_id=workflow_id, run_id=run_id)
    except (ValueError, TypeError, AttributeError, KeyError, IndexError, RecursionError):
        return None


# -- which runs there are


def _named_runs(scene: Scene) -> list[_Named]:
    fakes = scene.servers if scene.target == "fake" else []
    ids = _workflow_ids(scene.log, fakes)

    def address_workflow_and_run(exchange: Exchange) -> tuple[str, str, str] | None:
        run_id, workflow = run_of(exchange), exchange.call.workflow
        if not run_id or not workflow:
            return None
        # one fake may have several addresses; two fakes make up the same ids
        address = exchange.url if len(fakes) > 1 else ""
        return address, ids.get((exchange.url, workflow), workflow), run_id

    groups = group_exchanges(scene.log, address_workflow_and_run)
    named_runs = [_Named(*key[1:], exchanges) for key, exchanges in groups if key is not None]
    claimed: set[tuple[int, str, str]] = set()
    for named in named_runs:
        named.server = _server_of(named, fakes, claimed)
    return named_runs


def _workflow_ids(exchanges: Iterable[Exchange], fakes: Iterable[FakeMastra]) -> dict[tuple[str, str], str]:
    """Return the ids of workflows by address and by what requests called them, where that is another name."""
    keys = {key: workflow.id for server in fakes for key, workflow in server.state.workflows.items()}
    ids: dict[tuple[str, str], str] = {}
    for exchange in exchanges:
        call = exchange.call
        if call.workflow in keys:
            ids[exchange.url, call.workflow] = keys[call.workflow]
        elif call.row.names_workflow and exchange.status < FIRST_ERROR:
            ids |= {(exchange.url, key): id_ for key, id_ in _told_ids(call.workflow, reply_json(exchange))}
    return ids


def _told_ids(workflow: str | None, answer: Any) -> list[tuple[str, str]]:
    if not isinstance(answer, Mapping):
        return []
    if workflow is None:
        pairs = [(key, value.get("name")) for key, value in answer.items() if isinstance(value, Mapping)]
    else:
        pairs = [(workflow, answer.get("workflowName") or answer.get("name"))]
    return [(key, id_) for key, id_ in pairs if isinstance(id_, str) and id_]


def _server_of(named: _Named, fakes: Iterable[FakeMastra], claimed: set[tuple[int, str, str]]) -> FakeMastra | None:
    """Return the fake that knows a run, each asked for it once."""
    for server in fakes:
        key = (id(server), named.workflow_id, named.run_id)
        if key not in claimed and any(view.run_id == named.run_id for view in server.runs(named.workflow_id)):
            claimed.add(key)
            return server
    return None


# -- what is known of one


def _run(named: _Named) -> TouchedRun:
    workflow_id, run_id = named.workflow_id, named.run_id
    noted: list[dict[str, Any]] = []
    if named.server is not None:
        view = next((view for view in named.server.runs(workflow_id) if view.run_id == run_id), None)
        noted = list(view.events) if view is not None else []
    told = story_of(named.exchanges, noted, run_id)
    account = _stored(named) or last_account(named.exchanges, told)
    result = result_of(account, workflow_id, run_id)
    return TouchedRun(
        workflow_id,
        run_id,
        _status(named),
        result,
        [item.event for item in told],
        named.exchanges,
        _input(named.exchanges, result),
        [_arrival(item) for item in told],
        account,
    )


def _arrival(told: Told) -> tuple[float, int] | None:
    return None if told.at is None or told.exchange is None else (told.at, told.exchange)


def _stored(named: _Named) -> Any:
    """Return what a fake would tell of a run if it were asked; nothing if it has none."""
    from pytest_mastra.fake.api.run_views import run_state  # noqa: PLC0415 -- only where there is a fake

    row = named.row()
    if row is None or named.server is None:
        return None
    try:
        return run_state(named.server.state, row)
    except RuntimeError:
        # another thread of the test still moves the run
        return row.as_json()


def _input(exchanges: Iterable[Exchange], result: RunResult | None) -> Any:
    given = None
    for exchange in exchanges:
        if exchange.call.row.effect is Effect.START:
            question = request_json(exchange)
            given = question.get("inputData") if isinstance(question, Mapping) else None
    return result.input_data if given is None and result is not None else given


def _status(named: _Named) -> str:
    row = named.row()
    if row is not None:
        return str(row.status)
    status = ""
    for exchange in by_answer(named.exchanges):
        status = _status_after(exchange, status) or status
    return status or UNKNOWN


def _status_after(exchange: Exchange, before: str) -> str | None:
    """Return the status that an exchange tells of; None if it tells none."""
    row = exchange.call.row
    if exchange.status >= FIRST_ERROR:
        return NOT_FOUND if exchange.status == _MISSING and not before else None
    if not exchange.status:
        return None
    if row.streams:
        # a replay of a run that has ended tells of what was before
        return None if row.replays and before in FINISHED else _status_streamed(exchange)
    account = account_in(exchange)
    if account is not None:
        return status_in(account)
    if row.effect is Effect.CREATE and before not in ("", NOT_FOUND):
        return None  # it changes nothing about a run that there is
    return row.status_after


def _status_streamed(exchange: Exchange) -> str | None:
    """Return what a stream says of its run at its end; that it runs if the end did not come."""
    status = None
    for told in events_of(exchange):
        payload = told.event.get("payload")
        fields = payload if isinstance(payload, Mapping) else {}
        kind = told.event.get("type")
        if kind == "workflow-finish":
            status = None if is_refusal(fields) else fields.get("workflowStatus", status)
        elif isinstance(kind, str) and kind.startswith("workflow-step-"):
            status = "running"
    return status if isinstance(status, str) else None
