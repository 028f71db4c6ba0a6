"""A guard at the surface: what breaks down behind it is noted, and answered 500."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from pytest_mastra.fake.engine.progress import StreamStalled
from pytest_mastra.fake.workflows.errors import Refusal, refusal_body
from pytest_mastra.http.wire import Cut, Frame, Piece, Script, Surface, WireReply, WireRequest

if TYPE_CHECKING:
    from pytest_mastra.fake.engine.state import ServerState

JSON_HEADERS = (("content-type", "application/json"),)


def refused(refusal: Refusal) -> WireReply:
    """Return the reply to a request that is refused."""
    return WireReply(refusal.status, JSON_HEADERS, refusal_body(refusal))


class GuardedSurface:
    """Answers for a surface, also where that raises.

    Args:
        surface: What answers.
        state: Where it is noted that it broke down.
    """

    def __init__(self, surface: Surface, state: ServerState) -> None:
        self._surface = surface
        self._state = state

    def handle(self, request: WireRequest) -> WireReply:
        """Return the reply to one request; no exception of the fake's own gets out."""
        try:
            reply = self._surface.handle(request)
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is not to reach who sent the request
            return refused(self._note(request, error))
        if reply.script is None:
            return reply
        return replace(reply, script=partial(self._play, request, reply.script))

    def _play(self, request: WireRequest, script: Script, frame: Frame) -> Iterator[Piece]:
        try:
            yield from script(frame)
        except StreamStalled:
            raise
        except Exception as error:  # noqa: BLE001 -- part of the reply is out, so all that is left is to break off
            self._note(request, error)
            yield Cut.CLOSED

    def _note(self, request: WireRequest, error: Exception) -> Refusal:
        return self._state.note_breakdown(error, request=f"{request.method} {request.path}")
