"""One run as a server keeps it in memory: its signal, its stream, its watchers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytest_mastra.fake.engine.event_stream import RunOutput
from pytest_mastra.fake.virtual_time.scheduler import Signal
from pytest_mastra.fake.workflows.definition import Workflow

Event = dict[str, Any]


class Run:
    """One run. Lives in memory until it ends; then only the store knows it.

    Args:
        workflow: Its workflow.
        run_id: Its id.
        resource_id: Whose run it is.
        on_event: Called with each event of the run itself, and with the first record of each of its streams.

    Attributes:
        signal: Says whether it was cancelled.
        output: The records of its stream, if it has or had one.
        close_stream: Ends that stream.
    """

    def __init__(
        self, workflow: Workflow, run_id: str, resource_id: str | None, *, on_event: Callable[[Event], None]
    ) -> None:
        self.workflow = workflow
        self.run_id = run_id
        self.resource_id = resource_id
        self.signal = Signal()
        self.output: RunOutput | None = None
        self.close_stream: Callable[[], None] | None = None
        self._on_event = on_event
        self._watchers: list[Callable[[Event], None]] = []

    def begin_stream(self, output: RunOutput) -> None:
        """Have a stream be the run's."""
        self.output = output
        self._on_event(output.first)

    def watch(self, watcher: Callable[[Event], None]) -> Callable[[], None]:
        """Call this with each event; return what ends the watch."""
        self._watchers.append(watcher)

        def forget() -> None:
            if watcher in self._watchers:
                self._watchers.remove(watcher)

        return forget

    def publish(self, event: Event) -> None:
        """Tell the watchers of an event of this run."""
        self._on_event(event)
        for watcher in list(self._watchers):
            watcher(event)

    def publish_nested(self, event: Event) -> None:
        """Tell the watchers of a nested run's event; each of them passes it on to all."""
        watchers = list(self._watchers)
        for _ in watchers:
            for watcher in watchers:
                watcher(event)
