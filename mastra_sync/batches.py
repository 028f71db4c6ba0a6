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
    if executor is not None:
        return _results(_submitted(workflow, inputs, executor, options), return_exceptions=return_exceptions)
    own = ThreadPoolExecutor(max_workers or DEFAULT_WORKERS, thread_name_prefix="mastra-sync-map")
    return _results(_submitted(workflow, inputs, own, options), return_exceptions=return_exceptions, own=own)


def execute_one(client: MastraClient, workflow_id: str, input_data: Any, options: Mapping[str, Any]) -> RunResult:
    """Execute one run; a function of a module, so that it can be sent to another process."""
    return client.get_workflow(workflow_id).execute(input_data, **options)


def _submitted(
    workflow: Workflow, inputs: Sequence[Any], executor: Executor, options: Mapping[str, Any]
) -> list[Future[RunResult]]:
    return [executor.submit(execute_one, workflow.client, workflow.id, item, options) for item in inputs]


def _results(
    futures: list[Future[RunResult]], *, return_exceptions: bool, own: Executor | None = None
) -> Iterator[RunResult]:
    try:
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
