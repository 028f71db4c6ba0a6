"""What servers say steers no terminal: in exceptions' words, in messages, in JSON that is shown."""

from __future__ import annotations

import json
import pickle

import pytest

from mastra_sync import APIStatusError, MastraError, NoSuchStep, RunResult
from mastra_sync.escapes import escaped, visible, visible_json

HOSTILE = "\x1b]8;;http://evil\x07x\x1b]8;;\x07\x9b31m\x7f\x85\u2028\u202e\u2066\ufeff\r\ud800"


def steers(text: str) -> bool:
    return any(not character.isprintable() and character not in "\n\t" for character in text)


@pytest.mark.parametrize("status", ["failed", "tripwire", "suspended"])
def test_runs_that_ended_badly(status: str) -> None:
    """`str` of a run's exception shows escapes as what they are; what it carries is as it came."""
    error = {"message": HOSTILE, "name": HOSTILE}
    steps = {HOSTILE: {"status": status, "error": error, "suspendPayload": {"q": HOSTILE}}}
    given = {
        "status": status,
        "error": error,
        "steps": steps,
        "tripwire": {"reason": HOSTILE},
        "suspended": [[HOSTILE]],
    }
    result = RunResult.from_server(given, workflow_id=HOSTILE, run_id=HOSTILE)
    with pytest.raises(MastraError) as raised:
        result.raise_for_status()
    assert not steers(str(raised.value))
    assert "\\x1b]8;;http://evil" in str(raised.value)
    assert raised.value.result.run_id == HOSTILE  # type: ignore[attr-defined]
    assert str(pickle.loads(pickle.dumps(raised.value))) == str(raised.value)


def test_refusals() -> None:
    """A refusal's words keep their lines, and nothing else of what does not print."""
    error = APIStatusError(f"no\n{HOSTILE}", method="GET", url="http://h", issues=[{"field": "a", "message": HOSTILE}])
    assert not steers(str(error))
    assert str(error).startswith("not sent: no  [GET http://h]\n  \\x1b]8;;")
    assert error.message == f"no\n{HOSTILE}"


def test_a_step_that_is_none() -> None:
    """Also where an exception is a KeyError, which would show a repr."""
    assert str(NoSuchStep("a", statuses={HOSTILE: "success"})).startswith("no step 'a' in this run\n  It has \\x1b]8")


def test_texts() -> None:
    """In one line all is escaped, in several line breaks and tabs stay."""
    assert escaped("a\n\tb\x1b") == "a\\n\\tb\\x1b"
    assert visible("a\n\tb\x1b\u2028") == "a\n\tb\\x1b\\u2028"


@pytest.mark.parametrize("indent", [None, 2])
def test_json(indent: int | None) -> None:
    """JSON that is shown says what it said."""
    value = {f"{HOSTILE} é漢😀 \U000e0001": [HOSTILE, 1, "\\u202e"]}
    shown = visible_json(json.dumps(value, ensure_ascii=False, indent=indent))
    assert not steers(shown)
    assert "é漢😀" in shown
    assert json.loads(shown) == value
