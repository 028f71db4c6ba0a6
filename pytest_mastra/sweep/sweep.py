"""Sweeping one test: without a fault, at each point, and once for pytest."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from mastra_sync.documentation import see_error
from pytest_mastra.suite.scene import BETWEEN, SCENE
from pytest_mastra.sweep.attempts import Attempt, Script
from pytest_mastra.sweep.invariants import Allowance, allowance_of
from pytest_mastra.sweep.marker import Plan
from pytest_mastra.sweep.points import Asked, Points, all_points, as_text, sampled, second_points, titled
from pytest_mastra.sweep.protocol import Body, Run
from pytest_mastra.sweep.verdicts import Outcome, Verdict, describe_error, judge, summarise, swept_point

PROPERTY = "mastra_sweep"
"""Name of the user property that a swept test has."""


@dataclass(slots=True)
class Result:
    """What a sweep has found.

    Attributes:
        requests: What the test asks for where nothing goes wrong.
        verdicts: What became of each point, in order.
        error: Why the sweep is worth nothing; empty if it is.
        note: What else is to be said, such as that not all points were tried.
        failed_before: How the test failed where nothing went wrong; empty if it did not.
        allowance: What the test does on purpose.
        attempt: The run that pytest was told of.
        seconds: How long it took.
    """

    requests: list[Asked] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    error: str = ""
    note: str = ""
    failed_before: str = ""
    allowance: Allowance = field(default_factory=Allowance)
    attempt: Attempt | None = None
    seconds: float = 0.0

    @property
    def failing(self) -> list[Verdict]:
        """The points that did not survive."""
        return [verdict for verdict in self.verdicts if verdict.outcome is Outcome.FAILED]

    @property
    def summary(self) -> str:
        """What became of the points, in a line."""
        return summarise(self.verdicts) + (f" ({self.note})" if self.note else "")


RESULT = pytest.StashKey[Result]()
"""Where a test's item keeps what its sweep has found."""


