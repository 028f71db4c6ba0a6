"""The decoder gives the same records wherever the bytes are cut, does linear work, and says what is malformed."""

from __future__ import annotations

import contextlib
import itertools
import json
import math
import sys
import tracemalloc
from types import FrameType
from typing import Any, ClassVar

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mastra_sync import MalformedRecord, RecordDecoder, RecordTooLarge, records
from mastra_sync.records import (
    BYTE_ORDER_MARK,
    END_MARK,
    SEPARATOR,
    excerpt,
    parse_json,
    parse_record,
    parse_records,
)

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    # without surrogates: Python's encoder could not write them raw
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=8,
)
STREAM = (
    "\x1e".join(
        json.dumps({"type": "t", "payload": text}, ensure_ascii=False)
        for text in ("", "plain", "été 鏡 🎈", "\u2028\u2029\x85\x1e\x1d\n\r", "x" * 40)
    ).encode()
    + SEPARATOR
)


def decoded(pieces: list[bytes]) -> tuple[list[bytes], RecordDecoder]:
    decoder = RecordDecoder()
    return [record for piece in pieces for record in decoder.feed(piece)], decoder


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    bounds = [0, *sorted(min(place, len(stream)) for place in places), len(stream)]
    return [stream[start:end] for start, end in itertools.pairwise(bounds)]


@given(
    values=st.lists(JSON, max_size=8),
    places=st.lists(st.integers(0, 400), max_size=12),
    escaped=st.sampled_from(["escaped", "raw"]),
)
def test_any_values_come_back_however_the_bytes_are_cut(values: list[Any], places: list[int], escaped: str) -> None:
    """Any JSON, raw or escaped, in any pieces, empty ones too, gives the records that were written."""
    written = [json.dumps(value, ensure_ascii=escaped == "escaped").encode() for value in values]
    found, decoder = decoded(cut(b"".join(record + SEPARATOR for record in written), places))
    assert found == written
    assert [parse_json(record) for record in found] == values
    assert decoder.unfinished() == b""


@pytest.mark.parametrize("place", range(len(STREAM) + 1))
def test_a_cut_anywhere_loses_nothing(place: int) -> None:
    """Feeding a stream in two pieces gives the records that feeding it whole gives."""
    assert decoded([STREAM[:place], STREAM[place:]])[0] == STREAM.split(SEPARATOR)[:-1]


@pytest.mark.parametrize("place", range(len(STREAM) + 4))
def test_a_byte_order_mark_before_a_stream_is_passed_over(place: int) -> None:
    """It belongs to the stream and not to its first record, wherever it is cut."""
    marked = BYTE_ORDER_MARK + STREAM
    found, decoder = decoded([marked[:place], marked[place:]])
    assert found == STREAM.split(SEPARATOR)[:-1]
    assert decoder.offset == len(STREAM)
    assert decoder.unfinished() == b""


def test_a_byte_order_mark_alone_is_no_record() -> None:
    """A stream of nothing else is empty; a mark further on is a record's own."""
    assert decoded([BYTE_ORDER_MARK])[1].unfinished() == b""
    assert decoded([BYTE_ORDER_MARK + END_MARK])[1].unfinished() == b""
    assert decoded([STREAM, BYTE_ORDER_MARK])[1].unfinished() == BYTE_ORDER_MARK


@pytest.mark.parametrize("text", [b"{}", b'{"text":"\xc3\xa9"}', rb'{"\ud800":1}', b"[]", b"1"])
def test_a_byte_order_mark_before_json_is_passed_over(text: bytes) -> None:
    """It counts for nothing, as in JavaScript's `response.json()`."""
    assert parse_json(BYTE_ORDER_MARK + text) == parse_json(text)


def test_byte_by_byte_each_record_comes_with_its_last_byte() -> None:
    """A record is given as soon as its separator is there, and not before."""
    decoder = RecordDecoder()
    given_at = [index for index in range(len(STREAM)) if decoder.feed(STREAM[index : index + 1])]
    assert given_at == [index for index, byte in enumerate(STREAM) if byte == SEPARATOR[0]]


