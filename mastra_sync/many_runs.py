"""Many runs of one workflow at a time, on threads, processes or a cluster."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Executor, Future, wait
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from typing_extensions import Self

from mastra_sync.arguments import checked_id
from mastra_sync.deadline import Clock, SystemClock
from mastra_sync.errors import InvalidArgument

if TYPE_CHECKING:
    from mastra_sync.api import Api
    from mastra_sync.models import RunResult

DEFAULT_WORKERS = 8


RunIds: TypeAlias = "Callable[[Any], str] | Sequence[str]"
"""The ids of many runs: a function of the input, or a list in the inputs' order."""


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """One run to be executed: its input, and what else `execute` takes."""

    input_data: Any
    options: Mapping[str, Any]


def with_run_ids(planned: Sequence[PlannedRun], inputs: Sequence[Any], run_ids: RunIds) -> list[PlannedRun]:
    """Return the planned runs with an id each; they are joined unless they say otherwise.

    Args:
        planned: What is to be executed.
        inputs: The inputs as the caller gave them, in the same order.
        run_ids: As `Workflow.map` takes it.

    Raises:
        InvalidArgument: Not an id for each input, or the same for two.
    """
    if callable(run_ids):
        ids = list(map(run_ids, inputs))
    elif isinstance(run_ids, Sequence) and not isinstance(run_ids, (str, bytes)):
        ids = list(run_ids)
    else:
        raise InvalidArgument(
            "run_ids", f"must be a function of the input, or a list of ids, not {type(run_ids).__name__}"
        )
    if len(ids) != len(inputs):
        raise InvalidArgument("run_ids", f"must be one for each input: {len(ids)} for {len(inputs)} inputs")
    first: dict[str, int] = {}
    for index, run_id in enumerate(ids):
        checked_id(run_id, f"run_ids[{index}]")
        if first.setdefault(run_id, index) != index:
            raise InvalidArgument(
                f"run_ids[{index}]", f"{run_id!r} is the id of inputs[{first[run_id]}] already; each run needs its own"
            )
    return [
        PlannedRun(run.input_data, {**_joining(run.options), "run_id": run_id})
        for run, run_id in zip(planned, ids, strict=True)
    ]


def _joining(options: Mapping[str, Any]) -> Mapping[str, Any]:
    return options if options.keys() & {"if_started", "again"} else {**options, "if_started": "join"}


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
    planned: Sequence[PlannedRun],
    executor: Executor | None,
    max_workers: int | None,
    *,
    return_exceptions: bool,
) -> Iterator[RunResult]:
    """Hand all runs to the executor, and return the results in their order."""
    if executor is not None:

        def submit(run: PlannedRun) -> Future[RunResult]:
            return executor.submit(execute_one, workflow.client, workflow.id, run.input_data, run.options)

        results = _results(planned, submit, return_exceptions=return_exceptions, stop=lambda: None)
    else:
        threads = _OwnThreads(workflow, max_workers or DEFAULT_WORKERS)
        results = _results(planned, threads.submit, return_exceptions=return_exceptions, stop=threads.stop)
    # a generator that has not begun would clean nothing up when it is closed
    next(results)
    return results


def execute_one(client: WorkflowSource, workflow_id: str, input_data: Any, options: Mapping[str, Any]) -> RunResult:
    """Execute one run; another process can be sent this function of a module."""
    return client.get_workflow(workflow_id).execute(input_data, **options)


class _OwnThreads:
    """Threads that stop waiting for their runs when nobody listens any more, or the interpreter ends.

    Those of a `ThreadPoolExecutor` are waited for before anything can be told that the interpreter ends: a script that
    failed would stay until its last run has settled.
    """

    def __init__(self, workflow: ExecutableWorkflow, workers: int) -> None:
        self._stopped = threading.Event()
        self._workflow = workflow.on_clock(_StoppableClock(workflow.api.clock, self._stopped))
        self._workers = workers
        self._threads: list[threading.Thread] = []
        self._waiting: SimpleQueue[tuple[Future[RunResult], PlannedRun] | None] = SimpleQueue()
        atexit.register(self._end)

    def submit(self, run: PlannedRun) -> Future[RunResult]:
        future: Future[RunResult] = Future()
        self._waiting.put((future, run))
        if len(self._threads) < self._workers:
            name = f"mastra-sync-map_{len(self._threads)}"
            self._threads.append(threading.Thread(target=self._execute_all, name=name, daemon=True))
            self._threads[-1].start()
        return future

    def stop(self) -> None:
        """Begin no further run, and wait for none that is under way."""
        atexit.unregister(self._end)
        self._stopped.set()
        for _ in self._threads:
            self._waiting.put(None)

    def _end(self) -> None:
        self.stop()
        for thread in self._threads:
            thread.join()  # no request is cut off

    def _execute_all(self) -> None:
        while (taken := self._waiting.get()) is not None:
            future, run = taken
            if self._stopped.is_set():
                future.cancel()
            elif future.set_running_or_notify_cancel():
                try:
                    future.set_result(self._workflow.execute(run.input_data, **run.options))
                except BaseException as error:  # noqa: BLE001 - whoever asks for the result gets it
                    future.set_exception(error)


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
    planned: Sequence[PlannedRun],
    submit: Callable[[PlannedRun], Future[RunResult]],
    *,
    return_exceptions: bool,
    stop: Callable[[], None],
) -> Iterator[RunResult]:
    """Give None once everything is handed over, then the results."""
    futures: list[Future[RunResult]] = []
    try:
        for run in planned:
            futures.append(submit(run))  # noqa: PERF401 - what was submitted is known if one fails
        yield None  # type: ignore[misc]
        for future in futures:
            _wait_for(future)
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


def _wait_for(future: Future[RunResult]) -> None:
    """Wait until a run has ended.

    Looks each second, for a Ctrl-C does not wake a thread that was just about to wait for a lock.
    """
    while not future.done():
        wait([future], timeout=1.0)
