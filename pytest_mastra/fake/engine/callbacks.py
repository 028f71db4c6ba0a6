"""Functions of a workflow that are no steps: conditions, pauses, how many items run at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytest_mastra.fake.engine.execution import Execution
from pytest_mastra.fake.engine.position import Frame
from pytest_mastra.fake.workflows.errors import Refusal
from pytest_mastra.fake.workflows.javascript import copied
from pytest_mastra.fake.workflows.step_context import StepContext, Writer, visible


def call_back(execution: Execution, function: Callable[[StepContext], Any], context: StepContext, name: str) -> Any:
    """Return what a function gives. If it raises, the verb fails, and the run stays.

    Raises:
        Refusal: It raised.
    """
    try:
        return function(context)
    except Exception as error:
        execution.server_state.note_failure(execution.run, name, error)
        raise Refusal(str(error)) from error


def callback_context(execution: Execution, frame: Frame, previous: Any, name: str, **more: Any) -> StepContext:
    """Return what such a function gets to see."""
    return StepContext(
        input_data=visible(copied(previous)),
        state=copied(frame.state),
        request_context=execution.options.request_context,
        run_id=execution.run.run_id,
        workflow_id=execution.run.workflow.id,
        resource_id=execution.run.resource_id,
        retry_count=-1,
        writer=Writer(execution.run.run_id, name, execution.options.write),
        _signal=execution.signal,
        _results=execution.step_results,
        **more,
    )
