"""Time that a fake has skipped: why a run is at its end already."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from mastra_sync.statuses import FINISHED
from pytest_mastra.fake.virtual_time.pace import AT_ONCE

if TYPE_CHECKING:
    from mastra_sync.models import RunResult
    from pytest_mastra.suite.scene import Scene

_UNDER_WAY = ("running", "waiting")
_ADVICE = (
    "a fake skips time, and the run went to its end at once; to see it on its",
    "way: server.workflow(..., pace=AS_TIMED), then server.clock.advance(60)",
)


def describe_skipped_time(compared: Iterable[Any], run: RunResult, scene: Scene | None) -> list[str]:
    """Return what lets a fake's run be seen on its way, if it was expected.

    Args:
        compared: What the failed assert compares.
        run: The run that it is about.
        scene: The test's.
    """
    is_expected = any(isinstance(value, str) and value in _UNDER_WAY for value in compared)
    if scene is None or scene.target != "fake" or not is_expected or run.status not in FINISHED:
        return []
    for server in scene.servers:
        workflow = server.state.workflow(run.workflow_id or "")
        if workflow is not None and server.clock.skips and (workflow.pace or server.pace) is AT_ONCE:
            return list(_ADVICE)
    return []
