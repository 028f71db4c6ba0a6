"""Workflow coverage: what a suite has tried of its workflows' graphs, and what it has not.

Names are imported when they are first used, so that whoever asks the command for help does not wait for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mastra_sync.lazy import lazy_names

if TYPE_CHECKING:
    from pytest_mastra.coverage.folded import Coverage, WorkflowCoverage, fold
    from pytest_mastra.coverage.goals import Goal, goals_of
    from pytest_mastra.coverage.observed_run import ObservedRun, RunRequest, runs_of_scene, runs_of_trace

_HOMES = {
    "Coverage": "folded",
    "Goal": "goals",
    "ObservedRun": "observed_run",
    "RunRequest": "observed_run",
    "WorkflowCoverage": "folded",
    "fold": "folded",
    "goals_of": "goals",
    "runs_of_scene": "observed_run",
    "runs_of_trace": "observed_run",
}
"""Where the names live."""

__all__ = [
    "Coverage",
    "Goal",
    "ObservedRun",
    "RunRequest",
    "WorkflowCoverage",
    "fold",
    "goals_of",
    "runs_of_scene",
    "runs_of_trace",
]

__getattr__, __dir__ = lazy_names(__name__, __all__, _HOMES)
