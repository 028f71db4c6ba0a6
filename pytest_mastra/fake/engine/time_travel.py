"""Going on from another place: time travel with another past, and restarts after a crash."""

from __future__ import annotations

from typing import Any

from pytest_mastra.fake.engine.position import Continuation, Restart, TimeTravel
from pytest_mastra.fake.engine.result import clean_stored_step
from pytest_mastra.fake.engine.runs import Run
from pytest_mastra.fake.engine.state import ServerState
from pytest_mastra.fake.engine.validation import check_request_value
from pytest_mastra.fake.workflows.definition import Workflow
from pytest_mastra.fake.workflows.errors import Refusal, error_of_value
from pytest_mastra.fake.workflows.graph import (
    ConditionalEntry,
    Entry,
    ForeachEntry,
    LoopEntry,
    SleepEntry,
    step_ids,
)
from pytest_mastra.fake.workflows.javascript import UNDEFINED, present, truthy

MOST_REPORTED = 10
"""Recorded steps that a refusal names."""

COMPLETE = ("success", "failed", "canceled")


def plan_time_travel(server_state: ServerState, run: Run, body: dict[str, Any], *, per_step: bool) -> Continuation:
    """Return what a time travel goes on from.

    Raises:
        Refusal: The run or the step does not allow it.
    """
    step = body.get("step")
    if not step:
        raise Refusal("Step is required and must be a valid step or array of steps")
    row = server_state.store.find(run.workflow.id, run.run_id)
    if row is None:
        raise Refusal(f"Snapshot not found for run {run.run_id}")
    if row.status == "running":
        raise Refusal("This workflow run is still running, cannot time travel")
    steps = step.split(".") if isinstance(step, str) else list(step)
    input_data = body.get("inputData", UNDEFINED)
    inner = run.workflow.steps.get(steps[0])
    if (
        input_data is not UNDEFINED
        and truthy(input_data)
        and len(steps) == 1
        and inner
        and run.workflow.validate_inputs
    ):
        input_data = check_request_value(inner.input_schema, input_data, "inputData", server_state.generation)
    return _Past(
        server_state, run.workflow, row.snapshot, steps, {**body, "inputData": input_data}, per_step=per_step
    ).continuation()


def plan_nested_time_travel(
    server_state: ServerState,
    workflow: Workflow,
    snapshot: dict[str, Any] | None,
    travel: TimeTravel,
    *,
    per_step: bool,
) -> Continuation:
    """Return what a nested workflow goes on from when a step of it is travelled to.

    Raises:
        Refusal: The run or the step does not allow it.
    """
    nested = travel.nested_results if isinstance(travel.nested_results, dict) else {}
    body = {
        "inputData": travel.input_data,
        "resumeData": travel.resume_data,
        "context": nested.get(workflow.id, {}),
        "nestedStepsContext": travel.nested_results,
    }
    stored = snapshot or {"context": {}, "value": {}}
    return _Past(server_state, workflow, stored, travel.steps[1:], body, per_step=per_step).continuation()


