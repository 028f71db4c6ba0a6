"""When each step of a run was at work, asleep or suspended. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

from mastra_sync.terminal.writing import step_name
from pytest_mastra.http.verbs import Effect

if TYPE_CHECKING:
    from mastra_sync.models import StepResult
    from pytest_mastra.run_history.runs import TouchedRun

_MILLISECONDS = 1000
_GOING_ON = frozenset({"running", "waiting"})
_STEP_EVENT = "workflow-step-"


class Activity(Enum):
    """What a step does in a stretch of time."""

    WORKING = "working"
    SLEEPING = "sleeping"
    SUSPENDED = "suspended"


@dataclass(slots=True)
class Span:
    """A stretch of a step's time.

    Attributes:
        activity: What it did.
        begin: In seconds.
        end: In seconds; None if nobody knows of one.
    """

    activity: Activity
    begin: float
    end: float | None = None


@dataclass(slots=True)
class Spans:
    """The spans of one run's steps.

    Attributes:
        of_step: In the order in which they began.
        latest: The last moment that anything is known of; None if no time is known at all.
    """

    of_step: dict[str, list[Span]] = field(default_factory=dict)
    latest: float | None = None

    @property
    def earliest(self) -> float | None:
        """When the first step began; None if no time is known."""
        return min((span.begin for spans in self.of_step.values() for span in spans), default=None)

    @property
    def seconds(self) -> float | None:
        """How long all of it took; None if no time is known."""
        return None if self.earliest is None or self.latest is None else max(0.0, self.latest - self.earliest)

    def seconds_at_work(self, step_id: str) -> float | None:
        """Return how long a step was at work or asleep, up to the last known moment."""
        spans = [span for span in self.of_step.get(step_id, ()) if span.activity is not Activity.SUSPENDED]
        ends = [(span, self.latest if span.end is None else span.end) for span in spans]
        return sum(max(0.0, (end or span.begin) - span.begin) for span, end in ends) if spans else None

    def note_moment(self, moment: float | None) -> None:
        """Note that something happened at a moment."""
        if moment is not None:
            self.latest = moment if self.latest is None else max(self.latest, moment)


def spans_of(run: TouchedRun) -> Spans:
    """Return when a run's steps did what.

    By the server's clock; by when events arrived, if the server tells no times.
    """
    steps = run.result.steps if run.result is not None else {}
    spans = Spans()
    by_server = any(step.started_at for step in steps.values()) or any(
        _epoch_seconds(_payload(event).get("startedAt")) is not None for event in run.events
    )
    for index, event in enumerate(run.events):
        kind = event.get("type")
        if isinstance(kind, str) and kind.startswith(_STEP_EVENT):
            arrival = run.arrivals[index] if index < len(run.arrivals) else None
            arrived_at = None if by_server or not arrival else arrival[0]
            _add_event(spans, kind.removeprefix(_STEP_EVENT), _payload(event), arrived_at)
    for step_id, step in steps.items():
        _add_result(spans, step_id, step)
    if run.status in _GOING_ON:
        spans.note_moment(_last_moment_of(run, spans.earliest))
    return spans


def _last_moment_of(run: TouchedRun, earliest: float | None) -> float | None:
    """Return when a run was last asked about, on the clock of its steps.

    That is as long after it began as its last request came after its start.
    """
    began = next((exchange.began for exchange in run.exchanges if exchange.call.row.effect is Effect.START), None)
    return None if began is None or earliest is None else earliest + run.exchanges[-1].began - began


def _add_event(spans: Spans, change: str, payload: Mapping[str, Any], arrived_at: float | None) -> None:
    """Add what an event says of a step; a time that it lacks is its arrival's."""
    step_id = payload.get("id") or payload.get("stepName")
    if not isinstance(step_id, str) or change not in ("start", "waiting", "result", "suspended"):
        return

    def moment(*names: str) -> float | None:
        for name in names:
            value = _epoch_seconds(payload.get(name))
            if value is not None:
                return value
        return arrived_at

    own = spans.of_step.setdefault(step_id, [])
    if change in ("start", "waiting"):
        begin = moment("resumedAt", "startedAt")
        if begin is not None:
            _end_last(own, begin)
            own.append(Span(Activity.WORKING if change == "start" else Activity.SLEEPING, begin))
            spans.note_moment(begin)
        return
    end = moment("endedAt") if change == "result" else moment("suspendedAt")
    begin = moment("resumedAt", "startedAt")
    if not own and begin is not None and end is not None:
        own.append(Span(Activity.SLEEPING if _is_sleep(step_id) else Activity.WORKING, begin))
    if end is not None:
        _end_last(own, end)
        spans.note_moment(end)
        if change == "suspended":
            own.append(Span(Activity.SUSPENDED, end))


def _end_last(own: list[Span], end: float) -> None:
    if own and own[-1].end is None:
        own[-1].end = max(own[-1].begin, end)


def _add_result(spans: Spans, step_id: str, step: StepResult) -> None:
    """Add what a result says of a step, and the events do not."""
    started, ended = _seconds(step.started_at), _seconds(step.ended_at)
    suspended, resumed = _seconds(step.suspended_at), _seconds(step.resumed_at)
    own = spans.of_step.setdefault(step_id, [])
    for moment in (started, suspended, resumed, ended):
        spans.note_moment(moment)
    if not own and started is not None:
        is_asleep = _is_sleep(step_id) or step.status == "waiting"
        own.append(Span(Activity.SLEEPING if is_asleep else Activity.WORKING, started))
    if not own:
        return
    if own[-1].activity is not Activity.SUSPENDED and own[-1].end is None:
        pause = resumed if suspended is None and resumed is not None else suspended
        if pause is not None and pause >= own[-1].begin:
            # current servers forget when a step suspended once it is resumed: then it waited from its start
            own[-1].end = own[-1].begin if suspended is None else pause
            own.append(Span(Activity.SUSPENDED, own[-1].end))
    last = own[-1]
    if last.activity is Activity.SUSPENDED and last.end is None and resumed is not None and resumed >= last.begin:
        last.end = resumed
        own.append(Span(Activity.WORKING, resumed))
    if own[-1].activity is not Activity.SUSPENDED and ended is not None:
        _end_last(own, ended)


def _payload(event: Mapping[str, Any]) -> Mapping[str, Any]:
    payload = event.get("payload")
    return payload if isinstance(payload, Mapping) else {}


def _epoch_seconds(value: Any) -> float | None:
    """Return epoch milliseconds as seconds."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 2**53
    return value / _MILLISECONDS if is_number else None


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


def _is_sleep(step_id: str) -> bool:
    return step_name(step_id.rpartition(".")[2]) == "sleep"
