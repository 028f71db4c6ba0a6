"""What differs between server generations, as one table, and how a generation is told from another.

| | current | 1.2 | 1.0 beta |
|---|---|---|---|
| run-by-id answers | state with `suspendedPaths` | state | the stored row, with a `snapshot` |
| route execution-result | no | no | yes |
| run-counts, resume-no-wait | yes | no | no |
| `forEachIndex` | yes | dropped silently | dropped silently |
| `perStep` | yes | yes | dropped silently |
| `resourceId` of create-run | yes | yes | dropped silently |

Whatever else differs is understood from the answers themselves (`normalise.py`, `error_replies.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Generation:
    """What one generation of servers has, as far as a client must know before it asks.

    Attributes:
        name: How messages name it.
        execution_result: Whole results come from the route execution-result, not from run-by-id.
        run_counts: There is a route for the number of runs by status.
        resume_no_wait: There is a resume that answers with the run's id at once.
        for_each_index: A resume can be meant for one item of a foreach.
        per_step: A run can be made to stop after one step.
    """

    name: str
    execution_result: bool
    run_counts: bool
    resume_no_wait: bool
    for_each_index: bool
    per_step: bool


CURRENT = Generation(
    "current",
    execution_result=False,
    run_counts=True,
    resume_no_wait=True,
    for_each_index=True,
    per_step=True,
)
RELEASE_1_2 = Generation(
    "1.2",
    execution_result=False,
    run_counts=False,
    resume_no_wait=False,
    for_each_index=False,
    per_step=True,
)
BETA_1_0 = Generation(
    "1.0 beta",
    execution_result=True,
    run_counts=False,
    resume_no_wait=False,
    for_each_index=False,
    per_step=False,
)


@dataclass(slots=True)
class KnownGeneration:
    """The generation of one client's server, once an answer has shown it.

    All handles of the client share it.

    Attributes:
        current: The generation.
        sees_bodies: False if its host loses the bodies of requests; None if it was not asked.
    """

    current: Generation | None = None
    sees_bodies: bool | None = None

    @property
    def has_execution_result(self) -> bool:
        """True if the server is known to have the route execution-result."""
        return self.current is not None and self.current.execution_result


def recognise_generation(run: Mapping[str, Any]) -> Generation:
    """Return the generation of a server, from what it answers to run-by-id without `fields`."""
    if "snapshot" in run and "status" not in run:
        return BETA_1_0
    # a run that is only in the server's memory is told of in a stub without any paths
    if "suspendedPaths" in run or "isFromInMemory" in run:
        return CURRENT
    return RELEASE_1_2
