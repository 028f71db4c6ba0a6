"""What must hold after each point on a live server, as far as its answers tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from mastra_sync.records import parse_json
from pytest_mastra.fake.api.exactly_once import Repeated
from pytest_mastra.fake.engine.walks import Cause
from pytest_mastra.http.verbs import Effect
from pytest_mastra.sweep.invariants import FIRST_REFUSAL, Allowance, LeftRun, done_of, is_named_in, of_schedules

if TYPE_CHECKING:
    from pytest_mastra.http.exchanges import Exchange

_CAUSES = {
    Effect.START: Cause.START,
    Effect.RESUME: Cause.RESUME,
    Effect.RESTART: Cause.RESTART,
    Effect.TRAVEL: Cause.TRAVEL,
}


def accepted_moves(served: Iterable[Exchange]) -> Counter[tuple[str, str, Cause]]:
    """Return how often a server accepted a start, an answer and so on.

    By workflow, run and cause.

    Args:
        served: What the server was asked and answered, whatever the script was told of it.
    """
    calls = [exchange.call for exchange in served if _was_accepted(exchange)]
    return Counter(
        (call.workflow or "", call.run, _CAUSES[call.row.effect])
        for call in calls
        if call.run is not None and call.row.effect in _CAUSES
    )


def allowance_on_live(served: Iterable[Exchange], left: int) -> Allowance:
    """Return what a test does on purpose."""
    said = list(served)
    accepted = accepted_moves(said)
    schedules = of_schedules((exchange.call.verb, exchange.status) for exchange in said)
    return Allowance(accepted, 0, left, done_of(accepted.items()), schedules, _runs_at_work(said, accepted))


def _runs_at_work(served: Iterable[Exchange], accepted: Iterable[tuple[str, str, Cause]]) -> dict[str, list[str]]:
    """Return the ids of the runs, by workflow, that were begun and not canceled."""
    canceled = {exchange.call.run for exchange in served if exchange.call.verb == "cancel" and _was_accepted(exchange)}
    runs: dict[str, list[str]] = {}
    for workflow, run, cause in accepted:
        if cause is Cause.START and run not in canceled:
            runs.setdefault(workflow, []).append(run)
    return runs


def find_accepted_too_often(served: Iterable[Exchange], allowance: Allowance) -> Iterator[Repeated]:
    """Give what a server accepted too often; what it executed, it does not tell."""
    for (workflow, run, cause), count in accepted_moves(served).items():
        allowed = allowance.of(workflow, run, cause)
        if count > allowed:
            yield Repeated(workflow, run, cause.value, count, allowed, ())


def made_runs(served: Iterable[Exchange]) -> dict[str, str]:
    """Return the runs that were made or started, by their ids, with their workflows."""
    runs = {}
    for exchange in served:
        if _was_accepted(exchange) and exchange.call.row.effect in (Effect.CREATE, Effect.START):
            run = exchange.call.run or _run_id_in(exchange.body)
            if run is not None:
                runs[run] = exchange.call.workflow or ""
    return runs


def find_left_on_live(served: Sequence[Exchange], exchanges: Sequence[Exchange], last: int) -> Iterator[LeftRun]:
    """Give each run that was made and that the script does not name.

    Args:
        served: What the server was asked and answered, in all passes.
        exchanges: What the script said and was told.
        last: Which of them is the first of when it ran to its end.
    """
    names, earlier = is_named_in(exchanges[last:]), is_named_in(exchanges[:last])
    begun = {run for runs in _runs_at_work(served, accepted_moves(served)).values() for run in runs}
    for run, workflow in made_runs(served).items():
        if not names(run):
            line = f"{workflow!r} was left, and nobody names it (run {run})"
            yield LeftRun(workflow, line, run in begun and earlier(run))


def _was_accepted(exchange: Exchange) -> bool:
    return 0 < exchange.status < FIRST_REFUSAL


def _run_id_in(body: bytes) -> str | None:
    try:
        reply = parse_json(body)
    except (ValueError, RecursionError):
        return None
    run_id = reply.get("runId") if isinstance(reply, dict) else None
    return run_id if isinstance(run_id, str) else None
