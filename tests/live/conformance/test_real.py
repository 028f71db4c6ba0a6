"""Real servers say what the transcripts say that they do, and the fake says the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance import scenarios as _scenarios
from tests.conformance.conversation import FakeWire
from tests.conformance.corpus import SCENARIOS, Scenario
from tests.conformance.transcript_files import diff, play, read, read_newer, write, write_newer
from tests.conformance.workflows import fake_server
from tests.live.conformance.real_wire import RealWire
from tests.live.conftest import StartServer

assert _scenarios.MODULES  # importing them fills the corpus

CASES = [(generation, scenario) for scenario in SCENARIOS for generation in scenario.generations]


@pytest.mark.parametrize(("generation", "scenario"), CASES, ids=lambda part: getattr(part, "name", part))
def test_the_fake_says_what_the_real_server_says(
    generation: str,
    scenario: Scenario,
    shared_server: StartServer,
    module_server: StartServer,
    start_server: StartServer,
    request: pytest.FixtureRequest,
    told_by_the_dying: Callable[[str, str], list[Any]],
) -> None:
    """A scenario gives the same transcript on the real server as on the fake; `--mastra-refresh` keeps it."""
    if scenario.dies:
        real = told_by_the_dying(generation, scenario.name)
        newer_zod = False
    else:
        if scenario.alone:
            server = start_server(generation)
        elif scenario.token is None and scenario.body_limit is None:
            server = shared_server(generation)
        else:
            server = module_server(generation, auth_token=scenario.token, body_limit=scenario.body_limit)
        real = play(scenario, RealWire(server))
        newer_zod = server.kind.newer_zod
    if request.config.getoption("--mastra-refresh", default=False):
        if newer_zod:
            write_newer(scenario, real)
        else:
            write(scenario, generation, real)
    assert diff(read_newer(scenario) if newer_zod else read(scenario, generation), real) == ""
    zod = "4.6" if newer_zod else "4.3"
    fake = play(scenario, FakeWire(fake_server(generation, scenario.token, scenario.body_limit, zod=zod, asked=real)))
    assert diff(real, fake) == ""
