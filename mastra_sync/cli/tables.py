"""Rows below titles: a table where it fits, else a paragraph for each row."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence

from mastra_sync.terminal.writing import is_terminal, print_drawn, print_text, printable

COLOURS: Mapping[str, str] = {
    "success": "green",
    "failed": "red",
    "tripwire": "red",
    "suspended": "yellow",
    "running": "cyan",
}
UNLIMITED_WIDTH = 10_000
NARROWEST = 10
"""Columns into which a cell may be folded: those of a date."""
_GAP = 2


def print_table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows below titles; on a terminal long cells are folded, but for the first.

    On a terminal that is too narrow for that, each row is a paragraph with its titles.
    """
    if not rows:
        return
    # rich takes longer to import than the rest of the command
    from rich.cells import cell_len  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415

    to_terminal = is_terminal(sys.stdout)
    cells = [[printable(cell) for cell in row] for row in rows]
    console = Console(width=None if to_terminal else UNLIMITED_WIDTH, highlight=False)
    least = [max(map(cell_len, column)) for column in zip(titles, *cells, strict=True)]
    if to_terminal:
        least[1:] = [min(width, NARROWEST) for width in least[1:]]
        if sum(least) + _GAP * (len(least) - 1) > console.width:
            for line in _paragraphs(titles, cells):
                print_text(line)
            return
    with console.capture() as captured:
        console.print(_table(titles, cells, least, folds=to_terminal))
    for line in captured.get().splitlines():
        print_drawn(line.rstrip())


def _paragraphs(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widest = max(map(len, titles[1:]), default=0)
    for row in rows:
        yield row[0]
        for title, cell in zip(titles[1:], row[1:], strict=True):
            if cell:
                yield f"  {title.lower():<{widest}}  {cell}"


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]], least: Sequence[int], *, folds: bool) -> object:
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold")
    for index, (title, width) in enumerate(zip(titles, least, strict=True)):
        # the id in the first column must be there whole, to be copied
        table.add_column(title, no_wrap=index == 0 or not folds, overflow="fold", min_width=width)
    for row in rows:
        table.add_row(*(Text(cell, style=COLOURS.get(cell, "")) for cell in row))
    return table
