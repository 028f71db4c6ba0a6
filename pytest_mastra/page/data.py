"""What the page's script reads: lists of numbers, and each text once. No I/O.

A row is a list; `script/data.js` names its places. A text, and a JSON value as its text, is the number under which it
stands in `texts`; what is not there is -1. So a value that a hundred tests have is in the page once, and is parsed when
it is looked at.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from mastra_sync.generated_ids import places_of_uuids
from pytest_mastra.page.deflated import DeflatedText
from pytest_mastra.page.layouts import Layouts
from pytest_mastra.page.sentences import sentence_of
from pytest_mastra.page.shown_run import ShownRun, ShownStep, run_that_matters, shown_runs
from pytest_mastra.page.tested import OUTCOMES, Tested
from pytest_mastra.report.trace_reader import TracedEvent
from pytest_mastra.report.trace_records import as_json
from pytest_mastra.text.differences import MISSING

if TYPE_CHECKING:
    from pytest_mastra.fake.engine.walks import Retry
    from pytest_mastra.page.layout import Layout
    from pytest_mastra.report.trace_differences import TracedDifference
    from pytest_mastra.report.trace_faults import TracedFault
    from pytest_mastra.report.trace_reader import Trace, TracedBody, TracedExchange

_DIGITS = 6
_DEFLATED_ROW = 9
"""How many characters of a row deflate to one byte."""
_MISSING = -1
_MARK = "\0"
_BETWEEN = uuid4().hex
"""Stands between values that are encoded together, and surely in none of them."""

_FIRST_ID = 0x30
_MOST_IDS = 10_000
_STEP_ENDED = "workflow-step-result"
_TRIED_AGAIN = "step-failed, tried again"
_SPANS = {"working": "w", "failed": "f", "sleeping": "s", "suspended": "p"}


class Interned:
    """Texts, each kept once.

    The UUIDs in what a test was told differ from test to test, where all else may be the same. So in values they are
    replaced by a character that no JSON has, and one that says which of the test's UUIDs stands there.
    """

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._numbers: dict[str, int] = {}
        self.ids: dict[str, str] = {}

    def begin_test(self) -> None:
        """Forget the UUIDs of the test before."""
        self.ids = {}

    def text(self, text: str | None) -> int:
        """Return the number of a text; -1 for none and for an empty one."""
        if not text:
            return _MISSING
        number = self._numbers.get(text)
        if number is None:
            number = self._numbers[text] = len(self.texts)
            self.texts.append(text)
        return number

    def value(self, value: Any) -> int:
        """Return the number of a JSON value; -1 for null."""
        if value is None:
            return _MISSING
        return self.told(as_json(value))

    def values(self, values: Sequence[Any]) -> list[int]:
        """Return the numbers of JSON values, in half the time that it takes one by one."""
        items = [_BETWEEN] * (2 * len(values) - 1)
        items[::2] = values
        texts = self._with_stand_ins(as_json(items)[1:-1]).split(f',"{_BETWEEN}",')
        if len(texts) != len(values):
            # there are none, or they are written in another way
            return [self.value(value) for value in values]
        return [_MISSING if text == "null" else self.text(text) for text in texts]

    def told(self, text: str) -> int:
        """Return the number of a text in which UUIDs may stand."""
        number = self._numbers.get(text)
        return self.text(self._with_stand_ins(text)) if number is None else number

    def _with_stand_ins(self, text: str) -> str:
        """Return a text with what stands for UUIDs in it."""
        if "-" not in text:
            return text
        parts: list[str] = []
        last = 0
        for begin, end in places_of_uuids(text):
            parts += (text[last:begin], self._stand_in(text[begin:end]))
            last = end
        return "".join((*parts, text[last:])) if parts else text

    def _stand_in(self, uuid: str) -> str:
        if len(self.ids) >= _MOST_IDS:
            return self.ids.get(uuid, uuid)
        return self.ids.setdefault(uuid, f"{_MARK}{chr(_FIRST_ID + len(self.ids))}")


class PageData:
    """The data of a page, test after test."""

    def __init__(self) -> None:
        self.layouts = Layouts()
        self._interned = Interned()
        self._graphs: list[Any] = []
        self._graph_numbers: dict[int, int] = {}
        self._tests: dict[int, str] = {}
        self._deflated = DeflatedText()
        self._deflated.add('{"texts":[')
        self._texts_deflated = 0
        self._rows = 0

    @property
    def size(self) -> int:
        """About how many characters it takes on the page so far."""
        return (self._deflated.size + self._rows // _DEFLATED_ROW) * 4 // 3

    def add(self, number: int, test: Tested, trace: Trace | None) -> list[ShownRun]:
        """Add a test, and return its runs as they are drawn.

        Args:
            number: Its place among all tests.
            test: The test.
            trace: Its trace; None if it has none, or is to be left out.
        """
        self._interned.begin_test()
        runs = [] if trace is None else shown_runs(trace, self.layouts)
        row = self._row(test, runs, is_thinned=test.load is not None and trace is None)
        if trace is not None:
            row += self._trace(trace, runs)
        self._tests[number] = as_json(row)
        self._rows += len(self._tests[number])
        self._deflate_texts()
        return runs

    def _row(self, test: Tested, runs: Sequence[ShownRun], *, is_thinned: bool) -> list[Any]:
        text = self._interned.text
        said = sentence_of(test, runs) if test.has_failed else None
        parts = [] if said is None else [text(part) for part in (said.workflow, said.words, said.step, said.why)]
        return [
            text(test.name),
            OUTCOMES.index(test.outcome) if test.outcome in OUTCOMES else OUTCOMES.index("passed"),
            _rounded(test.seconds),
            parts,
            text(test.message),
            [[text(title), text(content)] for title, content in test.said],
            text(test.worker or test.source),
            run_that_matters(runs),
            int(is_thinned),
        ]

    def _trace(self, trace: Trace, runs: Sequence[ShownRun]) -> list[Any]:
        columns = [
            self._interned.text(trace.target),
            trace.epoch,
            int(trace.is_virtual),
            [self._run(run) for run in runs],
            self._events(list(_with_retries(trace))),
            self._exchanges(trace.exchanges),
            self._interned.value(trace.versions),
        ]
        ids = [self._interned.text(one) for one in self._interned.ids]
        return [*columns, ids, self._interned.text(trace.url), [self._fault(fault) for fault in trace.faults]]

    def _fault(self, fault: TracedFault) -> list[Any]:
        text = self._interned.text
        return [text(fault.rule), text(fault.place), text(fault.what), fault.fired, text("\n".join(fault.why))]

    def _deflate_texts(self) -> None:
        """Add the texts that have come since."""
        new = self._interned.texts[self._texts_deflated :]
        if new:
            between = "," if self._texts_deflated else ""
            self._deflated.add(f"{between}{as_json(new)[1:-1]}")
            self._texts_deflated += len(new)

    def finished(self) -> tuple[bytes, str]:
        """Return all of it as JSON, and that as it stands on the page.

        No test can be added any more.
        """
        tests = ",".join(row for _, row in sorted(self._tests.items()))
        self._deflate_texts()
        self._deflated.add(f'],"graphs":{as_json(self._graphs)},"tests":[{tests}]}}')
        return self._deflated.finished()

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
            self._graph(run.layout),
            int(run.is_graph_known),
            [self._step(step) for step in run.steps],
            run.at,
            run.taken,
            run.failing,
            _rounded(run.seconds),
            _rounded(run.began),
            value(traced.account) if result is None else _MISSING,
            [self._difference(one) for one in run.differences],
        ]

    def _difference(self, one: TracedDifference) -> list[Any]:
        text, found = self._interned.text, one.difference
        sides = [
            _MISSING if side is MISSING else self._interned.told(as_json(side))
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
            _MISSING if event.exchange is None else event.exchange,
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
            _MISSING if exchange.run is None else exchange.run,
            text(exchange.verb),
            self._interned.told(f"{exchange.method} {exchange.target}"),
            0 if reply is None else reply.status,
            text(exchange.ending),
            text(exchange.failure),
            asked,
            answered,
            _rounded(ended),
            text(_lines(exchange.headers)),
            _MISSING if reply is None else text(_lines(reply.headers)),
            exchange.faults,
        ]

    def _graph(self, layout: Layout) -> int:
        """Return the number of a graph that is placed."""
        number = self._graph_numbers.get(id(layout))
        if number is None:
            number = self._graph_numbers[id(layout)] = len(self._graphs)
            text = self._interned.text
            boxes = [
                [
                    *(box.kind, text(box.label), text(box.title)),
                    *(box.x, box.y, box.width, box.height, box.axis),
                    *(text(box.caption), text(box.path)),
                ]
                for box in layout.boxes
            ]
            self._graphs.append([layout.width, layout.height, boxes, [line.path for line in layout.lines]])
        return number


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
