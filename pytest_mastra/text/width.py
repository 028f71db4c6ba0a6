"""Text that keeps to a number of terminal cells, whatever is in it."""

from __future__ import annotations

import unicodedata
from itertools import accumulate

from mastra_sync.escapes import escaped

ELLIPSIS = "..."


def cells(text: str) -> int:
    """Return how many cells of a terminal a printable text takes."""
    return len(text) if text.isascii() else sum(map(_cells_of, text))


def clipped(text: str, width: int) -> str:
    """Return at most `width` cells of a printable text, with three dots if it was longer."""
    return text if cells(text) <= width else _beginning(text, width - len(ELLIPSIS)) + ELLIPSIS[: max(width, 0)]


def clipped_middle(text: str, width: int) -> str:
    """Return at most `width` cells of a printable text: its beginning, three dots, its end."""
    if cells(text) <= width:
        return text
    room = max(width - len(ELLIPSIS), 0)
    end = _end(text, room - room // 2)
    return _beginning(text, room // 2) + ELLIPSIS[: max(width, 0)] + end


def clipped_around(text: str, position: int, width: int, *, before: int) -> str:
    """Return what of a printable text stands around a position, in at most `width` cells.

    Texts that are alike up to the position are cut at the same place, so that they can be held under each other.

    Args:
        text: The text.
        position: Where, in characters.
        width: Cells for all of it.
        before: Cells of these for what stands before the position.
    """
    start = position - len(_end(text[:position], before - len(ELLIPSIS)))
    return clipped(text if start <= len(ELLIPSIS) else ELLIPSIS + text[start:], width)


def wrapped(text: str, width: int, most: int) -> list[str]:
    """Return at most `most` lines of a text, broken at spaces where it can be.

    Each has at most `width` cells. The text's own line breaks are kept; all else that does not print is written as an
    escape. The last line ends with three dots if there was more.
    """
    lines: list[str] = []
    for line in text.split("\n"):
        rest = escaped(line)
        while rest and len(lines) <= most:
            piece = _line(rest, max(width, 1))
            lines.append(piece.rstrip())
            rest = rest[len(piece) :].lstrip()
        if len(lines) > most:
            break
    if len(lines) > most:
        lines[most - 1] = clipped(f"{lines[most - 1]} {ELLIPSIS}", width)
    return lines[:most]


def _line(text: str, width: int) -> str:
    """Return what of a text goes into its first line, at least one character."""
    line = _beginning(text, width)
    if len(line) == len(text) or text[len(line)] == " ":
        return line
    words = line.rstrip().rpartition(" ")[0]
    return words if cells(words) > width // 2 else line or text[0]


def _beginning(text: str, width: int) -> str:
    """Return as much of a text's beginning as fits."""
    if width <= 0:
        return ""
    sizes = list(accumulate(map(_cells_of, text[: _most_characters(text, width)])))
    return text[: sum(size <= width for size in sizes)]


def _end(text: str, width: int) -> str:
    """Return as much of a text's end as fits."""
    return _beginning(text[::-1], width)[::-1]


def _most_characters(text: str, width: int) -> int:
    """Return how many characters may fit: all, but in ASCII as many as cells."""
    return max(width, 0) if text.isascii() else len(text)


def _cells_of(character: str) -> int:
    if character.isascii():
        return 1
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
