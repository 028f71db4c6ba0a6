"""What the page shows of a test that is opened, as lists of numbers. No I/O.

Tests that were added one after the other share the texts of a part, which is opened when one of them is looked at.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pytest_mastra.page.deflated import DeflatedText
from pytest_mastra.page.interned import MISSING_TEXT, Interned
from pytest_mastra.page.shown_run import ShownRun, ShownStep, run_that_matters
from pytest_mastra.report.trace_reader import TracedEvent
from pytest_mastra.report.trace_records import as_json
from pytest_mastra.text.differences import MISSING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_mastra.fake.engine.walks import Retry
    from pytest_mastra.page.layout import Layout
    from pytest_mastra.page.tested import Tested
    from pytest_mastra.report.trace_differences import TracedDifference
    from pytest_mastra.report.trace_faults import TracedFault
    from pytest_mastra.report.trace_reader import Trace, TracedBody, TracedExchange

_DIGITS = 6
_LARGEST = 1_000_000
"""How many characters a part has when it is full: a browser takes some milliseconds for it."""

_DEFLATED_ROW = 9
"""How many characters of a row deflate to one byte."""

_STEP_ENDED = "workflow-step-result"
_TRIED_AGAIN = "step-failed, tried again"
_SPANS = {"working": "w", "failed": "f", "sleeping": "s", "suspended": "p"}


class Details:
    """A part of the page: tests that are opened together.

    Args:
        number_of: Gives the number of a graph that is placed.
    """

    def __init__(self, number_of: Callable[[Layout], int]) -> None:
        self._number_of = number_of
        self._interned = Interned()
        self._deflated = DeflatedText()
        self._deflated.add('{"texts":[')
        self._texts_deflated = 0
        self._rows: list[str] = []
        self._size_of_rows = 0

    @property
    def count(self) -> int:
        """How many tests it has."""
        return len(self._rows)

    @property
    def size(self) -> int:
        """About how many bytes it takes so far, deflated."""
        return self._deflated.size + self._size_of_rows // _DEFLATED_ROW

    @property
    def is_full(self) -> bool:
        """Whether further tests belong into another part."""
        return self._size_of_rows + self._deflated.length > _LARGEST

    def add(self, test: Tested, trace: Trace | None, runs: Sequence[ShownRun]) -> None:
        """Add a test.

        Args:
            test: The test.
            trace: Its trace; None if it has none, or is to be left out.
            runs: Its runs as they are drawn.
        """
        self._interned.begin_test()
        text = self._interned.text
        row: list[Any] = [[[text(title), text(content)] for title, content in test.said]]
        if trace is not None:
            row += self._trace(trace, runs)
        self._rows.append(as_json(row))
        self._size_of_rows += len(self._rows[-1])
        self._deflate_texts()

    def finished(self) -> tuple[bytes, str]:
        """Return all of it as JSON, and that as it stands on the page.

        No test can be added any more.
        """
        self._deflated.add(f'],"tests":[{",".join(self._rows)}]}}')
        return self._deflated.finished()

    def _deflate_texts(self) -> None:
        """Add the texts that have come since."""
        new = self._interned.texts[self._texts_deflated :]
        if new:
            between = "," if self._texts_deflated else ""
            self._deflated.add(f"{between}{as_json(new)[1:-1]}")
            self._texts_deflated += len(new)

    def _trace(self, trace: Trace, runs: Sequence[ShownRun]) -> list[Any]:
        columns = [
            run_that_matters(runs),
            [self._run(run) for run in runs],
            self._events(list(_with_retries(trace))),
            self._exchanges(trace.exchanges),
            self._interned.text(trace.url),
            [self._fault(fault) for fault in trace.faults],
        ]
        # last: what stands before has found them
        return [*columns, [self._interned.text(one) for one in self._interned.ids]]

    def _fault(self, fault: TracedFault) -> list[Any]:
        text = self._interned.text
        return [text(fault.rule), text(fault.place), text(fault.what), fault.fired, text("\n".join(fault.why))]

    def _run(self, run: ShownRun) -> list[Any]:
        text, value = self._interned.text, self._interned.value
        traced, result = run.traced, run.result
        return [
            text(traced.workflow_id),
            text(traced.run_id),
            text(traced.status),
            value(traced.input_data),
            value(None if result is None else result.result),
            value(_error(run.error)),
            self._number_of(run.layout),
            int(run.is_graph_known),
            [self._step(step) for step in run.steps],
            run.at,
            run.taken,
            run.failing,
            _rounded(run.seconds),
            _rounded(run.began),
            value(traced.account) if result is None else MISSING_TEXT,
            [self._difference(one) for one in run.differences],
        ]

    def _difference(self, one: TracedDifference) -> list[Any]:
        text, found = self._interned.text, one.difference
        sides = [
            MISSING_TEXT if side is MISSING else self._interned.told(as_json(side))
            for side in (found.expected, found.actual)
        ]
        title = f"{one.against} {one.name}".rstrip()
        return [text(title), text(one.step), text(one.where), self._interned.told(found.path), *sides]

    def _step(self, step: ShownStep) -> list[Any]:
        text, value = self._interned.text, self._interned.value
        known = step.result
        return [
            text(step.path),
            text(step.name),
            text(step.status),
            value(step.input_data),
            value(known.output),
            value(_error(known.error)),
            value(step.asked),
            value(known.resume_payload),
            text(step.count),
            _rounded(step.seconds),
            [[_SPANS[kind], _rounded(begin), _rounded(end)] for kind, begin, end in step.spans],
        ]

    def _events(self, events: Sequence[TracedEvent]) -> list[list[Any]]:
        told = self._interned.values([event.event for event in events])
        return [self._event(event, number) for event, number in zip(events, told, strict=True)]

    def _event(self, event: TracedEvent, told: int) -> list[Any]:
        payload = event.event.get("payload")
        step = payload.get("id") or payload.get("stepName") if isinstance(payload, dict) else None
        kind = event.event.get("type")
        return [
            event.run,
            _rounded(event.at),
            self._interned.text(kind if isinstance(kind, str) else None),
            self._interned.text(step if isinstance(step, str) else None),
            MISSING_TEXT if event.exchange is None else event.exchange,
            told,
        ]

    def _exchanges(self, exchanges: Sequence[TracedExchange]) -> list[list[Any]]:
        asked = self._interned.values([_said_in(exchange.body) for exchange in exchanges])
        answered = self._interned.values(
            [_said_in(None if exchange.reply is None else exchange.reply.body) for exchange in exchanges]
        )
        return [self._exchange(*one) for one in zip(exchanges, asked, answered, strict=True)]

    def _exchange(self, exchange: TracedExchange, asked: int, answered: int) -> list[Any]:
        text = self._interned.text
        reply = exchange.reply
        ended = None if reply is None or not reply.chunks else reply.chunks[-1].at
        return [
            exchange.number,
            _rounded(exchange.at),
            MISSING_TEXT if exchange.run is None else exchange.run,
            text(exchange.verb),
            self._interned.told(f"{exchange.method} {exchange.target}"),
            0 if reply is None else reply.status,
            text(exchange.ending),
            text(exchange.failure),
            asked,
            answered,
            _rounded(ended),
            text(_lines(exchange.headers)),
            MISSING_TEXT if reply is None else text(_lines(reply.headers)),
            exchange.faults,
        ]


def _with_retries(trace: Trace) -> Iterator[TracedEvent]:
    """Give a trace's events by time, with the attempts that failed, of which servers tell nothing."""
    retries = [(run.number, retry) for run in trace.runs for retry in run.retries]
    waiting = deque(sorted(retries, key=lambda pair: pair[1].at))
    for event in trace.events:
        while waiting and _is_before(waiting[0][1], event):
            yield _as_event(*waiting.popleft())
        yield event
    yield from (_as_event(*pair) for pair in waiting)


def _is_before(retry: Retry, event: TracedEvent) -> bool:
    is_end = event.event.get("type") == _STEP_ENDED
    return event.at is not None and (retry.at < event.at or (is_end and retry.at == event.at))


def _as_event(run: int, retry: Retry) -> TracedEvent:
    payload = {"id": retry.step, "error": retry.error}
    return TracedEvent(run, retry.at, None, {"type": _TRIED_AGAIN, "payload": payload})


def _said_in(body: TracedBody | None) -> Any:
    """Return what a body says, as a JSON value."""
    if body is None:
        return None
    if body.json is not None:
        return body.json
    if body.records is not None:
        # they stand in the story, one by one
        return f"{len(body.records)} records"
    return f"{body.size} bytes" if body.text is None else body.text


def _error(error: Any) -> Any:
    return None if error is None else error.model_dump(mode="json", by_alias=True, exclude_none=True)


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, _DIGITS)


def _lines(headers: Sequence[tuple[str, str]]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in headers)
