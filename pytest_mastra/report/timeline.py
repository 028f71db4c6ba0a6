"""The runs of a failed test, a few lines each, and the section of its report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mastra_sync.terminal.marks import UNICODE as MARKS
from pytest_mastra.explain.run_summary import summarise_ending
from pytest_mastra.redact.scrubber import learn_secrets
from pytest_mastra.report import axis, terminal, trace_writer
from pytest_mastra.report.drawing import Drawing
from pytest_mastra.report.redacted import redact_scene
from pytest_mastra.text.distinctions import distinctions_within
from pytest_mastra.text.values import bounded

if TYPE_CHECKING:
    import pytest

    from pytest_mastra.fake.api.problems import Section
    from pytest_mastra.redact.scrubber import Scrubber
    from pytest_mastra.run_history.runs import TouchedRun
    from pytest_mastra.suite.scene import Scene

TITLE = "Mastra runs"
MOST_RUNS = 5
"""Runs of one test that are drawn; of more, those that went wrong."""
MOST_RUNS_IN_SHORT = 10
USUAL_WIDTH = 80
WIDEST = 120

_GONE_WELL = frozenset({"success", "bailed"})


def timeline(run: TouchedRun, *, width: int = 80, colour: bool = False, ascii: bool = False) -> list[str]:  # noqa: A002
    """Return a run as at most 12 lines: title, steps on a time axis, reasons.

    Where there are more steps than lines, those that failed or wait are kept, the first and the last, and what ran
    before the first of those that stopped; the others are counted. Where a run mostly slept or waited for an answer,
    such time is drawn shorter.

    Args:
        run: The run; what it holds is shown as it is, so it should have been redacted (`redact_scene`).
        width: The most cells that a line takes, from 20 on.
        colour: Whether to colour by status, with escape codes.
        ascii: Whether to use nothing but ASCII.
    """
    return Drawing(run, width, colour=colour, ascii_only=ascii).lines()


@dataclass(frozen=True, slots=True)
class Look:
    """What a terminal can show, and how much of it is wanted.

    Attributes:
        width: Cells of a line.
        colour: Whether it takes escape codes.
        ascii: Whether it has ASCII only.
        in_short: Whether one line for each run is enough.
    """

    width: int = USUAL_WIDTH
    colour: bool = False
    ascii: bool = False
    in_short: bool = False

    @classmethod
    def of(cls, config: pytest.Config) -> Look:
        """Return what pytest's terminal can show."""
        encoding, width, colour = terminal.terminal_of(config)
        needed = "".join(MARKS.of_status.values()) + MARKS.more + "".join(axis.UNICODE.of_activity.values())
        return cls(
            min(width or USUAL_WIDTH, WIDEST),
            # with junit the same text goes into a file
            colour=colour and not _has_junit(config),
            ascii=not _can_show(encoding, needed),
            in_short=config.get_verbosity() < 0,
        )


def sections(
    scene: Scene,
    report: pytest.TestReport,
    config: pytest.Config,
    *,
    scrubber: Scrubber | None = None,
    is_explained: bool = False,
) -> list[Section]:
    """Return the section of a failed test's report that shows its runs, if it has any.

    Where the failure itself says nothing of a run, the section has what it would: the run that matters comes first,
    with its input, its result or error, and what it asks.

    Args:
        scene: The test's.
        report: The report of the phase that failed.
        config: pytest's; says what its terminal can show.
        scrubber: Takes secrets out; by default one that has learned from the scene.
        is_explained: Whether the failure says what became of the run that it is about.
    """
    look = Look.of(config)
    redacted = redact_scene(scene, scrubber or learn_secrets(scene.log, config))
    endings = None if is_explained else Endings(redacted.scrubber, on_server=scene.target == "live")
    lines = draw_runs(redacted.runs, look, endings)
    trace = trace_writer.shown_path(report, config)
    if trace is not None:
        lines.append(f"trace: {trace}")
    return [(TITLE, "\n".join(lines))] if lines else []