class _Past:
    """The results that a time travel takes to be there.

    Args:
        server_state: The server.
        run: The run.
        snapshot: The run as it is stored.
        steps: Where to go on, from the outside in.
        body: The request.
        per_step: Whether to stop after one step.
    """

    def __init__(
        self,
        server_state: ServerState,
        workflow: Workflow,
        snapshot: dict[str, Any],
        steps: list[str],
        body: dict[str, Any],
        *,
        per_step: bool,
    ) -> None:
        self._server_state = server_state
        self._entries = workflow.entries
        self._snapshot = snapshot
        self._recorded = snapshot["context"]
        self._steps = steps
        self._body = body
        self._given = body.get("context") or {}
        self._input = body["inputData"]
        self._has_input = self._input is not UNDEFINED and truthy(self._input)
        self._per_step = per_step
        self._results: dict[str, Any] = {}
        self._path: list[int] = []

    def continuation(self) -> Continuation:
        """Return where to go on from, and with what."""
        if self._server_state.generation.guards_time_travel:
            check_graph(self._steps[0], self._entries, self._recorded, self._given)
        resume_data = self._body.get("resumeData", UNDEFINED)
        for index, entry in enumerate(self._entries):
            before = len(self._path)
            if before and not (resume_data is not UNDEFINED and truthy(resume_data)):
                break
            self._add_entry(index, entry, before)
        if not self._path:
            target = ".".join(self._steps)
            raise Refusal(f"Time travel target step not found in execution graph: '{target}'. Verify the step id/path.")
        state = self._body.get("initialState")
        travel = TimeTravel(
            steps=self._steps,
            input_data=self._input,
            resume_data=resume_data,
            step_results=self._results,
            nested_results=self._body.get("nestedStepsContext"),
            state=state if state is not None else dict(self._snapshot["value"]),
            step_execution_path=self._snapshot.get("stepExecutionPath"),
        )
        return Continuation(time_travel=travel, path=tuple(self._path))

    def _add_entry(self, index: int, entry: Entry, before: int) -> None:
        ids = step_ids(entry)
        target = self._steps[0]
        is_target = target in ids
        if is_target:
            self._path = [index, *([ids.index(target)] if len(ids) > 1 else [])]
        payload = self._payload_after(self._entries[index - 1]) if index else UNDEFINED
        if index == 0:
            self._add_input(ids)
        output = UNDEFINED
        if index + 1 < len(self._entries):
            next_ids = step_ids(self._entries[index + 1])
            if self._has_input and target in next_ids and len(self._steps) == 1:
                output = self._input
        for id_ in ids:
            result = self._result(entry, id_, payload, output, is_target=is_target)
            if not self._is_left_out(id_, before):
                self._results[id_] = result

    def _payload_after(self, entry: Entry) -> Any:
        ids = step_ids(entry)
        outputs = {id_: (self._results.get(id_) or {}).get("output", {}) for id_ in ids}
        return outputs[ids[0]] if len(ids) == 1 else outputs

    def _add_input(self, ids: list[str]) -> None:
        target = self._steps[0]
        recorded = self._recorded.get("input", UNDEFINED)
        if target in ids:
            given = self._given.get(target, {}).get("payload")
            chosen = given if given is not None else self._input
            value = chosen if chosen is not UNDEFINED and chosen is not None else recorded
        else:
            value = None
            for id_ in ids:
                if not truthy(value):
                    given = self._given.get(id_, {}).get("payload")
                    value = given if given is not None else (self._recorded.get(id_) or {}).get("payload")
            if value is None:
                value = recorded if recorded is not UNDEFINED and recorded is not None else {}
        self._results |= present({"input": value})

    def _result(self, entry: Entry, id_: str, payload: Any, output: Any, *, is_target: bool) -> dict[str, Any]:
        given = self._given.get(id_) or {}
        recorded = self._recorded.get(id_) or {}
        context = given or recorded
        is_named = id_ in self._steps
        is_unselected = isinstance(entry, ConditionalEntry) and not is_named and (is_target or not context)
        skips = is_unselected and self._server_state.generation.guards_time_travel
        default = "running" if is_named else "skipped" if skips else "success"
        status = context.get("status", default)
        if status in ("failed", "canceled"):
            status = default
        is_complete = status in COMPLETE
        chosen_payload = _first_given(given.get("payload"), payload, recorded.get("payload"), {})
        chosen_output = _first_given(given.get("output"), output, recorded.get("output"), {})
        now = round(self._server_state.clock.now() * 1000)
        return present(
            {
                "status": status,
                "payload": chosen_payload,
                "output": chosen_output if is_complete else UNDEFINED,
                "resumePayload": context.get("resumePayload", UNDEFINED),
                "suspendPayload": context.get("suspendPayload", UNDEFINED),
                "suspendOutput": context.get("suspendOutput", UNDEFINED),
                "startedAt": context.get("startedAt", now),
                "endedAt": context.get("endedAt", now) if is_complete else UNDEFINED,
                "suspendedAt": context.get("suspendedAt", UNDEFINED),
                "resumedAt": context.get("resumedAt", UNDEFINED),
            }
        )

    def _is_left_out(self, id_: str, before: int) -> bool:
        """What comes after the target is dropped, unless it is suspended."""
        past_target = len(self._path) if self._per_step else before
        recorded = self._recorded.get(id_)
        if not self._server_state.generation.per_step:
            return before > 0 and (recorded is None or recorded.get("status") != "suspended")
        return (
            past_target > 0
            and id_ not in self._steps
            and id_ not in self._given
            and (recorded is None or recorded.get("status") != "suspended")
        )


