"""Ids and times under other names."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mastra.http.aliases import Aliases

FIRST = "5f3c0a11-2b3c-4d5e-8f90-123456789abc"
SECOND = "0a1b2c3d-4e5f-4a6b-9c8d-abcdef012345"

UUIDS = st.uuids().map(str)
PLAIN_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="0123456789<>"))
LEAVES = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9) | PLAIN_TEXT
PLAIN = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(PLAIN_TEXT, inner), max_leaves=15)
WITH_IDS = st.recursive(
    LEAVES | UUIDS | st.tuples(PLAIN_TEXT, UUIDS, st.just(" ")).map("".join),
    lambda inner: st.lists(inner) | st.dictionaries(PLAIN_TEXT | UUIDS, inner),
    max_leaves=20,
)


def test_the_same_id_has_the_same_alias_wherever_it_stands() -> None:
    """A UUID in a value, a key, a text and in capitals is one id; another is another."""
    told = {"a": FIRST, "b": [SECOND, f"sleep_{FIRST}", f"node{SECOND}1"], SECOND: f"run {FIRST.upper()}: {SECOND}."}
    assert Aliases().apply(told) == {
        "a": "<id 1>",
        "b": ["<id 2>", "sleep_<id 1>", "node<id 2>1"],
        "<id 2>": "run <id 1>: <id 2>.",
    }


def test_a_memory_is_kept_between_values() -> None:
    """An id that was met in one value has its alias in the next."""
    aliases = Aliases()
    assert aliases.apply([SECOND]) == ["<id 1>"]
    assert aliases.apply([FIRST, SECOND]) == ["<id 2>", "<id 1>"]


def test_a_run_is_called_by_its_name() -> None:
    """An id with a name of one's own takes no number, in whatever case it is written."""
    aliases = Aliases()
    aliases.name(FIRST, "<run>")
    assert aliases.apply([SECOND, FIRST, FIRST.upper()]) == ["<id 1>", "<run>", "<run>"]


def test_an_id_of_ones_own_is_renamed_only_as_a_word() -> None:
    """A chosen run id is renamed where it stands by itself, not within another."""
    aliases = Aliases()
    aliases.name("order-1", "<run>")
    aliases.name("order-18", "<other>")
    aliases.name("order-18 (again)", "<third>")
    told = [
        "order-1",
        "order-18 (again)",
        "run order-18 of 'order-1'",
        "order-188",
        "reorder-1",
        {"order-1": "order-1-b"},
    ]
    assert aliases.apply(told) == [
        "<run>",
        "<third>",
        "run <other> of '<run>'",
        "order-188",
        "reorder-1",
        {"<run>": "order-1-b"},
    ]


def test_an_alias_is_not_renamed_again() -> None:
    """What an id is called may itself look like an id, or hold a word that has a name."""
    aliases = Aliases()
    aliases.name("run", SECOND)
    aliases.name(FIRST, "<run>")
    assert aliases.apply(f"run {FIRST}") == f"{SECOND} <run>"


def test_names_that_cannot_be_kept_are_refused() -> None:
    """An empty id, and an id that was already met under another name, are errors that say so."""
    aliases = Aliases()
    aliases.apply(FIRST)
    with pytest.raises(ValueError, match="an empty identifier cannot have an alias"):
        aliases.name("", "<run>")
    with pytest.raises(ValueError, match="already called '<id 1>'; name it '<run>' before it is first met"):
        aliases.name(FIRST, "<run>")
    assert aliases.apply(FIRST) == "<id 1>"


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31T12:00:00.123Z",
        "2026-01-31T12:00:00Z",
        "2026-01-31T12:00:00.123456+00:00",
        "2026-01-31T12:00:00+0100",
        "2026-01-31 12:00:00",
    ],
)
def test_a_time_in_a_text(text: str) -> None:
    """ISO times have no identity; they are renamed wherever they stand."""
    assert Aliases().apply({"finished": f"at {text}, late"}) == {"finished": "at <time>, late"}


@pytest.mark.parametrize("text", ["2026-01-31", "12:00:00", "2026-13-31T12:00:00Z", "2026-01-31T25:00:00Z", "1.2.3"])
def test_what_is_no_time_of_day_stays(text: str) -> None:
    """A date alone is data, and so is what no clock shows."""
    assert Aliases().apply(text) == text


def test_milliseconds_are_times_only_where_they_are_called_so() -> None:
    """A moment is told by its key and by its size, also in a list."""
    moment = 1_767_225_600_123
    told = {"startedAt": moment, "created_at": moment, "timestamp": [moment], "eventTimestamp": float(moment)}
    assert Aliases().apply(told) == {
        "startedAt": "<time>",
        "created_at": "<time>",
        "timestamp": ["<time>"],
        "eventTimestamp": "<time>",
    }
    kept = {"account": moment, "flat": moment, "startedAt": 5, "endedAt": None, "resumedAt": True, "at": {"x": moment}}
    assert Aliases().apply(kept) == kept


def test_durations() -> None:
    """What took so many milliseconds is renamed; a `duration` may be what the workflow is about."""
    told = {"durationMs": 5, "elapsed_ms": 1.5, "duration": 90, "took": 3}
    assert Aliases().apply(told) == {"durationMs": "<duration>", "elapsed_ms": "<duration>", "duration": 90, "took": 3}


@given(PLAIN)
def test_what_has_no_ids_stays(value: Any) -> None:
    """Values without ids and times come back as they are."""
    assert Aliases().apply(value) == value


@given(WITH_IDS)
def test_what_is_named_is_left_alone(value: Any) -> None:
    """To rename twice is to rename once, and no UUID is left."""
    once = Aliases().apply(value)
    assert Aliases().apply(once) == once
    assert json.dumps(once) == json.dumps(Aliases().apply(value))


@given(WITH_IDS)
def test_other_ids_in_the_same_places_give_the_same(value: Any) -> None:
    """Two values that differ in their ids alone are the same once renamed; the value itself is not touched."""

    def exchanged(part: Any) -> Any:
        if isinstance(part, str):
            head, end = (part[:-37], " ") if part.endswith(" ") else (part[:-36], "")
            try:
                found = str(uuid.UUID(part[len(head) : len(part) - len(end)]))
            except ValueError:
                return part
            return f"{head}{uuid.uuid5(uuid.NAMESPACE_OID, found)}{end}"
        if isinstance(part, list):
            return [exchanged(item) for item in part]
        if isinstance(part, dict):
            return {exchanged(key): exchanged(item) for key, item in part.items()}
        return part

    before = json.dumps(value)
    assert Aliases().apply(value) == Aliases().apply(exchanged(value))
    assert json.dumps(value) == before


@given(st.lists(UUIDS, unique=True), st.data())
def test_different_ids_stay_different(ids: list[str], data: st.DataObject) -> None:
    """As many aliases as ids, numbered as they were met."""
    told = ids + (data.draw(st.lists(st.sampled_from(ids))) if ids else [])
    renamed = Aliases().apply(told)
    assert renamed[: len(ids)] == [f"<id {number}>" for number, _ in enumerate(ids, 1)]
    assert dict(zip(told, renamed, strict=True)) == dict(zip(ids, renamed, strict=False))
