"""What `mastra-sync sweep` prints for programs, on a terminal, and when it is interrupted."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator

import pytest

from pytest_mastra.sweep import command
from pytest_mastra.sweep.command import ScriptSweep, plan_of
from pytest_mastra.sweep.points import Asked, Points
from pytest_mastra.sweep.verdicts import Outcome, Verdict

REQUESTS = [Asked("start", 1, 1, range(0), in_process=True)]
REASON = "'order' was started 2 times; executed again: send (run o-18)"


class Terminal(io.StringIO):
    """A terminal that is written to."""

    def isatty(self) -> bool:
        return True


def sweep(monkeypatch: pytest.MonkeyPatch, became: Iterator[Verdict | BaseException], *, as_json: bool) -> int:
    """Sweep a script that asks once, with what becomes of its points."""

    def try_point(_: object, points: Points) -> Verdict:
        found = next(became)
        if isinstance(found, BaseException):
            raise found
        return Verdict(points, found.outcome, found.reasons, advice=found.advice)

    monkeypatch.setattr(ScriptSweep, "_learn_baseline", lambda _: REQUESTS)
    monkeypatch.setattr(ScriptSweep, "_try", try_point)
    plan = plan_of(["lost", "killed_before", "killed_after"], is_quick=False, limit=200, pairs=False)
    return ScriptSweep(["./pay.sh"], "fakes.py:server", plan, 60, 0, as_json=as_json).sweep()


def verdicts() -> Iterator[Verdict]:
    yield Verdict((), Outcome.FAILED, (REASON,), advice="join it")
    yield Verdict((), Outcome.PASSED)
    yield Verdict((), Outcome.RECOVERED)


def test_json_for_programs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Each point with its outcome, why, and what to do; the exit status is that of the table."""
    assert sweep(monkeypatch, verdicts(), as_json=True) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["requests"], said["isWhole"]) == (["start#1"], True)
    assert said["points"][0] == {
        "point": "start#1:lost",
        "request": "start#1",
        "fault": "lost",
        "outcome": "failed",
        "reasons": [REASON],
        "advice": "join it",
    }
    assert [(point["outcome"], point["advice"]) for point in said["points"][1:]] == [
        ("passed", None),
        ("recovered", None),
    ]


@pytest.mark.parametrize("as_json", [False, True])
def test_ctrl_c_leaves_what_was_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, as_json: bool
) -> None:
    """The table of the points that were tried, and that they are not all."""
    became: list[Verdict | BaseException] = [next(verdicts()), KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        sweep(monkeypatch, iter(became), as_json=as_json)
    said = capsys.readouterr().out
    if as_json:
        assert (json.loads(said)["isWhole"], len(json.loads(said)["points"])) == (False, 1)
    else:
        assert f"start#1:lost: {REASON}\n1 of 3 points: 1 failed\n" in said


def test_a_terminal_shows_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line, which is gone at the end."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(command, "print_text", lambda _: None)
    sweep(monkeypatch, verdicts(), as_json=False)
    assert "\r\x1b[K2 of 3 points, 1 failed\r\x1b[K3 of 3 points, 1 failed\r\x1b[K" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")
