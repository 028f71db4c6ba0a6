"""A run in a few lines: how it stands and why, and the way it took."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from mastra_sync.escapes import escaped
from mastra_sync.events import StreamEvent
from mastra_sync.generated_ids import shorten_uuids
from mastra_sync.models import RemoteError, RunResult, StepResult, Suspension
from mastra_sync.normalise import without_meta
from mastra_sync.root_causes import with_root_cause
from mastra_sync.statuses import ACTIVE, status_in_words
from pytest_mastra.text.values import WIDTH, shown
from pytest_mastra.text.width import cells, clipped, clipped_middle, wrapped

Scrub = Callable[[Any], Any]
"""Takes secrets out of a JSON value."""

_LABEL = 10
_CAUSES = 3
_STACK_LINES = 3
_SUSPENSIONS = 4
_HOLDS = 2
_EVENTS = 12
_LONGEST_INPUT = 200
_WHY = frozenset({"error", "reason", "asks"})
"""Rows that a drawing of the run has too."""


def unchanged(value: Any) -> Any:
    """Scrub nothing."""
    return value


def summarise_run(
    result: RunResult,
    *,
    events: Sequence[Mapping[str, Any]] = (),
    holds: Sequence[str] = (),
    scrub: Scrub = unchanged,
    on_server: bool = False,
    short: bool = False,
    apart: str = "",
    later: RunResult | None = None,
) -> list[str]:
    """Return a run as at most 23 lines of `WIDTH` cells, 9 if `short`.

    Args:
        result: The run.
        events: What its streams said, in order.
        holds: Where a fake holds it, and what lets it go on.
        scrub: Takes secrets out of what is shown.
        on_server: Whether the run is on a server that other processes can ask too.
        short: Leave out what other lines beside these say better.
        apart: What of its input tells it from runs of the same workflow.
        later: The run as it stands by now, if this is how it stood before.
    """
    lines = wrapped(run_in_words(result, scrub, apart), WIDTH, 1 if short else 2)
    lines += _row("run id", result.run_id, 1) if result.run_id else []
    if later is not None:
        lines += _rows(_since(later, scrub))
    lines += _rows(_reasons(result, scrub, short=short, is_past=later is not None))
    lines += _rows(_held(holds, scrub))
    lines += _rows(_history(result, events, scrub, short=short))
    return lines + _rows(_how_to_repeat(result, scrub, on_server=on_server))


def summarise_ending(
    result: RunResult,
    *,
    scrub: Scrub = unchanged,
    holds: Sequence[str] = (),
    on_server: bool = False,
    short: bool = False,
    has_why: bool = False,
) -> list[str]:
    """Return how a run ended, on what input, as at most 17 lines, 2 if `short`.

    What a drawing of the run shows anyway is left out: which it is, its status, its steps.

    Args:
        result: The run.
        scrub: Takes secrets out of what is shown.
        holds: Where a fake holds it, and what lets it go on, where nothing beside these lines says so.
        on_server: Whether the run is on a server that other processes can ask too.
        short: Give nothing but input and result, a line each.
        has_why: Leave out the error and what it asks, which stand beside these lines.
    """
    reasons = [] if short and not result.ok else list(_reasons(result, scrub, short=False))
    if has_why:
        reasons = [row for row in reasons if row[0] not in _WHY]
    if result.input_data is not None and all(label != "input" for label, *_ in reasons):
        reasons.insert(0, ("input", shown(scrub(result.input_data)), 2))
    step = result.failed_step
    if step is not None and not has_why and not short and result.status in ("failed", "tripwire"):
        reasons.insert(0, ("step", str(scrub(".".join(step.path))), 1))
    if short:
        return _rows((label, text, 1) for label, text, _ in reasons)
    reasons += _held(holds, scrub)
    return _rows(reasons) + _rows(_how_to_repeat(result, scrub, on_server=on_server))


def run_in_words(result: RunResult, scrub: Scrub = unchanged, apart: str = "") -> str:
    """Return what became of a run: `the run of 'city' failed in step 'book'`.

    Args:
        result: The run.
        scrub: Takes secrets out of what is shown.
        apart: What of its input tells it from runs of the same workflow.
    """
    workflow = f" of {result.workflow_id!r}" if result.workflow_id else ""
    step = result.failed_step
    where = f" in step {'.'.join(step.path)!r}" if step and result.status in ("failed", "tripwire") else ""
    if result.status == "suspended" and result.suspensions:
        where = " at " + ", ".join(repr(".".join(path)) for path in result.suspended)
    told_apart = f" with {apart}" if apart else ""
    return str(scrub(f"the run{workflow}{told_apart} {status_in_words(result.status)}{where}"))


def summarise_step(step: StepResult, *, scrub: Scrub = unchanged) -> list[str]:
    """Return a step as at most 16 lines of `WIDTH` cells."""
    lines = wrapped(f"step {'.'.join(step.path)!r} {_step_in_words(step)}", WIDTH, 2)
    rows = list(_error_rows(step.error, scrub)) if step.error is not None else []
    if step.status == "suspended":
        rows.append(("asks", shown(scrub(without_meta(step.suspend_payload))), 2))
    if step.status == "success" or step.output is not None:
        rows.append(("output", shown(scrub(step.output)), 2))
    if step.payload is not None:
        rows.append(("input", shown(scrub(step.payload)), 2))
    return lines + _rows(rows)


def summarise_suspension(suspension: Suspension, *, scrub: Scrub = unchanged) -> list[str]:
    """Return what a run waits for in one place, as at most 4 lines."""
    return [
        *wrapped(f"waits at {_question_path(suspension)}", WIDTH, 1),
        *_row("asks", shown(scrub(suspension.payload)), 2),
        *_row("answer", "run.resume_async(resume_data, step=suspension)", 1),
    ]


def visited_path(result: RunResult) -> list[str]:
    """Return the ids of the top-level steps that a run came to, in that order.

    A step that it came to twice stands there twice. It is what the server tells as `step_execution_path`, and the steps
    that are not on it by the times of their start: servers before current tell no path, and the current one's lacks a
    step of a branch that was resumed.
    """
    path = list(result.step_execution_path or ())
    listed_at = {name: index for index, name in enumerate(result.steps)}

    @cache
    def start_of(name: str) -> tuple[float, int]:
        return _start_of(result.steps.get(name)), listed_at.get(name, -1)

    others = [name for name, step in result.steps.items() if len(step.path) < 2 and step.started_at is not None]  # noqa: PLR2004
    for name in sorted(others, key=start_of):
        if name not in path:
            later = (index for index, visited in enumerate(path) if start_of(visited) > start_of(name))
            path.insert(next(later, len(path)), name)
    return path


def steps_in_order(result: RunResult) -> list[tuple[str, StepResult]]:
    """Return a run's steps by id, as they started, nested ones after their workflow's."""
    listed_at = {name: index for index, name in enumerate(result.steps)}
    visited_at = {name: index for index, name in reversed(list(enumerate(visited_path(result))))}

    def key(name: str) -> list[tuple[float, float, int]]:
        # one part for each workflow that the step is in, so that it comes after these
        ids = result.steps[name].path or [name]
        outer = [".".join(ids[:depth]) for depth in range(1, len(ids))]
        return [
            (
                visited_at.get(step_id, len(visited_at)) if depth == 0 and visited_at else 0,
                _start_of(result.steps.get(step_id)),
                listed_at.get(step_id, listed_at[name]),
            )
            for depth, step_id in enumerate([*outer, name])
        ]

    return [(name, result.steps[name]) for name in sorted(result.steps, key=key)]


def input_of(result: RunResult, step: StepResult) -> Any:
    """Return a step's input; if it was left out as a repetition, the output before it."""
    if "payload" in step.model_fields_set or len(step.path) != 1 or not result.step_execution_path:
        return step.payload
    before = result.input_data
    for name in result.step_execution_path:
        if name == step.path[0]:
            break
        earlier = result.steps.get(name)
        if earlier is not None and earlier.status == "success":
            before = earlier.output
    return before


