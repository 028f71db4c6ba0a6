"""Text for people and JSON for programs: what may be printed, how long, in which encoding."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import IO, Any

from mastra_sync.escapes import escaped, visible, visible_json
from mastra_sync.generated_ids import generated_kind
from mastra_sync.statuses import STATUS_IN_WORDS

DETAIL_LENGTH = 100

QUIET_EVENTS = frozenset({"workflow-start", "workflow-finish", "workflow-canceled", "workflow-paused"})
"""What they say is in the run's result."""

DISPLAY_IN_WORDS: Mapping[str, str] = {
    **STATUS_IN_WORDS,
    "paused": "is paused",
    # not of Mastra's: how the display was left
    "refused": "was refused",
    "left running": "was left running",
}
"""What a display says of the run that it shows, by status."""


def printable(text: str) -> str:
    """Return a server's text in one line, with escapes for what does not print."""
    return text if text.isprintable() else escaped(" ".join(text.split()))


def one_line(value: Any, length: int | None = DETAIL_LENGTH) -> str:
    """Return a value as one line: text as it is, anything else as JSON."""
    text = printable(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
    return text if length is None or len(text) <= length else f"{text[: length - 3]}..."


def step_name(step_id: str) -> str:
    """Return a step's id as people know it, without the UUID of generated ones."""
    return generated_kind(step_id) or printable(step_id)


def print_json(value: Any, *, one_per_line: bool = False) -> None:
    """Print a value as JSON on stdout: indented on a terminal, else in one line.

    What could steer a terminal is escaped there; elsewhere programs read it, as the server sent it.
    """
    shown = is_terminal(sys.stdout)
    indent = None if one_per_line or not shown else 2
    text = json.dumps(value, ensure_ascii=False, indent=indent, default=_iso)
    if shown:
        text = visible_json(text)
    if not can_encode(text, sys.stdout):
        text = json.dumps(value, indent=indent, default=_iso)
    _write(f"{text}\n", sys.stdout)


def print_text(text: str) -> None:
    """Print text on stdout."""
    print_drawn(visible(text))


def print_drawn(text: str) -> None:
    """Print text that has colours on stdout; its words were made `printable` before they got those."""
    _write(f"{text if can_encode(text, sys.stdout) else ascii_text(text)}\n", sys.stdout)


def complain(message: str, *, end: str = "\n") -> None:
    """Print a message on stderr, which writes what it cannot encode as escapes.

    Where it cannot be written (a full disk), it is left out: that is no failure of what it tells of.

    Raises:
        BrokenPipeError: Nobody reads it any more.
    """
    try:
        _write(f"{visible(message)}{end}", sys.stderr)
    except BrokenPipeError:
        raise
    except OSError:
        return


def can_encode(text: str, stream: IO[str] | None) -> bool:
    """Return True if a stream can show a text."""
    try:
        text.encode(getattr(stream, "encoding", None) or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def ascii_text(text: str) -> str:
    """Return a text for a stream that has ASCII only."""
    return text.encode("ascii", "backslashreplace").decode("ascii")


def is_terminal(stream: IO[str] | None) -> bool:
    """Return True if a stream leads to a terminal."""
    return stream is not None and stream.isatty()


def _write(text: str, stream: IO[str] | None) -> None:
    # a process may be started without one of them
    if stream is not None:
        stream.write(text)
        stream.flush()


def _iso(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not JSON")
