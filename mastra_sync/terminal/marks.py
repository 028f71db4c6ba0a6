"""The marks before steps, what a terminal without them gets instead, and the colours of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO

from mastra_sync.terminal.writing import can_encode

COLOURS: Mapping[str, str] = {
    "success": "green",
    "bailed": "green",
    "failed": "bold red",
    "tripwire": "bold red",
    "suspended": "bold yellow",
    "paused": "yellow",
    "running": "cyan",
    "waiting": "blue",
}
"""By the status of a step or run, in words that rich knows."""


@dataclass(frozen=True, slots=True)
class Marks:
    """One set of marks.

    Attributes:
        of_status: By the status of a step or run.
        unknown: For a status that is not known.
        begins: For a step that begins.
        output: For what a step wrote.
        spinner: Shown in turn while a step runs.
        more: For what is left out.
    """

    of_status: Mapping[str, str]
    unknown: str
    begins: str
    output: str
    spinner: str
    more: str


UNICODE = Marks(
    of_status={
        "success": "✓",
        "bailed": "✓",
        "failed": "✗",
        "tripwire": "✗",
        "refused": "✗",
        "suspended": "?",
        "paused": "‖",
        "waiting": "…",
        "canceled": "\N{MINUS SIGN}",
        "skipped": "\N{MINUS SIGN}",
    },
    unknown="•",
    begins="▸",
    output="│",
    spinner="⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏",
    more="⋮",
)
ASCII = Marks(
    of_status={
        "success": "+",
        "bailed": "+",
        "failed": "x",
        "tripwire": "x",
        "refused": "x",
        "suspended": "?",
        "paused": "=",
        "waiting": "~",
        "canceled": "-",
        "skipped": "-",
    },
    unknown="*",
    begins=">",
    output="|",
    spinner="|/-\\",
    more=":",
)


def marks_for(stream: IO[str] | None) -> Marks:
    """Return the marks that a stream can show."""
    needed = "".join(UNICODE.of_status.values()) + UNICODE.spinner + UNICODE.begins + UNICODE.output + UNICODE.more
    return UNICODE if can_encode(needed, stream) else ASCII
