"""How a run is read: its status alone for polls, its state, its whole result, on every generation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mastra_sync.api import Caller
from mastra_sync.deadline import Deadline
from mastra_sync.errors import RouteNotFound
from mastra_sync.generations import Dialect, recognise
from mastra_sync.models import RunResult
from mastra_sync.operations import EXECUTION_RESULT, RUN_BY_ID, Operation

CHEAPEST_FIELDS = ("error",)
"""What a poll asks for: the status always comes, and an error is small where a result may be megabytes."""


class Reader:
    """Reads the runs of one client's server, and remembers which generation the server is.

    Args:
        caller: Sends the requests.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._dialect: Dialect | None = None

    def poll(self, workflow_id: str, run_id: str, deadline: Deadline) -> RunResult:
        """Return the run with its status and little else: one request, tried once."""
        raw = self._run_by_id(workflow_id, run_id, CHEAPEST_FIELDS, nested=False, deadline=deadline, retries=0)
        return self.understood(raw, workflow_id, run_id)

    def by_id(
        self,
        workflow_id: str,
        run_id: str,
        *,
        fields: Sequence[str] | None = None,
        nested: bool | None = None,
        deadline: Deadline | None = None,
    ) -> RunResult:
        """Return what run-by-id answers."""
        return self.understood(
            self._run_by_id(workflow_id, run_id, fields, nested=nested, deadline=deadline), workflow_id, run_id
        )

    def execution_result(self, workflow_id: str, run_id: str, deadline: Deadline | None = None) -> RunResult:
        """Return the whole result of a run, from the route that this server has for it."""
        if self._dialect is None or not self._dialect.execution_result:
            raw = self._run_by_id(workflow_id, run_id, deadline=deadline)
            if self._dialect is None or not self._dialect.execution_result:
                return self.understood(raw, workflow_id, run_id)
        try:
            raw = self._caller.call(EXECUTION_RESULT, workflow_id=workflow_id, run_id=run_id, deadline=deadline)
        except RouteNotFound:
            # the server was upgraded in the meantime
            self._dialect = None
            return self.execution_result(workflow_id, run_id, deadline)
        return self.understood(raw, workflow_id, run_id)

    def dialect(self, workflow_id: str, run_id: str) -> Dialect:
        """Return the server's dialect; asks for this run if it is not known yet."""
        if self._dialect is None:
            return recognise(self._run_by_id(workflow_id, run_id, nested=False))
        return self._dialect

    def _run_by_id(
        self,
        workflow_id: str,
        run_id: str,
        fields: Sequence[str] | None = None,
        *,
        nested: bool | None = None,
        deadline: Deadline | None = None,
        retries: int | None = None,
    ) -> Any:
        raw = self._caller.call(
            RUN_BY_ID,
            workflow_id=workflow_id,
            run_id=run_id,
            query=[
                ("fields", None if fields is None else ",".join(fields)),
                ("withNestedWorkflows", None if nested is None else str(nested).lower()),
            ],
            deadline=deadline,
            retries=retries,
        )
        if isinstance(raw, Mapping) and (fields is None or "snapshot" in raw):
            self._dialect = recognise(raw)
        return raw

    def understood(self, raw: Any, workflow_id: str, run_id: str, operation: Operation = RUN_BY_ID) -> RunResult:
        """Return what an operation answered as a result that names its run.

        Raises:
            ResponseFormatError: It is not what a server tells of a run.
        """

        def parse(answer: Any) -> RunResult:
            return RunResult.from_server(answer, workflow_id=workflow_id, run_id=run_id)

        return self._caller.understood(parse, raw, operation, workflow_id, run_id)