def _first_given(*values: Any) -> Any:
    return next(value for value in values if value is not None and value is not UNDEFINED)


def check_graph(target: str, entries: list[Entry], recorded: dict[str, Any], given: dict[str, Any]) -> None:
    """Refuse a time travel whose past was never recorded."""
    names = [name for name in recorded if name != "input"]
    if not names:
        return
    shown = ", ".join(names[:MOST_REPORTED])
    if len(names) > MOST_REPORTED:
        shown += f" (and {len(names) - MOST_REPORTED} more)"
    untouched = f"Steps recorded in the snapshot: {shown}. The stored snapshot has not been modified."
    position = next((index for index, entry in enumerate(entries) if target in step_ids(entry)), None)
    if position is None:
        raise Refusal(
            f"Cannot time travel to step '{target}': the step does not exist in the current execution graph. The "
            "workflow definition has likely changed since the run was recorded (renamed step, or an unnamed .map() "
            f"step whose generated id changed across processes). {untouched}"
        )
    missing = [id_ for entry in entries[:position] for id_ in _unrecorded_steps(entry, recorded, given)]
    if missing:
        listed = ", ".join(f"'{id_}'" for id_ in missing)
        raise Refusal(
            f"Cannot time travel to step '{target}': step(s) {listed} precede the target in the current execution "
            "graph but were not recorded in the snapshot. Either the workflow definition changed since the run was "
            "recorded (renamed steps, or unnamed .map() steps whose generated ids changed across processes), or "
            "the recorded run never reached these steps (it failed, was canceled, or was suspended before them). "
            f"{untouched}"
        )


def _unrecorded_steps(entry: Entry, recorded: dict[str, Any], given: dict[str, Any]) -> list[str]:
    if isinstance(entry, (SleepEntry, ForeachEntry, LoopEntry)):
        return []
    missing = [id_ for id_ in step_ids(entry) if recorded.get(id_) is None and given.get(id_) is None]
    if isinstance(entry, ConditionalEntry) and len(missing) < len(entry.steps):
        return []
    return missing


def plan_restart(snapshot: dict[str, Any], entries: list[Entry]) -> Continuation:
    """Return where a crash left a run.

    Raises:
        Refusal: The run was not active.
    """
    never_begun = False
    if snapshot["status"] not in ("running", "waiting"):
        never_begun = snapshot["status"] == "pending" and "input" in snapshot["context"]
        if not never_begun:
            raise Refusal("This workflow run was not active")
    first = entries[0]
    restart = Restart(
        active={id_: [0] for id_ in step_ids(first)} if never_begun else dict(snapshot.get("activeStepsPath", {})),
        step_results=dict(snapshot["context"]),
        state=dict(snapshot["value"]),
        step_execution_path=snapshot.get("stepExecutionPath"),
    )
    return Continuation(restart=restart, path=(0,) if never_begun else tuple(snapshot["activePaths"]))


def stored_outcome(snapshot: dict[str, Any]) -> dict[str, Any]:
    """Return what a restart of a finished run answers: what is stored, without executing anything."""
    answer = {
        "steps": {id_: clean_stored_step(_with_error(result)) for id_, result in snapshot["context"].items()},
        "input": snapshot["context"].get("input", UNDEFINED),
        "runId": snapshot["runId"],
        "state": snapshot["value"] or UNDEFINED,
        "stepExecutionPath": snapshot.get("stepExecutionPath", UNDEFINED),
        "resumeLabels": snapshot.get("resumeLabels", UNDEFINED),
        "status": snapshot["status"],
    }
    if snapshot["status"] == "success":
        answer["result"] = snapshot.get("result", UNDEFINED)
    elif snapshot["status"] == "failed":
        answer["error"] = error_of_value(snapshot.get("error"), "Unknown error")
    return present(answer)


def _with_error(result: Any) -> Any:
    """Return what is stored of a step or the input, with its error made anew."""
    if result is None:
        raise Refusal("Cannot read properties of null (reading 'status')", name="TypeError")
    if isinstance(result, dict) and result.get("status") == "failed" and truthy(result.get("error")):
        return {**result, "error": error_of_value(result["error"], "Unknown error")}
    return result
