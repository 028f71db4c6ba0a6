"""What became of the run that a failed assertion speaks of, put under pytest's own words.

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

from pytest_mastra.explain.failed_statement import Spoken, spoken_of
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

_TELLER = "__mastra_teller__"
"""Attribute of an exception that needs no explanation: what makes its message, given scene and config, or None."""

Teller = Callable[["Scene | None", "pytest.Config | None"], str]

_FEW = 2
"""Lines beside which a run can be told of at length."""

_LINES_AT_ONCE, _CHARACTERS_AT_ONCE = 8, 600
"""What pytest shows of an explanation that it asked for, however little verbose it is."""

_KINDS = (
    ("mastra_sync.models", ("RunResult", "StepResult", "Suspension")),
    ("mastra_sync.events", ("StreamEvent",)),
    ("mastra_sync.streaming", ("RunStream",)),
    ("mastra_sync.run", ("Run",)),
)
_NOT_TESTS = ("_pytest", "pluggy", "pytest_mastra", "unittest")
"""Packages whose functions stand between a test's and this one, or call those that do."""

_SIDE_WIDTH = 22
FIRST_WIDTH = WIDTH - 14
"""Cells of a message's first line, before which pytest writes `AssertionError: `."""


@dataclass(slots=True)
class _Compared:
    """A comparison that pytest asked about last.

    Attributes:
        place: The function and the lines of the assert.
        found: In what its sides differ.
        note: What is to be said if they differ in nothing that can be told.
        said: The lines that were answered, without the first.
    """

    place: tuple[CodeType, tuple[int, int] | None]
    found: list[Difference]
    note: list[str]
    said: list[str] = field(default_factory=list)


class _Last(threading.local):
    compared: _Compared | None = None


_last = _Last()


def compared(config: pytest.Config, op: str, left: object, right: object) -> list[str] | None:
    """Explain a failed comparison, for `pytest_assertrepr_compare`; None if it is not about a run. Never raises.

    At `-vv` pytest's own words stand: they show both sides whole.
    """
    try:
        if op != "==" or _tells_differences(left) or _tells_differences(right) or not (kinds := _kinds()):
            return None
        frame = _asking_frame()
        spoken = spoken_of(frame, frame.f_lineno, kinds) if frame is not None else None
        if frame is None or spoken is None or not spoken.values:
            return None
        return _explained_at_once(config, left, right, spoken, frame)
    except Exception:  # noqa: BLE001 - whatever is wrong here, the test's own failure must come through
        return None


def explained(
    excinfo: pytest.ExceptionInfo[BaseException], scene: Scene | None = None, config: pytest.Config | None = None
) -> None:
    """Have a failed assertion say what became of the run that it speaks of. Never raises, never says it twice.

    To be called before the report of the failure is made, for it is the exception that is added to: so every reporter
    shows it, right under what pytest says.

    Args:
        excinfo: How a test, or a fixture, ended.
        scene: The test's, which knows more of the run.
        config: pytest's.
    """
    last, _last.compared = _last.compared, None
    error = excinfo.value
    try:
        if not isinstance(error, AssertionError):
            return
        if not hasattr(error, _TELLER):
            _explain(error, last, scene, config)
        elif (teller := getattr(error, _TELLER)) is not None:
            error.args = (teller(scene, config),)
        tells_itself(error, None)
    except Exception:  # noqa: BLE001 - whatever is wrong here, the test's own failure must come through
        return


def tells_itself(error: AssertionError, teller: Teller | None) -> None:
    """Have an exception be left as it is, but for its message, if that is to be made anew once more is known."""
    setattr(error, _TELLER, teller)


# -- while pytest asks


def _explained_at_once(
    config: pytest.Config, left: Any, right: Any, spoken: Spoken, frame: FrameType
) -> list[str] | None:
    from pytest_mastra.explain.failed_run import Mask, subject_of

    comparison = _last.compared = _comparison(left, right, spoken, frame)
    if config.get_verbosity("assertions") > 1:
        return None
    mask = Mask(None, config)
    about = subject_of(spoken.values, [frame]).portrait(mask, short=True)
    comparison.said = _at_once([*_told(comparison, mask), *about])
    return [f"{_side(mask(left))} == {_side(mask(right))}", *comparison.said]


def _comparison(left: Any, right: Any, spoken: Spoken, frame: FrameType) -> _Compared:
    actual, expected = (right, left) if spoken.reversed or _is_pattern(left) else (left, right)
    if _tells_differences(left) or _tells_differences(right):
        return _Compared((frame.f_code, spoken.lines), [], [])
    found = _told_differences(actual, expected)
    return _Compared((frame.f_code, spoken.lines), found, [] if found else _note(actual, expected))


