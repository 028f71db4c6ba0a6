"""What `mastra-sync sweep` does: a process at each point, and the table of it."""

from __future__ import annotations

import importlib
import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from mastra_sync.cli.exits import Exit, Stop
from mastra_sync.terminal.writing import complain, print_json, print_text, printable
from pytest_mastra.fake.cli.find_server import find_server
from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.sweep.attempts import Attempt
from pytest_mastra.sweep.families import Family, families_named
from pytest_mastra.sweep.invariants import Allowance
from pytest_mastra.sweep.marker import Plan
from pytest_mastra.sweep.points import (
    Asked,
    Point,
    Points,
    all_points,
    as_text,
    parse_points,
    sampled,
    second_points,
    titled,
)
from pytest_mastra.sweep.process import ProcessScript
from pytest_mastra.sweep.progress_line import ProgressLine
from pytest_mastra.sweep.report import request_lines
from pytest_mastra.sweep.verdicts import Outcome, Verdict, describe_error, judge, summarise, swept_point
from pytest_mastra.text.values import counted
from pytest_mastra.text.width import clipped

PROGRAM = "mastra-sync"

_MARKS = {
    Outcome.PASSED: "ok",
    Outcome.RECOVERED: "again",
    Outcome.REFUSED: "again",
    Outcome.ACCEPTED: "known",
    Outcome.NOT_MET: "?",
    Outcome.FAILED: "FAILED",
}
"""What the table has for what became of a point, the worst last."""

_WIDEST_MARK = max(map(len, _MARKS.values()))
_WIDTH = 100


class ScriptSweep:
    """A script that is swept.

    Args:
        command: What is run.
        where: The fake that it asks, as `MODULE:SERVER`; made anew for each point.
        plan: What is tried, and what counts as survived.
        timeout: Seconds that one run of the script may take.
        seed: By which a sample is drawn where there are more points than the plan allows.
        as_json: Whether what came of it is printed for programs.
    """

    def __init__(
        self, command: Sequence[str], where: str, plan: Plan, timeout: float, seed: int, *, as_json: bool = False
    ) -> None:
        self._command = command
        self._where = where
        self._plan = plan
        self._timeout = timeout
        self._seed = seed
        self._as_json = as_json
        self._allowance = Allowance()

    def sweep(self) -> Exit:
        """Run the script at all points, print the table, and return the exit status.

        Raises:
            Stop: The script cannot be swept; says why.
            KeyboardInterrupt: Ctrl-C; what was found by then is printed.
        """
        requests = self._learn_baseline()
        plan = self._plan
        points: list[Points] = [(one,) for one in all_points(requests, plan.families, is_quick=plan.is_quick)]
        verdicts: list[Verdict] = []
        self._planned = 0
        try:
            self._try_all(self._sample(points, "point", f"{counted(len(requests), 'request')}, "), "points", verdicts)
            if plan.pairs and all(verdict.survived for verdict in verdicts):
                pairs = [pair for verdict in verdicts for pair in self._pairs_with(verdict.points[0])]
                self._try_all(self._sample(pairs, "pair"), "pairs", verdicts)
        except KeyboardInterrupt:
            if verdicts:
                self._tell(requests, verdicts, is_whole=False)
            raise
        self._tell(requests, verdicts, is_whole=True)
        return Exit.SUCCESS if all(verdict.survived for verdict in verdicts) else Exit.FAILED

    def _try_all(self, points: Sequence[Points], what: str, verdicts: list[Verdict]) -> None:
        """Run the script at each point, and add what became of it."""
        self._planned += len(points)
        progress = ProgressLine(len(points), what)
        try:
            for one in points:
                verdict = self._try(one)
                verdicts.append(verdict)
                progress.note(failed=not verdict.survived)
        finally:
            progress.clear()

    def _tell(self, requests: Sequence[Asked], verdicts: Sequence[Verdict], *, is_whole: bool) -> None:
        """Print what became of the points."""
        if self._as_json:
            names = [request.name for request in requests]
            print_json({"requests": names, "points": [as_json(one) for one in verdicts], "isWhole": is_whole})
            return
        for line in table_lines(requests, verdicts, self._plan.families, self._planned):
            print_text(printable(line))
        failing = [verdict for verdict in verdicts if not verdict.survived]
        if failing:
            point = shlex.quote(as_text(failing[0].points))
            script = shlex.join(self._command)
            print_text("That point alone, with what the script wrote:")
            print_text(printable(f"  {PROGRAM} sweep --fake {shlex.quote(self._where)} --point {point} -- {script}"))

    def show(self, points: Points) -> Exit:
        """Run the script at one point, print what it asked and wrote; return the status.

        Raises:
            Stop: The script cannot be swept, or has no such point; says why.
        """
        self._learn_baseline()
        script = self._script(points)
        verdict = judge(self._run(script), points, self._allowance, self._plan)
        if verdict.outcome is Outcome.NOT_MET:
            asked = ", ".join(request.name for request in script.attempt.requests_as_of(points[0])) or "nothing"
            raise Stop(Exit.USAGE, f"--point {as_text(points)} did not come about: the script asks for {asked}")
        if self._as_json:
            print_json({**as_json(verdict), "wrote": script.said})
        else:
            for line in point_lines(script, verdict):
                print_text(printable(line))
        return Exit.SUCCESS if verdict.survived else Exit.FAILED

    def _learn_baseline(self) -> list[Asked]:
        """Run the script without a fault, twice; return what it asks for."""
        seen = []
        for _ in range(2):
            script = self._script(())
            attempt = self._run(script)
            if attempt.endings != [None]:
                raise Stop(Exit.USAGE, f"where nothing goes wrong, it fails: {describe_error(attempt.endings[0])}")
            self._allowance = attempt.allowance
            seen.append(attempt)
        if not seen[0].requests:
            raise Stop(Exit.USAGE, "the script asked nothing of the fake, whose address is in MASTRA_BASE_URL")
        requests = seen[0].same_requests(seen[1])
        if not requests:
            raise Stop(
                Exit.USAGE,
                "two runs without a fault differ in their requests, so that no point can be named; threads may ask in "
                "any order if the script gives its runs ids of its own",
            )
        return requests

    def _sample(self, points: list[Points], what: str, before: str = "") -> list[Points]:
        """Return what is tried of all points, and say how much that is."""
        chosen = sampled(points, self._plan.limit, self._seed)
        sampling = "" if len(chosen) == len(points) else f" of {len(points)}, drawn by seed {self._seed}"
        complain(f"{PROGRAM}: {before}{counted(len(chosen), what)}{sampling}")
        return chosen

    def _pairs_with(self, first: Point) -> list[Points]:
        """Return the pairs that begin with a point, after which other requests are made."""
        asked = self._run(self._script((first,))).requests_as_of(first)
        return [(first, second) for second in second_points(asked, first, self._plan.families)]

    def _try(self, points: Points) -> Verdict:
        return judge(self._run(self._script(points)), points, self._allowance, self._plan)

    def _script(self, points: Points) -> ProcessScript:
        self._server = fresh_server(self._where)
        return ProcessScript(self._command, self._server, points, self._timeout)

    def _run(self, script: ProcessScript) -> Attempt:
        try:
            return script.run()
        except OSError as error:
            raise Stop(Exit.USAGE, f"{self._command[0]!r} cannot be started: {error.strerror or error}") from error


