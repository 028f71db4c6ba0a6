"""The index of the recipes: how many tests of each page pass where."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from tests.recipes.pages import INDEX

_ROW = re.compile(
    r"^\| \[.*?\]\((?P<page>[^)]*\.md)\) \| *(?P<fake>\d*) *\| *(?P<live>\d*) *\| *(?P<replay>\d*) *\|$", re.MULTILINE
)


class Counts(NamedTuple):
    """How many tests of a page pass on the fake, on a real server, and replayed."""

    fake: int
    live: int
    replay: int


COUNTS: dict[Path, Counts] = {
    (INDEX.parent / row["page"]).resolve(): Counts(*(int(row[name] or 0) for name in Counts._fields))
    for row in _ROW.finditer(INDEX.read_text(encoding="utf-8"))
}
