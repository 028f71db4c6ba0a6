"""Messages on their way: each is handled in turns with the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pytest_mastra.fake.engine.evented.messages import Message, as_written
from pytest_mastra.fake.engine.evented.snapshots import Snapshots
from pytest_mastra.fake.engine.options import ExecutionOptions
from pytest_mastra.fake.engine.runs import Run
from pytest_mastra.fake.engine.state import ServerState
from pytest_mastra.fake.virtual_time.scheduler import Coroutine, Gate, Signal
from pytest_mastra.fake.workflows.errors import error_object, is_meant
from pytest_mastra.fake.workflows.javascript import UNDEFINED

DELIVERIES = 3
"""How often a message is delivered whose handler throws."""

Handler = Callable[["Bus", Message], Coroutine]
"""Does what a message says."""


class Bus:
    """The messages of one command to a run, and of the runs nested in it.

    Args:
        server_state: The server.
        run: The run that the command is for.
        options: What it is executed with.
        handlers: What is done about a message, by its kind.

    Attributes:
        server_state: The server.
        run: The run that the command is for.
        options: What it is executed with.
        snapshots: What is stored.
        travels: Whether the command is a time travel.
    """

    def __init__(
        self, server_state: ServerState, run: Run, options: ExecutionOptions, handlers: Mapping[str, Handler]
    ) -> None:
        self.server_state = server_state
        self.run = run
        self.options = options
        self.snapshots = Snapshots(server_state, options.request_context)
        self.travels = False
        self._handlers = handlers
        self._signals: dict[str, Signal] = {}
        self._outer: dict[str, str] = {}
        self._finished = Gate()
        self._last: Message | None = None
        self._is_over = False

    def now(self) -> int:
        """Return the time as Mastra notes it."""
        return self.options.scheduler.milliseconds()

    def publish(self, kind: str, message: Message) -> None:
        """Have a message handled, after those that are on their way."""
        self.options.scheduler.spawn(self._deliver(kind, message))

    def fail(self, message: Message, error: Any) -> None:
        """Have a run fail with an error."""
        failed = {"status": "failed", "error": error}
        dropped: dict[str, Any] = {"state": None, "per_step": False, "time_travel": None, "restart": None}
        self.publish("workflow.fail", message.at([], prev=failed, active={}, **dropped))

    def fail_as(self, message: Message, text: str) -> None:
        """Have a run fail with an error of the engine's own."""
        about = {"domain": "MASTRA_WORKFLOW", "category": "SYSTEM", "code": "MASTRA_WORKFLOW", "details": {}}
        self.fail(message, {"message": text, **about})

    def emit(self, run_id: str, type: str, payload: dict[str, Any], sender: Any = None) -> None:  # noqa: A002 -- the wire's word
        """Tell the watchers of the run; nobody watches those that are nested in it."""
        if run_id == self.run.run_id and not self._is_over:
            sent = {} if sender is None else {"from": sender}
            self.run.publish({"type": type, **sent, "payload": as_written(payload)})

    def signal_of(self, run_id: str) -> Signal:
        """Return what says whether the steps of a run are to be given up."""
        return self._signals.setdefault(run_id, Signal())

    def note_nested(self, run_id: str, outer: str) -> None:
        """Note that a run is nested in another."""
        self._outer[run_id] = outer

    def abort(self, run_id: str) -> None:
        """Give up the steps of a run, and of those nested in it."""
        self.signal_of(run_id).abort()
        for inner, outer in list(self._outer.items()):
            if outer == run_id:
                self.abort(inner)

    def forget(self, run_id: str) -> None:
        """Note that a run is over."""
        self._signals.pop(run_id, None)
        self._outer.pop(run_id, None)

    def finish(self, message: Message) -> None:
        """Note that a run has come to its end, or waits for an answer."""
        if message.run_id == self.run.run_id and self._last is None:
            self._last = message
            self._finished.open()

    def outcome(self) -> Coroutine:
        """Wait for the run's end; return the message that told of it."""
        yield self._finished
        # streams end here; what is still on its way is stored
        self._is_over = True
        while self.options.scheduler.ready:
            yield None
        return self._last

    def cancel(self) -> None:
        """End the run as cancelled, even if it waits for an answer only."""
        message = Message(self.run.workflow, self.run.run_id, active=UNDEFINED)
        if not self._is_over:
            self.publish("workflow.cancel", message)
            return
        for _ in self._deliver("workflow.cancel", message):
            pass

    def _deliver(self, kind: str, message: Message) -> Coroutine:
        for delivery in range(1, DELIVERIES + 1):
            problem = yield from self._try(kind, message)
            if problem is None:
                return
            if delivery == DELIVERIES and kind != "workflow.fail":
                self.fail(message, error_object(problem))

    def _try(self, kind: str, message: Message) -> Coroutine:
        """Have a message handled; return what went wrong."""
        try:
            yield from self._handle(kind, message)
        except Exception as error:  # noqa: BLE001 -- whatever a condition raises is the run's failure
            if not is_meant(error):
                self.server_state.note_breakdown(error, workflow_id=self.run.workflow.id, run_id=self.run.run_id)
            return error
        return None

    def _handle(self, kind: str, message: Message) -> Coroutine:
        snapshot = yield from self.snapshots.load(message.workflow, message.run_id)
        is_canceled = snapshot is not None and snapshot["status"] == "canceled"
        if is_canceled and kind not in ("workflow.end", "workflow.cancel"):
            return
        yield from self._handlers[kind](self, replace(message))
