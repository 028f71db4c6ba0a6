"""What became of the run that a failed assertion is about, put under pytest's own words.

pytest asks for an explanation of a comparison with bare values (`'failed' == 'success'`), and not at all for
`assert result.ok`. So the run is looked for in the failed statement, whose function is still there: on the stack while
pytest asks, in the traceback afterwards. While pytest asks, only what it does not cut off is said, eight lines; the
rest replaces that when the test's outcome is known, before any report is made of it.
"""

# ruff: noqa: PLC0415 -- every failed comparison asks here, and few are about a run

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_mastra.explain.failed_statement import FailedStatement, read_statement
from pytest_mastra.explain.loaded_classes import loaded_classes
from pytest_mastra.text.differences import Difference, describe, differences
from pytest_mastra.text.values import WIDTH, shown
from pytest_mastra.text.width import cells, clipped

if TYPE_CHECKING:
    from types import CodeType, FrameType

    import pytest

    from pytest_mastra.explain.failed_run import Mask
    from pytest_mastra.suite.scene import Scene

MOST_LINES = 25
"""Lines of an explanation."""

_EXPLAINED = "__mastra_explained__"
"""Attribute of an exception that needs no explanation: what makes its message, or None."""

_TELLS_OF_RUN = "__mastra_tells_of_run__"
"""Attribute of an exception whose message says what became of a run: True."""

MakeMessage = Callable[["Scene | None", "pytest.Config | None"], str]

_FEW = 2
"""Lines beside which there is room for a whole run."""

_LINES_AT_ONCE, _CHARACTERS_AT_ONCE = 8, 600
"""What pytest shows of an explanation that it asked for, however little verbose it is."""

_RUN_RESULT = ("mastra_sync.models", "RunResult")

_KINDS = (
    _RUN_RESULT,
    ("mastra_sync.models", "StepResult"),
    ("mastra_sync.models", "Suspension"),
    ("mastra_sync.events", "StreamEvent"),
    ("mastra_sync.streaming", "RunStream"),
    ("mastra_sync.run", "Run"),
    ("pytest_mastra.fake.api.seen_runs", "RunView"),
)
"""What a statement may be about."""

_SEEN_RUNS = ("pytest_mastra.fake.api.seen_runs", "SeenRuns")
"""What it may be about too: all runs that a fake has seen of a workflow."""

_OF_LISTS = frozenset({ValueError, IndexError, StopIteration})
"""What Python raises where there are more or fewer runs than a statement takes."""

_NOT_TESTS = ("_pytest", "pluggy", "pytest_mastra", "unittest")
"""Packages whose functions stand between a test's and this one, or call those that do."""

_PLAIN = (dict, list, str, int, float, type(None))
_WHOLE = "a run's whole result is compared here: what the run gave is its .result"
_SIDE_WIDTH = 22
FIRST_WIDTH = WIDTH - 14
"""Cells of a message's first line, before which pytest writes `AssertionError: `."""


@dataclass(slots=True)
class _Comparison:
    """A comparison that pytest asked about last.

    Attributes:
        statement: The function and the lines of the assert.
        differences: In what its sides differ.
        note: What is to be said besides, or if they differ in nothing that can be told.
        lines: What was answered, without the first line.
    """

    statement: tuple[CodeType, tuple[int, int] | None]
    differences: list[Difference]
    note: list[str]
    lines: list[str] = field(default_factory=list)


class _Last(threading.local):
    comparison: _Comparison | None = None


_last = _Last()


def explain_comparison(config: pytest.Config, op: str, left: object, right: object) -> list[str] | None:
    """Explain a failed comparison, for `pytest_assertrepr_compare`; None if it is not about a run.

    Never raises. At `-vv` pytest's own words stand: they show both sides whole.
    """
    try:
        if op != "==" or _explains_itself(left) or _explains_itself(right) or not (kinds := loaded_classes(*_KINDS)):
            return None
        frame = _asking_frame()
        statement = read_statement(frame, frame.f_lineno, kinds) if frame is not None else None
        if frame is None or statement is None or not statement.values:
            return None
        return _explain_at_once(config, left, right, statement, frame)
    except Exception:  # noqa: BLE001 - whatever is wrong here, the test's own failure must come through
        return None


