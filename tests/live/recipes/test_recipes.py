"""Recipes and neighbours run on a real server, and on what it said: as many tests of each as the index tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live.server import LiveServer
from tests.recipes.index import COUNTS
from tests.recipes.pages import DOCS, FIRST, read_page, run_page

ON_REAL_SERVERS = sorted(path for path, counts in COUNTS.items() if counts.live)


@pytest.mark.parametrize("path", ON_REAL_SERVERS, ids=lambda path: path.relative_to(DOCS).as_posix())
def test_a_recipe_on_a_real_server_and_replayed(alone: pytest.Pytester, current_server: LiveServer, path: Path) -> None:
    """None fails; those that pass are as many as the table says, and what was recorded answers as many."""
    page = read_page(path)
    if path.stem in FIRST:
        run_page(alone, page, *FIRST[path.stem], traps=False)
    on_server = ("--mastra-target=live", f"--mastra-url={current_server.base_url}", "--mastra-record=rewrite")
    live = run_page(alone, page, *on_server, traps=False)
    replayed = run_page(alone, page, "--mastra-target=replay", traps=False)
    assert not live.count("failed"), live.printed
    assert not replayed.count("failed"), replayed.printed
    assert (live.count("passed"), replayed.count("passed")) == (COUNTS[path].live, COUNTS[path].replay)
