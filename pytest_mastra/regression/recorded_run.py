"""A recorded run, out of whatever form: what it was started and resumed with, and did."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from itertools import zip_longest
from os import PathLike
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mastra_sync import RunResult
from mastra_sync.arguments import OMIT
from pytest_mastra.http.bodies import FIRST_ERROR, request_json
from pytest_mastra.http.verbs import Effect
from pytest_mastra.report.trace_reader import read_trace
from pytest_mastra.run_history.runs import TouchedRun

_OPTIONS = {"initialState": "initial_state", "requestContext": "request_context", "resourceId": "resource_id"}
_LONG_AGO = datetime.min.replace(tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """What a suspended step was resumed with.

    Attributes:
        path: The step, after the nested workflows around it; empty for the only one that was suspended.
        data: The answer.
        item: Which item of a foreach, None for all of them.
    """

    path: tuple[str, ...]
    data: Any
    item: int | None = None


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """A recorded run.

    Attributes:
        result: What it did.
        workflow_id: Its workflow.
        input_data: What it was started with; `OMIT` for nothing.
        answers: What it was resumed with, in order.
        options: What else it was started with, as `StartOptions`.
    """

    result: RunResult
    workflow_id: str
    input_data: Any
    answers: tuple[RecordedAnswer, ...]
    options: Mapping[str, Any] = field(default_factory=dict)


def recording_of(run: Any, workflow_id: str | None) -> RecordedRun:
    """Return a run as a recording.

    Args:
        run: A `RunResult`; what a server told of a run, as JSON or in a file; a `TouchedRun`; the file of a trace that
            has one run.
        workflow_id: Its workflow, where the run itself does not say.

    Raises:
        ValueError: It cannot be understood, or it lacks what a re-run needs; says what.
    """
    if isinstance(run, (str, PathLike)):
        run = _read_trace(Path(run)) if Path(run).suffix == ".jsonl" else _read_json(Path(run))
    if isinstance(run, Mapping):
        run = _parse_run(run)
    if isinstance(run, RunResult):
        return _make_recording(run, workflow_id, _input_of(run), tuple(_answers_in_result(run)), {})
    if isinstance(run, TouchedRun):
        return _recording_of_touched(run, workflow_id)
    raise ValueError(
        "mastra_replay_run takes a RunResult, the JSON that a server told of a run (as a dict, or the path of a file "
        f"with it), or a TouchedRun, not {type(run).__name__}"
    )


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"the recorded run {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"the recorded run {path} is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"the recorded run {path} is not JSON, line {error.lineno}: {error.msg}") from None


def _read_trace(path: Path) -> TouchedRun:
    runs = read_trace(path).touched_runs()
    if len(runs) != 1:
        listed = "".join(f"\n  {run.run_id} of {run.workflow_id!r}, {run.status}" for run in runs)
        raise ValueError(
            f"the trace {path} has {len(runs)} runs; give one of read_trace(path).touched_runs(), which is in "
            f"pytest_mastra.report.trace_reader{listed}"
        )
    return runs[0]


def _parse_run(state: Mapping[str, Any]) -> RunResult:
    payload = state.get("payload")
    is_record = isinstance(payload, Mapping) and "workflowState" in payload
    if not is_record and "status" not in state and "snapshot" not in state:
        raise ValueError(
            "this is not what a server tells of a run: it has no `status`; its keys are "
            f"{', '.join(map(repr, list(state)[:10])) or 'none'}"
        )
    try:
        return RunResult.model_validate(state)
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(map(str, first["loc"]))
        raise ValueError(
            f"this is not what a server tells of a run: {f'{path}: ' if path else ''}{first['msg']}"
        ) from None


def _make_recording(
    result: RunResult,
    workflow_id: str | None,
    input_data: Any,
    answers: tuple[RecordedAnswer, ...],
    options: dict[str, Any],
) -> RecordedRun:
    workflow = workflow_id or result.workflow_id
    if not workflow:
        raise ValueError("the recorded run does not say of which workflow it is: give workflow_id=")
    if result.status == "pending":
        raise ValueError(f"the recorded run of {workflow!r} was never started; there is nothing to run again")
    return RecordedRun(result, workflow, input_data, answers, options)


def _input_of(run: RunResult) -> Any:
    return run.input_data if "input_data" in run.model_fields_set else OMIT


def _answers_in_result(run: RunResult) -> Iterator[RecordedAnswer]:
    """Give the last answer to each step, in order: a server keeps no others."""
    resumed = [step for step in run.steps.values() if "resume_payload" in step.model_fields_set]
    for step in sorted(resumed, key=lambda step: step.resumed_at or _LONG_AGO):
        # the workflow around a step was resumed too, by what servers tell
        if not any(inner.path[: len(step.path)] == step.path for inner in resumed if inner is not step):
            yield RecordedAnswer(tuple(step.path), step.resume_payload)


def _answers_in_events(events: Iterable[Mapping[str, Any]]) -> Iterator[RecordedAnswer]:
    """Give the answers in events, in order, those to steps that asked again too."""
    resumed = [
        (payload["id"], payload["resumePayload"])
        for event in events
        if event.get("type") == "workflow-step-start" and "resumePayload" in (payload := event.get("payload") or {})
    ]
    for (name, data), (following, _) in zip_longest(resumed, resumed[1:], fillvalue=("", None)):
        # the workflow around a step was resumed too, by what servers tell
        if not following.startswith(f"{name}."):
            yield RecordedAnswer(tuple(name.split(".")), data)


def _recording_of_touched(run: TouchedRun, workflow_id: str | None) -> RecordedRun:
    if run.result is None:
        raise ValueError(f"nothing tells what became of run {run.run_id} of {run.workflow_id!r}, so it is no recording")
    answers: list[RecordedAnswer] = []
    options: dict[str, Any] = {}
    input_data = _input_of(run.result)
    for exchange in run.exchanges:
        question = request_json(exchange)
        if not isinstance(question, Mapping) or exchange.status >= FIRST_ERROR:
            continue
        if exchange.call.row.effect is Effect.START:
            input_data = question.get("inputData", OMIT)
            options = {name: question[key] for key, name in _OPTIONS.items() if key in question}
            answers = []
        elif exchange.call.row.effect is Effect.RESUME:
            answers.append(_answer(question))
    all_answers = tuple(answers) or tuple(_answers_in_events(run.events)) or tuple(_answers_in_result(run.result))
    return _make_recording(run.result, workflow_id or run.workflow_id, input_data, all_answers, options)


def _answer(question: Mapping[str, Any]) -> RecordedAnswer:
    step = question.get("step") or ()
    path = tuple(step.split(".")) if isinstance(step, str) else tuple(step)
    return RecordedAnswer(path, question.get("resumeData"), question.get("forEachIndex"))