def _asking_frame() -> FrameType | None:
    """Return the function whose assertion pytest asks about."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - what `inspect.currentframe` is
    while frame is not None and _is_in(frame, _NOT_TESTS):
        frame = frame.f_back
    return frame


def _is_in(frame: FrameType, packages: Sequence[str]) -> bool:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0] in packages


def _at_once(lines: list[str]) -> list[str]:
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


def _tells_differences(value: Any) -> bool:
    """Whether a value explains what differs: each `==` with a snapshot of syrupy counts as one more assertion."""
    return type(value).__module__.partition(".")[0] == "syrupy"


# -- when the outcome is known


def _explain(error: AssertionError, last: _Compared | None, scene: Scene | None, config: pytest.Config | None) -> None:
    lines = _explanation(error, last, scene, config)
    if lines:
        _add(error, lines, last.said if last is not None else [])


def _explanation(
    error: AssertionError, last: _Compared | None, scene: Scene | None, config: pytest.Config | None
) -> list[str]:
    """Return what the innermost statement of the traceback that speaks of a run has to do with."""
    from pytest_mastra.explain.failed_run import Mask, subject_of

    kinds = _kinds()
    frames: list[FrameType] = []
    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__)) if kinds else []):
        if _is_in(frame, _NOT_TESTS):
            continue
        frames.append(frame)
        spoken = spoken_of(frame, line, kinds)
        if spoken.values:
            mask = Mask(scene, config)
            told = _told_of(last, spoken, frame, mask)
            about = subject_of(spoken.values, frames, scene).portrait(mask, short=len(told) > _FEW)
            return [*told, *about][:MOST_LINES]
    return []


def _told_of(last: _Compared | None, spoken: Spoken, frame: FrameType, mask: Mask) -> list[str]:
    """Return in what the sides of an assert differ, whether pytest has asked about them or not."""
    if last is not None and last.place == (frame.f_code, spoken.lines):
        return _told(last, mask)
    if spoken.sides is None:
        return []
    return describe([mask.difference(one) for one in _comparison(*spoken.sides, spoken, frame).found], width=WIDTH)


def _add(error: AssertionError, lines: list[str], said: list[str]) -> None:
    """Put lines into an exception's message: in the place of those that were said at once, or at its end."""
    message = str(error).split("\n") if str(error) else []
    bare = [line.strip() for line in message]
    wanted = [line.strip() for line in said]
    places = range(len(message)) if said else ()
    place = next((place for place in places if bare[place : place + len(said)] == wanted), len(message))
    if not message and cells(lines[0]) > FIRST_WIDTH:
        message, place = [""], 1
    indent = "  " if message else ""
    message[place : place + len(said)] = [f"{indent}{line}" for line in lines]
    error.args = ("\n".join(message),)


# -- what there is to say


def _kinds() -> tuple[type, ...]:
    """Return what a statement may speak of; what was never imported, no object is of."""
    loaded = [(sys.modules.get(module), names) for module, names in _KINDS]
    return tuple(getattr(module, name) for module, names in loaded if module is not None for name in names)


def _told_differences(actual: Any, expected: Any) -> list[Difference]:
    """Return in what two values differ, but for what only JSON tells apart, as true and 1."""
    return [one for one in differences(actual, expected) if not _are_equal(one.actual, one.expected)]


def _are_equal(actual: Any, expected: Any) -> bool:
    kinds = {type(actual), type(expected)}
    return bool in kinds and kinds <= {bool, int, float} and actual == expected


def _note(actual: Any, expected: Any) -> list[str]:
    """Return why two values that are the same JSON are not equal, if it is because of their types."""
    kinds = [type(value).__name__ for value in (actual, expected)]
    return [] if kinds[0] == kinds[1] else [f"alike as JSON, but one is a {kinds[0]}, the other a {kinds[1]}"]


def _told(comparison: _Compared, mask: Mask) -> list[str]:
    """Return in what values differ, but for what pytest's first line says anyway."""
    found = comparison.found
    if len(found) == 1 and found[0].path == "$" and not _is_long(found[0]):
        return []
    return [*describe([mask.difference(one) for one in found], width=WIDTH), *comparison.note]


def _is_long(difference: Difference) -> bool:
    return any(len(shown(side)) > _SIDE_WIDTH for side in (difference.expected, difference.actual))
