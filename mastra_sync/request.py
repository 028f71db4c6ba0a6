"""What is to be sent, and how long an attempt may take. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field

from mastra_sync.deadline import Deadline

LOOK_HEADER, LOOK = "X-Mastra-Sync", "look"
"""Marks a request that nobody's code has made: test tools do not count it. Servers pass over it."""

HARMLESS_BODY = b"{}"
"""What a server is asked for that may lose bodies: time travel that names no step, which each refuses."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be sent.

    `url` has no query, so that it can be shown; `query` may hold what must not be. `is_look` marks what the client asks
    by itself, only to say more of what is wrong.
    """

    method: str
    url: str
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes | None = field(default=None, repr=False)
    run_id: str | None = None
    is_look: bool = False


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds for one attempt: until connected, and between two pieces of the reply; None without limit."""

    connect: float | None
    read: float | None

    def within(self, deadline: Deadline) -> tuple[float | None, float | None]:
        """Return both, shortened to what the deadline leaves."""
        return _positive(deadline.clamp(self.connect)), _positive(deadline.clamp(self.read))


def _positive(seconds: float | None) -> float | None:
    # requests refuses a timeout of 0
    return seconds if seconds is None else max(seconds, 0.001)
