"""The runs of a failed test, a few lines each, and the section of its report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mastra_sync.terminal.marks import UNICODE as MARKS
from pytest_mastra.redact.scrubber import learn_secrets
from pytest_mastra.report import axis, terminal, trace_writer
from pytest_mastra.report.drawing import Drawing
from pytest_mastra.report.redacted import redact_scene

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
    scene: Scene, report: pytest.TestReport, config: pytest.Config, *, scrubber: Scrubber | None = None
) -> list[Section]:
    """Return the section of a failed test's report that shows its runs, if it has any.

    Args:
        scene: The test's.
        report: The report of the phase that failed.
        config: pytest's; says what its terminal can show.
        scrubber: Takes secrets out; by default one that has learned from the scene.
    """
    look = Look.of(config)
    lines = draw_runs(redact_scene(scene, scrubber or learn_secrets(scene.log, config)).runs, look)
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


def _can_show(encoding: str, text: str) -> bool:
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _has_junit(config: pytest.Config) -> bool:
    return bool(config.getoption("xmlpath", None))


def draw_runs(runs: Sequence[TouchedRun], look: Look) -> list[str]:
    """Return the lines that show a test's runs."""
    room = MOST_RUNS_IN_SHORT if look.in_short else MOST_RUNS
    by_need = sorted(range(len(runs)), key=lambda index: runs[index].status in _GONE_WELL)
    chosen = sorted(by_need[:room])
    lines = []
    for index in chosen:
        drawing = Drawing(runs[index], look.width, colour=look.colour, ascii_only=look.ascii)
        lines += [drawing.title()] if look.in_short else drawing.lines()
    hidden = Counter(runs[index].status for index in by_need[room:])
    if hidden:
        text = ", ".join(f"{count} {status}" for status, count in hidden.most_common())
        lines.append(f"... and {len(runs) - room} more runs: {text}")
    return lines
