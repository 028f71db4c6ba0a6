"""What is said of a sweep that failed: its first failing point in full."""

from __future__ import annotations

import shlex
import traceback
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from mastra_sync.documentation import see_error
from pytest_mastra.redact.scrubber import learn_secrets
from pytest_mastra.report import timeline
from pytest_mastra.report.timeline import Look
from pytest_mastra.suite import settings
from pytest_mastra.sweep.killed import Killed
from pytest_mastra.sweep.points import as_text, names_of, titled
from pytest_mastra.sweep.verdicts import by_family
from pytest_mastra.text.values import counted
from pytest_mastra.text.width import clipped, wrapped

if TYPE_CHECKING:
    import pytest

    from pytest_mastra.http.exchanges import Exchange
    from pytest_mastra.suite.scene import Scene
    from pytest_mastra.sweep.attempts import Attempt
    from pytest_mastra.sweep.sweep import Result
    from pytest_mastra.sweep.verdicts import Verdict

MOST_LINES = 25
"""Lines that a failure takes, besides one for each further point."""

MOST_REQUESTS = 9
MOST_REASONS = 3
_WIDTH = 80
_FEWEST = 3
_LINES_OF_COMMAND = 3
"""How a point is run alone, and where more is said."""

_LINES_OF_OTHERS = 1
"""That there are other points, besides a line for each."""


def complete(
    report: pytest.TestReport, call: pytest.CallInfo[None], result: Result, scene: Scene, item: pytest.Item
) -> None:
    """Complete the report of a swept test's own code.

    Args:
        report: The report; is changed.
        call: How the test's own code ended.
        result: What the sweep found.
        scene: Of the run that pytest is told of.
        item: The test.
    """
    if result.seconds:
        report.duration += result.seconds
    if result.verdicts:
        report.mastra_sweep = {"summary": result.summary, "families": by_family(result.verdicts)}  # type: ignore[attr-defined]
    if not report.failed:
        return
    scrubber = learn_secrets(scene.log, item.config)
    if result.failed_before:
        said = f"it fails where nothing goes wrong, so there is nothing to sweep: {result.failed_before}"
        report.sections.append(("mastra sweep", scrubber.text(said)))
    elif result.failing and not result.error:
        runs = timeline.sections(scene, report, item.config)
        lines = failure_lines(result, call, item, Look.of(item.config))
        room = MOST_LINES - len(lines) - (_LINES_OF_OTHERS if len(result.failing) > 1 else 0)
        drawn = [line for _, text in runs for line in text.splitlines()]
        further = further_lines(result, item)
        report.sections = [section for section in report.sections if section[0] != timeline.TITLE]
        report.longrepr = scrubber.text("\n".join([*lines, *_fitting(drawn, room - _LINES_OF_COMMAND), *further]))


def failure_lines(result: Result, call: pytest.CallInfo[None], item: pytest.Item, look: Look) -> list[str]:
    """Return the lines about the first failing point."""
    first = result.told or result.failing[0]
    attempt = result.attempt
    reasons = [line for reason in first.reasons[:MOST_REASONS] for line in wrapped(reason, _WIDTH - 2, 2)]
    return [
        *wrapped(f"mastra sweep of {counted(len(result.requests), 'request')}, {result.summary}", _WIDTH, 3),
        "",
        *wrapped(titled(first.points), _WIDTH, 2),
        *([] if attempt is None else request_lines(attempt, first, is_ascii=look.ascii)),
        *(f"  {line}" for line in reasons),
        *_places(call, item, attempt),
        *(f"  {line}" for line in first.advice_lines),
        "",
    ]


def further_lines(result: Result, item: pytest.Item) -> list[str]:
    """Return a line for each further failing point, and how to run the first alone."""
    first, *others = result.failing
    width = max((len(as_text(verdict.points)) for verdict in others), default=0)
    lines = [clipped(f"  {as_text(verdict.points):{width}}  {verdict.reasons[0]}", _WIDTH) for verdict in others]
    point = f"--mastra-point={shlex.quote(as_text(first.points))}"
    command = " ".join(["pytest", shlex.quote(item.nodeid), point, *_target_of(item.config)])
    alone = ["That point alone, under a debugger too:", f"  {command}", see_error("sweep-failed")]
    return [*(["Also:", *lines] if lines else []), *alone]


