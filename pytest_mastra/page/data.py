"""What the page's script reads: lists of numbers, and each text once. No I/O.

A row is a list; `script/data.js` names its places. A text, and a JSON value as its text, is the number under which it
stands in `texts`; what is not there is -1. So a value that a hundred tests have is in the page once, and is parsed when
it is looked at. What the list of tests needs stands in one text, all else in parts that are opened when a test is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_mastra.page.deflated import DeflatedText
from pytest_mastra.page.details import Details
from pytest_mastra.page.interned import Interned
from pytest_mastra.page.layouts import Layouts
from pytest_mastra.page.sentences import sentence_of
from pytest_mastra.page.shown_run import ShownRun, shown_runs
from pytest_mastra.page.tested import OUTCOMES, Tested
from pytest_mastra.report.trace_records import as_json

if TYPE_CHECKING:
    from pytest_mastra.page.layout import Layout
    from pytest_mastra.report.trace_reader import Trace

_DEFLATED_ROW = 5
"""How many characters of the list deflate to one byte."""

_ID = 24
"""A run's id that is longer is told by its beginning."""
_BEGINNING = 8


@dataclass(frozen=True, slots=True)
class PackedData:
    """The data of a page.

    Attributes:
        plain: All of it, as JSON.
        tests: The list of tests, as it stands on the page.
        parts: What else is known of them, as it stands there.
    """

    plain: bytes
    tests: str
    parts: list[str]


class PageData:
    """The data of a page, test after test."""

    def __init__(self) -> None:
        self.layouts = Layouts()
        self._interned = Interned()
        self._graphs: list[Any] = []
        self._graph_numbers: dict[int, int] = {}
        self._tests: dict[int, str] = {}
        self._listed = 0
        self._details = Details(self._graph)
        self._plain: list[bytes] = []
        self._parts: list[str] = []
        self._packed = 0

    @property
    def size(self) -> int:
        """About how many characters it takes on the page so far."""
        return self._packed + (self._details.size + self._listed // _DEFLATED_ROW) * 4 // 3

    def add(self, number: int, test: Tested, trace: Trace | None) -> list[ShownRun]:
        """Add a test, and return its runs as they are drawn.

        Args:
            number: Its place among all tests.
            test: The test.
            trace: Its trace; None if it has none, or is to be left out.
        """
        runs = [] if trace is None else shown_runs(trace, self.layouts)
        row = self._row(test, runs, is_thinned=test.load is not None and trace is None)
        if trace is not None or test.said:
            row += [len(self._parts), self._details.count]
            self._details.add(test, trace, runs)
        if trace is not None:
            row += [self._interned.text(trace.target), [self._run(run) for run in runs]]
        self._tests[number] = as_json(row)
        self._listed += len(self._tests[number])
        if self._details.is_full:
            self._finish_part()
        return runs

    def finished(self) -> PackedData:
        """Return all of it; no test can be added any more."""
        if self._details.count:
            self._finish_part()
        tests = ",".join(row for _, row in sorted(self._tests.items()))
        listed = DeflatedText()
        texts = as_json(self._interned.texts)
        listed.add(f'{{"texts":{texts},"graphs":{as_json(self._graphs)},"tests":[{tests}]}}')
        plain, packed = listed.finished()
        return PackedData(b"\n".join([plain, *self._plain]), packed, self._parts)

    def _finish_part(self) -> None:
        plain, packed = self._details.finished()
        self._plain.append(plain)
        self._parts.append(packed)
        self._packed += len(packed)
        self._details = Details(self._graph)

    def _row(self, test: Tested, runs: Sequence[ShownRun], *, is_thinned: bool) -> list[Any]:
        text = self._interned.text
        said = sentence_of(test, runs) if test.has_failed else None
        parts = [] if said is None else [text(part) for part in (said.workflow, said.words, said.step, said.why)]
        return [
            text(test.name),
            OUTCOMES.index(test.outcome) if test.outcome in OUTCOMES else OUTCOMES.index("passed"),
            None if test.seconds is None else round(test.seconds, 6),
            parts,
            text(test.message),
            text(test.worker or test.source),
            int(is_thinned),
        ]

    def _run(self, run: ShownRun) -> list[Any]:
        text = self._interned.text
        run_id = run.traced.run_id
        shown = run_id if len(run_id) <= _ID else run_id[:_BEGINNING]
        return [text(run.traced.workflow_id), text(run.traced.status), shown]

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
