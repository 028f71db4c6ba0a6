"""Bodies in the place of Mastra's streams, known by how they begin. No I/O."""

from __future__ import annotations

import re

from mastra_sync.errors import MalformedRecord
from mastra_sync.records import END_MARK, RecordDecoder, excerpt, parse_json
from mastra_sync.sent_secrets import SentSecrets

LONGEST_BEGINNING = 64 * 1024
"""Bytes after which nobody looks any more: the record is just long."""

_EVENT_LINE = re.compile(rb"(?:(?:data|event|id|retry)[ \t]*:|:)[^\r\n]*[\r\n]")


def refuse_foreign(decoder: RecordDecoder, secrets: SentSecrets, *, is_whole: bool) -> None:
    """Raise if what has come of a first record shows that there will be none.

    Raises:
        MalformedRecord: The server sends another format.
    """
    if decoder.offset or decoder.size > LONGEST_BEGINNING:
        return
    beginning = decoder.unfinished()
    known = foreign_format(beginning, is_whole=is_whole)
    if known is not None:
        problem = f"{known} came in the stream's place; Mastra ends each record with 0x1E"
        raise MalformedRecord(0, excerpt(secrets.beginning(beginning)), problem)


def foreign_format(beginning: bytes, *, is_whole: bool = False) -> str | None:
    """Return what a body is that is no stream of records; None if unknown.

    Args:
        beginning: Its bytes so far, of which none is 0x1E.
        is_whole: True if nothing more comes.
    """
    text = beginning.lstrip()
    if _EVENT_LINE.match(text) and not text.startswith(END_MARK):
        return "server-sent events (SSE)"
    line, line_break, rest = text.partition(b"\n")
    is_line_of_its_own = line_break and (rest.lstrip().startswith(b"{") or (is_whole and not rest.strip()))
    if is_line_of_its_own and line.startswith(b"{") and _is_json(line):
        return "lines of JSON (NDJSON)"
    return None


def _is_json(line: bytes) -> bool:
    try:
        parse_json(line)
    except ValueError:
        return False
    return True
