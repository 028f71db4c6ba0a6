"""A run that was executed without the input that it was given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mastra_sync.run_input import INPUT
from mastra_sync.step_graph import GRAPH

if TYPE_CHECKING:
    # pydantic's models take their time to load: they come with the first answer
    from mastra_sync.models import RunResult


def is_missing(run: RunResult) -> bool:
    """True if a whole answer tells of steps that were executed, and of no input."""
    is_whole = run.step_execution_path is not None or GRAPH in (run.model_extra or {})
    # a step of that id takes the input's place
    return is_whole and bool(run.steps) and run.input_data is None and INPUT not in run.steps
