"""What docs/reliability.md promises of each verb and kind of fault: read from it, and written into it."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

import mastra_sync
from tests.matrix.faults import FAULTS
from tests.matrix.verbs import ALL

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"

ANSWER = "answer"
LETTERS = {
    "APIConnectionError": "C",
    "APIStatusError": "S",
    "ResponseFormatError": "F",
    "OutcomeUnknown": "U",
    "RunNotStarted": "N",
    "RunTimeout": "T",
    "StreamError": "E",
}
"""What an exception, and each that derives from it, is called in the tables."""

HEADINGS = {"once": "### A fault that comes once", "lasting": "### A fault that lasts"}
GROUPS = tuple(dict.fromkeys(fault.group for fault in FAULTS))
_GROUP_OF = {fault.name: fault.group for fault in FAULTS}

Place = tuple[str, str, str, str]
"""Duration (`once`, `lasting`), verb, kind of fault, side of the effect (`before`, `after`)."""

Promises = Mapping[Place, frozenset[str]]


def place_of(verb: str, fault: str, scope: str, side: str) -> Place:
    """Return where in the tables a cell of the matrix stands."""
    return "once" if scope == "once" else "lasting", verb, _GROUP_OF[fault], side


def letter_of(gave: str) -> str:
    """Return how the tables call what a cell gave; an exception that they do not have keeps its name."""
    if gave == "the answer":
        return ANSWER
    error_type = getattr(mastra_sync, gave, None)
    bases = [base.__name__ for base in error_type.__mro__] if isinstance(error_type, type) else []
    return next((LETTERS[name] for name in bases if name in LETTERS), gave)


def read_promises(text: str) -> Promises:
    """Return what the page says of each place."""
    promises: dict[Place, frozenset[str]] = {}
    for duration, heading in HEADINGS.items():
        section = text.partition(heading)[2].partition("\n#")[0]
        rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| `")]
        for verb, *cells in rows:
            for group, cell in zip(GROUPS, cells, strict=True):
                sides = cell.strip().split(" / ")
                for side, said in zip(("before", "after"), sides * (3 - len(sides)), strict=False):
                    promises[duration, verb.strip(" `"), group, side] = frozenset(said.split())
    return promises


def write_promises(text: str, cells: Iterable[tuple[str, ...]]) -> str:
    """Return the page with tables that say what the cells of a whole run gave.

    Args:
        text: The page.
        cells: Verb, fault, scope, side, what it gave, and more.
    """
    found: dict[Place, set[str]] = defaultdict(set)
    for verb, fault, scope, side, gave, *_ in cells:
        found[place_of(verb, fault, scope, side)].add(letter_of(gave))
    for duration, heading in HEADINGS.items():
        before, _, rest = text.partition(heading)
        _, separator, after = rest.partition("\n#")
        text = f"{before}{heading}\n\n{_table(duration, found)}{separator}{after}"
    return text.partition("## The faults")[0] + f"## The faults\n\n{_list_of_faults()}"


def _list_of_faults() -> str:
    names = {group: ", ".join(fault.name for fault in FAULTS if fault.group == group) for group in GROUPS}
    rows = [f"| {group} | {names[group]} |" for group in GROUPS]
    return "\n".join(["| kind | faults |", "|---|---|", *rows]) + "\n"


def _table(duration: str, found: Mapping[Place, set[str]]) -> str:
    lines = ["| | " + " | ".join(GROUPS) + " |", "|---" * (len(GROUPS) + 1) + "|"]
    for verb in ALL:
        cells = [_cell(found, duration, verb.name, group) for group in GROUPS]
        lines.append(f"| `{verb.name}` | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(found: Mapping[Place, set[str]], duration: str, verb: str, group: str) -> str:
    before, after = (" ".join(sorted(found[duration, verb, group, side])) for side in ("before", "after"))
    return before if before == after else f"{before} / {after}"


if __name__ == "__main__":
    outcomes = [tuple(line.split("\t")) for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()]
    PAGE.write_text(write_promises(PAGE.read_text(encoding="utf-8"), outcomes), encoding="utf-8")
