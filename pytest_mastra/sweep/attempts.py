"""One run of a swept test: its own code, run again if a fault ended it."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_mastra.fake.api.problems import MAY_NOT_COME_ABOUT
from pytest_mastra.suite.open_servers import open_servers
from pytest_mastra.suite.scene import SCENE
from pytest_mastra.suite.served_server import ServedMastra
from pytest_mastra.suite.settings import FAKE_URL
from pytest_mastra.sweep.invariants import Allowance, LeftRun, allowance_of, find_left
from pytest_mastra.sweep.kill_script import MainThread
from pytest_mastra.sweep.killed import Killed
from pytest_mastra.sweep.live_invariants import allowance_on_live, find_left_on_live
from pytest_mastra.sweep.points import (
    Asked,
    Point,
    Points,
    in_both,
    in_both_but_for_looks,
    most_reruns,
    read_requests,
    read_requests_of_runs,
)
from pytest_mastra.sweep.protocol import raised_by
from pytest_mastra.sweep.trouble import Trouble

if TYPE_CHECKING:
    import pytest

    from pytest_mastra.fake.server import FakeMastra
    from pytest_mastra.http.exchanges import Exchange
    from pytest_mastra.suite.scene import Scene

_SWEPT = ("fake", "live")
"""Targets where something can be made to go wrong."""

_CAPTURES = ("capsys", "capfd", "capsysbinary", "capfdbinary", "capteesys")


@dataclass(slots=True)
class Attempt:
    """One run of a test, from its setup to its teardown.

    Attributes:
        trouble: What was to go wrong.
        endings: What each pass through the test's own code raised; None if it came to its end.
        exchanges: What was said over HTTP by the test's own code.
        turns: How many exchanges there were when each pass began.
        left: The runs that were left when the script had ended.
        servers: The fakes that were asked; none on a live server.
        failure: What pytest says of a setup or teardown that failed.
        skipped: Whether the test was skipped.
        near: The addresses at which requests come from the script that can be killed.
        makers: The fixtures of wider scopes than a test's that made fakes which were asked.
        own_servers: The addresses of fakes that the test's own code made and asked.
        interrupted: Ctrl-C, if it came: with --pdb pytest keeps it.
    """

    trouble: Trouble
    endings: list[BaseException | None] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    turns: list[int] = field(default_factory=list)
    left: list[LeftRun] = field(default_factory=list)
    servers: list[FakeMastra] = field(default_factory=list)
    failure: str = ""
    skipped: bool = False
    near: frozenset[str] = frozenset([FAKE_URL])
    makers: list[pytest.FixtureDef[Any]] = field(default_factory=list)
    own_servers: list[str] = field(default_factory=list)
    interrupted: KeyboardInterrupt | None = None

    @property
    def served(self) -> Sequence[Exchange]:
        """What a live server was asked and answered by the test."""
        return list(self.trouble.served)

    @property
    def allowance(self) -> Allowance:
        """What this run of the test did, as what it does on purpose."""
        left = len(self.left)
        return allowance_of(self.servers, left) if self.servers else allowance_on_live(self.served, left)

    @property
    def requests(self) -> list[Asked]:
        """What the test's own code asked for."""
        return read_requests(self.exchanges, self.near)

    def requests_as_of(self, point: Point) -> list[Asked]:
        """What the test's own code asked for, counted as a point's request is."""
        return self.requests if point.of is None else read_requests_of_runs(self.exchanges, self.near)

    def same_requests(self, other: Attempt, *, on_live: bool = False) -> list[Asked]:
        """Return what was asked for this time and the other; nothing if that differs."""
        has_threads = self.trouble.has_threads or other.trouble.has_threads
        if on_live and not has_threads:
            return in_both_but_for_looks(self.requests, other.requests)
        reads = [read_requests, read_requests_of_runs]
        if has_threads:
            reads.reverse()
        found = (in_both(read(self.exchanges, self.near), read(other.exchanges, other.near)) for read in reads)
        return next(filter(None, found), [])

    def note_reports(self, reports: Iterable[pytest.TestReport]) -> None:
        """Note what pytest says of the test's setup and teardown."""
        for report in reports:
            if report.when == "call":
                # what it ended by is noted; pytest may call that otherwise, as with xfail
                continue
            self.skipped = self.skipped or report.skipped
            if report.failed and not self.failure:
                said = [line.strip() for line in report.longreprtext.splitlines() if line.strip()]
                self.failure = f"{report.when}: {': '.join(said[:2]) if said else 'failed'}"

    @property
    def has_passed(self) -> bool:
        """Whether the test passed, and was not run again."""
        return self.endings == [None] and not self.failure

    def is_unfired(self, points: Points) -> bool:
        """Return whether anything that was to go wrong did not."""
        return len(self.trouble.fired) < len(points)


