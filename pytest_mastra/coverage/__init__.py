"""Workflow coverage: what a suite has tried of its workflows' graphs, and what it has not."""

from pytest_mastra.coverage.fold import Coverage, WorkflowCoverage, fold
from pytest_mastra.coverage.goals import Goal, goals_of
from pytest_mastra.coverage.observed_run import ObservedRun, RunRequest, runs_of_scene, runs_of_trace

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
