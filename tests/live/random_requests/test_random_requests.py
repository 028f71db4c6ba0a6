"""The fake and real servers agree on random requests, most of which nobody means to send."""

from __future__ import annotations

import pytest

from tests.live.conftest import StartServer
from tests.live.install import GENERATIONS
from tests.live.random_requests.tell_requests import BothServers

SEED = "house"
STORIES = 100
STORIES_A_TEST = 50


@pytest.mark.random_graphs
@pytest.mark.parametrize("first", range(0, STORIES, STORIES_A_TEST))
@pytest.mark.parametrize("generation", GENERATIONS)
def test_the_fake_answers_what_the_real_server_answers(generation: str, first: int, start_server: StartServer) -> None:
    """Random requests about a run are answered alike."""
    both = BothServers(lambda: start_server(generation))
    found = list(both.other_answers(f"{SEED}-{number}" for number in range(first, first + STORIES_A_TEST)))
    assert not found, f"{len(found)} stories differ; the first:\n{found[0].report()}"