class Script:
    """A test's own code as a script, run again after a fault has ended it.

    Args:
        item: The test.
        points: What goes wrong.
        is_quiet: Whether pytest is not to be told of this run.
        runs_again: Whether it is run again.
        documented: Exceptions by which it may end where something goes wrong.
    """

    def __init__(
        self,
        item: pytest.Item,
        points: Points,
        *,
        is_quiet: bool,
        runs_again: bool,
        documented: tuple[type[BaseException], ...],
    ) -> None:
        self.attempt = Attempt(Trouble(points, is_quiet=is_quiet))
        self._thread = MainThread()
        self._item = item
        self._most_passes = 1 + (most_reruns(points) if runs_again else 0)
        self._documented = documented

    def run(self, body: Callable[[], None]) -> None:
        """Run the test's own code, as often as it takes."""
        attempt, scene = self.attempt, self._scene
        if scene is not None and scene.target not in _SWEPT:
            attempt.endings.append(raised_by(self._item, body))
            return
        on_live = scene is not None and scene.target == "live"
        first = 0 if scene is None else len(scene.log)
        before = self._fakes()
        known = [notes for server in before for notes in server.journal.all_runs()]
        attempt.trouble.kill_script = self._thread.kill
        attempt.trouble.begin()
        try:
            # a live server remembers what a script names by chance, and each point needs names of its own there
            with contextlib.nullcontext() if on_live else _same_chance():
                self._run_passes(body, first)
        except KeyboardInterrupt as interrupt:
            attempt.interrupted = interrupt
            raise
        finally:
            attempt.trouble.end()
            self._note_asked(first)
            attempt.own_servers = [server.url for server in attempt.servers if server not in before]
        attempt.left = list(
            find_left_on_live(attempt.served, attempt.exchanges, attempt.turns[-1])
            if on_live
            else find_left(attempt.servers, known, attempt.exchanges, attempt.turns[-1])
        )

    @property
    def _scene(self) -> Scene | None:
        # of a test that asks servers of the factory only, the first request makes it
        return self._item.stash.get(SCENE, None)

    def _fakes(self) -> list[FakeMastra]:
        """Return the fakes that the test may ask: its own, and those that are open."""
        scene, shared = self._scene, open_servers(self._item.config)
        own = list(scene.servers) if scene is not None and scene.target == "fake" else []
        return [*own, *(shared.servers if shared is not None else ())]

    def _run_passes(self, body: Callable[[], None], first: int) -> None:
        """Run the test's own code until nothing has it run again."""
        attempt = self.attempt
        while self._goes_on():
            if attempt.endings:
                attempt.trouble.run_again()
                _forget_output(self._item)
            attempt.turns.append(0 if self._scene is None else len(self._scene.log) - first)
            ended = raised_by(self._item, partial(self._run_killable, body))
            # a script that catches its own end, or has it come in a thread, has ended nevertheless
            attempt.endings.append(Killed() if attempt.trouble.is_script_over else ended)

    def _run_killable(self, body: Callable[[], None]) -> None:
        with self._thread.killable():
            body()

    def _note_asked(self, first: int) -> None:
        """Note what was asked, from the how manieth request on, and of whom."""
        attempt, scene = self.attempt, self._scene
        if scene is None:
            return
        attempt.exchanges = list(scene.log)[first:]
        if attempt.trouble.fired or not attempt.exchanges:
            # another fault makes other requests: those that the test declares may not come about, nor steps to gates
            scene.allowed |= MAY_NOT_COME_ABOUT
        if scene.target == "live":
            attempt.near = frozenset([scene.url])
            return
        asked = {exchange.url for exchange in attempt.exchanges}
        shared = [one for one in scene.shared if isinstance(one, ServedMastra) and one.url in asked]
        attempt.servers = [*scene.servers, *shared]
        attempt.near |= {server.url for server in shared if not server.is_on_socket}
        makers = open_servers(self._item.config)
        found = [makers.wide_maker_of(server) for server in shared] if makers is not None else []
        attempt.makers = [maker for maker in found if maker is not None]

    def _goes_on(self) -> bool:
        endings = self.attempt.endings
        if not endings:
            return True
        return len(endings) < self._most_passes and isinstance(endings[-1], self._documented)


@contextlib.contextmanager
def _same_chance() -> Iterator[None]:
    """Have chance be the same each time: by it clients pause before they try again."""
    before = random.getstate()
    random.seed(0)
    try:
        yield
    finally:
        random.setstate(before)


def _forget_output(item: pytest.Item) -> None:
    """Forget what a script printed and logged that was killed: another process has it."""
    used: dict[str, Any] = getattr(item, "funcargs", None) or {}
    for name in _CAPTURES:
        if name in used:
            used[name].readouterr()
    if "caplog" in used:
        used["caplog"].clear()
