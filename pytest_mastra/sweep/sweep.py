"""Sweeping one test: without a fault, at each point, and once for pytest."""

from __future__ import annotations

import time
import warnings
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from mastra_sync.documentation import see_error
from pytest_mastra.suite.open_servers import open_servers
from pytest_mastra.suite.scene import BETWEEN, SCENE
from pytest_mastra.sweep.accepted_points import find_idle
from pytest_mastra.sweep.attempts import Attempt, Script
from pytest_mastra.sweep.invariants import Allowance
from pytest_mastra.sweep.live_invariants import made_runs
from pytest_mastra.sweep.marker import Plan
from pytest_mastra.sweep.points import Asked, Point, Points, all_points, as_text, sampled, second_points, titled
from pytest_mastra.sweep.protocol import Body, Run, end_fixture
from pytest_mastra.sweep.verdicts import Outcome, Verdict, describe_error, judge, summarise, swept_point
from pytest_mastra.text.values import counted

_BY_SOCKET = "what httpx, aiohttp or another process sends reaches it with the fixture mastra_socket_server"

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
        told: What became of the point at which that was; None if nothing went wrong in it.
        seconds: How long it took.
    """

    requests: list[Asked] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    error: str = ""
    note: str = ""
    failed_before: str = ""
    allowance: Allowance = field(default_factory=Allowance)
    attempt: Attempt | None = None
    told: Verdict | None = None
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
        self._left_out = ""
        self._not_at_work: list[Point] = []
        self._makers: dict[pytest.FixtureDef[Any], None] = {}
        self.result = Result()
        item.stash[RESULT] = self.result

    def sweep(self, nextitem: pytest.Item | None) -> None:
        """Run the test at all points, and have pytest told of one run.

        That is the one at the first failing point, if there is one.
        """
        result, began = self.result, time.perf_counter()
        if self._learn_baseline():
            chosen = self._choose_points()
            self._tell_left_out(bool(chosen))
            for points in chosen:
                result.verdicts.append(self._try(points))
            self._try_pairs()
        names = ", ".join(maker.argname for maker in self._makers)
        self._note(f"set up anew each time: {names}" if names else "")
        quick = ", ".join(dict.fromkeys(map(str, self._not_at_work)))
        self._note(f"runs had ended before they could be met at work: {quick}" if quick else "")
        result.error = result.error or self._explain_not_met() or self._explain_idle()
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
        if first.has_passed and self._makers:
            # what other tests have left on their servers is gone now
            first = self._attempt(())
        if not first.has_passed or first.skipped:
            if not first.skipped:
                ended = first.endings[-1] if first.endings else None
                result.failed_before = first.failure if ended is None else describe_error(ended)
                if not first.exchanges and not self._plan.on_live:
                    result.failed_before += f". Its fake was asked nothing; {_BY_SOCKET}"
            return False
        if first.own_servers:
            result.error = (
                f"the test's own code makes {first.own_servers[0]}, the server that it asks, and another "
                "one when it is run again: have a fixture make it, of any scope"
            )
            return False
        result.requests = first.requests
        result.allowance = first.allowance
        if not result.requests:
            whom, hint = ("the live server", "") if self._plan.on_live else ("its fake", f"; {_BY_SOCKET}")
            result.error = (
                f"nothing to sweep: the test asked nothing of {whom}, which answers at MASTRA_BASE_URL "
                f"(mastra_server, mastra_client){hint}"
            )
            return False
        second = self._attempt(())
        requests = first.same_requests(second, on_live=self._plan.on_live)
        if not requests:
            result.error = _describe_difference(first.requests, second.requests)
        result.error = _find_shared_run(first, second) or result.error
        result.requests = requests or first.requests
        return not result.error

    def _choose_points(self) -> list[Points]:
        result = self.result
        points: list[Points] = [(one,) for one in self._points_of(result.requests)]
        return self._sample(points, "points")

    def _tell_left_out(self, any_left: bool) -> None:  # noqa: FBT001 -- of its one caller
        """Say which faults no request over a socket can meet."""
        result = self.result
        count = sum(not request.in_process for request in result.requests)
        names = [family.name for family in self._plan.families if family.in_process_only]
        others = [family.name for family in self._plan.families if not family.in_process_only]
        if not count or not names:
            return
        why = (
            f"{counted(count, 'request')} came over a socket, perhaps from another process, and {', '.join(names)} "
            "cannot come about there: who asks would wait in a time of its own. To the server it is what lost is; "
            "mastra_client without mastra_socket_server waits in the fake's time"
        )
        if any_left:
            why += f"; to try the others and hear nothing of it: faults={others}"
        if any_left:
            self._left_out = why
        else:
            result.error = f"there is no point to try: {why}"

    def _points_of(self, requests: list[Asked]) -> list[Point]:
        return all_points(requests, self._plan.families, is_quick=self._plan.is_quick)

    def _sample(self, points: list[Points], what: str) -> list[Points]:
        limit = self._plan.limit
        if len(points) <= limit:
            return points
        seed = zlib.crc32(self._item.nodeid.encode("utf-8", "replace"))
        note = f"{limit} of {len(points)} {what}, drawn by seed {seed}: limit={limit}"
        self._note(note)
        return sampled(points, limit, seed)

    def _note(self, said: str) -> None:
        self.result.note = "; ".join(filter(None, (self.result.note, said)))

    def _try(self, points: Points) -> Verdict:
        attempt = self._attempt(points)
        self._not_at_work += attempt.trouble.not_at_work
        return judge(attempt, points, self.result.allowance, self._plan)

    def _try_pairs(self) -> None:
        """Have a second thing go wrong after each fault that was survived."""
        if not self._plan.pairs or self.result.failing:
            return
        singles = [verdict.points[0] for verdict in self.result.verdicts]
        pairs: list[Points] = [
            (first, second)
            for first in singles
            for second in second_points(self._attempt((first,)).requests_as_of(first), first, self._plan.families)
        ]
        for points in self._sample(pairs, "pairs"):
            self.result.verdicts.append(self._try(points))

    def _attempt(self, points: Points) -> Attempt:
        """Run the test once, quietly."""
        script = self._script(points, is_quiet=True)
        self._item.stash[BETWEEN] = script.attempt.trouble
        script.attempt.failure = self._renew_shared()
        self._on_run()
        script.attempt.note_reports(self._run(script.run, is_told=False, nextitem=self._item.parent))
        if script.attempt.interrupted is not None:
            raise script.attempt.interrupted
        self._makers.update(dict.fromkeys(script.attempt.makers))
        return script.attempt

    def _renew_shared(self) -> str:
        """Have what made servers that several tests share be set up anew; return what failed."""
        shared = open_servers(self._item.config)
        for maker in self._makers:
            if shared is not None:
                shared.forgive_unused()
            try:
                end_fixture(self._item, maker)
            except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 -- whatever a fixture's end raises
                return f"teardown of the fixture {maker.argname!r}: {describe_error(error)}"
        return ""

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
            if self._left_out:
                warnings.warn(pytest.PytestWarning(f"mastra sweep: {self._left_out}"), stacklevel=1)
            if points:
                result.told = judge(script.attempt, points, result.allowance, self._plan)
            self._keep_points()
            if result.verdicts:
                self._item.user_properties.append((PROPERTY, result.summary))
            self._raise(points, script.attempt)

        result.error = self._renew_shared() or result.error
        self._on_run()
        self._run(run, is_told=True, nextitem=nextitem)

    def _keep_points(self) -> None:
        """Have the test's scene know what became of the points."""
        scene, told = self._item.stash.get(SCENE, None), self.result.told
        if scene is None:
            return
        # of the one that is shown, the ids that are shown beside it
        kept = [
            told if told is not None and told.points == verdict.points else verdict for verdict in self.result.verdicts
        ]
        kept = kept or ([] if told is None else [told])
        scene.swept = [swept_point(verdict, is_shown=verdict is told) for verdict in kept]

    def _raise(self, points: Points, attempt: Attempt) -> None:
        """Raise what the test is to fail by, if it is."""
        result = self.result
        if result.error and not points and not isinstance(attempt.endings[-1], pytest.skip.Exception):
            # whatever the test itself says now: why it shows nothing comes first
            pytest.fail(f"mastra sweep: {result.error}\n{see_error('sweep-shows-nothing')}", pytrace=False)
        error = attempt.endings[-1] if result.told is None else self._raise_at_point(result.told)
        if error is not None:
            raise error
        if result.failed_before:
            result.error = (
                f"it failed where nothing went wrong, and does not when it is tried again: {result.failed_before}. "
                "Does the test depend on time, threads or chance?"
            )
        if result.error:
            pytest.fail(f"mastra sweep: {result.error}\n{see_error('sweep-shows-nothing')}", pytrace=False)

    def _raise_at_point(self, verdict: Verdict) -> BaseException | None:
        """Return what the test fails by where something went wrong, if it does."""
        result, points = self.result, verdict.points
        if verdict.outcome is Outcome.FAILED:
            if verdict.error is None:
                lines = [] if result.attempt is None else result.attempt.trouble.asking_lines
                sent = [f"sent by {line}" for line in dict.fromkeys(lines)]
                said = [f"mastra sweep: {titled(points)}", *verdict.reasons, *sent, *verdict.advice_lines]
                pytest.fail("\n".join([*said, see_error("sweep-failed")]), pytrace=False)
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

    def _explain_idle(self) -> str:
        """Return which point that the marker of this very test accepts is none of its."""
        plan, requests = self._plan, self.result.requests
        if not plan.is_for_one or not requests:
            return ""
        known: list[Points] = [(one,) for one in all_points(requests, plan.families, is_quick=False)]
        idle = find_idle(plan.accepted_points, known)
        if not idle:
            return ""
        asked = ", ".join(dict.fromkeys(points[0].request for points in known))
        return f"accept={idle[0]!r} names no point of this test, which asks for {asked}: take it out, or name one"

    def _explain_not_met(self) -> str:
        unmet = [verdict for verdict in self.result.verdicts if verdict.outcome is Outcome.NOT_MET]
        if not unmet:
            return ""
        return (
            f"{as_text(unmet[0].points)} did not come about, so it shows nothing: the test made other requests than "
            f"before ({len(unmet)} of {len(self.result.verdicts)} points). Does it depend on time, threads or chance?"
        )


