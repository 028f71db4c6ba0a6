"""Recorded ids under the ids that a test has for them."""

from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from pytest_mastra.cassettes.replay.ids import IdMap
from tests.cassettes.record_and_replay import FIRST, OTHER, OWN, SECOND


def paired(*pairs: tuple[str, str]) -> IdMap:
    ids = IdMap()
    for asked, recorded in pairs:
        ids.pair(asked, recorded)
    return ids


def test_nothing_paired() -> None:
    """What nobody told of is called the same on both sides."""
    ids = IdMap()
    assert (ids.recorded(OWN), ids.own(FIRST), ids.differ) == (OWN, FIRST, False)
    assert ids.with_own_ids([FIRST.encode()]) == [FIRST.encode()]


def test_both_ways() -> None:
    """An id is found by either name; nothing else is called so."""
    ids = paired((OWN, FIRST))
    assert (ids.recorded(OWN), ids.own(FIRST)) == (FIRST, OWN)
    assert (ids.has_own(OWN), ids.has_recorded(FIRST)) == (True, True)
    assert (ids.has_own(FIRST), ids.has_recorded(OWN)) == (False, False)


def test_a_uuid_in_an_id_goes_with_it() -> None:
    """Where the id is no run's, its UUID is all that is seen of it."""
    ids = paired((f"order-{OWN}", f"order-{FIRST}"))
    assert (ids.recorded(f"order-{OWN}"), ids.recorded(OWN)) == (f"order-{FIRST}", FIRST)
    assert ids.with_own_ids([f'"order-{FIRST}" {FIRST}'.encode()]) == [f'"order-{OWN}" {OWN}'.encode()]
    assert paired((f"order-{OWN}", f"trade-{FIRST}")).recorded(OWN) == OWN


def test_paired_anew() -> None:
    """What either was called before is forgotten."""
    ids = paired((OWN, FIRST), (OTHER, FIRST))
    assert (ids.own(FIRST), ids.recorded(OWN)) == (OTHER, OWN)
    ids = paired((OWN, FIRST), (OWN, SECOND))
    assert (ids.recorded(OWN), ids.own(FIRST)) == (SECOND, FIRST)


def test_changing_places() -> None:
    """Two ids, told of or not, mean each other's."""
    ids = paired((OWN, FIRST), (OTHER, SECOND))
    ids.swap(OWN, SECOND)
    assert (ids.recorded(OWN), ids.recorded(OTHER)) == (SECOND, FIRST)
    ids = IdMap()
    ids.swap(FIRST, SECOND)
    assert ids.with_own_ids([f"{FIRST} {SECOND}".encode()]) == [f"{SECOND} {FIRST}".encode()]


def test_ids_that_are_no_uuids() -> None:
    """A chosen id is renamed where it stands alone, not within a word, nor in a longer id."""
    ids = paired(("mine", "one"))
    assert ids.with_own_ids([b'{"runId":"one","text":"one of them","path":"/runs/one/x","key":"one-two"}']) == [
        b'{"runId":"mine","text":"one of them","path":"/runs/mine/x","key":"one-two"}'
    ]
    assert ids.with_own_ids_in_text("/api/runs/one") == "/api/runs/mine"


@given(
    st.lists(st.sampled_from([FIRST, SECOND, "text", "é", FIRST[:9], FIRST.upper()]), max_size=8),
    st.data(),
)
def test_across_any_borders(parts: list[str], data: st.DataObject) -> None:
    """However a body lies in chunks: as many chunks, the ids renamed as in the whole, borders where they were."""
    whole = " ".join(parts).encode()
    borders = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=6)))
    chunks = [whole[start:end] for start, end in zip([0, *borders], [*borders, len(whole)], strict=True)]
    ids = paired((OWN, FIRST), (OTHER, SECOND))
    renamed = ids.with_own_ids(chunks)
    expected = " ".join(OWN if part.lower() == FIRST else OTHER if part == SECOND else part for part in parts).encode()
    assert b"".join(renamed) == expected
    assert [len(chunk) for chunk in renamed] == [len(chunk) for chunk in chunks]


@given(st.data())
def test_ids_of_another_length(data: st.DataObject) -> None:
    """An id that becomes longer or shorter takes the borders behind it along; none is lost."""
    ids = paired(("mine-is-longer", "short"), ("x", "quite-long-an-id"))
    whole = b'["short",1,"quite-long-an-id",2,"short"]'
    borders = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=5)))
    chunks = [whole[start:end] for start, end in zip([0, *borders], [*borders, len(whole)], strict=True)]
    renamed = ids.with_own_ids(chunks)
    assert b"".join(renamed) == b'["mine-is-longer",1,"x",2,"mine-is-longer"]'
    assert len(renamed) == len(chunks)
    for before, after in zip(chunks, renamed, strict=True):
        assert before.count(b"1") == after.count(b"1")
        assert before.count(b"2") == after.count(b"2")


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.booleans()), max_size=12))
def test_no_two_have_one_name(steps: list[tuple[int, int, bool]]) -> None:
    """Whatever is told in whatever order, both directions agree."""
    uuids = [str(uuid.UUID(int=number)) for number in range(4)]
    ids = IdMap()
    for asked, recorded, exchanged in steps:
        (ids.swap if exchanged else ids.pair)(uuids[asked], uuids[recorded])
        assert ids.recorded(uuids[asked]) == uuids[recorded]
        for each in uuids:
            if ids.has_own(each):
                assert ids.own(ids.recorded(each)) == each
            if ids.has_recorded(each):
                assert ids.recorded(ids.own(each)) == each
