"""The points of a sweep: a request, and what goes wrong with it."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from pytest_mastra.fake.api.fault_effects import SEPARATOR
from pytest_mastra.http.exchanges import Ending
from pytest_mastra.http.verbs import VERBS, Kind, check_verb
from pytest_mastra.sweep.families import Family, check_family

if TYPE_CHECKING:
    from pytest_mastra.http.exchanges import Exchange

_POINT = re.compile(
    r"(?P<verb>\w+)(?:\((?P<of>[^()\s]+)\))?#(?P<nth>[1-9]\d*):(?P<family>\w+)(?:@(?P<at>\d+))?", re.ASCII
)

_PLAIN = "/:@,="
"""What stands in a point's name as it is in a run's id, besides letters, digits and `_.-~`."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that a test made.

    Attributes:
        verb: What it asked for.
        nth: The how manieth of its verb, counted from 1.
        run: Which run it was about, numbered in the order in which the test named them; None if about none.
        borders: After how many events its answer may end, for a stream.
        in_process: Whether a thread of this process sent it, not over a socket.
        of: The id of its run where requests are counted for each run; None where for the test as a whole.
    """

    verb: str
    nth: int
    run: int | None
    borders: range
    in_process: bool
    of: str | None = None

    @property
    def moves(self) -> bool:
        """Whether it changes something."""
        return VERBS[self.verb].kind is Kind.MOVE

    @property
    def executes(self) -> bool:
        """Whether it has a run executed."""
        return VERBS[self.verb].executes

    @property
    def name(self) -> str:
        """How points name it."""
        return named(self.verb, self.nth, self.of)


@dataclass(frozen=True, slots=True)
class Point:
    """A request, and what goes wrong with it.

    Attributes:
        verb: What the request asks for.
        nth: The how manieth of its verb.
        family: What goes wrong.
        at: After how many events of a stream; None for the request as a whole.
        of: The id of the run whose requests are counted; None where all of the test's are.
    """

    verb: str
    nth: int
    family: Family
    at: int | None = None
    of: str | None = None

    @property
    def request(self) -> str:
        """How the request is named."""
        return named(self.verb, self.nth, self.of)

    @property
    def title(self) -> str:
        """What goes wrong, in words that stand after the request."""
        return self.family.title_at(self.at)

    def __str__(self) -> str:
        return f"{self.request}:{self.family.name}" + ("" if self.at is None else f"@{self.at}")


Points = tuple[Point, ...]
"""What goes wrong in one run of a test: mostly one point, or a second one after it."""


def most_reruns(points: Points) -> int:
    """Return how often a script may be run again: more often if its run works."""
    return len(points) + sum(point.family.holds_run for point in points)


def named(verb: str, nth: int, of: str | None) -> str:
    """Return how a request is named: `start#2`, or `start(order-18)#1` where each run's are counted."""
    return f"{verb}#{nth}" if of is None else f"{verb}({quote(of, safe=_PLAIN)})#{nth}"


def as_text(points: Points) -> str:
    """Return points as `--mastra-point` takes them."""
    return "+".join(map(str, points))


def titled(points: Points) -> str:
    """Return what goes wrong, in words."""
    return ", and ".join(f"{point.request}: {point.title}" for point in points)


def parse_points(text: str) -> Points:
    """Return the points that a text names.

    Raises:
        ValueError: It names none; says what is wrong.
    """
    return tuple(_parse_point(part) for part in text.split("+"))


def _parse_point(text: str) -> Point:
    found = _POINT.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no point: one is written like 'resume_async#1:lost' or 'stream#1:lost@3'")
    family = check_family(found["family"])
    at = None if found["at"] is None else int(found["at"])
    if at is not None and not (family.has_borders and VERBS[check_verb(found["verb"])].streams):
        raise ValueError(f"{text!r} is no point: @{at} is for streams, and for what may happen between their events")
    if family.needs_run and not VERBS[check_verb(found["verb"])].executes:
        raise ValueError(f"{text!r} is no point: {family.name} is for what has a run executed, such as start_async")
    of = None if found["of"] is None else unquote(found["of"])
    return Point(check_verb(found["verb"]), int(found["nth"]), family, at, of)


def read_requests(exchanges: Iterable[Exchange], near: Collection[str]) -> list[Asked]:
    """Return what a test asked for.

    Args:
        exchanges: Those of the test's own code.
        near: The addresses at which requests do not leave this process.
    """
    counts: Counter[str] = Counter()
    runs: dict[str, int] = {}
    asked = []
    for exchange in exchanges:
        call = exchange.call
        if call.verb is None:
            continue
        counts[call.verb] += 1
        run = None if call.run is None else runs.setdefault(call.run, len(runs) + 1)
        events = exchange.body.count(SEPARATOR) if call.row.streams else 0
        # one who went away before the end would not see it end otherwise
        borders = range(1, events + (exchange.ending is not Ending.LEFT))
        asked.append(Asked(call.verb, counts[call.verb], run, borders, exchange.url in near))
    return asked


