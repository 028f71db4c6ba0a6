"""What is left of a known secret where somebody cut a text. No state."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from pytest_mastra.redact.names import MASK
from pytest_mastra.redact.places import Place

SHORTEST_IN_PROSE = 4
"""Characters of a secret beside three dots from which on they are taken for its beginning or its end."""

SHORTEST_PIECE = 8
"""The same in what may be data, and between two cuts."""

SHORTEST_LAST = 16
"""The same at the end of a text, which may be cut without a sign of it."""

_CUT = re.compile(r"\.{3}|\xe2\x80\xa6")
"""Three dots, or the one character for them in UTF-8."""

_QUOTES = "'\"`)]}> \n"
"""What may stand between the end of a cut secret and the end of the text."""


def find_cut_secrets(latin1: str, spellings: Iterable[str], *, is_prose: bool) -> Iterator[Place]:
    """Find what is left of secrets that were cut, whoever cut them.

    pytest, a `repr`, a log and this project's reports cut texts at the beginning, in the middle or at the end.

    Args:
        latin1: A text with one character for each byte.
        spellings: How the secrets are written, in the same form.
        is_prose: Whether people read it; otherwise it may be data.
    """
    cuts = [match.span() for match in _CUT.finditer(latin1)]
    if not cuts and not (is_prose and len(latin1) >= SHORTEST_LAST):
        return
    least = SHORTEST_IN_PROSE if is_prose else SHORTEST_PIECE
    end = len(latin1.rstrip(_QUOTES)) if is_prose else 0
    for spelling in spellings:
        for start, after in cuts:
            if size := _beginning_before(latin1, start, spelling, least):
                yield Place(start - size, start, MASK, ())
            if size := _end_after(latin1, after, spelling, least):
                yield Place(after, after + size, MASK, ())
        for (_, start), (stop, _) in pairwise(cuts):
            if stop - start >= SHORTEST_PIECE and latin1[start:stop] in spelling:
                yield Place(start, stop, MASK, ())
        if size := _beginning_before(latin1, end, spelling, SHORTEST_LAST):
            yield Place(end - size, end, MASK, ())


def _beginning_before(latin1: str, end: int, spelling: str, least: int) -> int:
    """Return how much of a spelling's beginning stands right before a place."""
    start = max(end - len(spelling) + 1, 0)
    while (start := latin1.find(spelling[:least], start, end)) >= 0:
        if spelling.startswith(latin1[start:end]):
            return end - start
        start += 1
    return 0


def _end_after(latin1: str, start: int, spelling: str, least: int) -> int:
    """Return how much of a spelling's end stands right after a place."""
    stop = min(start + len(spelling) - 1, len(latin1))
    while (found := latin1.rfind(spelling[-least:], start, stop)) >= 0:
        stop = found + least
        if spelling.endswith(latin1[start:stop]):
            return stop - start
        stop -= 1
    return 0
