"""What differs from a snapshot or a recording as records of a test's trace, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_mastra.redact.differences import redact_difference
from pytest_mastra.text.differences import MISSING, Difference

if TYPE_CHECKING:
    from pytest_mastra.redact.scrubber import Scrubber
    from pytest_mastra.suite.noted_difference import NotedDifference


@dataclass(frozen=True, slots=True)
class TracedDifference:
    """One place at which a run differs from what was kept.

    Attributes:
        against: From what: `snapshot`, `recorded run`, `cassette`, `recorded server`.
        name: Which one; empty if that goes without saying.
        run: The number of the run in the trace; None if it is of none.
        step: The step's path in the run; None if it is of none.
        where: In which request or event, if it is in one.
        difference: Path and values; `expected` is what was kept.
    """

    against: str
    name: str
    run: int | None
    step: str | None
    where: str
    difference: Difference


def difference_record(noted: NotedDifference, runs: Mapping[str, int], scrubber: Scrubber) -> dict[str, Any]:
    """Return the record of a difference, without secrets.

    Args:
        noted: The difference.
        runs: The numbers of the runs, by their ids.
        scrubber: Knows the secrets.
    """
    found = redact_difference(noted.difference, scrubber)
    sides = {"expected": found.expected, "actual": found.actual}
    return {
        "record": "difference",
        "against": noted.against,
        "name": scrubber.text(noted.name),
        "run": runs.get(scrubber.text(noted.run_id or "")),
        "step": None if noted.step is None else scrubber.text(noted.step),
        "where": scrubber.text(noted.where),
        "path": found.path,
        **{side: value for side, value in sides.items() if value is not MISSING},
    }


def difference_of(record: Mapping[str, Any]) -> TracedDifference:
    """Return the difference that a record is of."""
    found = Difference(record["path"], record.get("expected", MISSING), record.get("actual", MISSING))
    return TracedDifference(record["against"], record["name"], record["run"], record["step"], record["where"], found)
