"""Exchanges by the run that they are about: what was said of each run, and what was said of no run. No I/O."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pytest_mastra.http.bodies import answer_of, question_of
from pytest_mastra.http.exchanges import Exchange
from pytest_mastra.http.verbs import Effect


@dataclass(eq=False)
class RunStory:
    """What was said of one run.

    Attributes:
        workflow: The run's workflow, as the requests name it.
        run_id: Its id; None if neither request nor answer says it.
        number: Which of its workflow's runs it is, in the order in which they were first named, from 1.
        exchanges: In their order.
    """

    workflow: str
    run_id: str | None
    number: int
    exchanges: list[Exchange] = field(default_factory=list)

    @property
    def title(self) -> str:
        """What people call the run."""
        return f"{self.workflow}, run {self.number}"

    @property
    def moves(self) -> list[Exchange]:
        """All but the reads."""
        return [exchange for exchange in self.exchanges if not exchange.call.row.polls_run]

    @property
    def started_with(self) -> Any:
        """What the run was first started with: the request's body; None if it was not started."""
        return next((question_of(one) for one in self.exchanges if one.call.row.effect is Effect.START), None)


@dataclass(eq=False)
class Stories:
    """All that was said.

    Attributes:
        runs: By run, in the order in which they were first named.
        others: What names no run.
    """

    runs: list[RunStory] = field(default_factory=list)
    others: list[Exchange] = field(default_factory=list)


def stories_of(exchanges: Iterable[Exchange]) -> Stories:
    """Return exchanges by the run that they are about."""
    told = Stories()
    by_id: dict[tuple[str, str], RunStory] = {}
    counts: dict[str, int] = {}
    for exchange in exchanges:
        workflow = exchange.call.workflow
        if workflow is None or not _is_about_a_run(exchange):
            told.others.append(exchange)
            continue
        run_id = exchange.call.run or _answered_run_id(exchange)
        story = by_id.get((workflow, run_id)) if run_id is not None else None
        if story is None:
            counts[workflow] = counts.get(workflow, 0) + 1
            story = RunStory(workflow, run_id, counts[workflow])
            told.runs.append(story)
            if run_id is not None:
                by_id[workflow, run_id] = story
        story.exchanges.append(exchange)
    return told


def _is_about_a_run(exchange: Exchange) -> bool:
    call = exchange.call
    return call.run is not None or call.row.begins_run


def _answered_run_id(exchange: Exchange) -> str | None:
    answer = answer_of(exchange)
    run_id = answer.get("runId") if isinstance(answer, dict) else None
    return run_id if isinstance(run_id, str) else None
