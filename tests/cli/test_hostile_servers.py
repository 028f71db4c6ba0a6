"""A server that sends back what it was sent, or what steers a terminal: the command shows neither."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable

import pytest

from mastra_sync.terminal.writing import complain, print_json, print_text
from tests.cli.processes import Ended
from tests.cli.stub_server import StubServer

HOSTILE = "\x1b]8;;http://evil\x07x\x9b31m\x7f\x85\u2028\u202e\ufeff"


class Screen(io.StringIO):
    """What is written to a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_what_is_sent_back(
    status: int, stub: StubServer, mastra_sync: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token and the value of a header are not on stderr, whatever the refusal."""
    monkeypatch.setenv("MASTRA_API_TOKEN", "hush-hush-1")
    stub.script.refusal = (status, {"error": "no: hush-hush-1 hush-hush-2", "issues": [{"field": "hush-hush-2"}]})
    ended = mastra_sync("run", "scripted", "--header", "X-Key=hush-hush-2")
    assert ended.status
    assert "hush" not in ended.out + ended.err


def test_what_steers_a_terminal(stub: StubServer, mastra_sync: Callable[..., Ended]) -> None:
    """What a refusal says is shown with escapes."""
    stub.script.refusal = (400, {"error": f"no {HOSTILE}"})
    ended = mastra_sync("run", "scripted")
    assert not [character for character in ended.err if not character.isprintable() and character != "\n"]
    assert "\\x1b]8;;http://evil" in ended.err


def test_json_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """There JSON has escapes for what does not print; a program reads what the server sent."""
    for screen, is_escaped in ((Screen(), True), (io.TextIOWrapper(io.BytesIO(), "utf-8"), False)):
        monkeypatch.setattr(sys, "stdout", screen)
        print_json({"text": HOSTILE})
        screen.seek(0)
        text = screen.read()
        assert json.loads(text) == {"text": HOSTILE}
        assert ("\u202e" not in text) is is_escaped


def test_text_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists and messages too."""
    for name, write in (("stdout", print_text), ("stderr", complain)):
        screen = Screen()
        monkeypatch.setattr(sys, name, screen)
        write(f"a\n{HOSTILE}")
        assert screen.getvalue() == "a\n\\x1b]8;;http://evil\\x07x\\x9b31m\\x7f\\x85\\u2028\\u202e\\ufeff\n"
