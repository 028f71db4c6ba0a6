"""Bodies of streams, as real servers of three generations sent them; `tests/faults/record_streams.py` makes them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

END_MARK = b"data: [DONE]\n\n"
"""What servers of 1.2 and 1.0 beta send after the last record."""


def folder() -> Path:
    """Return where the recordings are."""
    return Path(__file__).parent


@cache
def body(generation: str, name: str) -> bytes:
    """Return the whole body of a recorded stream."""
    return (folder() / f"{generation}-{name}.bin").read_bytes()


@cache
def records(generation: str, name: str) -> tuple[bytes, ...]:
    """Return the records of a recorded stream, each with its separator."""
    texts = body(generation, name).removesuffix(END_MARK).split(b"\x1e")
    return tuple(text + b"\x1e" for text in texts[:-1])
