"""Many runs of one workflow at a time, on threads, processes or a cluster."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Protocol

from typing_extensions import Self

from mastra_sync.deadline import Clock, SystemClock

if TYPE_CHECKING:
    from mastra_sync.api import Api
    from mastra_sync.models import RunResult

DEFAULT_WORKERS = 8


class ExecutableWorkflow(Protocol):
    """What makes a run of its own for each input: a handle on a workflow."""

    id: str
    api: Api

    @property
    def client(self) -> WorkflowSource:
        """The client, which can be sent to another process."""

    @property
    def execute(self) -> Callable[..., RunResult]:
        """Makes a run of an input, and waits until it has settled."""

    def on_clock(self, clock: Clock) -> Self:
        """Return the same handle on another clock."""


class WorkflowSource(Protocol):
    """What gives a handle on a workflow: a client, or its copy in another process."""

    def get_workflow(self, workflow_id: str) -> ExecutableWorkflow:
        """Return a handle on a workflow."""


def run_all(
    workflow: ExecutableWorkflow,
    inputs: Sequence[Any],
    executor: Executor | None,
    max_workers: int | None,
    options: Mapping[str, Any],
    *,
    return_exceptions: bool,
) -> Iterator[RunResult]:
    """Hand all inputs to the executor, and return the results in the inputs' order."""
    if executor is not None:

        def submit(item: Any) -> Future[RunResult]:
            return executor.submit(execute_one, workflow.client, workflow.id, item, options)

        results = _results(inputs, submit, return_exceptions=return_exceptions, stop=lambda: None)
    else:
        threads = _OwnThreads(workflow, max_workers or DEFAULT_WORKERS, options)
        results = _results(inputs, threads.submit, return_exceptions=return_exceptions, stop=threads.stop)
    # a generator that has not begun would clean nothing up when it is closed
    next(results)
    return results


def execute_one(client: WorkflowSource, workflow_id: str, input_data: Any, options: Mapping[str, Any]) -> RunResult:
    """Execute one run; another process can be sent this function of a module."""
    return client.get_workflow(workflow_id).execute(input_data, **options)


class _OwnThreads:
    """Threads that stop waiting for their runs when nobody listens any more.

    Python joins them before it exits.
    """

    def __init__(self, workflow: ExecutableWorkflow, workers: int, options: Mapping[str, Any]) -> None:
        self._stopped = threading.Event()
        self._workflow = workflow.on_clock(_StoppableClock(workflow.api.clock, self._stopped))
        self._options = options
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="mastra-sync-map")

    def submit(self, item: Any) -> Future[RunResult]:
        return self._executor.submit(self._workflow.execute, item, **self._options)

    def stop(self) -> None:
        self._stopped.set()
        self._executor.shutdown(wait=False)


class _StoppableClock:
    """Another clock, on which a sleep ends with `CancelledError` once it was stopped."""

    def __init__(self, clock: Clock, stopped: threading.Event) -> None:
        self._clock = clock
        self._stopped = stopped

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        if isinstance(self._clock, SystemClock):
            self._stopped.wait(seconds)
        else:
            self._clock.sleep(seconds)
        if self._stopped.is_set():
            raise CancelledError


def _results(
    inputs: Sequence[Any],
    submit: Callable[[Any], Future[RunResult]],
    *,
    return_exceptions: bool,
    stop: Callable[[], None],
) -> Iterator[RunResult]:
    """Give None once everything is handed over, then the results."""
    futures: list[Future[RunResult]] = []
    try:
        for item in inputs:
            futures.append(submit(item))  # noqa: PERF401 - what was submitted is known if one fails
        yield None  # type: ignore[misc]
        for future in futures:
            error = future.exception()
            if error is None or not return_exceptions:
                yield future.result()
            else:
                yield error  # type: ignore[misc]
    finally:
        # whoever stops listening starts no further runs; those under way go on
        for future in futures:
            future.cancel()
        stop()
