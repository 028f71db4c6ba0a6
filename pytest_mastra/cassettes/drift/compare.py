"""Compares a recording with what a live server says to the same requests. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from http.client import responses
from typing import Any, Protocol
from urllib.parse import parse_qsl

from mastra_sync.statuses import SETTLED
from pytest_mastra.cassettes.drift.compare_events import compare_events
from pytest_mastra.cassettes.drift.compare_json import JsonComparison
from pytest_mastra.cassettes.drift.findings import Drift, RunDrift
from pytest_mastra.http.aliases import Aliases
from pytest_mastra.http.bodies import OK, is_stream, records_of, reply_json, rest_of, run_in
from pytest_mastra.http.exchanges import Ending, Exchange
from pytest_mastra.http.exchanges_by_run import RunExchanges, group_by_run
from pytest_mastra.redact.scrubber import Scrubber

OTHERS = "said of no run"
"""The title of what is compared besides runs."""


class HasExchanges(Protocol):
    """A recording as a file reader returns it."""

    @property
    def exchanges(self) -> Sequence[Exchange]:
        """What was recorded, in its order."""


def compare(
    recorded: HasExchanges | Iterable[Exchange],
    live: HasExchanges | Iterable[Exchange],
    *,
    scrubber: Scrubber | None = None,
) -> Drift:
    """Return what a live server says otherwise than a recording has it.

    Runs are matched by what they were started with, ids by their places, events step by step. What does not count: ids
    and times themselves, how often a run was asked after and what it said before it was settled, how bytes came in
    chunks, headers but the content type, the order of events of steps side by side, tokens used, the lists of runs.
    What a server says besides is noted only, where it is not a workflow that says it.

    Args:
        recorded: The recording.
        live: The exchanges of the same test with a live server.
        scrubber: Takes secrets out of both sides; what was taken out of a recording is not compared.
    """
    before, now = group_by_run(_exchanges(recorded)), group_by_run(_exchanges(live))
    drift = Drift()
    others = RunDrift(OTHERS)
    unnamed = JsonComparison(others, scrubber)
    # a recording has them in its own order, which is not always that in which they were sent
    _compare_moves(unnamed, *(sorted(side.others, key=_request_key) for side in (before, now)))
    unnamed.finish()
    for title, run, live_run in _pair_runs(before.runs, now.runs, scrubber):
        found = RunDrift(title)
        drift.runs.append(found)
        comparison = JsonComparison(found, scrubber)
        if run is None or live_run is None:
            comparison.note("the run", "was not recorded" if run is None else "is missing")
        else:
            comparison.pair_runs(run.run_id, live_run.run_id)
            _compare_moves(comparison, run.exchanges, live_run.exchanges)
        comparison.finish()
    drift.runs = [run for run in [*drift.runs, others] if run.differences or run.notes]
    return drift if scrubber is None else drift.redacted(scrubber)


def _exchanges(recording: HasExchanges | Iterable[Exchange]) -> Iterable[Exchange]:
    """Return a recording's exchanges but looks: older clients did not take any."""
    exchanges = recording.exchanges if hasattr(recording, "exchanges") else recording
    return [exchange for exchange in exchanges if not exchange.request.is_look]


def _pair_runs(
    recorded: list[RunExchanges], live: list[RunExchanges], scrubber: Scrubber | None
) -> Iterator[tuple[str, RunExchanges | None, RunExchanges | None]]:
    """Give pairs of runs of one workflow that were started alike; others in their order."""
    left = list(live)
    live_runs: dict[int, RunExchanges] = {}
    for alike in (True, False):
        for index, run in enumerate(recorded):
            if index in live_runs:
                continue
            candidates = (live_run for live_run in left if _may_be_paired(run, live_run, scrubber, alike=alike))
            found = next(candidates, None)
            if found is not None:
                left.remove(found)
                live_runs[index] = found
    yield from ((run.title, run, live_runs.get(index)) for index, run in enumerate(recorded))
    yield from ((run.title, None, run) for run in left)


def _may_be_paired(recorded: RunExchanges, live: RunExchanges, scrubber: Scrubber | None, *, alike: bool) -> bool:
    if recorded.workflow != live.workflow:
        return False
    return not alike or _start_of(recorded, scrubber) == _start_of(live, scrubber)


def _start_of(run: RunExchanges, scrubber: Scrubber | None) -> Any:
    body = run.started_with
    return Aliases().apply(body if scrubber is None else scrubber.data(body))