# -- parts


def _since(later: RunResult, scrub: Scrub) -> Iterator[tuple[str, str, int]]:
    """Give what has become of a run meanwhile."""
    more = f": {shown(scrub(later.result))}" if later.ok else ""
    yield "since", f"it {status_in_words(later.status)}{more}; this is how it stood before", 2


def _reasons(result: RunResult, scrub: Scrub, *, short: bool, is_past: bool = False) -> Iterator[tuple[str, str, int]]:
    """Give why a run stands as it does: label, text, lines that it may take."""
    step = result.failed_step
    if result.status == "failed":
        error = (step.error if step else None) or result.error
        yield from _error_rows(error, scrub, short=short)
    elif result.status == "tripwire":
        yield "reason", str(scrub((result.tripwire or {}).get("reason") or "the server gives no reason")), 3
    elif result.status == "suspended":
        yield from _questions(result.suspensions, scrub, short=short, is_past=is_past)
    elif result.ok and not short:
        yield "result", shown(scrub(result.result)), 3
    if step is not None and result.status in ("failed", "tripwire") and not short:
        yield "input", shown(scrub(input_of(result, step))), 2


def _error_rows(error: RemoteError | None, scrub: Scrub, *, short: bool = False) -> Iterator[tuple[str, str, int]]:
    if error is None:
        yield "error", "the server gives no reason", 1
        return
    code = f" (code {error.code})" if error.code is not None else ""
    if short:
        yield "error", scrub(with_root_cause(error)) + str(scrub(code)), 1
        return
    yield "error", scrub(str(error)) + str(scrub(code)), 4
    cause, left = error.cause, _CAUSES
    while cause is not None and left:
        yield "cause", str(scrub(str(cause))), 1
        cause, left = cause.cause, left - 1
    calls = [line.strip() for line in (error.stack or "").split("\n") if line.lstrip().startswith("at ")]
    if calls:
        shown_calls = [clipped(escaped(str(scrub(call))), WIDTH - _LABEL) for call in calls[:_STACK_LINES]]
        yield "stack", "\n".join(shown_calls), _STACK_LINES


