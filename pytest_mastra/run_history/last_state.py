"""How a run stands: what answers say of it, and its streams after them. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mastra_sync.events import FINISH
from mastra_sync.statuses import FINISHED
from pytest_mastra.http.bodies import FIRST_ERROR, parse_body, reply_json
from pytest_mastra.http.verbs import Effect
from pytest_mastra.run_history.events import stream_events

if TYPE_CHECKING:
    from pytest_mastra.http.exchanges import Exchange
    from pytest_mastra.run_history.events import RecordedEvent

UNKNOWN = "unknown"
NOT_FOUND = "not found"
"""Status of a run that every answer said there was none of."""

_PARTS = ("status", "result", "error", "payload", "steps")
"""What a state that was asked for in part may have of a whole one."""

_PASSING = frozenset({"status", "result", "error", "suspended", "suspendPayload", "suspendedPaths", "activeStepsPath"})
"""What of a state is no longer so when the run has gone on."""

_STEP_EVENT = "workflow-step-"
_OF_THE_EVENT = frozenset({"stepName", "id", "stepCallId"})
_NO_SUCH_RUN = 404


def last_state(exchanges: Iterable[Exchange], events: Sequence[RecordedEvent]) -> Mapping[str, Any] | None:
    """Return a run as the last answer has it, as JSON.

    One that was asked for in part is completed from earlier ones, and what events say after it is added. A run of which
    there are only events has a state made of them.
    """
    state: Mapping[str, Any] | None = None
    known_until = float("-inf"), -1
    in_order = _sort_by_answer(exchanges)
    for exchange in in_order:
        answer = _state_in(exchange)
        if answer is None:
            continue
        known_until = _answered_at(exchange), exchange.number
        is_part = "steps" not in answer and "snapshot" not in answer
        if is_part and state is not None and "steps" in state:
            state = {**state, **{name: answer[name] for name in _PARTS if name in answer}}
        else:
            state = answer
    replays = {exchange.number for exchange in in_order if exchange.call.row.replays}
    is_over = state is not None and _status_in(state) in FINISHED
    later = [
        event.event
        for event in events
        # a replay of a run that has ended brings what was before
        if event.arrival is not None and not (is_over and event.exchange in replays)
        if event.arrival > known_until
    ]
    return _add_events(state or {}, later) or state


def last_status(exchanges: Iterable[Exchange]) -> str:
    """Return the status in which exchanges leave their run, by Mastra's name."""
    status = ""
    for exchange in _sort_by_answer(exchanges):
        status = _status_after(exchange, status) or status
    return status or UNKNOWN


# -- what one exchange says


def _state_in(exchange: Exchange) -> Mapping[str, Any] | None:
    """Return the run as an answer has it; None if it has not the run."""
    if not exchange.call.row.answers_run or not 0 < exchange.status < FIRST_ERROR:
        return None
    answer = reply_json(exchange)
    return answer if isinstance(answer, Mapping) else None


def _status_after(exchange: Exchange, before: str) -> str | None:
    """Return the status in which an exchange leaves its run; None if it does not say."""
    row = exchange.call.row
    if exchange.status >= FIRST_ERROR:
        return NOT_FOUND if exchange.status == _NO_SUCH_RUN and not before else None
    if not exchange.status:
        return None
    if row.streams:
        # a replay of a run that has ended brings what was before
        return None if row.replays and before in FINISHED else _status_streamed(exchange)
    state = _state_in(exchange)
    if state is not None:
        return _status_in(state)
    if row.effect is Effect.CREATE and before not in ("", NOT_FOUND):
        return None  # it changes nothing about a run that there is
    return row.status_after


def _status_streamed(exchange: Exchange) -> str | None:
    """Return the status that a stream ends with; `running` if its end did not come."""
    status = None
    for recorded in stream_events(exchange):
        payload = recorded.event.get("payload")
        fields = payload if isinstance(payload, Mapping) else {}
        kind = recorded.event.get("type")
        if kind == FINISH:
            status = None if _is_refusal(fields) else fields.get("workflowStatus", status)
        elif isinstance(kind, str) and kind.startswith(_STEP_EVENT):
            status = "running"
    return status if isinstance(status, str) else None


def _is_refusal(payload: Mapping[str, Any]) -> bool:
    """Whether a finish is about the request, and says nothing of the run."""
    metadata = payload.get("metadata")
    return isinstance(metadata, Mapping) and bool(metadata.get("errorMessage"))


def _sort_by_answer(exchanges: Iterable[Exchange]) -> list[Exchange]:
    return sorted(exchanges, key=_answered_at)


def _answered_at(exchange: Exchange) -> float:
    """Return when the last of a reply came, on the clock of the exchanges."""
    return exchange.began + (exchange.arrivals[-1] if exchange.arrivals else 0.0)


# -- states


def _add_events(state: Mapping[str, Any], events: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Return the state of a run that has gone on; None if no event says so."""
    steps = _steps_in(state)
    later: dict[str, Any] = {}
    for event in events:
        kind, payload = event.get("type"), event.get("payload")
        if not isinstance(kind, str) or not isinstance(payload, Mapping):
            continue
        if kind == FINISH and not _is_refusal(payload):
            later |= {"status": payload.get("workflowStatus")}
            later |= {"result": payload["finalWorkflowResult"]} if "finalWorkflowResult" in payload else {}
        change = kind.removeprefix(_STEP_EVENT)
        step_id = payload.get("id")
        if change == kind or not isinstance(step_id, str):
            continue
        if change not in ("start", "waiting", "result", "suspended"):
            continue
        before = {} if change in ("start", "waiting") else steps.get(step_id)
        fields = {key: value for key, value in payload.items() if key not in _OF_THE_EVENT}
        steps[step_id] = {**(before if isinstance(before, Mapping) else {}), **fields}
        later["status"] = "running"
        if change == "result" and payload.get("status") == "failed":
            later["error"] = payload.get("error")
    if not later:
        return None
    if later["status"] != "failed":
        later.pop("error", None)
    lasting = {key: value for key, value in state.items() if key not in _PASSING and key != "snapshot"}
    return {**_input_in(state), **lasting, **later, "steps": steps}


def _status_in(state: Mapping[str, Any]) -> str | None:
    """Return the run's status, whatever the shape of its state."""
    status = state.get("status") or _snapshot_in(state).get("status")
    return status if isinstance(status, str) else None


def _steps_in(state: Mapping[str, Any]) -> dict[str, Any]:
    steps = state.get("steps")
    if isinstance(steps, Mapping):
        return dict(steps)
    context = _snapshot_in(state).get("context")
    return {key: value for key, value in context.items() if key != "input"} if isinstance(context, Mapping) else {}


def _input_in(state: Mapping[str, Any]) -> dict[str, Any]:
    context = _snapshot_in(state).get("context")
    return {"payload": context["input"]} if isinstance(context, Mapping) and "input" in context else {}


def _snapshot_in(state: Mapping[str, Any]) -> Mapping[str, Any]:
    snapshot = state.get("snapshot")
    parsed = parse_body(snapshot.encode("utf-8", "surrogatepass")) if isinstance(snapshot, str) else snapshot
    return parsed if isinstance(parsed, Mapping) else {}
