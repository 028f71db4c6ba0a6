"""The fake and real servers agree on random stories about random workflows."""

from __future__ import annotations

import pytest

from tests.live.conftest import StartServer
from tests.live.install import GENERATIONS
from tests.live.random_graphs.compare import differences, shrunk
from tests.live.random_graphs.tellings import RealTeller

SEED = "house"
GRAPHS = 300
GRAPHS_A_TEST = 50


@pytest.mark.random_graphs
@pytest.mark.parametrize("first", range(0, GRAPHS, GRAPHS_A_TEST))
@pytest.mark.parametrize("generation", GENERATIONS)
def test_the_fake_says_what_the_real_server_says(generation: str, first: int, start_server: StartServer) -> None:
    """Random stories are told alike; what is not is shown as small as it can be."""
    real = RealTeller(lambda: start_server(generation))
    seeds = (f"{SEED}-{number}" for number in range(first, first + GRAPHS_A_TEST))
    found = [difference for difference in differences(generation, seeds, real) if difference]
    assert not found, f"{len(found)} stories differ; the first:\n{shrunk(found[0], real).report()}"
