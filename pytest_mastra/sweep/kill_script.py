"""Scripts that ask over a socket are killed by what serves them there, in another thread."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from pytest_mastra.http.wire import Cut, Surface, WireReply, WireRequest
from pytest_mastra.sweep.killed import Killed

# does nothing where nobody listens to it
_SIGNAL = getattr(signal, "SIGURG", None)


class MainThread:
    """Has a script that runs in the main thread end there, whatever it waits for.

    No other thread can be ended.
    """

    def __init__(self) -> None:
        self._is_killable = False

    @contextlib.contextmanager
    def killable(self) -> Iterator[None]:
        """Have a script end by `kill` meanwhile, if this is the main thread."""
        if _SIGNAL is None or threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(_SIGNAL, self._raise)
        self._is_killable = True
        try:
            yield
        finally:
            self._is_killable = False
            signal.signal(_SIGNAL, before)

    def kill(self) -> None:
        """End the script; called by any thread."""
        main = threading.main_thread().ident
        if _SIGNAL is not None and self._is_killable and main is not None:
            signal.pthread_kill(main, _SIGNAL)

    def _raise(self, *_: Any) -> None:
        if self._is_killable:
            raise Killed


class KillingSurface:
    """A surface where the end of a script is that of who asked.

    Args:
        surface: What raises `Killed`.
        kill: Ends the script.
    """

    def __init__(self, surface: Surface, kill: Callable[[], None]) -> None:
        self._surface = surface
        self._kill = kill

    def handle(self, request: WireRequest) -> WireReply:
        """Return the reply to a request."""
        try:
            reply = self._surface.handle(request)
        except Killed:
            self._kill()
            return WireReply(0, script=lambda _: iter([Cut.RESET]))
        return reply if isinstance(reply.body, bytes) else replace(reply, body=self._until_killed(reply))

    def _until_killed(self, reply: WireReply) -> Iterator[bytes]:
        try:
            if not isinstance(reply.body, bytes):
                yield from reply.body
        except Killed:
            self._kill()
        finally:
            reply.close()
