"""Ctrl-C that comes in a finalizer, where Python drops it: it is pressed again."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_PAUSE = 0.05
"""Seconds after which it is pressed again: by then the object is gone."""


@contextlib.contextmanager
def heard_in_finalizers() -> Iterator[None]:
    """Have a Ctrl-C that a finalizer swallows interrupt what the main thread does next."""
    before = sys.unraisablehook
    pressed: list[threading.Timer] = []

    def press_again(unraisable: UnraisableHookArgs) -> None:
        if not issubclass(unraisable.exc_type, KeyboardInterrupt):
            before(unraisable)
            return
        timer = threading.Timer(_PAUSE, _interrupt)
        timer.daemon = True
        pressed.append(timer)
        timer.start()

    sys.unraisablehook = press_again
    try:
        yield
    finally:
        sys.unraisablehook = before
        for timer in pressed:
            timer.cancel()


def _interrupt() -> None:
    # to the main thread, or it would not wake up
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    else:
        signal.raise_signal(signal.SIGINT)
