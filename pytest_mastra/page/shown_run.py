"""A run as it is drawn: what became of its graph's entries, its steps. No I/O."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mastra_sync.normalise import without_meta
from mastra_sync.statuses import need_of
from mastra_sync.step_graph import graph_of
from mastra_sync.terminal.writing import one_line, step_name
from pytest_mastra.explain.run_summary import input_of, steps_in_order
from pytest_mastra.page.layout import BLOCKS
from pytest_mastra.run_history.spans import Activity, spans_of
from pytest_mastra.suite.noted_difference import RECORDED_SERVER
from pytest_mastra.text.differences import MISSING

if TYPE_CHECKING:
    from mastra_sync.models import RemoteError, RunResult, StepResult
    from pytest_mastra.page.layout import Layout, Line
    from pytest_mastra.page.layouts import Layouts, PlacedGraph
    from pytest_mastra.report.trace_differences import TracedDifference
    from pytest_mastra.report.trace_reader import Trace, TracedRun
    from pytest_mastra.run_history.runs import TouchedRun
    from pytest_mastra.run_history.spans import Span, Spans

GONE_WELL = frozenset({"success", "bailed"})
STOPPED = frozenset({"failed", "tripwire", "suspended", "paused"})

_ITEM = re.compile(r"\[\d+\]")

_LONGEST, _LONGEST_SIDE = 300, 80
_PROGRESS = "workflow-step-progress"
_SUSPENDED = "workflow-step-suspended"


@dataclass(frozen=True, slots=True)
class ShownStep:
    """A step that a run came to.

    Attributes:
        path: Its id, after those of the nested workflows around it.
        name: What it is called.
        status: By Mastra's name.
        result: All that is known of it.
        input_data: What it got.
        asked: What it asked last; servers forget that once it is answered.
        count: Rounds of a loop, items of a foreach, or attempts, in words; empty if there is nothing to count.
        seconds: How long it was at work; None if that is not known.
        spans: What it did when: `working`, `failed` (an attempt), `sleeping`, `suspended`; from the run's beginning,
            None if it goes on.
    """

    path: str
    name: str
    status: str
    result: StepResult
    input_data: Any
    asked: Any
    count: str
    seconds: float | None
    spans: list[tuple[str, float, float | None]]


@dataclass(slots=True)
class ShownRun:
    """A run.

    Attributes:
        traced: As the trace has it.
        result: The last that is known of it; None if it is not understood.
        placed: Its graph, placed.
        is_graph_known: Whether a server told the graph; else its steps are drawn one after the other.
        steps: In the order in which they came.
        at: For each box of the graph the number of its step; -1 if it was not come to.
        taken: The numbers of the lines that it went along.
        differences: In what it differs from a snapshot or a recording.
        seconds: How long it took; None if that is not known.
        began: When its first step began, in the trace's seconds; None if that is not known.
    """

    traced: TracedRun
    result: RunResult | None
    placed: PlacedGraph
    is_graph_known: bool
    steps: list[ShownStep] = field(default_factory=list)
    at: list[int] = field(default_factory=list)
    taken: list[int] = field(default_factory=list)
    differences: list[TracedDifference] = field(default_factory=list)
    seconds: float | None = None
    began: float | None = None

    @property
    def layout(self) -> Layout:
        """The boxes and lines of its graph."""
        return self.placed.layout

    def entry_of(self, step: str) -> str:
        """Return what the layout calls the entry of a step, or of one of its items."""
        return self.placed.name_of(_ITEM.sub("", step) if "[" in step else step)

    @property
    def failing(self) -> int:
        """The number of the step at which it stopped; -1 if there is none."""
        stopped = [number for number, step in enumerate(self.steps) if step.status in STOPPED]
        # a nested workflow fails with its step
        inner = [
            number
            for number in stopped
            if not any(self.steps[other].path.startswith(f"{self.steps[number].path}.") for other in stopped)
        ]
        failed = [number for number in inner if self.steps[number].status in ("failed", "tripwire")]
        return next(iter([*failed, *inner]), -1)

    @property
    def error(self) -> RemoteError | None:
        """What it failed with."""
        step = self.steps[self.failing] if self.failing >= 0 else None
        if step is not None and step.result.error is not None:
            return step.result.error
        return None if self.result is None else self.result.error


def shown_runs(trace: Trace, layouts: Layouts) -> list[ShownRun]:
    """Return the runs of a trace as they are drawn."""
    return [
        _shown(trace, traced, touched, layouts)
        for traced, touched in zip(trace.runs, trace.touched_runs(), strict=True)
    ]


def run_that_matters(runs: Sequence[ShownRun]) -> int:
    """Return the number of the last run that went wrong, or of the last run."""
    # a test stops at what it did last
    return max(range(len(runs)), key=lambda index: (runs[index].traced.status not in GONE_WELL, index), default=-1)


def _shown(trace: Trace, traced: TracedRun, touched: TouchedRun, layouts: Layouts) -> ShownRun:
    result = touched.result
    in_order = [] if result is None else steps_in_order(result)
    graph = _graph(trace, traced)
    placed = layouts.of(graph, [name for name, _ in in_order])
    layout = placed.layout
    made = ShownRun(traced, result, placed, graph is not None)
    made.differences = [one for one in trace.differences if one.run in (traced.number, None)]
    if result is None:
        made.at = [-1] * len(layout.boxes)
        return made
    spans = spans_of(touched)
    progress, asked = _progress(touched.events), _asked(touched.events)
    made.seconds = spans.seconds
    earliest = spans.earliest
    made.began = None if earliest is None else earliest - trace.epoch
    labels = {box.path: box.label for box in layout.boxes if box.kind == "map"}
    made.steps = [
        _step(
            name,
            step,
            result,
            spans,
            earliest or 0.0,
            labels.get(made.entry_of(name)),
            progress.get(name, ""),
            asked.get(name),
            [retry.at for retry in touched.retries if f".{name}".endswith(f".{retry.step}")],
        )
        for name, step in in_order
    ]
    by_path: dict[str, int] = {}
    for number, step in enumerate(made.steps):
        path = made.entry_of(step.path)
        if path not in by_path or need_of(step.status) < need_of(made.steps[by_path[path]].status):
            by_path[path] = number
    made.at = [by_path.get(box.path, -1) if box.kind not in BLOCKS else -1 for box in layout.boxes]
    made.taken = [number for number, line in enumerate(layout.lines) if _is_taken(line, made)]
    return made


def _is_taken(line: Line, run: ShownRun) -> bool:
    numbers = range(line.first, line.last + 1)
    if not any(run.at[number] >= 0 for number in numbers):
        return False
    if not line.leads_out:
        return True
    reached = [run.steps[run.at[number]].status for number in numbers if run.at[number] >= 0]
    return not any(status in STOPPED for status in reached)


def _step(
    name: str,
    step: StepResult,
    result: RunResult,
    spans: Spans,
    began: float,
    label: str | None,
    progress: str,
    asked: Any,
    failed_at: Sequence[float],
) -> ShownStep:
    rounds = step.iteration_count
    count = f"\N{MULTIPLICATION SIGN}{rounds}" if isinstance(rounds, int) and rounds > 1 else progress
    if failed_at and not count:
        count = f"{len(failed_at) + 1} tries"
    return ShownStep(
        name,
        label or step_name(step.path[-1] if step.path else name),
        step.status,
        step,
        input_of(result, step),
        # the items of a foreach have an empty one that never asked
        without_meta(step.suspend_payload if step.suspend_payload is not None else asked) or None,
        count,
        spans.seconds_at_work(name),
        [
            (kind, begin - began, None if end is None else end - began)
            for span in spans.of_step.get(name, ())
            for kind, begin, end in _attempts(span, failed_at)
        ],
    )


def _attempts(span: Span, failed_at: Sequence[float]) -> Iterator[tuple[str, float, float | None]]:
    """Give a stretch of time attempt by attempt."""
    begin = span.begin
    for moment in failed_at if span.activity is Activity.WORKING else ():
        if begin <= moment and (span.end is None or moment <= span.end):
            yield "failed", begin, moment
            begin = moment
    yield span.activity.value, begin, span.end


def _asked(events: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what each step asked, the last that was told."""
    found = {}
    for event in events:
        payload = event.get("payload")
        if event.get("type") == _SUSPENDED and isinstance(payload, Mapping):
            found[str(payload.get("id"))] = payload.get("suspendPayload")
    return found


