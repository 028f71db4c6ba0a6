"""Many runs of one workflow at a time, on threads, processes or a cluster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mastra_sync.client import MastraClient
    from mastra_sync.models import RunResult
    from mastra_sync.workflow import Workflow

DEFAULT_WORKERS = 8


def run_all(
    workflow: Workflow,
    inputs: Sequence[Any],
    executor: Executor | None,
    max_workers: int | None,
    options: Mapping[str, Any],
    *,
    return_exceptions: bool,
) -> Iterator[RunResult]:
    """Hand every input to the executor at once, and return an iterator over the results in the inputs' order."""
    own = None
    if executor is None:
        executor = own = ThreadPoolExecutor(max_workers or DEFAULT_WORKERS, thread_name_prefix="mastra-sync-map")
    results = _results(workflow, inputs, executor, options, return_exceptions=return_exceptions, own=own)
    # a generator that has not begun would clean nothing up when it is closed
    next(results)
    return results


def execute_one(client: MastraClient, workflow_id: str, input_data: Any, options: Mapping[str, Any]) -> RunResult:
    """Execute one run; a function of a module, so that it can be sent to another process."""
    return client.get_workflow(workflow_id).execute(input_data, **options)


def _results(
    workflow: Workflow,
    inputs: Sequence[Any],
    executor: Executor,
    options: Mapping[str, Any],
    *,
    return_exceptions: bool,
    own: Executor | None,
) -> Iterator[RunResult]:
    """Give None once everything is handed over, then the results."""
    futures: list[Future[RunResult]] = []
    try:
        for item in inputs:
            futures.append(executor.submit(execute_one, workflow.client, workflow.id, item, options))  # noqa: PERF401
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
        if own is not None:
            own.shutdown(wait=False)