def _find_shared_run(first: Attempt, second: Attempt) -> str:
    """Return that a live server was asked twice for the same run; empty if not."""
    shared = [run for run in made_runs(second.served) if run in made_runs(first.served)]
    if not shared:
        return ""
    return (
        f"each run of the test uses run {shared[0]!r}, and a live server remembers it: have a fixture make up the id "
        "(f'order-{uuid4()}'). It is made once for each point, and is the same when the script is run again"
    )


def _describe_difference(first: list[Asked], second: list[Asked]) -> str:
    """Return how the requests of two runs differ."""
    at = next((index for index, pair in enumerate(zip(first, second, strict=False)) if pair[0] != pair[1]), None)
    at = min(len(first), len(second)) if at is None else at
    said = [requests[at].name if at < len(requests) else "none" for requests in (first, second)]
    return (
        f"two runs without a fault differ in their requests, so that no point can be named: request {at + 1} was "
        f"{said[0]} and then {said[1]}. Does the test depend on time or chance? Threads may ask in any order if the "
        "script gives its runs ids of its own"
    )


def _explain_no_such_point(points: Points, requests: list[Asked]) -> str:
    asked = ", ".join(one.name for one in requests) or "nothing"
    return f"--mastra-point={as_text(points)} names no point of this test, which asks for {asked}"