def _progress(events: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return how many items of each foreach are done, the last that was told."""
    found = {}
    for event in events:
        payload = event.get("payload")
        if event.get("type") == _PROGRESS and isinstance(payload, Mapping):
            done, total = payload.get("completedCount"), payload.get("totalCount")
            if isinstance(done, int) and isinstance(total, int):
                found[str(payload.get("id"))] = f"{done} of {total}"
    return found


def _graph(trace: Trace, run: TracedRun) -> Any:
    """Return the graph of a run's workflow that a server told, None if none did."""
    graph = graph_of(run.account)
    if graph is not None:
        return graph
    for exchange in trace.exchanges:
        answer = None if exchange.reply is None or exchange.reply.body is None else exchange.reply.body.json
        if not isinstance(answer, Mapping):
            continue
        if exchange.run == run.number:
            graph = graph_of(answer)
        elif exchange.verb == "details" and exchange.workflow == run.workflow_id:
            graph = answer.get("stepGraph")
        if graph is not None:
            return graph
    return None


def describe_error(error: RemoteError | None) -> str:
    """Return an error in one line."""
    return "" if error is None else one_line(str(error), _LONGEST)


def describe_difference(run: ShownRun) -> str:
    """Return where a run first differs from what it should be like; empty if nowhere."""
    found = [one for one in run.differences if one.against != RECORDED_SERVER]
    if not found:
        return ""
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return f"it differs from the {found[0].against}: {describe_one(found[0])}{more}"


def describe_one(one: TracedDifference) -> str:
    """Return in one line at which place a run differs, what was there, and what is."""
    found = one.difference
    if found.expected is found.actual:
        return one_line(f"{one.where}: {found.path}", _LONGEST)
    was, now = ("nothing" if side is MISSING else _shortly(side) for side in (found.expected, found.actual))
    return f"{found.path}: {was} \N{RIGHTWARDS ARROW} {now}"


def _shortly(value: Any) -> str:
    return one_line(json.dumps(value, ensure_ascii=False, default=repr), _LONGEST_SIDE)
