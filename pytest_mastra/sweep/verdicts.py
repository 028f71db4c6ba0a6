"""What became of a point: it survived, or why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from pytest_mastra.suite.swept_point import SweptPoint
from pytest_mastra.sweep import advice
from pytest_mastra.sweep.accepted_points import accepts
from pytest_mastra.sweep.advice import advice_on, advice_on_error
from pytest_mastra.sweep.families import FAMILIES
from pytest_mastra.sweep.invariants import (
    Allowance,
    find_blind,
    find_misplaced_answers,
    find_more_runs,
    find_schedules,
    find_too_often,
    find_undone,
    lines_of_left,
)
from pytest_mastra.sweep.live_invariants import find_accepted_too_often
from pytest_mastra.sweep.points import Points, as_text
from pytest_mastra.text.values import counted

if TYPE_CHECKING:
    from pytest_mastra.fake.api.exactly_once import Repeated
    from pytest_mastra.sweep.attempts import Attempt
    from pytest_mastra.sweep.marker import Plan


class Outcome(Enum):
    """What became of a point."""

    PASSED = "passed"
    RECOVERED = "passed when run again"
    REFUSED = "refused as documented"
    ACCEPTED = "accepted by the marker"
    FAILED = "failed"
    NOT_MET = "did not come about"


SURVIVED = (Outcome.PASSED, Outcome.RECOVERED, Outcome.REFUSED, Outcome.ACCEPTED)
"""The outcomes that do not fail a test, in the order in which they are told."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a point.

    Attributes:
        points: What went wrong: one point, or a second one after it.
        outcome: What became of it.
        reasons: Why it did not survive, the worst first, a line each.
        error: What the test's own code raised, if that is why.
        repeated: What happened too often; among the reasons too.
        advice: What to do about the first reason; empty where the exception says it.
    """

    points: Points
    outcome: Outcome
    reasons: tuple[str, ...] = ()
    error: BaseException | None = None
    repeated: tuple[Repeated, ...] = ()
    advice: str = ""

    @property
    def survived(self) -> bool:
        """Whether it does not fail the test."""
        return self.outcome in SURVIVED

    @property
    def advice_lines(self) -> list[str]:
        """What to do about it, as a message has it: a line, or none."""
        return [f"what to do: {self.advice}"] if self.advice else []

    @property
    def family(self) -> str:
        """The family of its first fault."""
        return self.points[0].family.name


def judge(attempt: Attempt, points: Points, allowance: Allowance, plan: Plan) -> Verdict:
    """Return what became of a point.

    Args:
        attempt: The test's run at which it went wrong.
        points: What went wrong.
        allowance: What the test does on purpose.
        plan: What counts as survived.
    """
    if attempt.is_unfired(points):
        return Verdict(points, Outcome.NOT_MET, ("the fault did not come about: other requests were made than before",))
    repeated = _find_repeated(attempt, points, allowance)
    deleted = {exchange.call.run for exchange in attempt.exchanges if exchange.call.verb == "delete_run_by_id"}
    found = [(str(one), advice_on(one, deleted)) for one in repeated] + _find_other_reasons(
        attempt, points, allowance, plan
    )
    error = None if not attempt.endings or _may_end_so(attempt, plan) else attempt.endings[-1]
    if found:
        is_known = any(accepts(pattern, points) for pattern in plan.accepted_points)
        outcome = Outcome.ACCEPTED if is_known else Outcome.FAILED
        return Verdict(points, outcome, tuple(reason for reason, _ in found), error, repeated, found[0][1])
    if attempt.endings[-1] is not None:
        return Verdict(points, Outcome.REFUSED)
    return Verdict(points, Outcome.PASSED if len(attempt.endings) == 1 else Outcome.RECOVERED)


def _find_repeated(attempt: Attempt, points: Points, allowance: Allowance) -> tuple[Repeated, ...]:
    if not attempt.servers:
        return tuple(find_accepted_too_often(attempt.served, allowance))
    deaths = sum(point.family.restarts_runs for point in points)
    return tuple(find_too_often(attempt.servers, allowance, deaths=deaths))


def _find_other_reasons(attempt: Attempt, points: Points, allowance: Allowance, plan: Plan) -> list[tuple[str, str]]:
    """Return other reasons why a point was not survived, each with what to do about it."""
    did = attempt.allowance
    found = [
        (reason, advice.MAKE_ONCE if verb == "create_schedule" else advice.LOOK_AT_SCHEDULE)
        for verb, reason in find_schedules(did, allowance)
    ]
    found += [(reason, advice.JOIN_ANSWER) for reason in find_blind(attempt.servers, allowance)]
    found += [(reason, advice.READ_QUESTION) for reason in find_misplaced_answers(attempt.servers, allowance)]
    left = lines_of_left(attempt.left, did, allowance)
    are_left = len(left) > allowance.left
    found += [(reason, advice.OWN_IDS) for reason in (left if are_left else find_more_runs(did, allowance))]
    if attempt.endings and not _may_end_so(attempt, plan):
        again = ", when it was run again" if len(attempt.endings) > 1 else ""
        error = attempt.endings[-1]
        found.append((f"{describe_error(error)}{again}", advice_on_error(error, points)))
    if attempt.failure:
        found.append((attempt.failure, ""))
    if not found and attempt.endings and attempt.endings[-1] is None:
        found += [(reason, advice.LET_OUT) for reason in find_undone(did, allowance)]
    return found


def _may_end_so(attempt: Attempt, plan: Plan) -> bool:
    """Return whether a script may end as the last pass through it did."""
    ending = attempt.endings[-1]
    return ending is None or (not plan.rerun and isinstance(ending, plan.documented))


def swept_point(verdict: Verdict, *, is_shown: bool) -> SweptPoint:
    """Return what is kept of a point.

    Args:
        verdict: What became of it.
        is_shown: Whether what is kept of the test beside it is of this point.
    """
    first = verdict.points[0]
    return SweptPoint(
        as_text(verdict.points),
        first.verb,
        first.nth,
        first.family.name,
        first.at,
        verdict.outcome.name.lower(),
        verdict.reasons,
        verdict.repeated,
        is_shown,
    )


def describe_error(error: BaseException | None) -> str:
    """Return an exception's class and the first line of what it says."""
    said = str(error).strip().partition("\n")[0]
    name = type(error).__name__
    return f"{name}: {said}" if said else name


def summarise(verdicts: Sequence[Verdict], planned: int | None = None) -> str:
    """Return `63 points: 54 passed, 9 failed`; `12 of 63 points: ...` if more were planned."""
    counts = [(outcome, sum(verdict.outcome is outcome for verdict in verdicts)) for outcome in Outcome]
    parts = ", ".join(f"{count} {outcome.value}" for outcome, count in counts if count)
    all_points = len(verdicts) if planned is None else planned
    points = counted(all_points, "point")
    if all_points > len(verdicts):
        points = f"{len(verdicts)} of {points}"
    return f"{points}: {parts}" if parts else points


def by_family(verdicts: Sequence[Verdict]) -> list[tuple[str, str]]:
    """Return each family that was tried, with what became of its points."""
    groups = {name: [verdict for verdict in verdicts if verdict.family == name] for name in FAMILIES}
    return [(name, summarise(group)) for name, group in groups.items() if group]