def explain_failure(
    excinfo: pytest.ExceptionInfo[BaseException], scene: Scene | None = None, config: pytest.Config | None = None
) -> None:
    """Have a failed assertion say what became of the run that it is about.

    Never raises, never says it twice. To be called before the report of the failure is made, for it is the exception
    that is added to: so every reporter shows it, right under what pytest says.

    Args:
        excinfo: How a test, or a fixture, ended.
        scene: The test's, which knows more of the run.
        config: pytest's.
    """
    last, _last.comparison = _last.comparison, None
    error = excinfo.value
    try:
        if not isinstance(error, AssertionError) and type(error) not in _OF_LISTS:
            return
        if not hasattr(error, _EXPLAINED):
            explain = _explain if isinstance(error, AssertionError) else _explain_list
            explain(error, last, scene, config)
        elif (make_message := getattr(error, _EXPLAINED)) is not None:
            error.args = (make_message(scene, config),)
        mark_explained(error)
    except Exception:  # noqa: BLE001 - whatever is wrong here, the test's own failure must come through
        return


def mark_explained(error: BaseException, make_message: MakeMessage | None = None) -> None:
    """Have an exception be left as it is.

    Args:
        error: The exception.
        make_message: Makes its message anew, which tells of a run, once scene and config are known.
    """
    setattr(error, _EXPLAINED, make_message)
    if make_message is not None:
        setattr(error, _TELLS_OF_RUN, True)


def is_explained(error: BaseException) -> bool:
    """Whether an exception's message says what became of the run that it is about."""
    return getattr(error, _TELLS_OF_RUN, False) is True


# -- while pytest asks


def _explain_at_once(
    config: pytest.Config, left: Any, right: Any, statement: FailedStatement, frame: FrameType
) -> list[str] | None:
    from pytest_mastra.explain.failed_run import Mask, find_subject

    comparison = _last.comparison = _compare(left, right, statement, frame)
    if config.get_verbosity("assertions") > 1:
        return None
    mask = Mask(None, config)
    about = find_subject(statement.values, [frame]).summarise(mask, short=True)
    comparison.lines = _cut_at_once([*_describe_comparison(comparison, mask), *about])
    return [f"{_side(mask(left))} == {_side(mask(right))}", *comparison.lines]


def _compare(left: Any, right: Any, statement: FailedStatement, frame: FrameType) -> _Comparison:
    actual, expected = (right, left) if statement.reversed or _is_pattern(left) else (left, right)
    if _explains_itself(left) or _explains_itself(right):
        return _Comparison((frame.f_code, statement.lines), [], [])
    is_whole = isinstance(actual, loaded_classes(_RUN_RESULT))
    if is_whole and isinstance(expected, _PLAIN):
        # all its fields would differ
        return _Comparison((frame.f_code, statement.lines), _find_differences(actual.result, expected), [_WHOLE])
    found = _find_differences(actual, expected)
    return _Comparison((frame.f_code, statement.lines), found, [] if found else _compare_types(actual, expected))


def _asking_frame() -> FrameType | None:
    """Return the function whose assertion pytest asks about."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - what `inspect.currentframe` is
    while frame is not None and _is_in(frame, _NOT_TESTS):
        frame = frame.f_back
    return frame


def _is_in(frame: FrameType, packages: Sequence[str]) -> bool:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0] in packages


def _cut_at_once(lines: list[str]) -> list[str]:
    """Return as much of an explanation as pytest does not cut off."""
    kept: list[str] = []
    for line in lines[: _LINES_AT_ONCE - 1]:
        if sum(map(len, kept)) + len(line) > _CHARACTERS_AT_ONCE - 2 * _SIDE_WIDTH:
            break
        kept.append(line)
    return kept


def _side(value: Any) -> str:
    return clipped(shown(value), _SIDE_WIDTH)


def _is_pattern(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] == "dirty_equals" or isinstance(value, type)


def _explains_itself(value: Any) -> bool:
    """Whether a value is a snapshot of syrupy, which says itself what differs.

    Each `==` with one counts as one more assertion, so it is not compared again.
    """
    return type(value).__module__.partition(".")[0] == "syrupy"


# -- when the outcome is known


def _explain(error: BaseException, last: _Comparison | None, scene: Scene | None, config: pytest.Config | None) -> None:
    lines = _explanation(error, last, scene, config)
    if lines:
        _add_lines(error, lines, last.lines if last is not None else [])
        setattr(error, _TELLS_OF_RUN, True)
    else:
        _explain_list(error, last, scene, config)


def _explain_list(
    error: BaseException, _last: _Comparison | None, scene: Scene | None, config: pytest.Config | None
) -> None:
    """Say which runs a fake has, if the statement that failed asked for them."""
    from pytest_mastra.explain.failed_run import Mask

    frames = [entry for entry in traceback.walk_tb(error.__traceback__) if not _is_in(entry[0], _NOT_TESTS)]
    kinds = loaded_classes(_SEEN_RUNS)
    found = read_statement(*frames[-1], kinds).values if frames and kinds else []
    if found:
        from pytest_mastra.explain.listed_runs import describe_runs

        _add_lines(error, describe_runs(found[0], Mask(scene, config)), [])


def _explanation(
    error: BaseException, last: _Comparison | None, scene: Scene | None, config: pytest.Config | None
) -> list[str]:
    """Return what there is to say of the traceback's innermost statement that is about a run."""
    from pytest_mastra.explain.failed_run import Mask, find_subject
    from pytest_mastra.explain.skipped_time import describe_skipped_time

    kinds = loaded_classes(*_KINDS)
    frames: list[FrameType] = []
    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__)) if kinds else []):
        if _is_in(frame, _NOT_TESTS):
            continue
        frames.append(frame)
        statement = read_statement(frame, line, kinds)
        if statement.values:
            mask = Mask(scene, config)
            differing = _describe_sides(last, statement, frame, mask)
            subject = find_subject(statement.values, frames, scene)
            about = subject.summarise(mask, short=len(differing) > _FEW)
            compared = _compared(last, statement, frame)
            skipped = describe_skipped_time(compared, subject.runs[0], scene) if subject.runs else []
            return [*differing, *skipped, *about][:MOST_LINES]
    return []


