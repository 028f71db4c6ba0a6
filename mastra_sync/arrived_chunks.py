"""HTTP chunks that have come are read at once, without waiting for more.

Mastra's servers send each record of a stream in a chunk of its own. `http.client` and urllib3 read chunk by chunk, and
take several times as long for each as parsing its record takes.
"""

from __future__ import annotations

import io
from http.client import HTTPResponse
from typing import Any

from mastra_sync.connections import without_waiting

LINE_BREAK = b"\r\n"


def take_arrived(response: Any) -> bytes:
    """Return what the whole chunks hold that have come and are unread; mostly empty.

    The last chunk of a body, which is empty, is left, and so is all that is no plain chunk.

    Args:
        response: What `http.client` has read a chunk of, to its end. What reads otherwise is left alone.
    """
    # None of a body that is not chunked; not 0 inside of a chunk, which is read as it comes
    if not isinstance(response, HTTPResponse) or getattr(response, "chunk_left", None) != 0:
        return b""
    reader = response.fp
    if not isinstance(reader, io.BufferedReader):
        return b""
    with without_waiting(reader) as is_possible:
        text = reader.peek() if is_possible else b""
    pieces, end = split_chunks(text)
    if end:
        reader.read(end)
    return b"".join(pieces)


def split_chunks(text: bytes) -> tuple[list[bytes], int]:
    """Return what a text's first whole chunks hold, and where the last of them ends.

    Args:
        text: What follows a chunk: the line break that ends it, and further chunks without theirs.
    """
    pieces: list[bytes] = []
    end = 0
    while text.startswith(LINE_BREAK, end):
        line_end = text.find(LINE_BREAK, end + 2)
        try:
            size = int(text[end + 2 : line_end], 16) if line_end > 0 else 0
        except ValueError:
            size = 0
        begin = line_end + 2
        if size <= 0 or begin + size > len(text):
            break
        end = begin + size
        pieces.append(text[begin:end])
    return pieces, end
