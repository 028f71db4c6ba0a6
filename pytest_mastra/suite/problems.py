"""What goes wrong in a test without failing it, on its fakes and elsewhere."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from mastra_sync.documentation import see_error
from pytest_mastra.fake.api import problems
from pytest_mastra.fake.api.faults import UnusedFaults
from pytest_mastra.fake.api.problems import Section
from pytest_mastra.fake.api.workflow_names import explain_unknown_workflow, names_in_requests
from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.fake.virtual_time.overruns import explain_overruns
from pytest_mastra.suite.scene import Scene
from pytest_mastra.suite.settings import FAKE_URL


class VirtualTimeWarning(pytest.PytestWarning):
    """A run took longer, in virtual time, than the client would have waited for it."""


def find_problems(scene: Scene) -> list[Section]:
    """Return what is wrong though the test's own code came to its end."""
    others = [section for check in scene.checks for section in check()]
    return [*find_problems_of_fakes(scene), *_find_unknown_needs(scene), *others]


def find_problems_of_fakes(scene: Scene) -> list[Section]:
    """Return strays, swallowed errors, unused faults and names of a scene's fakes, unless allowed."""
    if scene.target != "fake":
        return []
    # what has not begun, or has failed to, could not meet any
    unmet = frozenset() if scene.has_run else problems.MAY_NOT_COME_ABOUT
    return problems.find_problems(
        strays=[stray for server in scene.servers for stray in server.strays],
        errors=[error for server in scene.servers for error in server.unexpected_errors],
        faults=[UnusedFaults(server.faults) for server in scene.servers],
        names=problems.unused_names(server.state for server in scene.servers),
        allowed=scene.allowed | unmet,
    )


def warn_of_overruns(item: pytest.Item, scene: Scene) -> None:
    """Warn of runs that took longer than the client would have waited."""
    # nobody reads the report of a green test
    for line in describe_overruns(scene):
        item.warn(VirtualTimeWarning(f"{line}. {see_error('virtual-time-warning')}"))


def describe_overruns(scene: Scene) -> list[str]:
    """Return what is to be said of runs that took longer than their client waits."""
    return explain_overruns(overrun for server in scene.servers for overrun in server.overruns.found)


def tell_deaths(servers: Iterable[FakeMastra]) -> list[Section]:
    """Return what a failing test is told of fakes that are dead."""
    return [
        (
            f"mastra: {'the fake server' if server.url == FAKE_URL else server.url} is dead",
            f"  It died at {server.process.died_at}, and refuses connections.\n"
            "  It is back after server.revive(), or by itself where it was given back_after=.",
        )
        for server in servers
        if server.is_dead
    ]


def _find_unknown_needs(scene: Scene) -> list[Section]:
    """Return what a marker needs, and the test on a fake does not declare."""
    declared = [name for server in scene.servers for name in names_in_requests(server.state)]
    unknown = [name for name in scene.needed_workflows if name not in declared]
    # a test that declares none has its workflows from elsewhere
    if scene.target != "fake" or not declared or not unknown:
        return []
    explained = [explain_unknown_workflow(name, declared) for name in unknown]
    lines = [f"  {line}" for line in (*explained, see_error("undeclared-workflows"))]
    return [("mastra: @pytest.mark.mastra(workflows=...) names what the test does not declare", "\n".join(lines))]
