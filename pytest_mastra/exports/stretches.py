"""What took how long in a trace: requests, and steps. No I/O."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_mastra.run_history.spans import spans_of

if TYPE_CHECKING:
    from pytest_mastra.report.trace_reader import TracedExchange
    from pytest_mastra.run_history.runs import TouchedRun


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a step's time.

    Attributes:
        path: The step's id, after those of the nested workflows around it.
        activity: `working`, `sleeping` or `suspended`.
        status: What the step was last known to be.
        begin: Seconds since the trace began.
        end: The same; of what goes on, the last moment that anything is known of.
    """

    path: str
    activity: str
    status: str
    begin: float
    end: float


def step_stretches(run: TouchedRun, epoch: float) -> Iterator[Stretch]:
    """Give what a run's steps did when.

    Args:
        run: The run.
        epoch: When the trace began, on the clock of the run.
    """
    spans = spans_of(run)
    steps = run.result.steps if run.result is not None else {}
    for path, own in spans.of_step.items():
        status = steps[path].status if path in steps else "unknown"
        for span in own:
            end = spans.latest if span.end is None else span.end
            last = span.begin if end is None else max(end, span.begin)
            yield Stretch(path, span.activity.value, status, span.begin - epoch, last - epoch)


def exchange_stretch(exchange: TracedExchange) -> tuple[float, float]:
    """Return when a request was sent, and when the last of its reply came."""
    chunks = exchange.reply.chunks if exchange.reply is not None else []
    return exchange.at, max((chunk.at for chunk in chunks), default=exchange.at)


def exchange_name(exchange: TracedExchange) -> str:
    """Return what a request asked for."""
    return exchange.verb or f"{exchange.method} {exchange.target.partition('?')[0]}"
