"""Ctrl-C that comes while an object is cleared away, where Python drops it."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator

import pytest

from mastra_sync import cli


class Loud:
    """Is interrupted while it is cleared away."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


@pytest.fixture(autouse=True)
def _hears_ctrl_c() -> Iterator[None]:
    # what runs in the background of a shell ignores it
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(sys.platform == "win32", reason="a wait cannot be interrupted by the process itself there")
def test_an_interrupt_in_a_finalizer_ends_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It interrupts what comes next, and the status says so; nothing is left that could interrupt later."""
    hook = sys.unraisablehook

    def wait(_: object) -> int:
        loud = [Loud()]
        loud.clear()
        # longer than any test may take
        threading.Event().wait(200)
        return 0

    monkeypatch.setattr(cli, "_run_command", wait)
    assert cli.main([]) == 130
    assert capsys.readouterr().err == "mastra-sync: interrupted\n"
    assert sys.unraisablehook is hook


def test_other_errors_in_finalizers_are_told_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """They go where they went."""

    class Faulty:
        def __del__(self) -> None:
            raise ValueError("no such luck")

    def clear_away(_: object) -> int:
        Faulty()
        return 0

    told = []
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: told.append(str(unraisable.exc_value)))
    monkeypatch.setattr(cli, "_run_command", clear_away)
    assert cli.main([]) == 0
    assert told == ["no such luck"]
