"""What answers tell of a run as a whole, and what its stream told after them. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mastra_sync.events import FINISH
from mastra_sync.statuses import FINISHED
from pytest_mastra.http.bodies import FIRST_ERROR, parse_body, reply_json

if TYPE_CHECKING:
    from pytest_mastra.http.exchanges import Exchange
    from pytest_mastra.run_history.events import Told

_PARTS = ("status", "result", "error", "payload", "steps")
"""What an account that was asked for in part may have of a whole one."""

_PASSING = frozenset({"status", "result", "error", "suspended", "suspendPayload", "suspendedPaths", "activeStepsPath"})
"""What of an account is no longer so when the run has gone on."""

_OF_THE_EVENT = frozenset({"stepName", "id", "stepCallId"})


def account_in(exchange: Exchange) -> Mapping[str, Any] | None:
    """Return what an answer tells of its run as a whole; None if it tells nothing of it."""
    if not exchange.call.row.answers_run or not 0 < exchange.status < FIRST_ERROR:
        return None
    answer = reply_json(exchange)
    return answer if isinstance(answer, Mapping) else None


def status_in(account: Mapping[str, Any]) -> str | None:
    """Return the run's status by an account, whatever its shape."""
    status = account.get("status") or _snapshot(account).get("status")
    return status if isinstance(status, str) else None


def by_answer(exchanges: Iterable[Exchange]) -> list[Exchange]:
    """Return exchanges in the order in which they were answered."""
    return sorted(exchanges, key=answered)


def last_account(exchanges: Iterable[Exchange], told: Sequence[Told]) -> Mapping[str, Any] | None:
    """Return the last account of a run.

    One that was asked for in part is completed from earlier ones, and what events told after it is added. A run that
    only events tell of has an account of them.
    """
    whole: Mapping[str, Any] | None = None
    known_until = float("-inf"), -1
    in_order = by_answer(exchanges)
    for exchange in in_order:
        account = account_in(exchange)
        if account is None:
            continue
        known_until = answered(exchange), exchange.number
        is_part = "steps" not in account and "snapshot" not in account
        if is_part and whole is not None and "steps" in whole:
            whole = {**whole, **{name: account[name] for name in _PARTS if name in account}}
        else:
            whole = account
    replays = {exchange.number for exchange in in_order if exchange.call.row.replays}
    is_over = whole is not None and status_in(whole) in FINISHED
    later = [
        item.event
        for item in told
        # a replay of a run that has ended tells of what was before
        if item.at is not None and item.exchange is not None and not (is_over and item.exchange in replays)
        if (item.at, item.exchange) > known_until
    ]
    return _carried_on(whole or {}, later) or whole


def _carried_on(account: Mapping[str, Any], events: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Return an account of a run that has gone on since; None if no event says so."""
    steps = _steps(account)
    later: dict[str, Any] = {}
    for event in events:
        kind, payload = event.get("type"), event.get("payload")
        if not isinstance(kind, str) or not isinstance(payload, Mapping):
            continue
        if kind == FINISH and not is_refusal(payload):
            later |= {"status": payload.get("workflowStatus")}
            later |= {"result": payload["finalWorkflowResult"]} if "finalWorkflowResult" in payload else {}
        what = kind.removeprefix("workflow-step-")
        step_id = payload.get("id")
        if what == kind or not isinstance(step_id, str) or what not in ("start", "waiting", "result", "suspended"):
            continue
        known = {} if what in ("start", "waiting") else steps.get(step_id)
        told = {key: value for key, value in payload.items() if key not in _OF_THE_EVENT}
        steps[step_id] = {**(known if isinstance(known, Mapping) else {}), **told}
        later["status"] = "running"
        if what == "result" and payload.get("status") == "failed":
            later["error"] = payload.get("error")
    if not later:
        return None
    if later["status"] != "failed":
        later.pop("error", None)
    kept = {key: value for key, value in account.items() if key not in _PASSING and key != "snapshot"}
    return {**_input(account), **kept, **later, "steps": steps}


def _steps(account: Mapping[str, Any]) -> dict[str, Any]:
    told = account.get("steps")
    if not isinstance(told, Mapping):
        context = _snapshot(account).get("context")
        told = {key: value for key, value in context.items() if key != "input"} if isinstance(context, Mapping) else {}
    return dict(told)


def _input(account: Mapping[str, Any]) -> dict[str, Any]:
    context = _snapshot(account).get("context")
    return {"payload": context["input"]} if isinstance(context, Mapping) and "input" in context else {}


def _snapshot(account: Mapping[str, Any]) -> Mapping[str, Any]:
    snapshot = account.get("snapshot")
    state = parse_body(snapshot.encode("utf-8", "surrogatepass")) if isinstance(snapshot, str) else snapshot
    return state if isinstance(state, Mapping) else {}


def is_refusal(payload: Mapping[str, Any]) -> bool:
    """Return True for a finish that is about the request, and says nothing of the run."""
    metadata = payload.get("metadata")
    return isinstance(metadata, Mapping) and bool(metadata.get("errorMessage"))


def answered(exchange: Exchange) -> float:
    """Return when the last that came of a reply came, on the clock of the exchanges."""
    return exchange.began + (exchange.arrivals[-1] if exchange.arrivals else 0.0)