@given(places=st.lists(st.integers(0, len(STREAM)), max_size=9))
def test_the_offset_is_where_the_unfinished_record_begins(places: list[int]) -> None:
    """After each piece the offset counts the bytes of all records that are complete."""
    decoder = RecordDecoder()
    fed = b""
    for piece in cut(STREAM, places):
        decoder.feed(piece)
        fed += piece
        assert decoder.offset == fed.rfind(SEPARATOR) + 1


class CountedBytes(bytes):
    """Bytes that count how many of them are looked through and joined."""

    touched: ClassVar[int] = 0

    def split(self, separator: Any = None, limit: Any = -1) -> list[bytes]:
        CountedBytes.touched += len(self)
        return [CountedBytes(part) for part in super().split(separator, limit)]

    def __add__(self, other: Any) -> bytes:
        CountedBytes.touched += len(self) + len(other)
        return CountedBytes(super().__add__(other))

    def __radd__(self, other: Any) -> bytes | bytearray:
        if isinstance(other, bytearray):
            # `+=`, which Python asks here first: grows in place, moving no byte that is there already
            other.extend(self)
            return other
        CountedBytes.touched += len(self) + len(other)
        return CountedBytes(bytes(other) + bytes(self))


def test_each_byte_is_looked_at_once_however_small_the_pieces() -> None:
    """One record in 2,000 pieces: every byte is searched once and joined once, not once for each later piece."""
    joins = 0

    def profile(frame: FrameType, event: str, function: Any) -> None:
        nonlocal joins
        if event == "c_call" and function.__name__ == "join" and frame.f_code.co_filename == records.__file__:
            joins += 1

    pieces = [CountedBytes(b"x" * 100) for _ in range(2000)]
    decoder = RecordDecoder()
    CountedBytes.touched = 0
    sys.setprofile(profile)
    try:
        for piece in pieces:
            decoder.feed(piece)
        (record,) = decoder.feed(SEPARATOR)
    finally:
        sys.setprofile(None)
    assert len(record) == CountedBytes.touched == 200_000
    assert joins <= 1


