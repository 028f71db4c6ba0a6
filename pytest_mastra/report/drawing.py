"""One run, drawn as lines: its steps, their names, and why the run stopped. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from mastra_sync.durations import duration
from mastra_sync.escapes import escaped
from mastra_sync.events import StreamEvent
from mastra_sync.statuses import FINISHED, STATUS_IN_WORDS
from mastra_sync.terminal import marks as marks_of_cli
from mastra_sync.terminal.progress_rows import ProgressRows, Row
from mastra_sync.terminal.writing import ascii_text, one_line
from pytest_mastra.http.bodies import reply_json
from pytest_mastra.report import axis
from pytest_mastra.run_history.last_state import NOT_FOUND, UNKNOWN
from pytest_mastra.run_history.spans import spans_of
from pytest_mastra.text.width import cells, clipped

if TYPE_CHECKING:
    from pytest_mastra.http.exchanges import Exchange
    from pytest_mastra.run_history.runs import TouchedRun

MOST_LINES = 12
NARROWEST = 20
"""Cells that a timeline takes at least, however narrow the terminal is said to be."""

_REASONS = 3
"""Lines that say why something failed or what it asks."""
_NAME_SHARE = 0.4
_NARROWEST_BAR = 8
_SHORTEST_ID = 8
"""Cells that a run's id has in its title at least: those of a UUID's beginning."""
_BETWEEN = 4
"""Cells of a step's line that are left blank: two before it, and one on each side of the bar."""
_FIRST_ERROR = 400

_WORDS = {**STATUS_IN_WORDS, NOT_FOUND: "was not found", UNKNOWN: "has no known status"}
_STOPPED = frozenset({"failed", "tripwire", "suspended", "paused"})
"""Statuses of steps that a reader looks for first."""

_CODES = {"bold": "1", "red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36"}

Paint = Callable[[str, str], str]
"""Makes of a text and a status the text in that status's colour."""


class Drawing:
    """One run, being drawn.

    Args:
        run: The run.
        width: The most cells that a line takes, from 20 on.
        colour: Whether to colour by status, with escape codes.
        ascii_only: Whether to use nothing but ASCII.
        apart: What of its input tells it from other runs of its workflow.
    """

    def __init__(
        self,
        run: TouchedRun,
        width: int,
        *,
        colour: bool,
        ascii_only: bool,
        apart: str = "",
    ) -> None:
        self._run = run
        self._apart = apart
        self._width = max(width, NARROWEST)
        self._marks = marks_of_cli.ASCII if ascii_only else marks_of_cli.UNICODE
        self._strokes = axis.ASCII if ascii_only else axis.UNICODE
        self._shown = _ascii if ascii_only else escaped
        self._paint: Paint = _painted if colour else lambda text, _status: text
        self._spans = spans_of(run)
        self._rows = _rows(run)

    def lines(self) -> list[str]:
        """Return the title, the steps on their time axis, and why the run stopped."""
        reasons = self._reasons()
        kept = _choose_rows(self._rows, MOST_LINES - 1 - len(reasons))
        return [self.title(), *self._steps(kept), *reasons]

    def text(self, line: str) -> str:
        """Return a line that stands below the drawing, as the terminal can show it."""
        return clipped(self._shown(line), self._width)

    @property
    def tells_why(self) -> bool:
        """Whether `lines` say wholly why the run failed, and what it asks."""
        why = self._why()
        return len(why) <= _REASONS and all(cells(self._shown(text)) + 2 <= self._width for text, _ in why)

    def title(self) -> str:
        """Return what became of the run, in one line.

        Where it is too long the run's id gives way, then what tells its input apart, then the workflow's name.
        """
        run = self._run
        seconds = self._spans.seconds
        words = _WORDS.get(run.status, f"is {self._shown(run.status)}")
        took = "" if seconds is None else f" after {duration(seconds)}"
        mark = self._marks.of_status.get(run.status, self._marks.unknown)
        run_id = self._shown(run.run_id)
        ending = f" {words}{took}"
        label = ", run "
        room = self._width - cells(mark) - 1 - cells(ending) - cells(label) - min(cells(run_id), _SHORTEST_ID)
        workflow = clipped(self._shown(run.workflow_id), max(room, _NARROWEST_BAR))
        room -= cells(workflow) + len(" ()")
        apart = f" ({clipped(self._shown(self._apart), room)})" if self._apart and room >= _SHORTEST_ID else ""
        before_id = f"{mark} {workflow}{apart}{ending}{label}"
        line = before_id + clipped(run_id, max(self._width - cells(before_id), _SHORTEST_ID))
        return self._paint(clipped(line, self._width), run.status)

    # -- steps

    def _steps(self, kept: Sequence[Row]) -> list[str]:
        names = [self._name(row) for row in kept]
        times = [self._took(row) for row in kept]
        longest = max(map(cells, names), default=0)
        time_width = max(map(cells, times), default=0)
        name_width = min(longest, int(self._width * _NAME_SHARE))
        scale = axis.Axis(self._spans, self._width - name_width - time_width - _BETWEEN)
        has_bars = scale.width >= _NARROWEST_BAR and not scale.is_a_point
        if not has_bars:
            name_width = min(longest, self._width - time_width - _BETWEEN)
        lines = []
        for row, name, took in zip(kept, names, times, strict=True):
            padded = _padded(name, name_width)
            spans = self._spans.of_step.get(row.id, [])
            drawn = scale.bar(spans, self._strokes, goes_on=not row.is_over) if has_bars else ""
            bar = f" {self._paint(drawn, row.status)}" if has_bars else ""
            lines.append(f"  {self._paint(padded, row.status)}{bar} {took.rjust(time_width)}".rstrip())
        shown = {row.id for row in kept}
        hidden = [row for row in self._rows if row.id not in shown]
        if hidden:
            first = next(index for index, row in enumerate(self._rows) if row.id not in shown)
            lines.insert(first, self._count(hidden))
        return lines

    def _name(self, row: Row) -> str:
        mark = self._marks.of_status.get(row.status, self._marks.unknown)
        rounds = f" x{row.rounds}" if row.rounds > 1 else ""
        progress = f" {row.progress}" if row.progress else ""
        return f"{'  ' * row.depth}{mark} {self._shown(row.name)}{rounds}{self._shown(progress)}"

    def _took(self, row: Row) -> str:
        seconds = self._spans.seconds_at_work(row.id)
        return "" if seconds is None else duration(seconds)

    def _count(self, hidden: Sequence[Row]) -> str:
        counts = Counter(row.status for row in hidden)
        text = ", ".join(f"{count} {self._shown(status)}" for status, count in counts.most_common())
        return clipped(f"  {self._marks.more} {len(hidden)} more steps: {text}", self._width)

    # -- why

    def _why(self) -> list[tuple[str, str]]:
        return [*_failures(self._rows), *_questions(self._rows)]

    def _reasons(self) -> list[str]:
        found = [*self._why(), *((f"held {words}", "") for words in self._run.holds), *_refusals(self._run)]
        if len(found) > _REASONS:
            found = [*found[: _REASONS - 1], (f"... and {len(found) - _REASONS + 1} more", "")]
        return [self._paint(clipped(f"  {self._shown(text)}", self._width), status) for text, status in found]


