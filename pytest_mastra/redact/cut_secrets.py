"""What is left of a known secret where somebody cut a text. No state."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from operator import itemgetter

from pytest_mastra.redact.names import MASK
from pytest_mastra.redact.places import Place

SHORTEST_IN_PROSE = 4
"""Characters of a secret beside three dots from which on they are taken for its beginning or its end."""

SHORTEST_PIECE = 8
"""The same in what may be data, and between two cuts."""

SHORTEST_LAST = 16
"""The same at the end of a text, which may be cut without a sign of it."""

_CUT = re.compile(r"\.{3,}|\xe2\x80\xa6")
"""Three dots or more, or the one character for them in UTF-8."""

_QUOTES = "'\"`)]}> \n"
"""What may stand between the end of a cut secret and the end of the text."""


def may_be_cut(latin1: str, spellings: Iterable[str]) -> bool:
    """Return False only if nothing is left of cut secrets in lines, each a text."""
    return _CUT.search(latin1) is not None or any(spelling[:SHORTEST_LAST] in latin1 for spelling in spellings)


def find_cut_secrets(latin1: str, spellings: Iterable[str], *, is_prose: bool) -> Iterator[Place]:
    """Find what is left of secrets that were cut, whoever cut them.

    pytest, a `repr`, a log and this project's reports cut texts at the beginning, in the middle or at the end.

    Args:
        latin1: A text with one character for each byte.
        spellings: How the secrets are written, in the same form.
        is_prose: Whether people read it; otherwise it may be data.
    """
    cuts = [match.span() for match in _CUT.finditer(latin1)]
    least = SHORTEST_IN_PROSE if is_prose else SHORTEST_PIECE
    end = len(latin1.rstrip(_QUOTES)) if is_prose else 0
    is_long = end >= SHORTEST_LAST
    for spelling in spellings if cuts or is_long else ():
        if cuts and len(spelling) > least:
            yield from _beginnings(latin1, cuts, spelling, least)
            yield from _ends(latin1, cuts, spelling, least)
            yield from _middles(latin1, cuts, spelling)
        if is_long:
            yield from _last(latin1, end, spelling)


def _beginnings(latin1: str, cuts: Sequence[tuple[int, int]], spelling: str, least: int) -> Iterator[Place]:
    """Find what stands right before a cut."""
    start = -1
    while (start := latin1.find(spelling[:least], start + 1)) >= 0:
        number = bisect_left(cuts, (start + least, 0))
        stop = cuts[number][0] if number < len(cuts) else len(latin1) + len(spelling)
        if stop - start < len(spelling) and spelling.startswith(latin1[start:stop]):
            yield Place(start, stop, MASK, ())


def _ends(latin1: str, cuts: Sequence[tuple[int, int]], spelling: str, least: int) -> Iterator[Place]:
    """Find what stands right after a cut."""
    found = -1
    while (found := latin1.find(spelling[-least:], found + 1)) >= 0:
        number = bisect_right(cuts, found, key=itemgetter(1)) - 1
        start, stop = cuts[number][1], found + least
        if number >= 0 and stop - start < len(spelling) and spelling.endswith(latin1[start:stop]):
            yield Place(start, stop, MASK, ())


def _middles(latin1: str, cuts: Sequence[tuple[int, int]], spelling: str) -> Iterator[Place]:
    """Find what stands between two cuts."""
    for (_, start), (stop, _) in pairwise(cuts):
        if SHORTEST_PIECE <= stop - start < len(spelling) and latin1[start:stop] in spelling:
            yield Place(start, stop, MASK, ())


def _last(latin1: str, end: int, spelling: str) -> Iterator[Place]:
    """Find what stands at the end of a text."""
    start = max(end - len(spelling), -1)
    while (start := latin1.find(spelling[:SHORTEST_LAST], start + 1, end)) >= 0:
        if end - start < len(spelling) and spelling.startswith(latin1[start:end]):
            yield Place(start, end, MASK, ())
