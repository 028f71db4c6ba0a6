"""One time axis for a run's steps, and the bars on it. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pytest_mastra.run_history.spans import Activity, Span, Spans

Stretch = tuple[float, float]
"""From when to when."""

MOSTLY = 0.5
IDLE_SHARE = 1 / 3
"""What waits get of the axis where they would take more than `MOSTLY`, so that steps that are at work can be seen."""


@dataclass(frozen=True, slots=True)
class Strokes:
    """What bars are drawn with; each one cell wide."""

    of_activity: dict[Activity, str]
    goes_on: str
    blank: str = " "


UNICODE = Strokes({Activity.WORKING: "━", Activity.SLEEPING: "┄", Activity.SUSPENDED: "·"}, "▸")
ASCII = Strokes({Activity.WORKING: "=", Activity.SLEEPING: "~", Activity.SUSPENDED: "."}, ">")


class Axis:
    """Where on a line moments stand.

    Time in which nothing is at work is drawn shorter where it would take most of the line.

    Args:
        spans: The run's.
        width: Cells.
    """

    def __init__(self, spans: Spans, width: int) -> None:
        self.width = width
        self._begin = spans.earliest or 0.0
        self._end = max(self._begin, spans.latest or 0.0)
        all_spans = [span for own in spans.of_step.values() for span in own]
        self._busy = _join(self._clamped(span) for span in all_spans if span.activity is Activity.WORKING)
        whole = self._end - self._begin
        busy = sum(end - begin for begin, end in self._busy)
        idle = whole - busy
        self.is_shortened = bool(whole and busy and idle / whole > MOSTLY)
        share = 1 - IDLE_SHARE if self.is_shortened else 0.0
        self._per_busy_second = (width * share / busy) if self.is_shortened else (width / whole if whole else 0.0)
        self._per_idle_second = (width * (1 - share) / idle) if self.is_shortened else self._per_busy_second

    @property
    def is_a_point(self) -> bool:
        """True if no time passed at all."""
        return self._end <= self._begin

    def bar(self, own: Sequence[Span], strokes: Strokes, *, goes_on: bool = True) -> str:
        """Return the bar of one step, as wide as the axis.

        What is at work has at least one cell.

        Args:
            own: The step's spans.
            strokes: What to draw with.
            goes_on: Whether a span without an end has a point.
        """
        line = [strokes.blank] * self.width
        for span in sorted(own, key=lambda span: span.activity is Activity.WORKING):
            begin, end = self._clamped(span)
            first = min(round(self._column(begin)), self.width - 1)
            last = max(first + 1, round(self._column(end)))
            line[first:last] = strokes.of_activity[span.activity] * (min(last, self.width) - first)
            if goes_on and span.end is None and span.activity is not Activity.SUSPENDED:
                line[min(last, self.width) - 1] = strokes.goes_on
        return "".join(line)

    def _clamped(self, span: Span) -> Stretch:
        begin = min(max(span.begin, self._begin), self._end)
        end = self._end if span.end is None else min(max(span.end, begin), self._end)
        return begin, end

    def _column(self, moment: float) -> float:
        busy = sum(max(0.0, min(end, moment) - begin) for begin, end in self._busy if begin < moment)
        return busy * self._per_busy_second + (moment - self._begin - busy) * self._per_idle_second


def _join(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Return stretches in order, overlapping ones as one."""
    joined: list[Stretch] = []
    for begin, end in sorted(stretches):
        if joined and begin <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((begin, end))
    return joined