def add_sections(sections: Sequence[Section], report: pytest.TestReport, config: pytest.Config) -> None:
    """Add sections to a failed test's report, where each reporter that is in use finds them.

    A junit file has the text of a failure, but no sections; so with `--junit-xml` they become part of that text, which
    the terminal shows too.
    """
    text: Any = report.longrepr
    if not _has_junit(config) or not (isinstance(text, str) or hasattr(text, "addsection")):
        report.sections.extend(sections)
        return
    for title, content in sections:
        if isinstance(report.longrepr, str):
            report.longrepr += f"\n\n{f' {title} '.center(USUAL_WIDTH, '-')}\n{content}"
        else:
            text.addsection(title, content)


@dataclass(frozen=True, slots=True)
class Endings:
    """Tells how runs ended, and on what input.

    Attributes:
        scrubber: Takes secrets out.
        on_server: Whether the runs are on a server that other processes can ask too.
    """

    scrubber: Scrubber
    on_server: bool = False

    def of(self, run: TouchedRun, *, short: bool, has_why: bool, is_drawn: bool) -> list[str]:
        """Return lines for below a run's drawing; none if nothing is known of its end.

        Args:
            run: The run.
            short: Whether its input and result are enough, a line each.
            has_why: Whether the drawing says why it failed, and what it asks.
            is_drawn: Whether there is a drawing, which says what holds the run.
        """
        result = run.result
        if result is None:
            return []
        if result.input_data is None and run.input_data is not None:
            # of a run that is at work servers tell no input, and the request that started it does
            result = result.model_copy(update={"input_data": run.input_data})
        return summarise_ending(
            result,
            scrub=self._scrub,
            holds=() if is_drawn else run.holds,
            on_server=self.on_server,
            short=short,
            has_why=has_why,
        )

    def _scrub(self, value: Any) -> Any:
        return self.scrubber.data(bounded(value))


def said_meanwhile(report: pytest.TestReport) -> str:
    """Return what a test printed and logged."""
    return "\n".join(text for _, text in report.sections)


def _can_show(encoding: str, text: str) -> bool:
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _has_junit(config: pytest.Config) -> bool:
    return bool(config.getoption("xmlpath", None))


def draw_runs(runs: Sequence[TouchedRun], look: Look, endings: Endings | None = None) -> list[str]:
    """Return the lines that show a test's runs.

    Args:
        runs: The runs, in the order in which they were named.
        look: What the terminal can show.
        endings: Tells how they ended, if nothing else does; then the one that matters is told whole, and comes first.
    """
    room = MOST_RUNS_IN_SHORT if look.in_short else MOST_RUNS
    by_need = sorted(range(len(runs)), key=lambda index: runs[index].status in _GONE_WELL)
    chosen = sorted(by_need[:room])
    if endings is not None and runs:
        # a test stops at what it did last
        first = max(range(len(runs)), key=lambda index: (runs[index].status not in _GONE_WELL, index))
        chosen = [first, *[index for index in chosen if index != first][: room - 1]]
    apart = distinctions_within([run.workflow_id for run in runs], [bounded(run.input_data) for run in runs])
    lines = []
    for number, index in enumerate(chosen):
        run = runs[index]
        drawing = Drawing(run, look.width, colour=look.colour, ascii_only=look.ascii, apart=apart[index])
        lines += [drawing.title()] if look.in_short else drawing.lines()
        if endings is not None and not (look.in_short and number):
            has_why = not look.in_short and drawing.tells_why
            lines += map(drawing.text, endings.of(run, short=number > 0, has_why=has_why, is_drawn=not look.in_short))
    hidden = Counter(runs[index].status for index in by_need[room:])
    if hidden:
        text = ", ".join(f"{count} {status}" for status, count in hidden.most_common())
        lines.append(f"... and {len(runs) - room} more runs: {text}")
    return lines
