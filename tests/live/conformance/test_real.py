"""Real servers say what the transcripts say that they do, and the fake says the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance import scenarios as _scenarios
from tests.conformance.conversation import FakeWire
from tests.conformance.corpus import SCENARIOS, Scenario
from tests.conformance.transcript_files import NEWER_ZOD, diff, folder_of, play, read_of, write, write_otherwise
from tests.conformance.workflows import fake_server
from tests.live.conformance.otherwise import OF_THE_HOST, comparable, folders_of, reason_of
from tests.live.conformance.real_wire import RealWire
from tests.live.conftest import CURRENT, StartServer
from tests.live.install import GENERATIONS, SERVERS

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
    chosen = request.config.getoption("--live-host", default=None)
    kind = SERVERS[chosen if chosen and generation == CURRENT else generation]
    if scenario.dies:
        real = told_by_the_dying(generation, scenario.name)
    else:
        if scenario.alone:
            server = start_server(generation)
        elif scenario.token is None and scenario.body_limit is None:
            server = shared_server(generation)
        else:
            server = module_server(generation, auth_token=scenario.token, body_limit=scenario.body_limit)
        real = play(scenario, RealWire(server))
    folders = folders_of(kind)
    of_the_host = kind.name not in GENERATIONS and scenario.name in OF_THE_HOST
    if request.config.getoption("--mastra-refresh", default=False):
        if kind.name in GENERATIONS:
            write(scenario, generation, real)
        elif of_the_host and not reason_of(scenario, kind):
            write_otherwise(scenario, folders[0], folders, real)
        elif kind.newer_zod:
            write_otherwise(scenario, NEWER_ZOD, folders, real)
    real = comparable(real, kind)
    differs = diff(comparable(read_of(scenario, folders), kind), real)
    if differs and (reason := reason_of(scenario, kind)):
        pytest.xfail(reason)
    assert differs == ""
    if of_the_host and folders[0] == folder_of(scenario, folders):
        # fakes answer as hono does
        return
    zod = "4.6" if kind.newer_zod else "4.3"
    fake = play(scenario, FakeWire(fake_server(generation, scenario.token, scenario.body_limit, zod=zod, asked=real)))
    assert diff(real, comparable(fake, kind)) == ""
