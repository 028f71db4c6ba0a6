"""Ends a script around one of its requests, as `kill -9` would: before it leaves, or before its answer is read."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import BaseAdapter


class Killed(BaseException):
    """The script is dead: nothing that it has written to go on after a failure may catch this."""


@dataclass
class Kill:
    """An adapter for `MastraClient(adapter=...)` that ends the script at one place.

    Attributes:
        number: The request, counted from 1; 0 is none.
        after_effect: Whether the server gets the request.
        end: How the script ends.
        sent: How many requests were made.
    """

    number: int = 0
    after_effect: bool = False
    end: Callable[[], Any] | None = None
    sent: int = 0

    def __call__(self, adapter: BaseAdapter) -> BaseAdapter:
        return _Adapter(adapter, self)

    def now(self) -> None:
        """End the script."""
        if self.end is not None:
            self.end()
        raise Killed(f"around request {self.number}")


class _Adapter(BaseAdapter):
    def __init__(self, inner: BaseAdapter, kill: Kill) -> None:
        super().__init__()
        self._inner = inner
        self._kill = kill

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        self._kill.sent += 1
        is_here = self._kill.sent == self._kill.number
        if is_here and not self._kill.after_effect:
            self._kill.now()
        reply = self._inner.send(request, *args, **kwargs)
        if is_here:
            self._kill.now()
        return reply

    def close(self) -> None:
        self._inner.close()


def kill_this_process() -> None:
    """Send this process the signal that nothing can catch."""
    os.kill(os.getpid(), signal.SIGKILL)
