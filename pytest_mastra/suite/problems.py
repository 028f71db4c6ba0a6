"""What goes wrong in a test without failing it, on its fakes and elsewhere."""

from __future__ import annotations

from pytest_mastra.fake.api import problems
from pytest_mastra.fake.api.problems import Section
from pytest_mastra.suite.scene import Scene


def find_problems(scene: Scene) -> list[Section]:
    """Return what is wrong though the test's own code came to its end."""
    return find_problems_of_fakes(scene) + [section for check in scene.checks for section in check()]


def find_problems_of_fakes(scene: Scene) -> list[Section]:
    """Return stray requests, swallowed errors and unused faults of a scene's fakes, unless they are allowed."""
    if scene.target != "fake":
        return []
    # what has not begun, or has failed to, could not meet any
    unmet = frozenset() if scene.has_run else frozenset({"unused_faults"})
    return problems.find_problems(
        strays=[stray for server in scene.servers for stray in server.strays],
        errors=[error for server in scene.servers for error in server.unexpected_errors],
        faults=[server.faults for server in scene.servers],
        allowed=scene.allowed | unmet,
    )
