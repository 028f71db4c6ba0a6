"""Walks a snapshot along its workflow's graph, to what each step did. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pytest_mastra.cassettes.as_fake.infer_graph import Entry, note_gap, step_id
from pytest_mastra.cassettes.as_fake.item_reports import guess_item, has_unseen_answer, items_of
from pytest_mastra.cassettes.as_fake.recorded_steps import RecordedExecution, StepOutcome
from pytest_mastra.cassettes.as_fake.run_memory import Path, RunMemory
from pytest_mastra.cassettes.as_fake.run_snapshots import (
    RunSnapshot,
    StepReport,
    StreamedExecution,
    are_same,
    nested_snapshot,
)
from pytest_mastra.cassettes.as_fake.step_reports import (
    execution_of,
    flow_of,
    item_beside_ended,
    item_of,
    meta_of,
    moments_of,
    round_of,
)
from pytest_mastra.fake.workflows.javascript import UNDEFINED

_TURN = 1e-7
"""Seconds by which steps side by side are kept apart: too few to be noticed."""


def walk_snapshot(memory: RunMemory, snapshot: RunSnapshot, graph: list[Entry], path: Path = ()) -> None:
    """Note what a snapshot shows of each step.

    Args:
        memory: What earlier snapshots of the run have shown; takes what this one shows.
        snapshot: The snapshot.
        graph: The graph of its workflow.
        path: Where the workflow is nested.
    """
    _SnapshotWalk(memory, snapshot, graph, path).walk()
    if not path:
        memory.take_state(snapshot)


@dataclass
class _SnapshotWalk:
    memory: RunMemory
    snapshot: RunSnapshot
    graph: list[Entry]
    path: Path
    previous: Any = UNDEFINED

    def walk(self) -> None:
        for order, execution in enumerate(self.snapshot.executions):
            self._take_streamed(execution, order)
        self.previous = self.snapshot.input
        reached = self._last_reached()
        for index, entry in enumerate(self.graph[: reached + 1]):
            self._take_entry(entry, self._after(index), is_last=index == reached)
        self._note_bail(reached)

    def _last_reached(self) -> int:
        """Return the index of the last entry that the run came to; -1 if none."""
        steps = self.snapshot.steps
        begun = (index for index, entry in enumerate(self.graph) if any(id_ in steps for id_ in _step_ids(entry)))
        reached = max(begun, default=-1)
        if self.snapshot.status != "success":
            return reached
        rest = self.graph[reached + 1 :]
        bailed = any(streamed.report.get("status") == "bailed" for streamed in self.snapshot.executions)
        # a branch of which nothing was taken leaves no trace but what the run gave
        if (
            all(entry["type"] == "conditional" for entry in rest)
            and not bailed
            and self.snapshot.result in ({}, UNDEFINED)
        ):
            return len(self.graph) - 1
        return reached

    def _after(self, index: int) -> Any:
        """Return what an entry gave on: to the next one, or as the run's result."""
        if index + 1 >= len(self.graph):
            return self.snapshot.result if self.snapshot.status == "success" else UNDEFINED
        ids, steps = _step_ids(self.graph[index + 1]), self.snapshot.steps
        first = next((steps[id_] for id_ in ids if id_ in steps), {})
        return first.get("payload", UNDEFINED) if round_of(first) in (None, 1) else UNDEFINED

    def _note_bails_in(self, entry: Entry, after: Any) -> dict[str, Any] | None:
        """Note which steps of a block bailed: what they gave does not go on.

        Return what does go on, None if all of it.
        """
        if not isinstance(after, dict) or not all(name in self.previous for name in after) or after == self.previous:
            return None
        for child in entry["steps"]:
            for execution in self._executions_of(step_id(child)):
                if step_id(child) not in after and execution.outcome is StepOutcome.GAVE:
                    execution.outcome = StepOutcome.BAILED
        return after

    def _take_entry(self, entry: Entry, after: Any, *, is_last: bool) -> None:
        kind = entry["type"]
        if kind == "parallel":
            for child in entry["steps"]:
                self._take_step(child)
            self.previous = self._outputs_of(entry)
            if (bailed := self._note_bails_in(entry, after)) is not None:
                self.previous = bailed
        elif kind == "conditional":
            self._take_branch(entry)
        elif kind == "loop":
            self._take_loop(entry, is_last=is_last)
        elif kind == "foreach":
            self._take_foreach(entry)
        else:
            self._take_step(entry)
            self.previous = self._output_of(step_id(entry))

    # -- plain steps, and steps of blocks

    def _take_step(self, entry: Entry) -> None:
        id_ = step_id(entry)
        step = self.snapshot.steps.get(id_)
        if step is None:
            return
        self._note_input(id_, step)
        if (flow := flow_of(entry)) is not None:
            self._take_nested(id_, step, flow, self.snapshot.nested.get(id_, {}))
        # what a nested workflow gave is of use where nobody says what its steps did
        if not self.snapshot.executions or not self.memory.is_streamed(self.snapshot.workflow, id_):
            self._add_answered(id_, step)
        self.memory.remember_report(self.path, id_, step, self.snapshot.resumes)

    def _add_answered(self, id_: str, step: StepReport) -> None:
        """Add what a step did, and that it had asked if it was answered."""
        answer = self._resumed_with(id_, step)
        if answer is not UNDEFINED and not self.memory.report_before(self.path, id_):
            self._add_unseen_suspension(id_, step)
        self._add_execution(id_, step, resumed_with=answer)

    def _add_unseen_suspension(self, id_: str, step: StepReport) -> None:
        """Add that a step had asked of which the first report says that it was answered."""
        asked: StepReport = {key: step[key] for key in ("payload", "suspendPayload") if key in step}
        execution = self._add_execution(id_, {**asked, "status": "suspended"}, resumed_with=UNDEFINED)
        if execution is not None and "suspendPayload" not in step:
            execution.is_stand_in = True
            if id_ not in self.memory.behaviour.known_inside:
                self._note_gap(f"what {id_!r} suspended with is not recorded")

    def _take_streamed(self, streamed: StreamedExecution, order: int) -> None:
        self.memory.note_streamed(self.snapshot.workflow, streamed.step)
        answer = streamed.report.get("resumePayload", UNDEFINED) if streamed.resumed else UNDEFINED
        execution = self._add_execution(streamed.step, streamed.report, resumed_with=answer, written=streamed.written)
        if execution is not None and any(streamed.step in pair for pair in self.snapshot.concurrent):
            # of steps side by side that took as many milliseconds, each is to end in its turn
            execution.seconds = round(execution.seconds, 3) + order * _TURN

    def _add_execution(
        self, id_: str, step: StepReport, *, resumed_with: Any, written: list[dict[str, Any]] | None = None
    ) -> RecordedExecution | None:
        execution = execution_of(step, resumed_with=resumed_with, labels=self._labels(id_, None))
        if execution is None:
            return None
        if execution.input is UNDEFINED and not self.snapshot.executions:
            execution.input = self.previous
        execution.written = written or []
        self.memory.resumed_with[(*self.path, id_)] = resumed_with
        return self.memory.add_execution(self.snapshot.workflow, id_, execution)

    def _new_resume_body(self, id_: str) -> dict[str, Any] | None:
        """Return what the run was resumed with since the last report of a step, if anything."""
        is_new = self.snapshot.resumes > self.memory.resumes.get((*self.path, id_), 0)
        return self.snapshot.resume_body if is_new else None

    def _resumed_with(self, id_: str, step: StepReport) -> Any:
        """Return the answer that a step went on with.

        What an earlier round was answered stays on the step.
        """
        before = self.memory.report_before(self.path, id_)
        if not before:
            return step.get("resumePayload", UNDEFINED)
        if self._is_unmoved(id_, before, step):
            return self.memory.resumed_with.get((*self.path, id_), UNDEFINED)
        waited = before.get("status") == "suspended" and round_of(before) == round_of(step)
        return step.get("resumePayload", UNDEFINED) if waited else UNDEFINED

    def _is_unmoved(self, id_: str, before: StepReport, step: StepReport) -> bool:
        if (before.get("status"), round_of(before)) != (step.get("status"), round_of(step)):
            return False
        ended_before, ended = (report.get("suspendedAt", report.get("endedAt")) for report in (before, step))
        return self._new_resume_body(id_) is None or (isinstance(ended_before, (int, float)) and ended_before == ended)

    def _take_nested(
        self, id_: str, step: StepReport, flow: list[Entry], runs: Mapping[int | None, RunSnapshot]
    ) -> None:
        if not runs and self.snapshot.shows_nested and all(entry["type"] == "conditional" for entry in flow):
            # no branch was taken, or there would be steps
            runs = {None: nested_snapshot(step, id_, None)}
        for index, inner in runs.items():
            self.memory.behaviour.known_inside.add(id_)
            inner.shows_nested = self.snapshot.shows_nested
            inner.resume_body, inner.resumes = self.snapshot.resume_body, self.snapshot.resumes
            walk_snapshot(self.memory, inner, flow, (*self.path, id_, index))
        if not runs and step.get("status") in ("success", "failed", "suspended"):
            self._note_gap(f"what the steps inside of {id_!r} did is not recorded of each run")

    def _note_input(self, id_: str, step: StepReport) -> None:
        taken = step.get("payload", UNDEFINED)
        waited = self.memory.report_before(self.path, id_).get("status") in ("suspended", "running")
        if taken is not UNDEFINED and not waited and not are_same(taken, self.previous) and round_of(step) in (None, 1):
            self.memory.behaviour.inputs.setdefault((self.snapshot.workflow, id_), []).append((self.previous, taken))

    def _labels(self, id_: str, index: int | None) -> list[str]:
        labels: dict[str, Any] = dict(self.snapshot.labels)
        labels |= meta_of(self.snapshot.steps.get(id_, {})).get("resumeLabels") or {}
        return [
            name
            for name, label in labels.items()
            if isinstance(label, dict) and label.get("stepId") == id_ and label.get("foreachIndex") == index
        ]

    # -- branches and loops

    def _take_branch(self, entry: Entry) -> None:
        children = [step_id(child) for child in entry["steps"]]
        for child in entry["steps"]:
            self._take_step(child)
        if not any(self.memory.report_before((*self.path, "branch"), id_) for id_ in children):
            for child, shown in zip(children, entry.get("serializedConditions", ()), strict=False):
                condition = self.memory.behaviour.condition(self.snapshot.workflow, shown["id"])
                condition.add(self.memory.run, self.previous, None, holds=child in self.snapshot.steps)
            for id_ in children:
                self.memory.remember_report((*self.path, "branch"), id_, {"status": "chosen"}, self.snapshot.resumes)
        self.previous = self._outputs_of(entry)

    def _take_loop(self, entry: Entry, *, is_last: bool) -> None:
        id_ = step_id(entry["step"] if "type" in entry["step"] else entry)
        step = self.snapshot.steps.get(id_)
        if step is None:
            return
        rounds = round_of(step) or 1
        self._note_input(id_, step)
        flow = flow_of(entry)
        if flow is not None:
            self._take_nested(id_, step, flow, self.snapshot.nested.get(id_, {}))
        if not self.memory.is_streamed(self.snapshot.workflow, id_):
            self._add_rounds(id_, step, rounds)
            self._add_answered(id_, step)
        self._add_conditions(entry, id_, step, rounds, is_over=not is_last or self.snapshot.status == "success")
        self.memory.remember_report(self.path, id_, step, self.snapshot.resumes)
        self.previous = self._output_of(id_)

    def _add_rounds(self, id_: str, step: StepReport, rounds: int) -> None:
        """Add the rounds of which no answer tells.

        Of what they gave only the last is known: it is the next input.
        """
        before = self.memory.report_before(self.path, id_)
        first = round_of(before) or 1
        given = before.get("payload", self.previous)
        for round_ in range(first, rounds):
            gave = step.get("payload", UNDEFINED)
            is_known = round_ == rounds - 1 and rounds - first == 1
            resumed = before.get("status") == "suspended" and round_ == first
            answer = step.get("resumePayload", UNDEFINED) if resumed else UNDEFINED
            moments = (round_, *moments_of(step))
            execution = RecordedExecution(
                StepOutcome.GAVE, given, resumed_with=answer, value=gave, moments=moments, is_stand_in=not is_known
            )
            self.memory.add_execution(self.snapshot.workflow, id_, execution)
            if not is_known:
                self._note_gap(f"what {id_!r} gave in its first rounds is not recorded")
            given = gave

    def _add_conditions(self, entry: Entry, id_: str, step: StepReport, rounds: int, *, is_over: bool) -> None:
        condition = self.memory.behaviour.condition(self.snapshot.workflow, entry["serializedCondition"]["id"])
        goes_on = entry["loopType"] == "dowhile"
        outputs = [
            (round_of(streamed.report) or 0, streamed.report.get("output", UNDEFINED))
            for streamed in self.snapshot.executions
            if streamed.step == id_ and streamed.report.get("status") == "success"
        ]
        for round_, output in outputs:
            if round_ < rounds:
                condition.add(self.memory.run, output, round_, holds=goes_on)
        if not outputs:
            for round_ in range(1, rounds):
                condition.add(self.memory.run, step.get("payload", UNDEFINED), round_, holds=goes_on)
        if step.get("status") == "success" and is_over:
            condition.add(self.memory.run, step.get("output", UNDEFINED), rounds, holds=not goes_on)

    # -- foreach

    def _take_foreach(self, entry: Entry) -> None:
        id_ = step_id(entry["step"] if "type" in entry["step"] else entry)
        step = self.snapshot.steps.get(id_)
        if step is None:
            return
        before = self.memory.report_before(self.path, id_)
        items, only = items_of(step, before, self.previous)
        if items is None:
            return
        flow = flow_of(entry)
        if flow is not None:
            self._take_nested(id_, step, flow, self.snapshot.nested.get(id_, {}))
        known = self.memory.items.setdefault((*self.path, id_), {})
        answered = self._new_resume_body(id_) is not None
        concurrency = entry.get("opts", {}).get("concurrency", 1)
        for index in range(len(items)):
            report = item_of(step, index) if only is None else item_beside_ended(step, index, only)
            report = report or guess_item(step, known, index, concurrency, answered=answered)
            if index == len(items) - 1 and not before and has_unseen_answer(step):
                self._note_gap(f"which items of {id_!r} asked is not recorded: taken to be the last one")
                self._add_item(id_, {"status": "suspended"}, step, UNDEFINED, index, items)
                self._add_item(id_, report, step, step["resumePayload"], index, items)
            else:
                self._take_item(id_, report, step, known.get(index, {}), index, items)
            known[index] = report or known.get(index, {})
        if "loose" in step or any(item.get("written") for item in step.get("items", {}).values()):
            self._note_unknown_writer(entry, id_)
        self.memory.remember_report(self.path, id_, {**step, "payload": items}, self.snapshot.resumes)
        self.previous = self._output_of(id_)

    def _take_item(
        self, id_: str, now: StepReport, step: StepReport, known: StepReport, index: int, items: list[Any]
    ) -> None:
        if known.get("status") == "success" or not now:
            return
        path = (*self.path, id_, index)
        answer = UNDEFINED
        if known.get("status") == "suspended":
            body = self._new_resume_body(id_)
            if body is not None and body.get("forEachIndex", index) == index:
                answer = step.get("resumePayload", body.get("resumeData", UNDEFINED))
            elif now.get("status") == "suspended":
                answer = self.memory.resumed_with.get(path, UNDEFINED)
            else:
                return
        self._add_item(id_, now, step, answer, index, items)

    def _add_item(self, id_: str, now: StepReport, step: StepReport, answer: Any, index: int, items: list[Any]) -> None:
        self.memory.resumed_with[(*self.path, id_, index)] = answer
        report = {"payload": items[index], **now}
        execution = execution_of(report, resumed_with=answer, labels=self._labels(id_, index))
        if execution is None:
            return
        execution.input = items[index]
        # the items of servers that do not report progress: whoever is first is taken to have written
        execution.written = step.get("items", {}).get(index, {}).get("written", []) + step.pop("loose", [])
        execution.is_stand_in = execution.outcome is StepOutcome.SUSPENDED and "suspendPayload" not in now
        if execution.is_stand_in:
            self._note_gap(f"what item {index} of {id_!r} suspended with is not recorded")
        self.memory.add_execution(self.snapshot.workflow, id_, execution)
        if answer is not UNDEFINED:
            # servers before the current ones hand a resumed item the whole list
            self.memory.add_execution(self.snapshot.workflow, id_, replace(execution, input=items))

    def _note_unknown_writer(self, entry: Entry, id_: str) -> None:
        if entry.get("opts", {}).get("concurrency", 1) != 1 or "items" not in self.snapshot.steps[id_]:
            self._note_gap(f"which item of {id_!r} wrote what is not recorded: taken to be the one that ended next")

    # -- what is known of steps

    def _executions_of(self, id_: str) -> list[RecordedExecution]:
        return self.memory.behaviour.step(self.snapshot.workflow, id_).executions.get(self.memory.run, [])

    def _note_gap(self, words: str) -> None:
        note_gap(self.memory.behaviour.gaps, self.snapshot.workflow, words)

    def _output_of(self, id_: str) -> Any:
        return self.snapshot.steps.get(id_, {}).get("output", UNDEFINED)

    def _outputs_of(self, entry: Entry) -> Any:
        outputs = {step_id(child): self._output_of(step_id(child)) for child in entry["steps"]}
        return {id_: output for id_, output in outputs.items() if output is not UNDEFINED}

    def _note_bail(self, reached: int) -> None:
        """Note a bail: a workflow ended well before its end, with what its last step gave."""
        if self.snapshot.status != "success" or reached < 0 or reached + 1 >= len(self.graph):
            return
        id_ = next((id_ for id_ in _step_ids(self.graph[reached]) if id_ in self.snapshot.steps), None)
        step = self.snapshot.steps.get(id_ or "", {})
        if id_ is None or not are_same(step.get("output", UNDEFINED), self.snapshot.result):
            return
        for execution in self._executions_of(id_):
            if execution.outcome is StepOutcome.GAVE and are_same(execution.value, self.snapshot.result):
                execution.outcome = StepOutcome.BAILED


def _step_ids(entry: Entry) -> list[str]:
    if entry["type"] in ("parallel", "conditional"):
        return [step_id(child) for child in entry["steps"]]
    return [step_id(entry)]
