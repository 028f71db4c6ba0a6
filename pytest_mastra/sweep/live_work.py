"""Requests that a live server is at work on while their script waits no longer."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from urllib.parse import quote

from mastra_sync.records import parse_json
from pytest_mastra.http.verbs import call_of
from pytest_mastra.http.wire import ProcessDied, Surface, WireReply, WireRequest
from pytest_mastra.sweep.invariants import FIRST_REFUSAL

AT_WORK = ("running", "waiting")
"""Statuses of runs that are being executed, or will be by themselves."""

_BETWEEN_LOOKS = 0.02

_UNTIL_BEGUN = 10.0
"""Real seconds in which a run is begun, or whatever was to begin it has been answered."""

_UNTIL_ENDED = 60.0
"""Real seconds that a run is waited for before its script is run once more."""

_UNTIL_MOVED = 1.0
"""Real seconds in which a run moves whose command was answered before it did."""

_OF_THE_BODY = frozenset({"accept", "accept-encoding", "content-encoding", "content-length", "content-type"})


@dataclass(slots=True)
class _Work:
    look: WireRequest | None
    answered: threading.Event = field(default_factory=threading.Event)
    was_accepted: bool = False


class LiveWork:
    """Has one live server go on with what nobody waits for.

    No server stops a run because who asked for it has gone: its answer is read here, to its end.

    Args:
        server: What answers; what is asked of it here is no request of the script's.
    """

    def __init__(self, server: Surface) -> None:
        self._server = server
        self._work: list[_Work] = []
        self._passes = 0

    def begin(self, surface: Surface, request: WireRequest) -> bool:
        """Have a run be at work on a request; return whether that was seen.

        Args:
            surface: What notes the request, and passes it on.
            request: The request.
        """
        work = _Work(_look_after(request))
        before = self._status_of(work)
        self._work.append(work)
        threading.Thread(target=_read_to_the_end, args=(surface, request, work), daemon=True).start()
        until = time.monotonic() + _UNTIL_BEGUN
        was_answered = False
        while time.monotonic() < until:
            if not was_answered and work.answered.wait(_BETWEEN_LOOKS):
                was_answered, until = True, time.monotonic() + _UNTIL_MOVED
            if (status := self._status_of(work)) in AT_WORK:
                return True
            if was_answered and (status != before or not work.was_accepted):
                return False
            if was_answered:
                time.sleep(_BETWEEN_LOOKS)
        return not was_answered

    def begin_pass(self) -> None:
        """Note that the script is run again; the second time its runs have ended."""
        self._passes += 1
        if self._passes > 1:
            self._wait_for_runs()

    def end(self) -> None:
        """Wait for all answers: what they say counts."""
        for work in self._work:
            work.answered.wait(_UNTIL_ENDED)

    def _wait_for_runs(self) -> None:
        until = time.monotonic() + _UNTIL_ENDED
        while any(self._status_of(work) in AT_WORK for work in self._work) and time.monotonic() < until:
            time.sleep(_BETWEEN_LOOKS)

    def _status_of(self, work: _Work) -> object:
        # the id of some runs only the answer tells
        return None if work.look is None else _status_in(self._server.handle(work.look))


def _read_to_the_end(surface: Surface, request: WireRequest, work: _Work) -> None:
    try:
        reply = surface.handle(request)
        work.was_accepted = 0 < reply.status < FIRST_REFUSAL
        if not isinstance(reply.body, bytes):
            for _ in reply.body:
                pass
    except ProcessDied:
        work.was_accepted = False
    finally:
        work.answered.set()


def _look_after(request: WireRequest) -> WireRequest | None:
    """Return the request that tells how the run of another one stands, if that names any."""
    run = call_of(request).run
    if run is None:
        return None
    path = f"{request.path.rpartition('/')[0]}/runs/{quote(run, safe='')}"
    headers = {name: value for name, value in request.headers.items() if name.lower() not in _OF_THE_BODY}
    return WireRequest("GET", path, headers)


def _status_in(reply: WireReply) -> object:
    try:
        said = parse_json(reply.body) if isinstance(reply.body, bytes) and reply.status < FIRST_REFUSAL else None
    except (ValueError, RecursionError):
        return None
    # servers of 1.0 beta tell of a run as they have stored it
    told = said.get("snapshot", said) if isinstance(said, dict) else None
    return told.get("status") if isinstance(told, dict) else None
