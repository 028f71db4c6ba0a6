"""Records out of bytes: Mastra ends each JSON record with 0x1E. No I/O."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic_core import from_json

from mastra_sync.errors import MalformedRecord, RecordTooLarge
from mastra_sync.sent_secrets import NOTHING_SENT, SentSecrets

SEPARATOR = b"\x1e"
END_MARK = b"data: [DONE]"
"""What servers of 1.2 and 1.0 beta write after the last record; not a record."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""What some gateways put before a reply, and JavaScript's SDK passes over."""

DEFAULT_RECORD_LIMIT = 512 * 1024 * 1024
EXCERPT_LENGTH = 80
BLOCK_SIZE = 16 * 1024


class RecordDecoder:
    """Splits a byte stream into records. Does no I/O, keeps at most one unfinished record.

    The work is linear in the bytes, wherever they are cut.

    Args:
        limit: Bytes that one record may take; a longer one raises `RecordTooLarge`.
    """

    __slots__ = ("_blocks", "_limit", "_size", "_small", "_too_large_at", "offset")

    def __init__(self, limit: int = DEFAULT_RECORD_LIMIT) -> None:
        self._limit = limit
        self._blocks: list[bytes] = []
        self._small = bytearray()
        self._size = 0
        self._too_large_at: int | None = None
        self.offset = 0
        """Where the unfinished record begins, in bytes from the stream's beginning, without a byte-order mark."""

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the records that `chunk` completes, in order, without their separator; empty ones too.

        Raises:
            RecordTooLarge: A record has grown beyond the limit. Those before it are returned first: then it is raised
                by the next call.
        """
        self._refuse_too_large()
        records = chunk.split(SEPARATOR)
        rest = records.pop()
        if records:
            size = self._size + len(chunk) - len(rest)
            if self._size:
                self._keep(records[0])
                records[0] = self._take()
            if size > self._limit:
                records = self._before_too_large(records)
        if records:
            first = self._without_mark(records[0])
            self.offset += size - (len(records[0]) - len(first))
            records[0] = first
        self._keep(rest)
        if self._size > self._limit and self._too_large_at is None:
            self._too_large_at = self.offset
        if not records:
            self._refuse_too_large()
        return records

    def unfinished(self) -> bytes:
        """Return what has come of an unfinished record; empty at a stream's proper end.

        Raises:
            RecordTooLarge: A record had grown beyond the limit.
        """
        self._refuse_too_large()
        rest = self._without_mark(b"".join([*self._blocks, self._small]))
        return b"" if rest.strip() in (b"", END_MARK) else rest

    @property
    def size(self) -> int:
        """How many bytes of an unfinished record have come."""
        return self._size

    def _without_mark(self, record: bytes) -> bytes:
        """Return a record, the first one without the stream's byte-order mark."""
        return record if self.offset else record.removeprefix(BYTE_ORDER_MARK)

    def _keep(self, piece: bytes) -> None:
        """Add to the unfinished record.

        Large pieces are added as they are, small ones gathered, so that no byte moves twice.
        """
        self._size += len(piece)
        if len(piece) >= BLOCK_SIZE:
            self._gather()
            self._blocks.append(piece)
            return
        self._small += piece
        if len(self._small) >= BLOCK_SIZE:
            self._gather()

    def _gather(self) -> None:
        if self._small:
            self._blocks.append(bytes(self._small))
            self._small = bytearray()

    def _take(self) -> bytes:
        record = b"".join([*self._blocks, self._small])
        self._blocks = []
        self._small = bytearray()
        self._size = 0
        return record

    def _before_too_large(self, records: list[bytes]) -> list[bytes]:
        """Return the records before the first too large one, and note where that begins."""
        offset = self.offset
        for index, record in enumerate(records):
            if len(record) > self._limit:
                self._too_large_at = offset
                return records[:index]
            offset += len(record) + 1
        return records

    def _refuse_too_large(self) -> None:
        if self._too_large_at is not None:
            raise RecordTooLarge(self._too_large_at, self._limit)


def parse_records(
    records: Sequence[bytes], offset: int, secrets: SentSecrets = NOTHING_SENT
) -> Iterator[dict[str, Any]]:
    """Give the objects that records hold, each parsed when it is asked for.

    Blank records are passed over.

    Args:
        records: As `RecordDecoder.feed` returned them.
        offset: Where the first of them begins in the stream; only named in the exception.
        secrets: What was sent that the exception may not show.

    Raises:
        MalformedRecord: Not UTF-8, not JSON, or not an object.
    """
    for record in records:
        try:
            value = from_json(record)
        except ValueError:
            if not record.strip():
                continue
            value = None
        if not isinstance(value, dict):
            before = records[: records.index(record)]
            value = parse_record(record, offset + sum(map(len, before)) + len(before), secrets)
        yield value


def parse_record(record: bytes, offset: int, secrets: SentSecrets = NOTHING_SENT) -> dict[str, Any]:
    """Return a record as the JSON object that it holds.

    Args:
        record: The record's bytes, UTF-8, without separator.
        offset: Where it begins in the stream; only named in the exception.
        secrets: What was sent that the exception may not show.

    Raises:
        MalformedRecord: Not UTF-8, not JSON, or not an object.
    """
    try:
        value = parse_json(record)
    except ValueError as error:
        raise MalformedRecord(offset, excerpt(secrets.beginning(record)), str(error)) from None
    if not isinstance(value, dict):
        raise MalformedRecord(
            offset, excerpt(secrets.beginning(record)), f"expected an object, got {type(value).__name__}"
        )
    return value


def parse_json(text: bytes) -> Any:
    """Return the value of a JSON text as JavaScript writes it, lone surrogates included.

    A byte-order mark before it is passed over, as JavaScript does it.

    Raises:
        ValueError: Not UTF-8 or not JSON.
    """
    try:
        return from_json(text)
    except ValueError:
        # JavaScript sends a lone surrogate as \ud800, which pydantic-core refuses and the standard library takes
        return _parse_leniently(text.removeprefix(BYTE_ORDER_MARK))


def _parse_leniently(text: bytes) -> Any:
    try:
        return json.loads(text.decode("utf-8"))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def excerpt(text: bytes) -> str:
    """Return the beginning of a text, fit to be shown in one line."""
    shown = repr(text[:EXCERPT_LENGTH].decode("utf-8", "replace"))
    return f"{shown}..." if len(text) > EXCERPT_LENGTH else shown
