"""What may have become of a run that has not moved while it was waited for."""

from __future__ import annotations

QUIET = 30.0
"""Seconds without a change after which a running run is told of; a step that takes as long looks the same."""

_ASK = "the server's log would say, and start_async() answers with the reason"


def hint_on(status: str | None, quiet: float) -> str:
    """Return what may be wrong with a run at the end of a wait, or nothing.

    Args:
        status: Its status as it was read last; None if it never was.
        quiet: Seconds since a reading showed a change.
    """
    if status == "pending":
        return f"It never began: nobody has started it, or its start was refused: {_ASK}."
    if status != "running" or quiet < QUIET:
        return ""
    return (
        f"Its record has not changed for {quiet:.0f} s. A step that takes long looks so, and so does a run whose end "
        f"could not be stored (a BigInt, say): {_ASK}."
    )
