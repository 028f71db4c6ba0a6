"""docs/reliability.md says something of every verb and every kind of fault."""

from __future__ import annotations

from tests.matrix.faults import FAULTS
from tests.matrix.promises import GROUPS, HEADINGS, PAGE, letter_of, read_promises
from tests.matrix.verbs import ALL


def test_every_place_is_promised_something() -> None:
    """The page's tables have a cell for each verb, kind of fault and side of the effect, once and lasting."""
    promises = read_promises(PAGE.read_text(encoding="utf-8"))
    expected = {
        (duration, verb.name, group, side)
        for duration in HEADINGS
        for verb in ALL
        for group in GROUPS
        for side in ("before", "after")
    }
    assert set(promises) == expected
    assert all(promises.values())


def test_every_fault_is_listed() -> None:
    """The page names each fault of each kind."""
    text = PAGE.read_text(encoding="utf-8").partition("## The faults")[2]
    assert [fault.name for fault in FAULTS if fault.name not in text] == []


def test_exceptions_are_known_by_what_they_derive_from() -> None:
    """A timeout is a connection error, a run that is not found an answer of the server's."""
    names = ["APITimeoutError", "RunNotFound", "OutcomeUnknown", "MalformedRecord", "the answer"]
    assert [letter_of(name) for name in names] == ["C", "S", "U", "E", "answer"]
