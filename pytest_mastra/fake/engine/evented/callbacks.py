"""Functions of a workflow that are no steps, as the evented engine calls them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytest_mastra.fake.engine.evented.bus import Bus
from pytest_mastra.fake.engine.evented.messages import Message, output_of
from pytest_mastra.fake.workflows.javascript import copied
from pytest_mastra.fake.workflows.step_context import StepContext, Writer, visible


def call_back(
    bus: Bus,
    message: Message,
    function: Callable[[StepContext], Any],
    name: str,
    *,
    state: Any,
    iteration_count: int | None = None,
) -> Any:
    """Return what a function gives; what it raises is noted for the test, and raised on."""
    prev = message.prev or {}
    context = StepContext(
        input_data=visible(copied(output_of(prev))) if prev.get("status") == "success" else None,
        state=copied(state),
        request_context=bus.options.request_context,
        run_id=message.run_id,
        workflow_id=message.workflow.id,
        resource_id=bus.run.resource_id,
        retry_count=message.retry_count,
        iteration_count=iteration_count,
        resume_data=visible(copied(message.resume_data)),
        writer=Writer(message.run_id, name, lambda record: write(bus, message.run_id, record)),
        _results=message.results,
    )
    try:
        return function(context)
    except Exception as error:
        bus.server_state.note_failure(bus.run, name, error)
        raise


def write(bus: Bus, run_id: str, record: dict[str, Any]) -> None:
    """Tell watchers of what a step wrote: the type and the payload.

    Those of a time travel see who sent it, and do not see what has no payload.
    """
    kind, payload = str(record.get("type", "")), record.get("payload") or {}
    if not bus.travels:
        bus.emit(run_id, kind, payload)
    elif "payload" in record:
        bus.emit(run_id, kind, payload, sender=record.get("from"))
