"""The runs that a server has stored: snapshots, listing, filters."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from mastra_sync.statuses import FINISHED
from pytest_mastra.fake.engine.stored_json import as_stored
from pytest_mastra.fake.virtual_time.clock import ServerClock
from pytest_mastra.fake.workflows.javascript import iso, packed, unpacked

FRESH_RUNS = 32
"""Runs that are kept ready to be read; older ones are packed."""


class StoredRun:
    """One stored run.

    Args:
        workflow_id: Its workflow.
        run_id: Its id, unique within the workflow.
        resource_id: Whose it is.
        snapshot: The run as it was stored last.
        created: When it was first stored, in seconds.
        order: Tells rows of the same moment apart.
        limits: Whether the server leaves out what is nested too deep, and keys that are no keys to JavaScript.
    """

    __slots__ = (
        "_is_written",
        "_limits",
        "_stored",
        "created",
        "order",
        "resource_id",
        "run_id",
        "status",
        "updated",
        "workflow_id",
    )

    def __init__(
        self,
        workflow_id: str,
        run_id: str,
        resource_id: str | None,
        snapshot: dict[str, Any],
        created: float,
        order: int,
        *,
        limits: bool,
    ) -> None:
        self.workflow_id = workflow_id
        self.run_id = run_id
        self.resource_id = resource_id
        self.created = created
        self.updated = created
        self.order = order
        self._limits = limits
        self._is_written = False
        self._stored: dict[str, Any] | bytes = snapshot
        self.snapshot = snapshot

    @property
    def snapshot(self) -> dict[str, Any]:
        """The run as it was stored last."""
        if isinstance(self._stored, bytes):
            return unpacked(self._stored)  # type: ignore[no-any-return]
        if self._limits and not self._is_written:
            # most snapshots are replaced before anybody reads them
            self._stored = as_stored(self._stored)
            self._is_written = True
        return self._stored

    @snapshot.setter
    def snapshot(self, snapshot: dict[str, Any]) -> None:
        self._stored = snapshot
        self._is_written = False
        self.status: str = snapshot["status"]

    def pack(self) -> None:
        """Take as little room as may be."""
        if isinstance(self._stored, dict):
            self._stored = packed(self.snapshot)

    def as_json(self) -> dict[str, Any]:
        """Return the row as lists of runs have it."""
        return {
            "workflowName": self.workflow_id,
            "runId": self.run_id,
            "snapshot": self.snapshot,
            "resourceId": self.resource_id,
            "createdAt": iso(self.created),
            "updatedAt": iso(self.updated),
        }


@dataclass(frozen=True, slots=True)
class Filter:
    """Which runs to list.

    Attributes:
        status: Only these.
        resource_id: Only this owner's.
        from_date: Only runs created since, as an ISO string.
        to_date: Only runs created until, as an ISO string.
    """

    status: str | None = None
    resource_id: str | None = None
    from_date: str | None = None
    to_date: str | None = None

    def of(self, rows: Iterable[StoredRun]) -> list[StoredRun]:
        """Return the rows that are to be listed."""
        # each page of a list looks at all runs, and most lists leave out none
        return list(rows) if self == _ALL else [row for row in rows if self._lets_pass(row)]

    def _lets_pass(self, row: StoredRun) -> bool:
        return (
            (self.status is None or row.status == self.status)
            and (not self.resource_id or row.resource_id == self.resource_id)
            and (self.from_date is None or iso(row.created) >= self.from_date)
            and (self.to_date is None or iso(row.created) <= self.to_date)
        )


_ALL = Filter()
_AGE = attrgetter("created", "order")


@dataclass
class Store:
    """All stored runs.

    Args:
        clock: Tells when a run is stored.
        replaces_rows: Whether each snapshot makes a run look newly created, and nobody's unless its owner is named
            again, as it does before current servers.
        limits: Whether what is nested too deep is left out, and keys that are no keys to JavaScript.
    """

    clock: ServerClock
    replaces_rows: bool = False
    limits: bool = True
    _rows: dict[str, dict[str, StoredRun]] = field(default_factory=dict)
    _order: Any = field(default_factory=itertools.count)
    _fresh: deque[StoredRun] = field(default_factory=deque)
    _finished: dict[tuple[str, str], None] = field(default_factory=dict)

    def find(self, workflow_id: str, run_id: str) -> StoredRun | None:
        """Return a run, None if there is none."""
        return self._rows.get(workflow_id, {}).get(run_id)

    @property
    def run_ids(self) -> list[str]:
        """The ids of all runs."""
        return [run_id for rows in self._rows.values() for run_id in rows]

    def persist(self, workflow_id: str, run_id: str, resource_id: str | None, snapshot: dict[str, Any]) -> None:
        """Store a run's snapshot; a run that was deleted is there again."""
        rows = self._rows.setdefault(workflow_id, {})
        now = self.clock.now()
        row = rows.get(run_id)
        if row is None:
            row = rows[run_id] = StoredRun(
                workflow_id, run_id, resource_id, snapshot, now, next(self._order), limits=self.limits
            )
            self._fresh.append(row)
            if len(self._fresh) > FRESH_RUNS:
                self._fresh.popleft().pack()
            self._note_status(row)
            return
        row.resource_id = resource_id if resource_id is not None or self.replaces_rows else row.resource_id
        row.snapshot = snapshot
        row.updated = now
        if self.replaces_rows:
            row.created = now
            row.order = next(self._order)
        self._note_status(row)

    def set_status(self, row: StoredRun, status: str) -> None:
        """Change nothing but the status."""
        row.snapshot = {**row.snapshot, "status": status}
        self._note_status(row)

    def _note_status(self, row: StoredRun) -> None:
        key = (row.workflow_id, row.run_id)
        self._finished.pop(key, None)
        if row.status in FINISHED:
            self._finished[key] = None

    def delete(self, workflow_id: str, run_id: str) -> None:
        """Forget a run, if it is there."""
        self._rows.get(workflow_id, {}).pop(run_id, None)
        self._finished.pop((workflow_id, run_id), None)

    def finished_beyond(self, limit: int) -> Iterator[tuple[str, str]]:
        """Give workflow and id of the finished runs that ended before the latest ones."""
        yield from list(itertools.islice(self._finished, max(0, len(self._finished) - limit)))

    def page(self, workflow_id: str, chosen: Filter, page: int | None, per_page: int | None) -> dict[str, Any]:
        """Return runs, newest first.

        They are paged only if both the number and the size of the page are given.
        """
        rows = chosen.of(self._rows.get(workflow_id, {}).values())
        rows.sort(key=_AGE, reverse=True)
        total = len(rows)
        if page is not None and per_page is not None:
            rows = rows[page * per_page : (page + 1) * per_page]
        return {"runs": [row.as_json() for row in rows], "total": total}

    def with_status(self, *statuses: str) -> list[StoredRun]:
        """Return all runs in one of these statuses, of whatever workflow."""
        return [row for rows in self._rows.values() for row in rows.values() if row.status in statuses]
