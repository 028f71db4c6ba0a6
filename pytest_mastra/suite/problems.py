"""What goes wrong in a test without failing it: stray requests, and exceptions in steps."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_mastra.fake.api.journal import Request
from pytest_mastra.fake.engine.state import UnexpectedError
from pytest_mastra.suite.scene import Scene, Section
from pytest_mastra.text.values import counted

SHOWN = 5
"""How many of a kind are shown."""

LINES_OF_TRACEBACK = 20


def find_problems(scene: Scene) -> list[Section]:
    """Return what is wrong though the test's own code came to its end."""
    return find_problems_of_fakes(scene) + [section for check in scene.checks for section in check()]


def find_problems_of_fakes(scene: Scene) -> list[Section]:
    """Return stray requests and swallowed errors of a scene's fakes, unless they are allowed."""
    if scene.target != "fake":
        return []
    found = []
    strays = [stray for server in scene.servers for stray in server.strays]
    if strays and "strays" not in scene.allowed:
        found.append((f"mastra: {counted(len(strays), 'stray request')}", _strays(strays)))
    errors = [error for server in scene.servers for error in server.unexpected_errors]
    in_steps = [error for error in errors if error.step_id]
    breakdowns = [error for error in errors if not error.step_id]
    if in_steps and "step_errors" not in scene.allowed:
        found.append((f"mastra: {counted(len(in_steps), 'unexpected step error')}", _errors(in_steps)))
    if breakdowns and "step_errors" not in scene.allowed:
        found.append((f"mastra: {counted(len(breakdowns), 'breakdown')} of the fake server", _breakdowns(breakdowns)))
    return found


def as_text(sections: Sequence[Section]) -> str:
    """Return problems as the text of a failure."""
    return "\n".join(f"{title}\n{text}" for title, text in sections)


def _strays(strays: Sequence[Request]) -> str:
    lines = []
    for stray in strays[:SHOWN]:
        lines += [f"  {stray.method} {stray.path} -> {stray.status}", f"    {stray.stray}"]
    lines += _more(len(strays))
    return "\n".join([*lines, "  If this is meant: @pytest.mark.mastra(allow='strays')"])


def _errors(errors: Sequence[UnexpectedError]) -> str:
    lines = []
    for error in errors[:SHOWN]:
        lines.append(f"  {error.where}, raised")
        lines += [f"    {line}" for line in error.traceback.splitlines()[-LINES_OF_TRACEBACK:]]
    lines += _more(len(errors))
    return "\n".join(
        [*lines, "  If a step is to fail: raise StepError(...), or @pytest.mark.mastra(allow='step_errors')"]
    )


def _breakdowns(breakdowns: Sequence[UnexpectedError]) -> str:
    lines = []
    for breakdown in breakdowns[:SHOWN]:
        lines.append(f"  {breakdown.where}")
        lines += [f"    {line}" for line in breakdown.traceback.splitlines()[-LINES_OF_TRACEBACK:]]
    lines += _more(len(breakdowns))
    return "\n".join(
        [*lines, "  The request was answered 500, as a server would; if no step of yours is to blame, please report it"]
    )


def _more(count: int) -> list[str]:
    return [f"  ... and {count - SHOWN} more"] if count > SHOWN else []
