"""The page as one file: template, data, script, style, and a policy that loads nothing."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from mastra_sync.durations import duration
from mastra_sync.escapes import escaped, visible
from pytest_mastra.coverage.folded import Coverage, Omit
from pytest_mastra.coverage.observed_run import runs_of_trace
from pytest_mastra.page.covered import ShownCoverage, show_coverage
from pytest_mastra.page.data import PageData
from pytest_mastra.page.drawing import Drawings
from pytest_mastra.page.sentences import Sentence, sentence_of
from pytest_mastra.page.session import Session
from pytest_mastra.page.shown_run import ShownRun, ShownStep, describe_one, run_that_matters
from pytest_mastra.page.shrink import shrink
from pytest_mastra.page.swept import ShownSweep, show_sweep
from pytest_mastra.page.tested import OUTCOMES, Tested
from pytest_mastra.suite.noted_difference import CASSETTE, RECORDED_SERVER
from pytest_mastra.text.values import counted, first_of

if TYPE_CHECKING:
    from jinja2 import Environment

    from pytest_mastra.report.trace_reader import Trace

SCRIPTS = ("data", "elements", "values", "graph", "timeline", "story", "step", "compare", "run", "list", "main")
"""The parts of the script, in their order; one function is around all of them."""

MOST_CARDS = 200
"""Failed tests that are drawn without a script; further ones are in the list."""

BUDGET = 5_000_000
"""Characters that the data of a page takes, beyond which tests are thinned."""

_LONGEST_VALUE = 1200
_MOST_FAULTS = 5
_MOST_DIFFERENCES = 3
_MOST_DRIFTED = 3
_WORDS = {"xpassed": "passed unexpectedly", "xfailed": "failed as expected"}


@dataclass(frozen=True, slots=True)
class Card:
    """A failed test, as it is there without a script.

    Attributes:
        test: The test.
        sentence: What broke.
        link: The address of the run within the page.
        target: What it ran against.
        drawing: The run as SVG.
        step: The step at which it stopped.
        fields: What is known of that step: title and text.
    """

    test: Tested
    sentence: Sentence
    link: str
    target: str
    drawing: str
    step: ShownStep | None
    fields: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sections:
    """What is there without a script.

    Attributes:
        cards: The failed tests.
        covered: What was tried of each workflow.
        sweeps: What became of swept tests.
        shapes: The drawings, by id.
        drifted: How many tests passed though their server says something else than its cassette.
    """

    cards: Sequence[Card]
    covered: Sequence[ShownCoverage]
    sweeps: Sequence[ShownSweep]
    shapes: Mapping[str, str]
    drifted: int


@dataclass(frozen=True, slots=True)
class Page:
    """A page.

    Attributes:
        html: The file.
        data: What its script reads, before it is packed.
    """

    html: bytes
    data: bytes


def render(
    tests: Sequence[Tested],
    session: Session,
    budget: int = BUDGET,
    tried: Coverage | None = None,
    omit: Omit | None = None,
) -> Page:
    """Return the page.

    Where there is no room for all traces, the oldest passing tests are there without theirs. Failed ones are next, but
    only beyond twice the room.

    Args:
        tests: In the order in which they ran.
        session: What is said of all of them; is completed.
        budget: How many characters the data may take.
        tried: What all tests have tried, if somebody has gathered it; by default what their traces tell.
        omit: Says which goals are not counted, and why.
    """
    data, drawings, coverage = PageData(), Drawings(), Coverage()
    cards: list[Card] = []
    sweeps: list[ShownSweep] = []
    drifted: list[str] = []
    thinned = 0
    failed = [number for number, test in enumerate(tests) if test.has_failed]
    others = [number for number, test in reversed(list(enumerate(tests))) if not test.has_failed]
    for number in (*failed, *others):
        test = tests[number]
        room = 2 * budget if test.has_failed else budget
        trace = test.trace if data.size < room else None
        if trace is not None:
            session.take(trace)
            for observed in runs_of_trace(trace) if tried is None else ():
                coverage.add_run(observed)
        thinned += test.load is not None and trace is None
        runs = data.add(number, test, trace)
        if test.has_failed and len(cards) < MOST_CARDS:
            cards.append(_card(test, trace, runs, drawings))
        if trace is not None and not test.has_failed and any(one.against == CASSETTE for one in trace.differences):
            drifted.append(test.name)
        sweep = show_sweep(test, trace, runs, drawings) if trace is not None else None
        sweeps += [] if sweep is None else [sweep]
    if thinned:
        session.notes += (f"This page has room for {budget / 1e6:.0f} MB: {_left_out(thinned)}",)
    if drifted:
        session.notes = (_told_of_drift(drifted), *session.notes)
    covered = show_coverage(tried or coverage, data.layouts, drawings, omit)
    return _fill(tests, session, data, Sections(cards, covered, sweeps, drawings.shapes, len(drifted)))


def _words(outcome: str, count: int) -> str:
    return "errors" if outcome == "error" and count > 1 else _WORDS.get(outcome, outcome)


def _told_of_drift(names: Sequence[str]) -> str:
    """Return what is to be known of tests that passed, though their server has drifted."""
    listed = first_of(sorted(names), _MOST_DRIFTED)
    return f"The server says something else than the cassette of {listed}: the differences stand beside the run."


def _left_out(count: int) -> str:
    if count == 1:
        return "the runs of the oldest passing test are left out."
    return f"the runs of the {count:,} oldest tests are left out, of passing tests first."


def _fill(tests: Sequence[Tested], session: Session, data: PageData, sections: Sections) -> Page:
    counts = Counter(test.outcome for test in tests)
    script, style = _script(), _asset("style.css")
    packed = data.finished()
    html = (
        _environment()
        .get_template("page.html.j2")
        .render(
            session=session,
            headline=_headline(counts, sections.drifted),
            drifted=sections.drifted,
            counts=[
                (outcome, counts[outcome], _words(outcome, counts[outcome])) for outcome in OUTCOMES if counts[outcome]
            ],
            total=len(tests),
            cards=sections.cards,
            covered=sections.covered,
            sweeps=sections.sweeps,
            shapes=sections.shapes,
            failed=counts["failed"] + counts["error"],
            policy=_policy(script, style),
            script=script,
            style=style,
            data=packed,
        )
    )
    return Page(html.encode("utf-8", "backslashreplace"), packed.plain)


def link_of(*parts: str) -> str:
    """Return the address, within the page, of a test, a run, a step."""
    return "#" + "/".join(quote(part, safe="!~*'()") for part in parts)


def _headline(counts: Counter[str], drifted: int) -> str:
    total, failed = sum(counts.values()), counts["failed"] + counts["error"]
    if not total:
        return "No test ran"
    if failed:
        return f"{failed:,} of {total:,} {'test' if total == 1 else 'tests'} failed"
    passed = counts["passed"]
    added = f", and {drifted:,} {'has' if drifted == 1 else 'have'} drifted" if drifted else ""
    if passed == total:
        return (
            f"The one test passed{', and has drifted' if drifted else ''}"
            if total == 1
            else f"All {total:,} tests passed{added}"
        )
    return f"{passed:,} of {total:,} tests passed, none failed{added}"


def _card(test: Tested, trace: Trace | None, runs: Sequence[ShownRun], drawings: Drawings) -> Card:
    number = run_that_matters(runs)
    sentence = sentence_of(test, runs)
    target = "" if trace is None else trace.target
    if number < 0:
        return Card(test, sentence, link_of(test.name), target, "", None)
    run = runs[number]
    step = run.steps[run.failing] if run.failing >= 0 else None
    parts = [test.name, run.traced.run_id, *([step.path] if step is not None else [])]
    fields = [*_fields(run, step), *_faults(trace)]
    return Card(test, sentence, link_of(*parts), target, drawings.draw(run), step, fields)


def _faults(trace: Trace | None) -> Iterator[tuple[str, str]]:
    """Give what the test had go wrong."""
    for fault in trace.faults[:_MOST_FAULTS] if trace is not None else ():
        met = f"met by {counted(fault.fired, 'request')}" if fault.fired else "never met"
        yield "Fault", f"{fault.rule}, {met}"


def _fields(run: ShownRun, step: ShownStep | None) -> Iterator[tuple[str, str]]:
    """Give what a reader wants to see first."""
    for one in run.differences[:_MOST_DIFFERENCES]:
        yield "Differs" if one.against != RECORDED_SERVER else "Recorded", describe_one(one)
    if step is None:
        # a run that never started has none, and of one that is not found nobody knows it
        if run.traced.input_data is not None:
            yield "Input", _value(run.traced.input_data)
        if run.result is not None and run.result.result is not None:
            yield "Result", _value(run.result.result)
        return
    if step.result.error is not None and "\n" in str(step.result.error):
        yield "Error", str(step.result.error)
    yield "Input", _value(step.input_data)
    if step.asked and step.status in ("suspended", "paused"):
        yield "Asks", _value(step.asked)


def _value(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."


def _policy(script: str, style: str) -> str:
    """Return the policy that lets the page run its own script and style, and load nothing."""
    rules = ("default-src 'none'", f"script-src '{_digest(script)}'", f"style-src '{_digest(style)}'")
    return "; ".join([*rules, "base-uri 'none'", "form-action 'none'"])


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}"


@cache
def _script() -> str:
    body = "\n".join(_asset(f"script/{name}.js") for name in SCRIPTS)
    return shrink(f'(() => {{\n"use strict";\n{body}}})();\n')


@cache
def _asset(name: str) -> str:
    return resources.files("pytest_mastra.page").joinpath(name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined  # noqa: PLC0415 -- of the extra `report`

    made = Environment(
        autoescape=True, loader=FunctionLoader(_asset), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.filters |= {"escaped": escaped, "visible": visible, "duration": duration}
    return made
