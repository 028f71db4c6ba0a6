"""Tables on terminals: coloured, folded, and not made where they do not fit."""

from __future__ import annotations

import io
import re
import sys

import pytest

from mastra_sync.cli.tables import print_table
from tests.cli.processes import ESCAPES

TITLES = ("RUN", "STATUS", "CREATED", "TOOK", "WHAT")
RUN_ID = "0c010040-3382-4a59-a67a-ee9a8b3429cd"
ROWS = [
    (RUN_ID, "success", "2026-11-27 03:16:16", "16 ms", '{"text": "Hello, Oslo"}'),
    ("r\x1b[2J", "failed", "2026-11-27 03:16:14", "", "Error: \x1b]0;evil"),
]


class Screen(io.StringIO):
    """A terminal that text is written to."""

    def isatty(self) -> bool:
        return True


def shown(monkeypatch: pytest.MonkeyPatch, columns: int, **environment: str) -> str:
    """Return what a terminal of a width is written."""
    for name, value in {"COLUMNS": str(columns), "TERM": "xterm-256color", **environment}.items():
        monkeypatch.setenv(name, value)
    screen = Screen()
    monkeypatch.setattr(sys, "stdout", screen)
    print_table(TITLES, ROWS)
    return screen.getvalue()


@pytest.mark.parametrize("columns", [80, 200])
def test_a_table_on_a_terminal(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    """Titles are bold and a status has its colour; what steers a terminal has escapes, and an id is whole."""
    text = shown(monkeypatch, columns)
    assert re.search(r"\x1b\[1mRUN *\x1b\[0m", text)
    assert "\x1b[32msuccess" in text
    assert "\x1b[31mfailed" in text
    plain = ESCAPES.sub("", text)
    assert "\x1b" not in plain
    assert plain.count("\\x1b") == 2
    lines = plain.splitlines()
    assert lines[0].split() == list(TITLES)
    assert lines[1].startswith(f"{RUN_ID}  success")
    assert max(map(len, lines)) <= columns
    assert len(lines) == {80: 6, 200: 3}[columns]


def test_a_terminal_without_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    """`NO_COLOR` takes the colours, a dumb terminal gets no escapes at all."""
    assert not re.search(r"\x1b\[3\dm", shown(monkeypatch, 120, NO_COLOR="1"))
    assert "\x1b" not in shown(monkeypatch, 120, TERM="dumb")


def test_a_terminal_that_is_too_narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """There each row is a paragraph, and cells that are empty are left out."""
    assert shown(monkeypatch, 40).splitlines() == [
        RUN_ID,
        "  status   success",
        "  created  2026-11-27 03:16:16",
        "  took     16 ms",
        '  what     {"text": "Hello, Oslo"}',
        "r\\x1b[2J",
        "  status   failed",
        "  created  2026-11-27 03:16:14",
        "  what     Error: \\x1b]0;evil",
    ]
