"""The fake and real servers agree on random stories about random workflows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live.conftest import StartServer
from tests.live.install import GENERATIONS
from tests.live.random_graphs.compare import differences, shrunk, tell_both
from tests.live.random_graphs.known import KNOWN, Known, known_as
from tests.live.random_graphs.tellings import RealTeller

SEED = "house"
GRAPHS = 300
GRAPHS_A_TEST = 50
EVENTED_GRAPHS = 24
DIFFERENCES = Path(__file__).parents[3] / "docs" / "fake-differences.md"


@pytest.mark.random_graphs
@pytest.mark.parametrize("first", range(0, GRAPHS, GRAPHS_A_TEST))
@pytest.mark.parametrize("generation", GENERATIONS)
def test_the_fake_says_what_the_real_server_says(generation: str, first: int, start_server: StartServer) -> None:
    """Random stories are told alike; what is not is shown as small as it can be."""
    real = RealTeller(lambda: start_server(generation))
    seeds = (f"{SEED}-{number}" for number in range(first, first + GRAPHS_A_TEST))
    found = [told for told in differences(generation, seeds, real) if told and not known_as(told)]
    assert not found, f"{len(found)} stories differ; the first:\n{shrunk(found[0], real).report()}"


@pytest.mark.random_graphs
@pytest.mark.parametrize("first", range(0, EVENTED_GRAPHS, EVENTED_GRAPHS // 2))
def test_the_fake_runs_the_evented_engine(first: int, start_server: StartServer) -> None:
    """The same of workflows that run on that engine; a story that waits for ever takes some seconds."""
    real = RealTeller(lambda: start_server("current"))
    seeds = (f"{SEED}-{number}" for number in range(first, first + EVENTED_GRAPHS // 2))
    found = [told for told in differences("current", seeds, real, "evented") if told and not known_as(told)]
    assert not found, f"{len(found)} stories differ; the first:\n{shrunk(found[0], real).report()}"


@pytest.mark.random_graphs
@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.row)
def test_a_documented_difference_still_is_one(known: Known, start_server: StartServer) -> None:
    """The example of each row of the table differs, and as the row says: else the row may go."""
    told = tell_both(known.generation, known.graph, known.story, RealTeller(lambda: start_server(known.generation)))
    assert told.is_one
    assert known_as(told) is known


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.row)
def test_what_is_known_is_documented(known: Known) -> None:
    """Each row of the table begins a row of the documentation."""
    assert f"| {known.row}" in DIFFERENCES.read_text(encoding="utf-8")