def plan_of(faults: Iterable[str], *, is_quick: bool, limit: int, pairs: bool) -> Plan:
    """Return what is tried with a script.

    Raises:
        Stop: There is no such fault; says which may be meant.
    """
    try:
        families = families_named(list(faults) or "all")
    except ValueError as error:
        raise Stop(Exit.USAGE, f"--faults: {error}") from None
    # time is virtual on the fake, and a process would feel no silence
    felt = tuple(family for family in families if family.name != "silence")
    if not felt:
        raise Stop(Exit.USAGE, "--faults: a process has a clock of its own, and no silence comes to it")
    return Plan(families=felt, limit=limit, is_quick=is_quick, pairs=pairs)


def points_named(text: str) -> Points:
    """Return the points that an option names.

    Raises:
        Stop: It names none; says what is wrong.
    """
    try:
        points = parse_points(text)
    except ValueError as error:
        raise Stop(Exit.USAGE, f"--point: {error}") from None
    if any(point.family.name == "silence" for point in points):
        raise Stop(Exit.USAGE, "--point: a process has a clock of its own, and no silence comes to it")
    return points


def as_json(verdict: Verdict) -> dict[str, Any]:
    """Return what became of a point, for programs."""
    point = swept_point(verdict, is_shown=False)
    return {
        "point": point.name,
        "request": point.request,
        "fault": point.family,
        "outcome": point.outcome,
        "reasons": list(point.reasons),
        "advice": verdict.advice or None,
    }


def fresh_server(where: str) -> FakeMastra:
    """Return the server that a module declares, whose code is run anew.

    Raises:
        Stop: There is none, or the module cannot be imported.
    """
    module = where.rpartition(":")[0]
    sys.modules.pop(module, None)
    importlib.invalidate_caches()
    return find_server(where, real_time=False)


def point_lines(script: ProcessScript, verdict: Verdict) -> Iterator[str]:
    """Give what was asked at a point, what the script wrote, and what came of it."""
    yield titled(verdict.points)
    yield from request_lines(script.attempt, verdict, is_ascii=True)
    for number, said in enumerate(script.said):
        again = ", run again," if number else ""
        yield from [f"The script{again} wrote:", *said.splitlines()] if said.strip() else []
    yield from verdict.reasons or [verdict.outcome.value]
    yield from verdict.advice_lines


def table_lines(
    requests: Sequence[Asked], verdicts: Sequence[Verdict], families: Sequence[Family], planned: int
) -> Iterator[str]:
    """Give the lines of a table: a row for each request, then why points failed."""
    tried = [family for family in families if any(verdict.family == family.name for verdict in verdicts)]
    names = [one.name for one in requests if any(verdict.points[0].request == one.name for verdict in verdicts)]
    width = max(map(len, names), default=0)
    widths = {family.name: max(len(family.name), _WIDEST_MARK) for family in tried}
    yield "  ".join([" " * width, *(f"{name:{wide}}" for name, wide in widths.items())]).rstrip()
    order = list(_MARKS)
    for name in names:
        cells = []
        for family in tried:
            own = [one.outcome for one in verdicts if (one.points[0].request, one.family) == (name, family.name)]
            worst = max(own, key=order.index, default=None)
            cells.append(f"{'' if worst is None else _MARKS[worst]:{widths[family.name]}}")
        yield "  ".join([f"{name:{width}}", *cells]).rstrip()
    yield ""
    for verdict in verdicts:
        if not verdict.survived:
            yield clipped(f"{as_text(verdict.points)}: {verdict.reasons[0]}", _WIDTH)
    yield summarise(verdicts, planned)
