"""A guard around a run's commands: what breaks down in them is noted, and refused."""

from __future__ import annotations

from pytest_mastra.fake.engine.runs import Run
from pytest_mastra.fake.engine.state import ServerState
from pytest_mastra.fake.virtual_time.scheduler import Coroutine
from pytest_mastra.fake.workflows.errors import Refusal


def guarded(server_state: ServerState, run: Run, coroutine: Coroutine) -> Coroutine:
    """Do what a coroutine does, and give what it gives.

    Raises:
        Refusal: It was refused, or broke down; that is noted for the test.
    """
    try:
        return (yield from coroutine)
    except Refusal:
        raise
    except Exception as error:
        raise server_state.note_breakdown(error, workflow_id=run.workflow.id, run_id=run.run_id) from error