def _rows(run: TouchedRun) -> list[Row]:
    board = ProgressRows(lambda: 0.0)
    for event in run.events:
        board.take(StreamEvent(event))
    if run.result is not None:
        board.settle(run.result, is_complete=False)
    for row in board.rows:
        if run.status in FINISHED and not row.is_over:
            row.status = "canceled"
    return board.rows


def _choose_rows(rows: Sequence[Row], room: int) -> list[Row]:
    """Return the rows that are shown: all, or those that matter, so that there is room."""
    if len(rows) <= room:
        return list(rows)
    stopped = [index for index, row in enumerate(rows) if row.status in _STOPPED or not row.is_over]
    turn = stopped[0] if stopped else len(rows) - 1
    before = range(turn - 1, -1, -1)
    wanted = dict.fromkeys([*stopped, 0, len(rows) - 1, *before, *range(len(rows))])
    chosen = sorted(list(wanted)[: max(room - 1, 0)])
    return [rows[index] for index in chosen]


def _failures(rows: Iterable[Row]) -> list[tuple[str, str]]:
    failed = [row for row in rows if row.status in ("failed", "tripwire")]
    # a workflow fails with the error of the step that failed in it
    innermost = [row for row in failed if not any(inner.is_inside(row) for inner in failed)]
    return [(f"{_path(row)} failed: {row.detail or 'no reason given'}", "failed") for row in innermost]


def _questions(rows: Iterable[Row]) -> list[tuple[str, str]]:
    return [
        (f"{_path(row)} asks {row.detail}", "suspended") for row in rows if row.status == "suspended" and row.detail
    ]


def _path(row: Row) -> str:
    return row.id if row.depth else row.name


def _refusals(run: TouchedRun) -> list[tuple[str, str]]:
    """Return what the last request that went wrong met."""
    troubles = [exchange for exchange in run.exchanges if exchange.status >= _FIRST_ERROR or exchange.failure]
    if not troubles:
        return []
    last = troubles[-1]
    count = f" ({len(troubles)} times refused or cut)" if len(troubles) > 1 else ""
    return [(f"{last.call.verb} {_describe_refusal(last)}{count}", "failed")]


def _describe_refusal(exchange: Exchange) -> str:
    if exchange.status < _FIRST_ERROR:
        return f"broke off: {exchange.failure}"
    answer = reply_json(exchange)
    message = answer.get("error") if isinstance(answer, dict) else None
    return f"was answered {exchange.status}" + (f": {one_line(message, None)}" if message else "")


def _padded(text: str, width: int) -> str:
    short = clipped(text, width)
    return short + " " * (width - cells(short))


def _ascii(text: str) -> str:
    return ascii_text(escaped(text))


def _painted(text: str, status: str) -> str:
    codes = [_CODES[word] for word in marks_of_cli.COLOURS.get(status, "").split()]
    return f"\x1b[{';'.join(codes)}m{text}\x1b[0m" if codes and text.strip() else text
