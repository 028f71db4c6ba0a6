"""Recorded ids under the names that a test has for them."""

from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from pytest_mastra.cassettes.replay.ids import Names
from tests.cassettes.record_and_replay import FIRST, OTHER, OWN, SECOND


def told(*pairs: tuple[str, str]) -> Names:
    names = Names()
    for asked, recorded in pairs:
        names.tell(asked, recorded)
    return names


def test_nothing_told() -> None:
    """What nobody told of is called the same on both sides."""
    names = Names()
    assert (names.recorded(OWN), names.asked(FIRST), names.differ) == (OWN, FIRST, False)
    assert names.as_asked([FIRST.encode()]) == [FIRST.encode()]


def test_both_ways() -> None:
    """An id is found by either name; nothing else is called so."""
    names = told((OWN, FIRST))
    assert (names.recorded(OWN), names.asked(FIRST)) == (FIRST, OWN)
    assert (names.knows_asked(OWN), names.knows_recorded(FIRST)) == (True, True)
    assert (names.knows_asked(FIRST), names.knows_recorded(OWN)) == (False, False)


def test_a_uuid_in_an_id_goes_with_it() -> None:
    """Where the id is no run's, its UUID is all that is seen of it."""
    names = told((f"order-{OWN}", f"order-{FIRST}"))
    assert (names.recorded(f"order-{OWN}"), names.recorded(OWN)) == (f"order-{FIRST}", FIRST)
    assert names.as_asked([f'"order-{FIRST}" {FIRST}'.encode()]) == [f'"order-{OWN}" {OWN}'.encode()]
    assert told((f"order-{OWN}", f"trade-{FIRST}")).recorded(OWN) == OWN


def test_told_anew() -> None:
    """What either was called before is forgotten."""
    names = told((OWN, FIRST), (OTHER, FIRST))
    assert (names.asked(FIRST), names.recorded(OWN)) == (OTHER, OWN)
    names = told((OWN, FIRST), (OWN, SECOND))
    assert (names.recorded(OWN), names.asked(FIRST)) == (SECOND, FIRST)


def test_changing_places() -> None:
    """Two ids, told of or not, mean each other's."""
    names = told((OWN, FIRST), (OTHER, SECOND))
    names.exchange(OWN, SECOND)
    assert (names.recorded(OWN), names.recorded(OTHER)) == (SECOND, FIRST)
    names = Names()
    names.exchange(FIRST, SECOND)
    assert names.as_asked([f"{FIRST} {SECOND}".encode()]) == [f"{SECOND} {FIRST}".encode()]


def test_ids_that_are_no_uuids() -> None:
    """A chosen id is renamed where it stands alone, not within a word, nor in a longer id."""
    names = told(("mine", "one"))
    assert names.as_asked([b'{"runId":"one","text":"one of them","path":"/runs/one/x","key":"one-two"}']) == [
        b'{"runId":"mine","text":"one of them","path":"/runs/mine/x","key":"one-two"}'
    ]
    assert names.as_asked_text("/api/runs/one") == "/api/runs/mine"


@given(
    st.lists(st.sampled_from([FIRST, SECOND, "text", "é", FIRST[:9], FIRST.upper()]), max_size=8),
    st.data(),
)
def test_across_any_borders(parts: list[str], data: st.DataObject) -> None:
    """However a body lies in chunks: as many chunks, the ids renamed as in the whole, borders where they were."""
    whole = " ".join(parts).encode()
    borders = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=6)))
    chunks = [whole[start:end] for start, end in zip([0, *borders], [*borders, len(whole)], strict=True)]
    names = told((OWN, FIRST), (OTHER, SECOND))
    renamed = names.as_asked(chunks)
    expected = " ".join(OWN if part.lower() == FIRST else OTHER if part == SECOND else part for part in parts).encode()
    assert b"".join(renamed) == expected
    assert [len(chunk) for chunk in renamed] == [len(chunk) for chunk in chunks]


@given(st.data())
def test_ids_of_another_length(data: st.DataObject) -> None:
    """An id that becomes longer or shorter takes the borders behind it along; none is lost."""
    names = told(("mine-is-longer", "short"), ("x", "quite-long-an-id"))
    whole = b'["short",1,"quite-long-an-id",2,"short"]'
    borders = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=5)))
    chunks = [whole[start:end] for start, end in zip([0, *borders], [*borders, len(whole)], strict=True)]
    renamed = names.as_asked(chunks)
    assert b"".join(renamed) == b'["mine-is-longer",1,"x",2,"mine-is-longer"]'
    assert len(renamed) == len(chunks)
    for before, after in zip(chunks, renamed, strict=True):
        assert before.count(b"1") == after.count(b"1")
        assert before.count(b"2") == after.count(b"2")


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.booleans()), max_size=12))
def test_no_two_have_one_name(steps: list[tuple[int, int, bool]]) -> None:
    """Whatever is told in whatever order, both directions agree."""
    ids = [str(uuid.UUID(int=number)) for number in range(4)]
    names = Names()
    for asked, recorded, exchanged in steps:
        (names.exchange if exchanged else names.tell)(ids[asked], ids[recorded])
        assert names.recorded(ids[asked]) == ids[recorded]
        for each in ids:
            if names.knows_asked(each):
                assert names.asked(names.recorded(each)) == each
            if names.knows_recorded(each):
                assert names.recorded(names.asked(each)) == each
