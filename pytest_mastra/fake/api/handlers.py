"""What each route answers."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import replace
from typing import Any

from pytest_mastra.fake.api import legacy_streams
from pytest_mastra.fake.api.call import Call
from pytest_mastra.fake.api.run_views import execution_result_of, run_state
from pytest_mastra.fake.api.stream_body import StreamBody
from pytest_mastra.fake.engine import run_commands
from pytest_mastra.fake.engine.event_stream import Reader
from pytest_mastra.fake.engine.options import Command, ExecutionOptions
from pytest_mastra.fake.engine.runs import Run
from pytest_mastra.fake.engine.store import Filter
from pytest_mastra.fake.engine.walks import Cause
from pytest_mastra.fake.virtual_time.scheduler import Coroutine
from pytest_mastra.fake.workflows.describe import partial_details, workflow_details
from pytest_mastra.fake.workflows.errors import Refusal
from pytest_mastra.fake.workflows.javascript import copied, dumps, iso_date, number_from_text

FINISHED = ("success", "failed", "canceled", "tripwire")


def list_workflows(call: Call) -> bytes:
    """All workflows by key."""
    state = call.state
    describe = partial_details if call.query.get("partial") == "true" else workflow_details
    return dumps(
        {
            key: describe(workflow, state.serialized_graph(workflow), state.generation)
            for key, workflow in state.workflows.items()
        }
    )


def details(call: Call) -> bytes:
    """One workflow."""
    workflow = call.find_workflow()
    state = call.state
    return dumps(workflow_details(workflow, state.serialized_graph(workflow), state.generation))


def list_workflow_run_counts(call: Call) -> bytes:
    """How many runs each workflow has, as it was up to some seconds ago."""
    return dumps(call.run_counts.read())


def runs(call: Call) -> bytes:
    """The runs of a workflow, filtered and paged."""
    per_page = _number(call, "perPage")
    per_page = _number(call, "limit") if per_page is None else per_page
    page = _number(call, "page")
    offset = _number(call, "offset")
    if page is None and offset is not None and per_page is not None and per_page > 0:
        page = math.floor(offset / per_page)
    if per_page is not None and (per_page <= 0 or not float(per_page).is_integer()):
        raise Refusal("perPage must be a positive integer", 400)
    if page is not None and (page < 0 or not float(page).is_integer()):
        raise Refusal("page must be a non-negative integer", 400)
    workflow = call.find_workflow()
    chosen = Filter(
        status=call.query.get("status"),
        resource_id=call.query.get("resourceId"),
        from_date=iso_date(call.query["fromDate"]) if "fromDate" in call.query else None,
        to_date=iso_date(call.query["toDate"]) if "toDate" in call.query else None,
    )
    whole_page = None if page is None else int(page)
    whole_size = None if per_page is None else int(per_page)
    return dumps(call.state.store.page(workflow.id, chosen, whole_page, whole_size))


def _number(call: Call, name: str) -> float | None:
    return number_from_text(call.query[name]) if name in call.query else None


def run_by_id(call: Call) -> bytes:
    """One run."""
    _, row = _poll_run(call)
    if call.generation.raw_rows:
        return dumps(row.as_json())
    fields = call.query.get("fields") or ""
    nested = call.query.get("withNestedWorkflows") != "false"
    return dumps(run_state(call.state, row, fields=fields, nested=nested))


def run_execution_result(call: Call) -> bytes:
    """What came of a run (1.0 beta)."""
    workflow = call.find_workflow()
    if call.state.store.find(workflow.id, call.path_run_id or "") is None:
        raise Refusal("Workflow run execution result not found", 404)
    _, row = _poll_run(call)
    return dumps(execution_result_of(call.state, row))


def _poll_run(call: Call) -> Any:
    workflow, _ = call.find_stored_run(call.path_run_id or "")
    run_id = call.path_run_id or ""
    call.journal.run(workflow.id, run_id).polls += 1
    call.progress.poll(run_id)
    return call.find_stored_run(run_id)


def delete_run_by_id(call: Call) -> bytes:
    """Forget a run."""
    state = call.state
    workflow = call.find_workflow()
    run_id = call.path_run_id or ""
    if not state.generation.raw_rows:
        call.find_stored_run(run_id)
    state.store.delete(workflow.id, run_id)
    state.forget_run(workflow.id, run_id)
    return dumps({"message": "Workflow run deleted"})


def cancel(call: Call) -> bytes:
    """Cancel a run, whatever its status."""
    run = _find_run(call, call.path_run_id or "")
    notes, row = call.journal.run(run.workflow.id, run.run_id), call.state.store.find(run.workflow.id, run.run_id)
    notes.cancels += 1
    # the step that is executed then goes on to its end
    notes.did_work = notes.did_work or (row is not None and row.status in ("success", "running"))
    call.state.cancel(run)
    call.progress.catch_up()
    return dumps({"message": "Workflow run cancelled"})


def create_run(call: Call) -> bytes:
    """Create a run."""
    run = _create_run(call, call.run_id)
    return dumps({"runId": run.run_id})


def _resource_id(call: Call) -> str | None:
    return call.body.get("resourceId") if call.generation.resource_ids else None


def _create_run(call: Call, run_id: str | None) -> Run:
    """Return a run that is created if it is not there."""
    run = call.state.create_run(call.find_workflow(), run_id, _resource_id(call))
    call.journal.run(run.workflow.id, run.run_id).is_asked_for = True
    return run


def _find_run(call: Call, run_id: str) -> Run:
    """Return a run that must be there."""
    workflow, row = call.find_stored_run(run_id)
    return call.state.create_run(workflow, run_id, row.resource_id)


def _start_command(call: Call, run: Run) -> Command:
    notes = call.journal.run(run.workflow.id, run.run_id)
    notes.starts.append(call.body)
    walk = notes.new_walk(Cause.START)
    context, per_step = call.read_request_context(), call.per_step
    return lambda options: run_commands.start(
        call.state,
        run,
        call.get("inputData"),
        call.get("initialState"),
        replace(options, request_context=context, per_step=per_step, walk=walk),
    )


def _resume_command(call: Call, run: Run, *, is_streamed: bool = False) -> Command:
    notes = call.journal.run(run.workflow.id, run.run_id)
    notes.resumes.append(call.body)
    walk = notes.new_walk(Cause.RESUME)
    walk.is_blind = not call.row.answers_run
    context, per_step = call.read_request_context(), call.per_step
    item = call.body.get("forEachIndex") if call.generation.for_each_index else None
    return lambda options: run_commands.resume(
        call.state,
        run,
        call.body.get("step"),
        call.get("resumeData"),
        replace(options, request_context=context, per_step=per_step, walk=walk),
        item=item,
        is_streamed=is_streamed,
    )


def _restart_command(call: Call, run: Run) -> Command:
    context = call.read_request_context()
    walk = call.journal.run(run.workflow.id, run.run_id).new_walk(Cause.RESTART)
    return lambda options: run_commands.restart(call.state, run, replace(options, request_context=context, walk=walk))


def _time_travel_command(call: Call, run: Run) -> Command:
    context, per_step = call.read_request_context(), call.per_step
    walk = call.journal.run(run.workflow.id, run.run_id).new_walk(Cause.TRAVEL)
    return lambda options: run_commands.time_travel(
        call.state, run, copied(call.body), replace(options, request_context=context, per_step=per_step, walk=walk)
    )


def start(call: Call) -> bytes:
    """Start a run that was created; answers at once."""
    run = _find_run(call, call.require_run_id("start run"))
    return _run_command(call, run, _start_command(call, run), "Workflow run started")


def start_async(call: Call) -> bytes:
    """Start a run, which is created if it is not there; answers at its end."""
    run = _create_run(call, call.run_id)
    return dumps(call.progress.finish(run, _start_command(call, run)))


def resume(call: Call) -> bytes:
    """Answer a suspension; `resume` answers at once, `resume_async` at the end."""
    run = _find_run(call, call.require_run_id("resume workflow"))
    return _run_command(call, run, _resume_command(call, run), "Workflow run resumed")


def resume_no_wait(call: Call) -> bytes:
    """Answer a suspension; answers with the run's id at once."""
    run = _find_run(call, call.require_run_id("resume workflow"))
    call.progress.run_in_background(run, _resume_command(call, run))
    return dumps({"runId": run.run_id})