def _compare_moves(comparison: JsonComparison, recorded: list[Exchange], live: list[Exchange]) -> None:
    """Compare move by move; between two of them the last answer to each poll."""
    before, now = _split_at_moves(recorded), _split_at_moves(live)
    keys, live_keys = ([_request_key(move) for move, _ in parts] for parts in (before, now))
    matcher = SequenceMatcher(None, keys, live_keys, autojunk=False)
    for operation, start, end, live_start, live_end in matcher.get_opcodes():
        if operation == "equal":
            for (move, reads), (live_move, live_reads) in zip(before[start:end], now[live_start:live_end], strict=True):
                if move is not None and live_move is not None:
                    _compare_answers(comparison, move, live_move)
                for key in [key for key in reads if key in live_reads]:
                    _compare_answers(comparison, reads[key], live_reads[key])
            continue
        for move, _ in before[start:end]:
            comparison.note(_describe_request(move), "this request was not sent any more")
        for move, _ in now[live_start:live_end]:
            comparison.note(_describe_request(move), "this request was not sent when it was recorded")


Part = tuple["Exchange | None", "dict[str, Exchange]"]
"""A request, None before the first, and after it the last of each kind of reads until the next one."""


def _split_at_moves(exchanges: list[Exchange]) -> list[Part]:
    parts: list[Part] = [(None, {})]
    for exchange in exchanges:
        if exchange.call.row.polls_run:
            parts[-1][1][_request_key(exchange)] = exchange
        else:
            parts.append((exchange, {}))
    return parts


def _request_key(exchange: Exchange | None) -> str:
    """Return what two requests must have in common to be compared."""
    if exchange is None:
        return ""
    request, call = exchange.request, exchange.call
    aliases = Aliases()
    pairs = parse_qsl(request.query, keep_blank_values=True)
    asked = sorted((name, aliases.apply(value)) for name, value in pairs if name != "runId")
    name = call.verb or f"{request.method} {aliases.apply(request.path)}"
    workflow = call.workflow if call.run is None else ""
    return f"{name} {workflow or ''} {asked}"


def _describe_request(exchange: Exchange | None) -> str:
    if exchange is None:
        return ""
    call, request = exchange.call, exchange.request
    if call.verb is None:
        return f"{request.method} {request.path}"
    of = f" of {call.workflow}" if call.workflow and call.run is None else ""
    return f"{call.verb}{of}"


def _compare_answers(comparison: JsonComparison, recorded: Exchange, live: Exchange) -> None:
    where = _describe_request(recorded)
    if recorded.ending is Ending.NONE or live.ending is Ending.NONE:
        if recorded.ending is not live.ending:
            comparison.note(where, "there was no reply" if live.ending is Ending.NONE else "now there is a reply")
        return
    if recorded.status != live.status:
        words = f"HTTP status {_status_of(recorded)} has become {_status_of(live)}"
        comparison.note(where, words, said=_refusal(live))
        return
    kinds = [_media_type(exchange) for exchange in (recorded, live)]
    if kinds[0] != kinds[1]:
        comparison.note(where, f"content type {kinds[0]} has become {kinds[1]}")
    # a live server has other runs too
    if recorded.call.row.lists_runs or recorded.request.method == "HEAD":
        return
    if is_stream(recorded):
        _compare_streams(comparison, where, recorded, live)
        return
    before, now = reply_json(recorded, or_text=True), reply_json(live, or_text=True)
    if recorded.call.row.polls_run and not (_is_settled(before) and _is_settled(now)):
        return
    comparison.compare(where, before, now)


def _compare_streams(comparison: JsonComparison, where: str, recorded: Exchange, live: Exchange) -> None:
    before, now = records_of(recorded), records_of(live)
    if Ending.WHOLE in (recorded.ending, live.ending) and recorded.ending is not live.ending:
        if live.ending is Ending.CUT:
            comparison.note(where, "the stream was cut")
        # who reads half a stream, or has it cut, has seen that much of it
        shorter = min(len(before), len(now))
        before, now = before[:shorter], now[:shorter]
    elif recorded.ending is Ending.WHOLE:
        comparison.compare(f"{where}, after the last event", rest_of(recorded), rest_of(live))
    compare_events(comparison, where, before, now)


def _is_settled(answer: Any) -> bool:
    status = run_in(answer).get("status")
    return status is None or status in SETTLED


def _status_of(exchange: Exchange) -> str:
    return f"{exchange.status} {responses.get(exchange.status, '')}".rstrip()


def _refusal(exchange: Exchange) -> str | None:
    """Return what a refusal says."""
    answer = reply_json(exchange) if exchange.status != OK else None
    error = answer.get("error") if isinstance(answer, dict) else None
    return error if isinstance(error, str) else None


def _media_type(exchange: Exchange) -> str:
    return (exchange.header("content-type") or "none").partition(";")[0].strip().lower()


__all__ = ["OTHERS", "HasExchanges", "compare"]