def _held(holds: Sequence[str], scrub: Scrub) -> Iterator[tuple[str, str, int]]:
    return (("held", str(scrub(words)), 2) for words in holds[:_HOLDS])


def _questions(
    suspensions: Sequence[Suspension], scrub: Scrub, *, short: bool, is_past: bool
) -> Iterator[tuple[str, str, int]]:
    most = 1 if short else _SUSPENSIONS
    for suspension in suspensions[:most]:
        yield "asks", f"{_question_path(suspension)}: {shown(scrub(suspension.payload))}", 1 if short else 2
    if len(suspensions) > most:
        yield "", f"... and {len(suspensions) - most} more", 1
    if suspensions and not is_past:
        step = "" if len(suspensions) == 1 else ", step=result.suspensions[0]"
        yield "answer", f"run.resume_async(resume_data{step})", 1


def _history(
    result: RunResult, events: Sequence[Mapping[str, Any]], scrub: Scrub, *, short: bool
) -> Iterator[tuple[str, str, int]]:
    lines = 2 if short else 3
    steps = [str(scrub(f"{shorten_uuids(name)} ({step.status})")) for name, step in steps_in_order(result)]
    if steps:
        yield "path", _fold_path(steps, lines), lines
    if events and not short:
        latest = [str(scrub(_event_in_words(event))) for event in events[-_EVENTS:]]
        yield "events", _fold_events(latest, len(events), 3), 3


