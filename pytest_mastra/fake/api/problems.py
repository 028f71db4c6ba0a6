"""What went wrong on a fake unnoticed: strays, exceptions in steps, unused faults and names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from mastra_sync.documentation import see_error
from mastra_sync.suggest import did_you_mean, nearest_name
from pytest_mastra.text.values import counted, shown

if TYPE_CHECKING:
    from pytest_mastra.fake.api.faults import UnusedFaults
    from pytest_mastra.fake.api.journal import Request
    from pytest_mastra.fake.engine.state import ServerState, UnexpectedError, UnusedName

Section = tuple[str, str]
"""A title, and what a report shows under it."""

ALLOWABLE = ("strays", "step_errors", "unused_faults", "unused_names")
"""What a test may say that it means."""

MAY_NOT_COME_ABOUT = frozenset({"unused_faults", "unused_names"})
"""Those that are no mistake of a test that did not run to where it would meet them."""

SHOWN = 5
"""How many of a kind are shown."""

LINES_OF_TRACEBACK = 20


def check_allowed(allow: str | Iterable[str]) -> frozenset[str]:
    """Return what is allowed.

    Raises:
        TypeError: It is neither a name nor several.
        ValueError: Something that there is not; says what may be meant.
    """
    if not isinstance(allow, Iterable):
        raise TypeError(f"allow takes a name or several, of {', '.join(ALLOWABLE)}, not {shown(allow)}")
    names = [allow] if isinstance(allow, str) else list(allow)
    for name in names:
        if name not in ALLOWABLE:
            hint = did_you_mean(nearest_name(str(name), ALLOWABLE), before="", after=" ")
            raise ValueError(f"no allow {name!r}: {hint}there are {', '.join(ALLOWABLE)}")
    return frozenset(names)


def as_text(sections: Sequence[Section]) -> str:
    """Return problems as the text of a failure."""
    return "\n".join(f"{title}\n{text}" for title, text in sections)


def unused_names(states: Iterable[ServerState]) -> list[UnusedName]:
    """Return what was said on servers by names that nothing has: gates opened, steps stubbed."""
    return [one for state in states for check in state.name_checks for one in check()]


def find_problems(
    *,
    strays: Sequence[Request],
    errors: Sequence[UnexpectedError],
    faults: Sequence[UnusedFaults],
    names: Sequence[UnusedName] = (),
    allowed: Collection[str],
    how_to_allow: str = "@pytest.mark.mastra(allow={!r})",
) -> list[Section]:
    """Return what went wrong and is not allowed.

    Args:
        strays: Requests that met nothing.
        errors: Exceptions in steps, and the fake's own.
        faults: Those of each server that never came about.
        names: What was said by names that nothing has.
        allowed: Some of `ALLOWABLE`.
        how_to_allow: What is advised, with a place for one of them.
    """
    kinds = {
        "strays": _of_strays(strays, how_to_allow.format("strays")),
        "step_errors": _of_errors(errors, how_to_allow.format("step_errors")),
        "unused_faults": _of_faults(faults, how_to_allow.format("unused_faults")),
        "unused_names": _of_names(names, how_to_allow.format("unused_names")),
    }
    return [section for kind, sections in kinds.items() if kind not in allowed for section in sections]


def _of_strays(strays: Sequence[Request], how_to_allow: str) -> Iterator[Section]:
    if strays:
        lines = [[f"{stray.method} {stray.path} -> {stray.status}", f"  {stray.stray}"] for stray in strays]
        yield _section(
            f"mastra: {counted(len(strays), 'stray request')}", lines, f"If this is meant: {how_to_allow}", "strays"
        )


def _of_errors(errors: Sequence[UnexpectedError], how_to_allow: str) -> Iterator[Section]:
    in_steps = [error for error in errors if error.step_id]
    breakdowns = [error for error in errors if not error.step_id]
    if in_steps:
        yield _section(
            f"mastra: {counted(len(in_steps), 'unexpected step error')}",
            [[f"{error.where}, raised", *_traceback(error)] for error in in_steps],
            f"If a step is to fail: raise StepError(...), or {how_to_allow}",
            "step-errors",
        )
    if breakdowns:
        yield _section(
            f"mastra: {counted(len(breakdowns), 'breakdown')} of the fake server",
            [[error.where, *_traceback(error)] for error in breakdowns],
            "The request was answered 500, as a server would; if no step of yours is to blame, please report it",
            "breakdowns",
        )


def _of_faults(unused: Sequence[UnusedFaults], how_to_allow: str) -> Iterator[Section]:
    if any(unused):
        from pytest_mastra.fake.api.unused_faults import explain_unused  # noqa: PLC0415 -- for tests that fail

        lines = [explained for faults in unused for explained in explain_unused(faults)]
        title = f"mastra: {counted(len(lines), 'unused fault')}"
        yield _section(title, lines, f"If this is meant: {how_to_allow}", "unused-faults")


def _of_names(names: Sequence[UnusedName], how_to_allow: str) -> Iterator[Section]:
    if names:
        lines = [[one.text, f"  {one.place}", f"  {one.reason}"] for one in names]
        title = f"mastra: {counted(len(names), 'unused name')}"
        yield _section(title, lines, f"If this is meant: {how_to_allow}", "unused-names")


def _section(title: str, each: Sequence[list[str]], advice: str, slug: str) -> Section:
    lines = [line for lines in each[:SHOWN] for line in lines]
    more = [f"... and {len(each) - SHOWN} more"] if len(each) > SHOWN else []
    return title, "\n".join(f"  {line}" for line in [*lines, *more, advice, see_error(slug)])


def _traceback(error: UnexpectedError) -> list[str]:
    return [f"  {line}" for line in error.traceback.splitlines()[-LINES_OF_TRACEBACK:]]
