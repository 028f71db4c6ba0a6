"""What types the public API has; mypy reads this, nothing runs it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel
from typing_extensions import assert_type

from mastra_sync import (
    CurrentStep,
    DynamicWorkflow,
    DynamicWorkflowDefinition,
    MastraClient,
    RemoteError,
    Run,
    RunFailed,
    RunPage,
    RunResult,
    RunStream,
    Schedule,
    ScheduleFire,
    ScheduleRunSummary,
    ScheduleTrigger,
    StepResult,
    StreamEvent,
    Suspension,
    UpsertedDynamicWorkflow,
    Workflow,
    WorkflowDetails,
    WorkflowSchema,
    WorkflowState,
)


class Report(BaseModel):
    """A result of a user's own."""

    text: str


def clients() -> None:
    """How a client is made, and what it gives."""
    MastraClient(timeout=(1, timedelta(seconds=5)), headers={"X": "y"}, token=lambda: "t", backoff=0)
    MastraClient(verify=Path("ca.pem"), cert=("me.pem", Path("me.key"), "password"))
    MastraClient(verify=False, cert="me.pem")
    with MastraClient("http://h", api_prefix="/x", token="t", timeout=None, retries=0) as client:
        assert_type(client, MastraClient)
        assert_type(client.list_workflows(partial=True), dict[str, WorkflowDetails])
        assert_type(client.list_workflow_run_counts(), dict[str, dict[str, int]])
        assert_type(client.get_workflow("w"), Workflow)
        assert_type(client.base_url, str)


def suspended_runs(client: MastraClient) -> None:
    """What a client gives of the runs that wait."""
    assert_type(client.iter_suspended(resource_id="u", from_date=datetime.now(timezone.utc)), Iterator[RunResult])


def dynamic_workflows(client: MastraClient) -> None:
    """What a client gives of stored definitions."""
    stored = client.upsert_dynamic_workflow("d", input_schema={}, output_schema={}, graph=[{"type": "sleep"}])
    assert_type(stored, UpsertedDynamicWorkflow)
    assert_type(client.list_dynamic_workflows(status="active"), list[DynamicWorkflowDefinition])
    assert_type(client.get_dynamic_workflow("d"), DynamicWorkflow)
    assert_type(client.get_dynamic_workflow("d").details(), DynamicWorkflowDefinition)
    assert_type(client.get_dynamic_workflow("d").delete(), str)


def schedules(client: MastraClient) -> None:
    """What a client gives of schedules."""
    berlin = ZoneInfo("Europe/Berlin")
    assert_type(client.create_schedule("w", "0 2 * * *", id="nightly", timezone=berlin, input_data={}), Schedule)
    assert_type(client.list_schedules(workflow_id="w", status="active"), list[Schedule])
    assert_type(client.update_schedule("s", cron="0 3 * * *", status="paused"), Schedule)
    schedule = client.get_schedule("s")
    assert_type(schedule.next_fire_at, datetime)
    assert_type(schedule.last_run, ScheduleRunSummary | None)
    assert_type(client.run_schedule("s"), ScheduleFire)
    assert_type(client.list_schedule_triggers("s", to_actual_fire_at=schedule.next_fire_at), list[ScheduleTrigger])
    assert_type(client.delete_schedule("s"), str)


def workflows(workflow: Workflow, executor: Executor) -> None:
    """What a workflow gives."""
    assert_type(workflow.details(), WorkflowDetails)
    assert_type(workflow.get_schema(), WorkflowSchema)
    assert_type(workflow.restart_all_active(), str)
    assert_type(workflow.restart_all_active_async(timeout=5), str)
    assert_type(workflow.runs(page=0, per_page=5, status="success", from_date=datetime.now(timezone.utc)), RunPage)
    assert_type(workflow.iter_runs(), Iterator[RunResult])
    assert_type(workflow.run_by_id("r", fields=["error"], with_nested_workflows=False), RunResult)
    assert_type(workflow.run_execution_result("r"), RunResult)
    assert_type(workflow.delete_run_by_id("r"), str)
    assert_type(workflow.create_run("r", resource_id="u", disable_scorers=True), Run)
    assert_type(workflow.get_run("r"), Run)
    assert_type(workflow.execute(Report(text="x"), run_id="r", timeout=timedelta(hours=1), on_update=print), RunResult)
    assert_type(workflow.map([1, 2], executor=executor, return_exceptions=True), Iterator[RunResult])
    workflow.execute({}, inital_state={})  # type: ignore[call-arg]
    workflow.runs(status=5)  # type: ignore[arg-type]


def runs(run: Run, suspension: Suspension) -> None:
    """What the verbs of a run take and give."""
    assert_type(run.start({"city": "NY"}, initial_state={}, per_step=True, again=True), Run)
    assert_type(run.start_async(None, timeout=5, request_context={"a": 1}), RunResult)
    assert_type(run.stream([1], idle_timeout=5, on_gap="follow", on_suspend=lambda asked: asked.payload), RunStream)
    assert_type(run.wait(5, on_update=print, start_grace=None), RunResult)
    assert_type(run.result(), RunResult)
    assert_type(run.observe(3, timeout=None), RunStream)
    assert_type(run.resume({"ok": True}, step=suspension), Run)
    assert_type(run.resume_async("yes", step="a.b", for_each_index=1), RunResult)
    assert_type(run.resume_no_wait(1, label="x"), str)
    assert_type(run.resume_stream({}, step=["a", "b"], timeout=5), RunStream)
    assert_type(run.cancel(), str)
    assert_type(run.restart(tracing_options={}), Run)
    assert_type(run.restart_async(), RunResult)
    assert_type(run.time_travel("a", {}, context={"b": {}}), Run)
    assert_type(run.time_travel_async(["a", "b"], resume_data={}), RunResult)
    assert_type(run.time_travel_stream("a", nested_steps_context={}, idle_timeout=1.5), RunStream)
    assert_type(run.run_id, str)
    run.start({}, idle_timeout=5)  # type: ignore[call-arg]
    run.stream({}, on_gap="skip")  # type: ignore[arg-type]
    run.resume({}, step=5)  # type: ignore[arg-type]


def results(result: RunResult) -> None:
    """What a result holds."""
    assert_type(result.raise_for_status(), RunResult)
    assert_type(result.output_as(Report), Report)
    assert_type(result.output_as(dict[str, int]), dict[str, int])
    assert_type(result.run_id, str | None)
    assert_type(result.status, str)
    assert_type(result.result, Any)
    assert_type(result.error, RemoteError | None)
    assert_type(result.steps, dict[str, StepResult])
    assert_type(result.suspended, list[list[str]])
    assert_type(result.suspensions, list[Suspension])
    assert_type(result.failed_step, StepResult | None)
    assert_type(result.current_step, CurrentStep | None)
    assert_type(result.workflow_state, WorkflowState)
    assert_type(result.event_timestamp, datetime | None)
    assert_type(result.to_event(), dict[str, Any])
    assert_type(result.ok, bool)
    assert_type(result.steps["a"].duration, float | None)
    assert_type(result.steps["a"].iteration_count, int | None)
    try:
        result.raise_for_status()
    except RunFailed as failed:
        assert_type(failed.result, RunResult)


def streams(stream: RunStream) -> None:
    """What a stream gives."""
    with stream as events:
        assert_type(events, RunStream)
        for event in events:
            assert_type(event, StreamEvent)
            assert_type(event.step_id, str | None)
            assert_type(event.step, StepResult | None)
            assert_type(event.error, RemoteError | None)
    assert_type(stream.result(timeout=5), RunResult)
    assert_type(stream.last_event, StreamEvent | None)