def restart(call: Call) -> bytes:
    """Go on after a crash; `restart` answers at once, `restart_async` at the end."""
    run = _find_run(call, call.require_run_id("restart workflow"))
    return _run_command(call, run, _restart_command(call, run), "Workflow run restarted")


def restart_all_active_workflow_runs(call: Call) -> bytes:
    """Go on with all active runs of a workflow; answers at once."""
    for run in _active_runs(call):
        call.progress.run_in_background(run, _restart_command(call, run))
    return dumps({"message": "All active workflow runs restarted"})


def restart_all_active_workflow_runs_async(call: Call) -> bytes:
    """Go on with all active runs of a workflow and answer at their end."""
    for run in _active_runs(call):
        # as in Mastra, one run that cannot go on does not keep the others from it
        with suppress(Refusal):
            call.progress.finish(run, _restart_command(call, run))
    return dumps({"message": "All active workflow runs restarted"})


def _active_runs(call: Call) -> list[Run]:
    workflow = call.find_workflow()
    state = call.state
    rows = [row for row in state.store.with_status("running", "waiting") if row.workflow_id == workflow.id]
    return [state.create_run(workflow, row.run_id, None) for row in rows]


def time_travel(call: Call) -> bytes:
    """Execute again from a step; `time_travel` answers at once, `time_travel_async` at the end."""
    run = _find_run(call, call.require_run_id("time travel workflow"))
    return _run_command(call, run, _time_travel_command(call, run), "Workflow run time travel started")


