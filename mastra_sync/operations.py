"""The routes of the Workflows API, each with what it means to send it twice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from mastra_sync.arguments import path_segment


class Repeat(Enum):
    """What may be done when a request's answer was lost."""

    FREELY = "sending it twice does nothing twice"
    NEVER = "sending it twice may run something twice"


@dataclass(frozen=True, slots=True)
class Operation:
    """One route.

    Attributes:
        name: The verb, as users know it.
        method: HTTP method.
        path: Path below the API prefix, with `{workflow}`, `{run}`, `{schedule}` and `{definition}` for the ids.
        repeat: Whether it may be sent again when its answer was lost.
    """

    name: str
    method: str
    path: str
    repeat: Repeat = Repeat.NEVER

    @property
    def is_on_stored(self) -> bool:
        """Whether it is about stored definitions, not about workflows declared in code."""
        return self.path.startswith("/stored/")

    def at(self, **ids: str) -> Operation:
        """Return this operation on what has these ids.

        Raises:
            InvalidArgument: An id that no path can have.
        """
        path = self.path
        for name, value in ids.items():
            path = path.replace(f"{{{name}}}", path_segment(value, f"{name}_id"))
        return replace(self, path=path)


LIST_WORKFLOWS = Operation("list_workflows", "GET", "/workflows", Repeat.FREELY)
RUN_COUNTS = Operation("list_workflow_run_counts", "GET", "/workflows/run-counts", Repeat.FREELY)
DETAILS = Operation("details", "GET", "/workflows/{workflow}", Repeat.FREELY)
RUNS = Operation("runs", "GET", "/workflows/{workflow}/runs", Repeat.FREELY)
RUN_BY_ID = Operation("run_by_id", "GET", "/workflows/{workflow}/runs/{run}", Repeat.FREELY)
EXECUTION_RESULT = Operation(
    "run_execution_result", "GET", "/workflows/{workflow}/runs/{run}/execution-result", Repeat.FREELY
)
DELETE_RUN = Operation("delete_run_by_id", "DELETE", "/workflows/{workflow}/runs/{run}", Repeat.FREELY)
CREATE_RUN = Operation("create_run", "POST", "/workflows/{workflow}/create-run", Repeat.FREELY)
OBSERVE = Operation("observe", "POST", "/workflows/{workflow}/observe", Repeat.FREELY)

# a cancel that is sent twice could overwrite the status of a run that has ended in between
CANCEL = Operation("cancel", "POST", "/workflows/{workflow}/runs/{run}/cancel")

START = Operation("start", "POST", "/workflows/{workflow}/start")
START_ASYNC = Operation("start_async", "POST", "/workflows/{workflow}/start-async")
STREAM = Operation("stream", "POST", "/workflows/{workflow}/stream")
RESUME = Operation("resume", "POST", "/workflows/{workflow}/resume")
RESUME_ASYNC = Operation("resume_async", "POST", "/workflows/{workflow}/resume-async")
RESUME_NO_WAIT = Operation("resume_no_wait", "POST", "/workflows/{workflow}/resume-no-wait")
RESUME_STREAM = Operation("resume_stream", "POST", "/workflows/{workflow}/resume-stream")
RESTART = Operation("restart", "POST", "/workflows/{workflow}/restart")
RESTART_ASYNC = Operation("restart_async", "POST", "/workflows/{workflow}/restart-async")
TIME_TRAVEL = Operation("time_travel", "POST", "/workflows/{workflow}/time-travel")
TIME_TRAVEL_ASYNC = Operation("time_travel_async", "POST", "/workflows/{workflow}/time-travel-async")
TIME_TRAVEL_STREAM = Operation("time_travel_stream", "POST", "/workflows/{workflow}/time-travel-stream")

RESTART_ALL = Operation(
    "restart_all_active_workflow_runs", "POST", "/workflows/{workflow}/restart-all-active-workflow-runs"
)
RESTART_ALL_ASYNC = Operation(
    "restart_all_active_workflow_runs_async", "POST", "/workflows/{workflow}/restart-all-active-workflow-runs-async"
)

LIST_SCHEDULES = Operation("list_schedules", "GET", "/schedules", Repeat.FREELY)
GET_SCHEDULE = Operation("get_schedule", "GET", "/schedules/{schedule}", Repeat.FREELY)
SCHEDULE_TRIGGERS = Operation("list_schedule_triggers", "GET", "/schedules/{schedule}/triggers", Repeat.FREELY)
UPDATE_SCHEDULE = Operation("update_schedule", "PATCH", "/schedules/{schedule}", Repeat.FREELY)
DELETE_SCHEDULE = Operation("delete_schedule", "DELETE", "/schedules/{schedule}", Repeat.FREELY)
PAUSE_SCHEDULE = Operation("pause_schedule", "POST", "/schedules/{schedule}/pause", Repeat.FREELY)
RESUME_SCHEDULE = Operation("resume_schedule", "POST", "/schedules/{schedule}/resume", Repeat.FREELY)

# with an id in its body, which it always has here, the second of two is refused
CREATE_SCHEDULE = Operation("create_schedule", "POST", "/schedules", Repeat.FREELY)

RUN_SCHEDULE = Operation("run_schedule", "POST", "/schedules/{schedule}/run")

LIST_DYNAMIC_WORKFLOWS = Operation("list_dynamic_workflows", "GET", "/stored/workflows", Repeat.FREELY)
DYNAMIC_WORKFLOW = Operation("dynamic_workflow_details", "GET", "/stored/workflows/{definition}", Repeat.FREELY)
UPSERT_DYNAMIC_WORKFLOW = Operation("upsert_dynamic_workflow", "POST", "/stored/workflows", Repeat.FREELY)
DELETE_DYNAMIC_WORKFLOW = Operation(
    "delete_dynamic_workflow", "DELETE", "/stored/workflows/{definition}", Repeat.FREELY
)