def _target_of(config: pytest.Config) -> list[str]:
    """Return the options by which the command line led to a live server."""
    is_live = settings.setting(config, "target").value == "live"
    options = [("target", "live"), ("url", "URL")] if is_live else []
    return [f"--mastra-{name}={value}" for name, value in options if config.getoption(f"mastra_{name}")]


def request_lines(attempt: Attempt, verdict: Verdict, *, is_ascii: bool) -> list[str]:
    """Return the requests of a run, with the fault marked in its place."""
    mark = ">" if is_ascii else "✂"
    faulty = {point.request for point in verdict.points}
    asked = [exchange for exchange in attempt.exchanges if exchange.call.verb is not None]
    names = names_of(asked)
    width = max((len(exchange.call.verb or "") for exchange in asked), default=0)
    turns = set(attempt.turns[1:])
    said: list[tuple[str, bool]] = []
    for index, (exchange, own) in enumerate(zip(asked, names, strict=True)):
        if index in turns:
            said.append(("    -- run again --", True))
        is_faulty = not faulty.isdisjoint(own)
        line = f"  {mark if is_faulty else ' '} {exchange.call.verb or '':{width}}  {_answer(exchange)}"
        said.append((line, is_faulty))
    folded = []
    for (line, is_marked), group in groupby(said):
        count = len(list(group))
        folded.append((clipped(line if count == 1 else f"{line}  ({count} times)", _WIDTH), is_marked))
    return _around_marked(folded)


def _around_marked(lines: Sequence[tuple[str, bool]]) -> list[str]:
    """Return the lines that fit, around the first that is marked."""
    if len(lines) <= MOST_REQUESTS:
        return [line for line, _ in lines]
    marked = next((index for index, (_, is_marked) in enumerate(lines) if is_marked), 0)
    start = max(0, min(marked - 2, len(lines) - MOST_REQUESTS + 2))
    end = min(len(lines), start + MOST_REQUESTS - 2)
    before = [f"    ... {start} before"] if start else []
    after = [f"    ... {len(lines) - end} after"] if end < len(lines) else []
    return [*before, *(line for line, _ in lines[start:end]), *after]


def _answer(exchange: Exchange) -> str:
    if exchange.failure == Killed.__name__:
        return "the script was killed here"
    if exchange.failure is not None:
        return f"no answer: {exchange.failure}" if not exchange.status else f"{exchange.status}, {exchange.failure}"
    return str(exchange.status) if exchange.status else "no answer"


def _places(call: pytest.CallInfo[None], item: pytest.Item, attempt: Attempt | None) -> list[str]:
    """Return which line sent what met the fault, and where the test's own code failed."""
    failed = _place(call, item)
    sent = [] if attempt is None else dict.fromkeys(attempt.trouble.asking_lines)
    lines = [*(f"sent by {line}" for line in sent if line not in failed[:1]), *failed]
    return [clipped(f"  {line}", _WIDTH) for line in lines]


def _place(call: pytest.CallInfo[None], item: pytest.Item) -> list[str]:
    """Return where the test's own code failed, and the line there."""
    error = call.excinfo.value if call.excinfo is not None else None
    entries = [] if error is None else traceback.extract_tb(error.__traceback__)
    near = [entry for entry in entries if Path(entry.filename) == item.path]
    if error is None or not near:
        return []
    last = near[-1]
    said = [line for line in str(error).strip().splitlines()[1:4] if line.strip()]
    return [f"{item.path.name}:{last.lineno}: {last.line}", *said]


def _fitting(lines: Sequence[str], room: int) -> list[str]:
    """Return as many lines as there is room for, and then an empty one."""
    kept = list(lines) if len(lines) < room else [*lines[: room - 2], "..."] if room > _FEWEST else []
    return [*kept, ""] if kept else []
