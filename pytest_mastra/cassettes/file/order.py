"""The order in which a recording is told: run by run, each in causal order, whatever threads sent when. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pytest_mastra.cassettes.file.stable_ids import alike
from pytest_mastra.http.exchanges import Exchange
from pytest_mastra.http.exchanges_by_run import group_exchanges, workflow_and_run
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
    groups = group_exchanges(
        exchanges, workflow_and_run, joins_lone_run=lambda exchange: exchange.call.row.kind is not Kind.FIXED
    )
    return [Chapter(members) for _, members in groups]


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
    return all(workflow_and_run(exchange) is None for exchange in chapter.exchanges), chapter.signature


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