class Sweep:
    """One test that is swept.

    Args:
        item: The test.
        plan: How.
        run: Runs the item once, as `several_times` gives it.
        on_run: Called before each run.
    """

    def __init__(self, item: pytest.Item, plan: Plan, run: Run, on_run: Callable[[], None]) -> None:
        self._item = item
        self._plan = plan
        self._run = run
        self._on_run = on_run
        self.result = Result()
        item.stash[RESULT] = self.result

    def sweep(self, nextitem: pytest.Item | None) -> None:
        """Run the test at all points, and have pytest told of one run.

        That is the one at the first failing point, if there is one.
        """
        result, began = self.result, time.perf_counter()
        if self._learn_baseline():
            for points in self._choose_points():
                result.verdicts.append(self._try(points))
            self._try_pairs()
        result.error = result.error or self._explain_not_met()
        result.seconds = time.perf_counter() - began
        failing = result.failing
        self._tell(failing[0].points if failing and not result.error else (), nextitem)

    def run_point(self, points: Points, nextitem: pytest.Item | None) -> None:
        """Run the test at one point, as an ordinary test."""
        if not self._learn_baseline():
            points = ()
        self._tell(points, nextitem)

    def _learn_baseline(self) -> bool:
        """Run the test without a fault, twice; return whether it can be swept."""
        result = self.result
        first = self._attempt(())
        if not first.has_passed or first.skipped:
            if not first.skipped:
                result.failed_before = describe_error(first.endings[-1]) if first.endings else first.failure
            return False
        result.requests = first.requests
        if first.server is not None:
            result.allowance = allowance_of(first.server, len(first.left))
        if not result.requests:
            result.error = (
                "nothing to sweep: the test asked nothing of its fake, which answers at MASTRA_BASE_URL "
                "(mastra_server, mastra_client)"
            )
            return False
        second = self._attempt(())
        result.error = _compare(result.requests, second.requests)
        return not result.error

    def _choose_points(self) -> list[Points]:
        plan, result = self._plan, self.result
        points: list[Points] = [(one,) for one in all_points(result.requests, plan.families, is_quick=plan.is_quick)]
        return self._sample(points, "points")

    def _sample(self, points: list[Points], what: str) -> list[Points]:
        limit = self._plan.limit
        if len(points) <= limit:
            return points
        seed = zlib.crc32(self._item.nodeid.encode("utf-8", "replace"))
        note = f"{limit} of {len(points)} {what}, drawn by seed {seed}: limit={limit}"
        self.result.note = "; ".join(filter(None, (self.result.note, note)))
        return sampled(points, limit, seed)

    def _try(self, points: Points) -> Verdict:
        return judge(self._attempt(points), points, self.result.allowance, self._plan)

    def _try_pairs(self) -> None:
        """Have a second thing go wrong after each fault that was survived."""
        if not self._plan.pairs or self.result.failing:
            return
        singles = [verdict.points[0] for verdict in self.result.verdicts]
        pairs: list[Points] = [
            (first, second)
            for first in singles
            for second in second_points(self._attempt((first,)).requests, first, self._plan.families)
        ]
        for points in self._sample(pairs, "pairs"):
            self.result.verdicts.append(self._try(points))

    def _attempt(self, points: Points) -> Attempt:
        """Run the test once, quietly."""
        script = self._script(points, is_quiet=True)
        self._item.stash[BETWEEN] = script.attempt.trouble
        self._on_run()
        script.attempt.note_reports(self._run(script.run, is_told=False, nextitem=self._item.parent))
        if script.attempt.interrupted is not None:
            raise script.attempt.interrupted
        return script.attempt

    def _script(self, points: Points, *, is_quiet: bool) -> Script:
        plan = self._plan
        return Script(self._item, points, is_quiet=is_quiet, runs_again=plan.rerun, documented=plan.documented)

    def _tell(self, points: Points, nextitem: Any) -> None:
        """Run the test for the last time, and have pytest told."""
        result = self.result
        script = self._script(points, is_quiet=False)
        result.attempt = script.attempt
        self._item.stash[BETWEEN] = script.attempt.trouble

        def run(body: Body) -> None:
            script.run(body)
            self._keep_points(points, script.attempt)
            if result.verdicts:
                self._item.user_properties.append((PROPERTY, result.summary))
            self._raise(points, script.attempt)

        self._on_run()
        self._run(run, is_told=True, nextitem=nextitem)

    def _keep_points(self, points: Points, attempt: Attempt) -> None:
        """Have the test's scene know what became of the points."""
        scene = self._item.stash.get(SCENE, None)
        if scene is None:
            return
        verdicts = self.result.verdicts
        if points and not verdicts:
            verdicts = [judge(attempt, points, self.result.allowance, self._plan)]
        scene.swept = [swept_point(verdict, is_shown=verdict.points == points) for verdict in verdicts]

    def _raise(self, points: Points, attempt: Attempt) -> None:
        """Raise what the test is to fail by, if it is."""
        result = self.result
        error = self._raise_at_point(points, attempt) if points else attempt.endings[-1]
        if error is not None:
            raise error
        if result.error:
            pytest.fail(f"mastra sweep: {result.error}\n{see_error('sweep-shows-nothing')}", pytrace=False)

    def _raise_at_point(self, points: Points, attempt: Attempt) -> BaseException | None:
        """Return what the test fails by where something went wrong, if it does."""
        result = self.result
        verdict = judge(attempt, points, result.allowance, self._plan)
        if verdict.outcome is Outcome.FAILED:
            if verdict.error is None:
                said = [f"mastra sweep: {titled(points)}", *verdict.reasons, see_error("sweep-failed")]
                pytest.fail("\n".join(said), pytrace=False)
            return verdict.error
        if result.failing:
            first = result.failing[0]
            result.error = (
                f"{as_text(first.points)} failed, and does not when it is tried again: {first.reasons[0]}. "
                "Does the test depend on time, threads or chance?"
            )
        elif verdict.outcome is Outcome.NOT_MET:
            result.error = _explain_no_such_point(points, result.requests)
        return None

    def _explain_not_met(self) -> str:
        unmet = [verdict for verdict in self.result.verdicts if verdict.outcome is Outcome.NOT_MET]
        if not unmet:
            return ""
        return (
            f"{as_text(unmet[0].points)} did not come about, so it shows nothing: the test made other requests than "
            f"before ({len(unmet)} of {len(self.result.verdicts)} points). Does it depend on time, threads or chance?"
        )


def _compare(first: list[Asked], second: list[Asked]) -> str:
    """Return how the requests of two runs differ; empty if they do not."""
    if first == second:
        return ""
    at = next((index for index, pair in enumerate(zip(first, second, strict=False)) if pair[0] != pair[1]), None)
    at = min(len(first), len(second)) if at is None else at
    said = [requests[at].name if at < len(requests) else "none" for requests in (first, second)]
    return (
        f"two runs without a fault differ in their requests, so that no point can be named: request {at + 1} was "
        f"{said[0]} and then {said[1]}. Does the test depend on time, threads or chance?"
    )


def _explain_no_such_point(points: Points, requests: list[Asked]) -> str:
    asked = ", ".join(one.name for one in requests) or "nothing"
    return f"--mastra-point={as_text(points)} names no point of this test, which asks for {asked}"
