"""Real servers say what the cassettes say that they do, and the fake says the same."""

from __future__ import annotations

import pytest

from tests.live.server import LiveServer

from . import scenarios as _scenarios
from .cassettes import compared, play, read, write
from .corpus import SCENARIOS, Scenario
from .talk import FakeWire, RealWire
from .workflows import fake_server

assert _scenarios  # importing it fills the corpus


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_fake_says_what_the_real_server_says(
    live_server: LiveServer, scenario: Scenario, request: pytest.FixtureRequest
) -> None:
    """A scenario gives the same transcript on the real server as on the fake; `--mastra-refresh` keeps it."""
    if live_server.generation not in scenario.generations:
        pytest.skip("not said to this generation")
    real = play(scenario, RealWire(live_server))
    if request.config.getoption("--mastra-refresh", default=False):
        write(scenario, live_server.generation, real)
    else:
        assert compared(read(scenario, live_server.generation), real) == ""
    fake = play(scenario, FakeWire(fake_server(live_server.generation)))
    assert compared(real, fake) == ""
