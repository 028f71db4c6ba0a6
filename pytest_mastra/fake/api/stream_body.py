"""The body of a stream, chunk by chunk: taking one is what moves the run on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from typing_extensions import Self

from pytest_mastra.fake.engine.event_stream import Reader, encoded, last_record
from pytest_mastra.fake.engine.progress import StreamStalled
from pytest_mastra.http.wire import ProcessDied

if TYPE_CHECKING:
    from pytest_mastra.fake.engine.progress import RunsInProgress
    from pytest_mastra.fake.engine.state import ServerState
    from pytest_mastra.fake.workflows.errors import Refusal


class StreamBody:
    """An iterator over the chunks of a stream.

    Close it when nobody reads on; the run then goes on by itself.

    Args:
        state: What the server knows.
        progress: What moves the run.
        reader: The records of the stream.
        run_id: The run that is moved.
        history: Records that come first.
        on_record: Called with each record of the reader.
    """

    def __init__(
        self,
        state: ServerState,
        progress: RunsInProgress,
        reader: Reader,
        run_id: str,
        *,
        history: Iterable[dict[str, Any]] = (),
        on_record: Callable[[dict[str, Any]], None] = lambda _: None,
    ) -> None:
        self._state = state
        self._progress = progress
        self._reader = reader
        self._run_id = run_id
        self._history = deque(history)
        self._on_record = on_record
        self._tail = deque(filter(None, [state.generation.stream_tail]))
        self._closed = False
        self._life = state.lives

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        self._state.check_alive(self._life)
        if self._history:
            return encoded(self._history.popleft())
        if self._closed:
            raise StopIteration
        chunk = self._next_chunk()
        if chunk is not None:
            return chunk
        if self._tail:
            return self._tail.popleft()
        self.close()
        raise StopIteration

    def _next_chunk(self) -> bytes | None:
        driver = self._state.driver
        if not driver.take_lock():
            raise StreamStalled(f"the stream of run {self._run_id} waits for another request, which does not end")
        try:
            record = self._progress.next_record(self._reader, self._run_id)
            if record is None:
                return None
            self._on_record(record)
            return encoded(record)
        except StreamStalled:
            raise
        except Exception as error:  # noqa: BLE001 -- the headers are out, so the stream itself says that it failed
            refusal = self._note(error)
            self.close()
            return encoded(last_record(self._run_id, "failed", self._state.generation, refusal))
        finally:
            driver.lock.release()

    def close(self) -> None:
        """Note that nobody reads on."""
        if self._closed or self._life != self._state.lives:
            return
        self._closed = True
        with self._state.driver.lock, suppress(ProcessDied):
            try:
                self._progress.abandon(self._run_id)
            except Exception as error:  # noqa: BLE001 -- who closes a stream does not ask for the run
                self._note(error)

    def _note(self, error: Exception) -> Refusal:
        return self._state.note_breakdown(error, run_id=self._run_id, request="the stream")
