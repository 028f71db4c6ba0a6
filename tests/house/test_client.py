"""The client's modules stand in rows, as ARCHITECTURE.md has them, and import only what is below or beside them."""

from __future__ import annotations

import re
from functools import cache

from tests.house.import_graph import ROOT, imports, modules
from tests.house.test_floors import ONE_CIRCLE

_ROW = re.compile(r"(?m)^\| [^|`]+ \| (.+) \|$")
_MODULE = re.compile(r"`(\w+)\.py`")


@cache
def rows() -> list[list[str]]:
    """Return the modules of each row, from the top down."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    table = text.partition("### The client, from the top down\n")[2].partition("\n\n`tests/`")[0]
    return [[f"mastra_sync.{name}" for name in _MODULE.findall(row)] for row in _ROW.findall(table)]


def test_every_module_has_its_place() -> None:
    """Each module of the client stands in one row, and no row names one that is gone."""
    named = [module for row in rows() for module in row]
    own = {module for module in modules() if module.startswith("mastra_sync.") and module.count(".") == 1}
    assert len(rows()) > 10
    assert sorted(named) == sorted(own - {"mastra_sync.cli", "mastra_sync.terminal"})


def test_every_import_goes_down() -> None:
    """No module knows what stands in a row above it; exceptions carry results, by annotation."""
    row_of = {module: number for number, row in enumerate(rows()) for module in row}
    climbing = [
        f"{found.importer}:{found.line} imports {found.imported}"
        for found in imports()
        if row_of.get(found.imported, len(rows())) < row_of.get(found.importer, 0)
        and not ONE_CIRCLE.issuperset((found.importer, found.imported))
    ]
    assert not climbing, "\n".join(["imports that climb:", *climbing])
