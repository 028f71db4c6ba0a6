"""Which run, and which of its steps, a difference between two outcomes is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mastra_sync import RunResult
from pytest_mastra.http.aliases import Aliases
from pytest_mastra.regression.outcome import outcome_of
from pytest_mastra.suite.noted_difference import NotedDifference
from pytest_mastra.text.json_paths import parts_of

if TYPE_CHECKING:
    from pytest_mastra.text.differences import Difference


@dataclass(frozen=True, slots=True)
class ComparedRun:
    """A run whose outcome is compared.

    Attributes:
        run_id: Its id.
        steps: What its steps are called, by the names that they have in the outcome: `mapping 1`.
    """

    run_id: str | None
    steps: Mapping[str, str]


def compared_runs(data: Any) -> list[ComparedRun]:
    """Return the runs of a result, or of a list of them; none of anything else."""
    results = data if isinstance(data, (list, tuple)) else [data]
    return [_compared(result) for result in results if isinstance(result, RunResult)]


def _compared(result: RunResult) -> ComparedRun:
    aliases = Aliases()
    names = outcome_of(result, aliases)["steps"]
    return ComparedRun(result.run_id, dict(zip(names, result.steps, strict=False)))


def notes_of(
    found: Iterable[Difference], runs: Sequence[ComparedRun], against: str, name: str = ""
) -> Iterator[NotedDifference]:
    """Give differences between outcomes with the run and the step that each is about.

    Args:
        found: The differences; their paths are `$.steps.charge.output`, of a list of runs `$[0].steps...`.
        runs: The runs.
        against: What they are compared with.
        name: Which one, as people call it.
    """
    for difference in found:
        parts = parts_of(difference.path)
        index = parts.pop(0) if parts and isinstance(parts[0], int) else 0
        run = runs[index] if isinstance(index, int) and index < len(runs) else None
        entry = str(parts[1]) if parts[:1] == ["steps"] and len(parts) > 1 else None
        step = run.steps.get(entry) if run is not None and entry is not None else None
        yield NotedDifference(against, difference, name, run_id=run.run_id if run is not None else None, step=step)
