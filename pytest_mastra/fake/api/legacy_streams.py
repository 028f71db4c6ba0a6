"""The streams of old: shorter names, no status, no result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_mastra.fake.api.stream_body import StreamBody
from pytest_mastra.fake.engine.event_stream import Reader
from pytest_mastra.fake.engine.options import Command, ExecutionOptions
from pytest_mastra.fake.virtual_time.scheduler import Coroutine

if TYPE_CHECKING:
    from pytest_mastra.fake.api.call import Call
    from pytest_mastra.fake.engine.runs import Run


def legacy_record(event: dict[str, Any]) -> dict[str, Any]:
    """Return an event in the old form."""
    record = {**event, "type": event["type"].replace("workflow-", "", 1)}
    if record["type"] == "step-start":
        record["payload"] = {**record["payload"], "request": {}}
    return record


class LegacyOutput:
    """The records of one stream in the old form."""

    def __init__(self) -> None:
        self.reader = Reader([], closed=False)

    def write(self, event: dict[str, Any]) -> None:
        """Add an event."""
        self.reader.records.append(legacy_record(event))


def stream_run(call: Call, run: Run, command: Command) -> StreamBody:
    """Start a run and stream its events; a suspension does not end the stream."""
    output = LegacyOutput()
    forget = run.watch(output.write)
    run.publish({"type": "workflow-start", "payload": {"runId": run.run_id}})

    def with_events(options: ExecutionOptions) -> Coroutine:
        result = yield from command(options)
        if result["status"] != "suspended":
            run.publish({"type": "workflow-finish", "payload": {"runId": run.run_id}})
            forget()
            output.reader.closed = True
        return result

    call.progress.read_along(run, with_events)
    state = call.state

    def keep(record: dict[str, Any]) -> None:
        state.histories.add(run.run_id, record, state.clock.now())

    return StreamBody(call.state, call.progress, output.reader, run.run_id, on_record=keep)


def observe_run(call: Call, run: Run) -> StreamBody:
    """Stream the events that there were and those that come; never ends."""
    state = call.state
    history = state.histories.since(run.run_id, 0, state.clock.now())
    output = LegacyOutput()
    run.watch(output.write)
    return StreamBody(call.state, call.progress, output.reader, run.run_id, history=history)