def _run_command(call: Call, run: Run, command: Command, message: str) -> bytes:
    """Answer with what comes of a command, or at once with a message."""
    if call.row.answers_run:
        return dumps(call.progress.finish(run, command))
    call.progress.run_in_background(run, command)
    return dumps({"message": message})


def stream(call: Call) -> StreamBody:
    """Start a run and stream its events."""
    run_id = call.require_run_id("stream workflow")
    workflow = call.find_workflow()
    row = call.state.store.find(workflow.id, run_id)
    if call.generation.refuses_finished_streams and row is not None and row.status in FINISHED:
        status = row.status
        raise Refusal(
            f'Workflow run {run_id} already finished with status "{status}". '
            "Use /observe to read its stream back, or stream a new runId.",
            409,
        )
    run = _create_run(call, run_id)
    if run.close_stream is not None and run.output is not None:
        return _stream_body(call, run, run.output.reader())
    closes = call.body.get("closeOnSuspend", True) is not False
    return _stream_command(call, run, _start_command(call, run), raw=False, closes=closes)


def resume_stream(call: Call) -> StreamBody:
    """Answer a suspension and stream the events that follow."""
    run = _find_run(call, call.require_run_id("resume workflow"))
    return _stream_command(call, run, _resume_command(call, run, is_streamed=True), raw=True)


def time_travel_stream(call: Call) -> StreamBody:
    """Execute again from a step and stream the events."""
    run_id = call.require_run_id("time travel workflow stream")
    run = _create_run(call, run_id) if call.generation.raw_rows else _find_run(call, run_id)
    return _stream_command(call, run, _time_travel_command(call, run), raw=True)


def _stream_command(call: Call, run: Run, command: Command, *, raw: bool, closes: bool = True) -> StreamBody:
    def with_events(options: ExecutionOptions) -> Coroutine:
        return run_commands.stream(call.state, run, command, options, raw=raw, closes=closes)

    output = call.progress.stream(run, with_events)
    return _stream_body(call, run, output.reader())


def _stream_body(call: Call, run: Run, reader: Reader) -> StreamBody:
    state = call.state
    histories = state.histories
    keeps = histories.claim(run.run_id) if state.generation.final_result else True
    if keeps and state.generation.final_result and run.output is not None:
        run.output.keep_in(histories, state.clock)
        keeps = False

    def keep(record: dict[str, Any]) -> None:
        if keeps:
            histories.add(run.run_id, record, state.clock.now())

    return StreamBody(call.state, call.progress, reader, run.run_id, on_record=keep)


def observe(call: Call) -> StreamBody:
    """Stream the events that there were, then those that come."""
    run = _find_run(call, call.require_run_id("observe workflow stream"))
    state = call.state
    offset = 0
    if state.generation.name == "current" and "offset" in call.query:
        offset = math.floor(number_from_text(call.query["offset"]))
    history = state.histories.since(run.run_id, offset, state.clock.now())
    live = Reader([], closed=True) if run.output is None else run.output.reader()
    return StreamBody(call.state, call.progress, live, run.run_id, history=history)


def stream_legacy(call: Call) -> StreamBody:
    """Start a run and stream its events, in the old form."""
    run = _create_run(call, call.require_run_id("resume workflow"))
    return legacy_streams.stream_run(call, run, _start_command(call, run))


def observe_stream_legacy(call: Call) -> StreamBody:
    """Stream the events of a run, in the old form."""
    run = _find_run(call, call.require_run_id("observe workflow stream"))
    return legacy_streams.observe_run(call, run)
