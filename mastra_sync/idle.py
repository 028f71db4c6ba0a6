"""A watch over quiet streams: it asks how the run is.

It does so in a thread, while another thread waits for bytes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType

from typing_extensions import Self

from mastra_sync.deadline import Deadline, SystemClock

DEFAULT_IDLE_TIMEOUT = 30.0
"""Seconds of silence after which the run is looked at; Mastra sends nothing during a long step."""

LOOKS_BEFORE_GIVING_UP = 3


class IdleWatch:
    """Ends a read that waits in vain.

    A quiet stream is not a dead one, so silence alone ends nothing. The read is ended when the run has been settled for
    a whole period of silence, when the server could not be asked three times in a row, or at the deadline.

    Args:
        is_settled: Asks the server whether the run is settled; raises if it cannot be asked.
        shut_down: Ends the read.
        idle_timeout: Seconds of silence between two looks.
        deadline: When to end the read whatever the run does.
    """

    def __init__(
        self,
        *,
        is_settled: Callable[[], bool],
        shut_down: Callable[[], None],
        idle_timeout: float,
        deadline: Deadline,
    ) -> None:
        self._is_settled = is_settled
        self._shut_down = shut_down
        self._idle_timeout = idle_timeout
        self._deadline = deadline
        self._changed = threading.Condition()
        self._silence: Deadline | None = None
        self._stopped = False
        self._in_vain = 0
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Note that a read begins."""
        with self._changed:
            self._silence = self._new_silence()
            self._in_vain = 0
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="mastra-sync idle watch", daemon=True)
                self._thread.start()
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Note that the read has ended."""
        with self._changed:
            self._silence = None

    def keep_to(self, deadline: Deadline) -> None:
        """Go by another deadline from now on."""
        with self._changed:
            self._deadline = deadline
            self._changed.notify_all()

    def stop(self) -> None:
        """End the watch."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def _watch(self) -> None:
        while True:
            with self._changed:
                if not self._stopped:
                    self._wait_for_next_look()
                if self._stopped:
                    return
                silence = self._silence
            if self._deadline.expired or (silence is not None and silence.expired and self._is_over(silence)):
                with self._changed:
                    still_reading = self._silence is not None
                if still_reading:
                    self._shut_down()
                    return

    def _wait_for_next_look(self) -> None:
        silence = self._silence
        left = self._idle_timeout if silence is None else silence.remaining
        pause = max(0.01, min(left, self._deadline.remaining))
        if not self._changed.wait(pause) and silence is not None:
            # where a test tool has frozen the clock, it has been silent all the same
            silence.count(pause)

    def _new_silence(self) -> Deadline:
        """Return what ends when the run is to be looked at.

        Its time is real, whatever the client's clock tells.
        """
        return Deadline(self._idle_timeout, SystemClock())

    def _is_over(self, silence: Deadline) -> bool:
        """Look at the run, and return True if nothing more is to come of it.

        The second look that finds it settled counts, so that its last events have time to come.

        Args:
            silence: What there was when it was found to be long enough.
        """
        try:
            counts = self._is_settled()
            limit = 2
        except Exception:  # noqa: BLE001 - a client closed meanwhile, a token that cannot be had: the watch must go on
            counts = True
            limit = LOOKS_BEFORE_GIVING_UP
        with self._changed:
            if self._silence is not silence:
                return False
            self._in_vain = self._in_vain + 1 if counts else 0
            self._silence = self._new_silence()
            return self._in_vain >= limit