def _how_to_repeat(result: RunResult, scrub: Scrub, *, on_server: bool) -> Iterator[tuple[str, str, int]]:
    """Give what repeats a run, Python or a command, if that is known."""
    # of a run that is at work servers tell no input
    is_known = result.status not in ACTIVE or result.input_data is not None
    if result.workflow_id is not None and result.status != "pending" and is_known:
        yield "again", _repetition(result, result.workflow_id, scrub, on_server=on_server), 2


def _repetition(result: RunResult, workflow: str, scrub: Scrub, *, on_server: bool) -> str:
    given = scrub(result.input_data)
    text = _as_json(given) if on_server else shown(given, _LONGEST_INPUT)
    if text is None or len(text) > _LONGEST_INPUT:
        return (
            f"workflow = client.get_workflow({workflow!r})\n"
            f"workflow.execute(workflow.run_by_id({result.run_id!r}).input_data)"
        )
    if on_server:
        return f"mastra-sync run {shlex.quote(workflow)} --input {shlex.quote(text)}"
    return f"client.get_workflow({workflow!r}).execute({text if given is not None else ''})"


# -- details


def _rows(rows: Iterable[tuple[str, str, int]]) -> list[str]:
    return [line for row in rows for line in _row(*row)]


def _row(label: str, text: str, most: int) -> list[str]:
    lines = wrapped(text, WIDTH - _LABEL, most) or [""]
    return [f"  {label if number == 0 else '':{_LABEL - 2}}{line}" for number, line in enumerate(lines)]


def _fold_path(steps: Sequence[str], most: int) -> str:
    """Return steps as lines that fit, without those in the middle if they are too many."""
    lines = _pack(steps)
    for kept in range(min(len(steps), most * WIDTH // 8), 1, -1):
        if len(lines) <= most:
            break
        head = kept // 3
        left_out = f"... {len(steps) - kept} more"
        lines = _pack([*steps[:head], left_out, *steps[len(steps) - (kept - head) :]])
    return "\n".join(lines)


def _fold_events(events: Sequence[str], of_all: int, most: int) -> str:
    """Return the last events as lines that fit."""
    lines = _pack(events if of_all == len(events) else [f"... {of_all - len(events)} more", *events])
    for kept in range(len(events) - 1, 0, -1):
        if len(lines) <= most:
            break
        lines = _pack([f"... {of_all - kept} more", *events[-kept:]])
    return "\n".join(lines)


def _pack(steps: Sequence[str]) -> list[str]:
    """Return steps as lines, broken between them only."""
    lines = [""]
    for number, step in enumerate(steps):
        text = clipped_middle(escaped(step), WIDTH - _LABEL - 2) + (" >" if number < len(steps) - 1 else "")
        if lines[-1] and cells(lines[-1]) + 1 + cells(text) > WIDTH - _LABEL:
            lines.append(text)
        else:
            lines[-1] = f"{lines[-1]} {text}".lstrip()
    return lines


def _step_in_words(step: StepResult) -> str:
    words = {"success": "succeeded", "failed": "failed", "suspended": "is suspended"}
    return words.get(step.status, f"is {step.status}")


def _event_in_words(event: Mapping[str, Any]) -> str:
    parsed = StreamEvent(dict(event))
    kind = (parsed.type or "(no type)").removeprefix("workflow-")
    status = parsed.status if kind != "step-start" else None
    return " ".join(str(part) for part in (kind, shorten_uuids(parsed.step_id or ""), status) if part)


def _question_path(suspension: Suspension) -> str:
    index = "" if suspension.for_each_index is None else f"[{suspension.for_each_index}]"
    labels = f" (labels {', '.join(suspension.labels)})" if suspension.labels else ""
    return f"{suspension.step}{index}{labels}"


def _start_of(step: StepResult | None) -> float:
    return step.started_at.timestamp() if step is not None and step.started_at is not None else float("inf")


def _as_json(value: Any) -> str | None:
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return None