def test_at_most_one_record_is_held() -> None:
    """A hundred records pass through in the memory of about two."""
    size = 100_000
    decoder = RecordDecoder()
    half = b"x" * (size // 2)
    tracemalloc.start()
    try:
        for _ in range(100):
            decoder.feed(half)
            decoder.feed(half + SEPARATOR)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * size


@pytest.mark.parametrize("tail", [b"", b"\n", END_MARK, END_MARK + b"\n\n", b"\n" + END_MARK + b"\n"])
def test_the_tail_of_older_servers_is_no_record(tail: bytes) -> None:
    """What servers of 1.2 and 1.0 beta write after the last record is neither a record nor a cut one."""
    found, decoder = decoded([STREAM, *(tail[index : index + 1] for index in range(len(tail)))])
    assert len(found) == 5
    assert decoder.unfinished() == b""


@pytest.mark.parametrize("tail", [b'{"type"', END_MARK[:5], END_MARK + b"x"])
def test_a_record_that_is_cut_off_is_known(tail: bytes) -> None:
    """What came of a record before the stream broke is told from a proper end."""
    assert decoded([STREAM, tail])[1].unfinished() == tail


@given(sizes=st.lists(st.integers(0, 30), max_size=6), places=st.lists(st.integers(0, 180), max_size=6))
@example(sizes=[0, 21], places=[5])
def test_a_record_beyond_the_limit_is_refused_where_it_begins(sizes: list[int], places: list[int]) -> None:
    """The first record that is longer than the limit is named by its offset; those before it are given first."""
    written = [b"x" * size for size in sizes]
    too_large = next((index for index, size in enumerate(sizes) if size > 20), None)
    decoder = RecordDecoder(limit=20)
    pieces = cut(b"".join(record + SEPARATOR for record in written), places)
    if too_large is None:
        assert [record for piece in pieces for record in decoder.feed(piece)] == written
        return
    given_before: list[bytes] = []

    def feed_all() -> None:
        for piece in pieces:
            given_before.extend(decoder.feed(piece))
        decoder.unfinished()

    with pytest.raises(RecordTooLarge) as caught:
        feed_all()
    assert given_before == written[:too_large]
    assert (caught.value.offset, caught.value.limit) == (sum(sizes[:too_large]) + too_large, 20)
    with pytest.raises(RecordTooLarge):
        decoder.feed(b"{}")


@pytest.mark.parametrize("text", ["\u2028", "\u2029", "\x85", "\x1c", "\r\n", "\x00", "é", "鏡", "🎈"])
def test_characters_that_other_splitters_stumble_over_stay_in_their_string(text: str) -> None:
    """Only 0x1E ends a record: no line separator, of Unicode or ASCII, does."""
    record = json.dumps({"text": text}, ensure_ascii=False).encode()
    assert decoded([record + SEPARATOR])[0] == [record]
    assert parse_record(record, 0) == {"text": text}


def test_an_escaped_separator_stays_in_its_string() -> None:
    """JSON writes 0x1E inside a string as an escape, which ends nothing."""
    (record,), _ = decoded([b'{"text":"a\\u001eb"}' + SEPARATOR])
    assert parse_record(record, 0) == {"text": "a\x1eb"}


def test_lone_surrogates_are_kept() -> None:
    r"""JavaScript sends half a character as \ud800; that is not malformed."""
    assert parse_record(rb'{"text":"\ud800","pair":"\ud83c\udf88"}', 0) == {"text": "\ud800", "pair": "🎈"}


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        (b"", "Expecting value"),
        (b"{", "Expecting property name"),
        (b"nonsense", "Expecting value"),
        (b'{"a":1}{"b":2}', "Extra data"),
        (b"[1]", "expected an object, got list"),
        (b"null", "expected an object, got NoneType"),
        (b'"text"', "expected an object, got str"),
        (b'{"a":"\xff"}', "'utf-8' codec can't decode"),
        (END_MARK, "Expecting value"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested too deeply"),
    ],
    ids=["empty", "cut", "text", "two", "list", "null", "string", "not-utf-8", "done", "deep"],
)
def test_what_is_no_record_is_malformed(record: bytes, problem: str) -> None:
    """Everything but a JSON object raises `MalformedRecord`, with offset, excerpt and problem."""
    with pytest.raises(MalformedRecord) as caught:
        parse_record(record, 17)
    error = caught.value
    assert error.offset == 17
    assert error.excerpt == excerpt(record)
    assert "\n" not in str(error)
    assert str(error) == f"malformed record at byte 17 of the stream: {error.problem}: {error.excerpt}"
    assert error.problem.startswith(problem)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_record_or_malformed(data: bytes) -> None:
    """No bytes raise anything but `MalformedRecord`."""
    with contextlib.suppress(MalformedRecord):
        assert isinstance(parse_record(data, 0), dict)


def test_deep_but_bearable_nesting_is_parsed() -> None:
    """What is nested too deeply for the fast parser is left to the slow one."""
    assert parse_json(b"[" * 300 + b"]" * 300) == json.loads("[" * 300 + "]" * 300)


def test_excerpts_are_one_short_line() -> None:
    """An excerpt shows the beginning, in one line, whatever the bytes are."""
    assert excerpt(b"a\nb\xff") == repr("a\nb\ufffd")
    assert excerpt(b"x" * 81) == f"{'x' * 80!r}..."
    assert excerpt(b"x" * 80) == repr("x" * 80)


def test_numbers_that_are_not_finite_are_not_invented() -> None:
    """A number beyond JavaScript's range, which no server writes, does not raise."""
    assert parse_json(b"1e400") == math.inf


def test_records_are_parsed_when_they_are_asked_for() -> None:
    """What comes before a bad record is given, blank ones are passed over, and the bad one's place is told."""
    texts = [b'{"n":1}', b" ", b"", rb'{"n":"\ud800"}', b"\n", b"[1]", b"nonsense"]
    parsed = parse_records(texts, 100)
    assert [next(parsed), next(parsed)] == [{"n": 1}, {"n": "\ud800"}]
    with pytest.raises(MalformedRecord, match="expected an object, got list") as raised:
        next(parsed)
    assert raised.value.offset == 100 + len(b"\x1e".join(texts[:5])) + 1