def _compared(last: _Comparison | None, statement: FailedStatement, frame: FrameType) -> Sequence[Any]:
    """Return the values that an assert compares, as far as they are known to differ."""
    if last is None or last.statement != (frame.f_code, statement.lines):
        return statement.sides or ()
    return [side for difference in last.differences for side in (difference.actual, difference.expected)]


def _describe_sides(last: _Comparison | None, statement: FailedStatement, frame: FrameType, mask: Mask) -> list[str]:
    """Return in what an assert's sides differ, whether pytest has asked or not."""
    if last is not None and last.statement == (frame.f_code, statement.lines):
        return _describe_comparison(last, mask)
    if statement.sides is None:
        return []
    return _describe_masked(_compare(*statement.sides, statement, frame).differences, mask)


def _add_lines(error: BaseException, lines: list[str], at_once: list[str]) -> None:
    """Put lines into an exception's message, in place of those said at once, or last."""
    # unittest ends what differs with a line of its own
    said = str(error).rstrip("\n")
    message = said.split("\n") if said else []
    bare = [line.strip() for line in message]
    wanted = [line.strip() for line in at_once]
    starts = range(len(message)) if at_once else ()
    start = next((start for start in starts if bare[start : start + len(at_once)] == wanted), len(message))
    if not message and cells(lines[0]) > FIRST_WIDTH:
        message, start = [""], 1
    indent = "  " if message else ""
    message[start : start + len(at_once)] = [f"{indent}{line}" for line in lines]
    error.args = ("\n".join(message),)


# -- what there is to say


def _find_differences(actual: Any, expected: Any) -> list[Difference]:
    """Return in what values differ, but for what only JSON tells apart: true and 1."""
    return [
        difference
        for difference in differences(actual, expected)
        if not _are_equal(difference.actual, difference.expected)
    ]


def _are_equal(actual: Any, expected: Any) -> bool:
    kinds = {type(actual), type(expected)}
    return bool in kinds and kinds <= {bool, int, float} and actual == expected


def _compare_types(actual: Any, expected: Any) -> list[str]:
    """Return why two values that are the same JSON are not equal: their types."""
    kinds = [type(value).__name__ for value in (actual, expected)]
    return [] if kinds[0] == kinds[1] else [f"alike as JSON, but one is a {kinds[0]}, the other a {kinds[1]}"]


def _describe_comparison(comparison: _Comparison, mask: Mask) -> list[str]:
    """Return in what values differ, but for what pytest's first line says anyway."""
    found = comparison.differences
    if len(found) == 1 and found[0].path == "$" and not _is_long(found[0]):
        return comparison.note
    return [*_describe_masked(found, mask), *comparison.note]


def _describe_masked(found: Sequence[Difference], mask: Mask) -> list[str]:
    return describe([mask.difference(difference) for difference in found], width=WIDTH)


def _is_long(difference: Difference) -> bool:
    return any(len(shown(side)) > _SIDE_WIDTH for side in (difference.expected, difference.actual))