def read_requests_of_runs(exchanges: Iterable[Exchange], near: Collection[str]) -> list[Asked]:
    """Return what a test asked for about each run, in whatever order its threads did.

    Of reads the first of each run is taken: how often threads look at a run is a matter of time.

    Args:
        exchanges: Those of the test's own code.
        near: The addresses at which requests do not leave this process.
    """
    of_runs: dict[str, list[Exchange]] = {}
    for exchange in exchanges:
        if exchange.call.verb is not None:
            of_runs.setdefault(exchange.call.run or "", []).append(exchange)
    about_none = of_runs.pop("", [])
    asked = [request for request in read_requests(about_none, near) if request.moves]
    for number, (run, said) in enumerate(sorted(of_runs.items()), 1):
        own = [request for request in read_requests(said, near) if request.moves or request.nth == 1]
        asked += [replace(request, run=number, of=run) for request in own]
    return asked


def in_both(first: Sequence[Asked], second: Sequence[Asked]) -> list[Asked]:
    """Return the same requests of two runs; nothing if they differ.

    Of a stream there are the borders that both have: how much is streamed may be a matter of time.
    """
    if len(first) != len(second):
        return []
    both = [
        replace(one, borders=min(one.borders, other.borders, key=len)) for one, other in zip(first, second, strict=True)
    ]
    return (
        both if both == [replace(other, borders=own.borders) for own, other in zip(both, second, strict=True)] else []
    )


def in_both_but_for_looks(first: Sequence[Asked], second: Sequence[Asked]) -> list[Asked]:
    """Return the same requests of two runs in real time; nothing if they move runs otherwise.

    How often a run is looked at that is at work is a matter of time: of reads there are those before the first that is
    not the same.
    """
    pairs = zip(first, second, strict=False)
    same = (replace(one, borders=other.borders) == other for one, other in pairs)
    agreed = sum(takewhile(bool, same))
    return in_both(*([*asked[:agreed], *(one for one in asked[agreed:] if one.moves)] for asked in (first, second)))


def names_of(exchanges: Iterable[Exchange]) -> list[set[str]]:
    """Return how points may name each request: counted among all, and among those about its run."""
    counts: Counter[tuple[str | None, str | None]] = Counter()
    names = []
    for exchange in exchanges:
        verb, runs = exchange.call.verb, {None, exchange.call.run}
        counts.update((verb, run) for run in runs)
        names.append({named(verb or "", counts[verb, run], run) for run in runs})
    return names


def all_points(requests: Sequence[Asked], families: Sequence[Family], *, is_quick: bool) -> list[Point]:
    """Return all points of the requests of a test, in their order.

    Reads that lead to the same next request are one class, of which only the first is taken.

    Args:
        requests: What the test asked for, without any fault.
        families: What may go wrong.
        is_quick: Whether to take only what is most often wrong: what moves a run, and the families for it, and nothing
            between the events of streams.
    """
    chosen = [one for one in _one_of_each_class(requests) if one.moves or not is_quick]
    return [
        point
        for request in chosen
        for family in families
        if (family.is_quick or not is_quick)
        and (request.in_process or not family.in_process_only)
        and (request.executes or not family.needs_run)
        for point in _points_of(request, family, with_borders=not is_quick)
    ]


def second_points(requests: Sequence[Asked], first: Point, families: Sequence[Family]) -> list[Point]:
    """Return the points at which a second thing may go wrong.

    Args:
        requests: What was asked where the first thing went wrong.
        first: The first thing.
        families: What may go wrong.
    """
    names = [one.name for one in requests]
    after = requests[names.index(first.request) + 1 :] if first.request in names else []
    return all_points(after, families, is_quick=True)


def _points_of(request: Asked, family: Family, *, with_borders: bool) -> Iterator[Point]:
    yield Point(request.verb, request.nth, family, of=request.of)
    if with_borders and family.has_borders:
        yield from (Point(request.verb, request.nth, family, at, request.of) for at in request.borders)


def _one_of_each_class(requests: Sequence[Asked]) -> Iterator[Asked]:
    seen = set()
    for index, request in enumerate(requests):
        after = requests[index + 1] if index + 1 < len(requests) else None
        leads_to = None if after is None else (after.verb, after.run, after.nth if after.moves else None)
        key = (request.verb, request.run, request.nth if request.moves else leads_to)
        if key not in seen:
            seen.add(key)
            yield request


def sampled(points: Sequence[Points], limit: int, seed: int) -> list[Points]:
    """Return at most so many points, in their order; the same ones for the same seed."""
    if len(points) <= limit:
        return list(points)
    chosen = sorted(random.Random(seed).sample(range(len(points)), limit))  # noqa: S311 -- to be the same each time
    return [points[index] for index in chosen]
