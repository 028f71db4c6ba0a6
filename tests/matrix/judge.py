"""Cells tried several at a time, and what is wrong of what came of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.matrix.cells import Cell, Outcome, Server, try_cell
from tests.matrix.promises import ANSWER, PAGE, Promises, letter_of, place_of, read_promises
from tests.matrix.secrets import listened_to

THREADS = 16
"""Cells at a time: most of their time is spent waiting."""

OF_TIME = frozenset({ANSWER, "C", "T", "U"})
"""What a call gives whose time a slow fault takes, by how much was left when it asked last."""


def try_all(
    server: Server, cells: Sequence[Cell], note: Callable[[str, object], None], threads: int = THREADS
) -> list[str]:
    """Try the cells and return what is wrong, each with its cell.

    Args:
        server: What is behind the proxies.
        cells: Where in the matrix.
        note: Called with `cell` and the outcome's row, for each.
        threads: How many cells at a time.
    """
    promises = read_promises(PAGE.read_text(encoding="utf-8"))
    with listened_to() as leaks, ThreadPoolExecutor(threads) as pool:
        outcomes = list(pool.map(lambda cell: try_cell(server, cell), cells))
    for outcome in outcomes:
        outcome.problems += _broken_promises(promises, outcome)
        note("cell", outcome.row)
    wrong = [f"{outcome.cell}: {problem}" for outcome in outcomes for problem in outcome.problems]
    return wrong + [f"logged: {leak}" for leak in leaks]


def _broken_promises(promises: Promises, outcome: Outcome) -> list[str]:
    """Return how an outcome differs from what docs/reliability.md says of its place."""
    verb, fault, scope, side, gave, *_ = outcome.row
    promised = promises.get(place_of(verb, fault, scope, side), frozenset())
    if letter_of(gave) in (promised | OF_TIME if outcome.cell.fault.is_slow else promised):
        return []
    return [f"gave {gave} ({letter_of(gave)}), and the page says {' '.join(sorted(promised))}"]
