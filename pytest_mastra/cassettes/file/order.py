"""The order in which a recording is told: run by run, each in causal order, whatever threads sent when. No I/O."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pytest_mastra.cassettes.file.stable_ids import alike
from pytest_mastra.http.exchanges import Exchange
from pytest_mastra.http.verbs import Kind


@dataclass(eq=False, slots=True)
class Chapter:
    """What was said of one run; or one exchange that is about no run.

    Attributes:
        exchanges: In causal order.
    """

    exchanges: list[Exchange]

    @property
    def signature(self) -> tuple[str, ...]:
        """What was asked, without ids and times: the same in another recording of the same behaviour."""
        moves = [exchange for exchange in self.exchanges if not is_read(exchange)] or self.exchanges[:1]
        return tuple(asked(exchange) for exchange in moves)

    @property
    def began(self) -> float:
        """When its first request was sent."""
        return min(exchange.began for exchange in self.exchanges)

    @property
    def ended(self) -> float:
        """When its last reply was there."""
        return max(exchange.began + max(exchange.arrivals, default=0.0) for exchange in self.exchanges)


def order_by_run(exchanges: Iterable[Exchange], *, like: Sequence[Exchange]) -> list[Exchange]:
    """Return exchanges run by run, of equal answers to one poll only the last.

    Chapters that went on at the same time stand in the order of what they ask, so that it does not matter which was
    first; chapters that stood in the recording before keep their order.

    Args:
        exchanges: In the order in which they were sent.
        like: The recording before, in its order.
    """
    chapters = _like_before(_by_time(chapters_of(exchanges)), [chapter.signature for chapter in chapters_of(like)])
    ordered = [exchange for chapter in chapters for exchange in _condensed(chapter.exchanges)]
    return [replace(exchange, number=number) for number, exchange in enumerate(ordered)]


def chapters_of(exchanges: Iterable[Exchange]) -> list[Chapter]:
    """Return exchanges by their run, in the order in which the runs are first named.

    What is about no run stands alone; but where only one run is under way, among its calls: a list of runs tells of it
    as it stood there.
    """
    told = list(exchanges)
    keys = [_key_of(exchange) for exchange in told]
    last = {key: place for place, key in enumerate(keys)}
    of_runs: dict[tuple[str | None, str], Chapter] = {}
    under_way: list[tuple[str | None, str]] = []
    chapters = []
    for place, (exchange, own) in enumerate(zip(told, keys, strict=True)):
        is_amid = own is None and len(under_way) == 1 and exchange.call.row.kind is not Kind.FIXED
        key = under_way[0] if is_amid else own
        chapter = of_runs.get(key) if key else None
        if chapter is None:
            chapter = Chapter([])
            chapters.append(chapter)
            if key:
                of_runs[key] = chapter
                under_way.append(key)
        chapter.exchanges.append(exchange)
        if own and last[own] == place:
            under_way.remove(own)
    return chapters


def segments_of(exchanges: Iterable[Exchange]) -> list[tuple[Exchange | None, dict[str, list[Exchange]]]]:
    """Return a chapter as moves, each with the reads that follow it, by what they ask; the first has no move."""
    segments: list[tuple[Exchange | None, dict[str, list[Exchange]]]] = [(None, {})]
    for exchange in exchanges:
        if is_read(exchange):
            segments[-1][1].setdefault(asked(exchange), []).append(exchange)
        else:
            segments.append((exchange, {}))
    return segments


def is_read(exchange: Exchange) -> bool:
    """Return whether an exchange only asks after a run."""
    return exchange.call.row.polls_run


def asked(exchange: Exchange) -> str:
    """Return what an exchange asks, without ids and times."""
    request = exchange.request
    return alike(f"{request.method} {request.target}\n{request.body.decode('latin-1')}")


def answered(exchange: Exchange) -> str:
    """Return what an exchange answers, without ids and times."""
    return alike(f"{exchange.status} {exchange.ending.value}\n{exchange.body.decode('latin-1')}")


def _key_of(exchange: Exchange) -> tuple[str | None, str] | None:
    run = _run_of(exchange)
    return (exchange.call.workflow, run) if run else None


def _run_of(exchange: Exchange) -> str | None:
    """Return the run that an exchange is about; one that the server made a name for is in the answer."""
    call = exchange.call
    if call.run or call.workflow is None or exchange.request.method != "POST" or exchange.is_stream:
        return call.run
    try:
        answer = json.loads(exchange.body)
    except ValueError:
        return None
    run = answer.get("runId") if isinstance(answer, dict) else None
    return run if isinstance(run, str) else None


def _by_time(chapters: Sequence[Chapter]) -> list[Chapter]:
    ordered: list[Chapter] = []
    together: list[Chapter] = []
    until = 0.0
    for chapter in sorted(chapters, key=lambda chapter: chapter.began):
        if together and chapter.began >= until:
            ordered += sorted(together, key=_order)
            together = []
        together.append(chapter)
        until = chapter.ended if len(together) == 1 else max(until, chapter.ended)
    return ordered + sorted(together, key=_order)


def _order(chapter: Chapter) -> tuple[bool, tuple[str, ...]]:
    """Return what chapters that went on at once stand by: what is about no run last, for it may tell of the others."""
    return all(_key_of(exchange) is None for exchange in chapter.exchanges), chapter.signature


def _like_before(chapters: Sequence[Chapter], before: Sequence[tuple[str, ...]]) -> list[Chapter]:
    """Return chapters in the order of those before; a new one stands after the one that it stood after."""
    places: dict[tuple[str, ...], list[int]] = {}
    for place, signature in enumerate(before):
        places.setdefault(signature, []).append(place)
    known: dict[int, Chapter] = {}
    followers: dict[int, list[Chapter]] = {-1: []}
    last = -1
    for chapter in chapters:
        candidates = places.get(chapter.signature)
        if candidates:
            last = candidates.pop(0)
            known[last] = chapter
            followers[last] = []
        else:
            followers[last].append(chapter)
    ordered = followers[-1]
    for place in sorted(known):
        ordered += [known[place], *followers[place]]
    return ordered


def _condensed(exchanges: Iterable[Exchange]) -> Iterable[Exchange]:
    """Give a chapter's exchanges, of equal answers in a row to one question the last."""
    for move, reads in segments_of(exchanges):
        if move is not None:
            yield move
        for polls in reads.values():
            for poll, following in zip(polls, [*polls[1:], None], strict=True):
                if following is None or answered(poll) != answered(following):
                    yield poll
