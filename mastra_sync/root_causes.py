"""The innermost cause of what a step threw, which often says alone what went wrong."""

from __future__ import annotations

from typing import Protocol

from typing_extensions import Self


class CausedError(Protocol):
    """An error that another one may have led to."""

    @property
    def message(self) -> str:
        """What it says."""

    @property
    def cause(self) -> Self | None:
        """What led to it."""


def with_root_cause(error: CausedError) -> str:
    """Return what an error says, and the last line of its innermost cause.

    Node says `TypeError: fetch failed` of whatever happens to a request; the cause has `getaddrinfo ENOTFOUND host`.
    """
    root = error
    while root.cause is not None:
        root = root.cause
    said, why = str(error), root.message.strip().rpartition("\n")[2].strip()
    return said if root is error or why in said else f"{said}: {why}"
