"""A recording beside what a live server says to the same requests: what means something else now. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from http.client import responses
from typing import Any, Protocol
from urllib.parse import parse_qsl

from mastra_sync.statuses import SETTLED
from pytest_mastra.cassettes.drift.compare_events import compare_events
from pytest_mastra.cassettes.drift.compare_json import Likening
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
        """What was recorded, in story order."""


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
    unnamed = Likening(others, scrubber)
    # a recording has them in the order of its story, which is not always that in which they were sent
    _compare_moves(unnamed, *(sorted(stories.others, key=_key) for stories in (before, now)))
    unnamed.finish()
    for title, one, other in _matched(before.runs, now.runs, scrubber):
        found = RunDrift(title)
        drift.runs.append(found)
        likening = Likening(found, scrubber)
        if one is None or other is None:
            likening.note("the run", "was not recorded" if one is None else "is missing")
        else:
            likening.pair_runs(one.run_id, other.run_id)
            _compare_moves(likening, one.exchanges, other.exchanges)
        likening.finish()
    drift.runs = [run for run in [*drift.runs, others] if run.differences or run.notes]
    return drift


def _exchanges(told: HasExchanges | Iterable[Exchange]) -> Iterable[Exchange]:
    return told.exchanges if hasattr(told, "exchanges") else told


def _matched(
    recorded: list[RunExchanges], live: list[RunExchanges], scrubber: Scrubber | None
) -> Iterator[tuple[str, RunExchanges | None, RunExchanges | None]]:
    """Pair runs of one workflow that were started alike; those left over in their order."""
    left = list(live)
    pairs: list[tuple[RunExchanges, RunExchanges | None]] = []
    for alike in (True, False):
        for story in recorded:
            if any(story is one for one, _ in pairs):
                continue
            other = next((one for one in left if _is_same(story, one, scrubber if alike else None, alike=alike)), None)
            if other is not None:
                left.remove(other)
                pairs.append((story, other))
    by_story = {id(one): other for one, other in pairs}
    yield from ((story.title, story, by_story.get(id(story))) for story in recorded)
    yield from ((story.title, None, story) for story in left)


def _is_same(recorded: RunExchanges, live: RunExchanges, scrubber: Scrubber | None, *, alike: bool) -> bool:
    if recorded.workflow != live.workflow:
        return False
    return not alike or _start(recorded, scrubber) == _start(live, scrubber)


def _start(story: RunExchanges, scrubber: Scrubber | None) -> Any:
    body = story.started_with
    return Aliases().apply(body if scrubber is None else scrubber.data(body))


def _compare_moves(likening: Likening, recorded: list[Exchange], live: list[Exchange]) -> None:
    """Compare request by request; between two of them the last answer to those that only ask after the run."""
    before, now = _stretches(recorded), _stretches(live)
    keys, live_keys = ([_key(move) for move, _ in stretches] for stretches in (before, now))
    matcher = SequenceMatcher(None, keys, live_keys, autojunk=False)
    for operation, start, end, live_start, live_end in matcher.get_opcodes():
        if operation == "equal":
            for (move, reads), (live_move, live_reads) in zip(before[start:end], now[live_start:live_end], strict=True):
                if move is not None and live_move is not None:
                    _compare_answers(likening, move, live_move)
                for key in reads.keys() & live_reads.keys():
                    _compare_answers(likening, reads[key], live_reads[key])
            continue
        for move, _ in before[start:end]:
            likening.note(_where(move), "this request was not sent any more")
        for move, _ in now[live_start:live_end]:
            likening.note(_where(move), "this request was not sent when it was recorded")


Stretch = tuple["Exchange | None", "dict[str, Exchange]"]
"""A request, None before the first, and after it the last of each kind of reads until the next one."""


def _stretches(exchanges: list[Exchange]) -> list[Stretch]:
    stretches: list[Stretch] = [(None, {})]
    for exchange in exchanges:
        if exchange.call.row.polls_run:
            stretches[-1][1][_key(exchange)] = exchange
        else:
            stretches.append((exchange, {}))
    return stretches


def _key(exchange: Exchange | None) -> str:
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


def _where(exchange: Exchange | None) -> str:
    if exchange is None:
        return ""
    call, request = exchange.call, exchange.request
    if call.verb is None:
        return f"{request.method} {request.path}"
    of = f" of {call.workflow}" if call.workflow and call.run is None else ""
    return f"{call.verb}{of}"


def _compare_answers(likening: Likening, recorded: Exchange, live: Exchange) -> None:
    where = _where(recorded)
    if recorded.ending is Ending.NONE or live.ending is Ending.NONE:
        if recorded.ending is not live.ending:
            likening.note(where, "there was no reply" if live.ending is Ending.NONE else "now there is a reply")
        return
    if recorded.status != live.status:
        words = f"HTTP status {_status(recorded)} has become {_status(live)}"
        likening.note(where, words, said=_refusal(live))
        return
    kinds = [_media_type(exchange) for exchange in (recorded, live)]
    if kinds[0] != kinds[1]:
        likening.note(where, f"content type {kinds[0]} has become {kinds[1]}")
    # a live server has other runs too
    if recorded.call.row.lists_runs or recorded.request.method == "HEAD":
        return
    if is_stream(recorded):
        _compare_streams(likening, where, recorded, live)
        return
    before, now = reply_json(recorded, or_text=True), reply_json(live, or_text=True)
    if recorded.call.row.polls_run and not (_is_settled(before) and _is_settled(now)):
        return
    likening.compare(where, before, now)


def _compare_streams(likening: Likening, where: str, recorded: Exchange, live: Exchange) -> None:
    before, now = records_of(recorded), records_of(live)
    if Ending.WHOLE in (recorded.ending, live.ending) and recorded.ending is not live.ending:
        if live.ending is Ending.CUT:
            likening.note(where, "the stream was cut")
        # who reads half a stream, or has it cut, has seen that much of it
        shorter = min(len(before), len(now))
        before, now = before[:shorter], now[:shorter]
    elif recorded.ending is Ending.WHOLE:
        likening.compare(f"{where}, after the last event", rest_of(recorded), rest_of(live))
    compare_events(likening, where, before, now)


def _is_settled(answer: Any) -> bool:
    status = run_in(answer).get("status")
    return status is None or status in SETTLED


def _status(exchange: Exchange) -> str:
    return f"{exchange.status} {responses.get(exchange.status, '')}".rstrip()


def _refusal(exchange: Exchange) -> str | None:
    """Return what a refusal says."""
    answer = reply_json(exchange) if exchange.status != OK else None
    error = answer.get("error") if isinstance(answer, dict) else None
    return error if isinstance(error, str) else None


def _media_type(exchange: Exchange) -> str:
    return (exchange.header("content-type") or "none").partition(";")[0].strip().lower()


__all__ = ["OTHERS", "HasExchanges", "compare"]
