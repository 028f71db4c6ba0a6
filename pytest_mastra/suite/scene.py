"""What one test has to do with Mastra: what it runs against, and what was said."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from pytest_mastra.http.exchanges import ExchangeLog

if TYPE_CHECKING:
    from pytest_mastra.fake import FakeMastra
    from pytest_mastra.fake.api.problems import Section
    from pytest_mastra.fake.virtual_time.clock import VirtualClock
    from pytest_mastra.http.wire import Surface
    from pytest_mastra.suite.noted_difference import NotedDifference
    from pytest_mastra.suite.swept_point import SweptPoint


MOST_DIFFERENCES = 200
"""Differences from what was kept that a test's scene knows."""


class SceneCassette(Protocol):
    """One test's cassette, as far as its scene has to do with it; `cassettes.fixture.cassette_of` gives it."""

    @property
    def target(self) -> str:
        """`replay` if its surface answers; `live` if the live server does, and is recorded."""

    @property
    def surface(self) -> Surface | None:
        """What answers on replay."""

    def open(self, scene: Scene) -> None:
        """Begin: the scene's address, clock and log are there, and nothing has been asked yet."""

    def finish(self, scene: Scene, *, passed: bool) -> None:
        """End: write or compare what the scene's log has. May fail the test."""


class Between(Protocol):
    """What a sweep puts between a test's fakes and those who ask them."""

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is reported of the test this time."""

    def surround(self, server: FakeMastra, *, in_process: bool) -> Surface:
        """Return what is asked in a fake's stead, by threads of this process or not."""

    def surround_live(self, surface: Surface, url: str) -> Surface:
        """Return what is asked in a live server's stead, which is at this address."""


@dataclass(eq=False)
class Scene:
    """One test's surroundings, made when it first asks for one of this plugin's fixtures.

    Attributes:
        test: The test's node id.
        target: What it runs against: `fake`, `live` or `replay`.
        url: Where that is, scheme, host and port, without a path.
        clock: Where a client of it reads and spends time: virtual on the fake and on replay; None for real time.
        log: What was said over HTTP.
        servers: The fakes of this test.
        shared: The fakes of `mastra_server_factory` that it asked.
        base_url: What a client of it is made with: `url`, on a live server with user, password and path.
        cassette: What answers or records this test; None if nothing does.
        checks: Asked when the test itself has passed; each gives what is wrong nevertheless, and fails it by that.
        allowed: What may happen in this test that would fail another one: `strays`, `step_errors`, `unused_faults`,
            `unused_names`.
        needed_workflows: The workflows that its marker says it needs.
        found: What went wrong on shared fakes, and is to be shown beside the test's next failure.
        passed: Whether the test's own code has passed, its subtests included; None before that.
        between: What a sweep has put between the fake and those who ask it, if the test is swept.
        swept: What became of each point of the test's sweep, in the order in which they were tried.
        differences: What the test found to differ from a snapshot or a recording.
    """

    test: str
    target: str
    url: str
    clock: VirtualClock | None = None
    log: ExchangeLog = field(default_factory=ExchangeLog)
    servers: list[FakeMastra] = field(default_factory=list)
    shared: list[FakeMastra] = field(default_factory=list)
    base_url: str = ""
    cassette: Any = None
    checks: list[Callable[[], list[Section]]] = field(default_factory=list)
    allowed: frozenset[str] = frozenset()
    needed_workflows: tuple[str, ...] = ()
    found: list[Section] = field(default_factory=list)
    passed: bool | None = None
    between: Between | None = None
    swept: list[SweptPoint] = field(default_factory=list)
    differences: list[NotedDifference] = field(default_factory=list)
    _has_failed: bool = False

    def __post_init__(self) -> None:
        self.base_url = self.base_url or self.url

    @property
    def has_run(self) -> bool:
        """Whether the test's own code has come to its end, whichever."""
        return self.passed is not None

    @property
    def server(self) -> FakeMastra:
        """What the fixture `mastra_server` gives: a mere declaration where the target is no fake."""
        return self.servers[0]

    @property
    def fakes(self) -> list[FakeMastra]:
        """Those of this test, and the shared ones that it asked."""
        return [*self.servers, *self.shared]

    def take_over(self, earlier: Scene | None) -> None:
        """Keep what shared fakes were asked before the test's own surroundings were there."""
        if earlier is not None and self.target == "fake":
            self.log, self.shared = earlier.log, earlier.shared

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is reported of it: a sweep runs its test many times."""
        return self.between is not None and self.between.is_quiet

    def surface_for(self, server: FakeMastra, *, in_process: bool) -> Surface:
        """Return what is to be asked in a fake's stead, if the test is swept."""
        return server if self.between is None else self.between.surround(server, in_process=in_process)

    def note_differences(self, found: Iterable[NotedDifference]) -> None:
        """Note what differs from a snapshot or a recording, each once."""
        for one in found:
            if len(self.differences) < MOST_DIFFERENCES and one not in self.differences:
                self.differences.append(one)

    def note_outcome(self, report: pytest.TestReport) -> None:
        """Note how the test's own code ended, or one of its subtests.

        The report says it, not the exception: unittest keeps failures to itself, and a test whose subtests have failed
        passes as far as its own report goes.
        """
        self._has_failed = self._has_failed or report.failed
        self.passed = report.passed and not self._has_failed

    def now(self) -> float:
        """Return seconds since 1970 on the clock of this scene, virtual where that is."""
        return time.time() if self.clock is None else self.clock.monotonic()

    def __repr__(self) -> str:
        return f"<Scene {self.test} on {self.target} {self.url}>"


BETWEEN = pytest.StashKey[Between]()
"""Where a test's item keeps what stands between its fake and those who ask it, if anything does."""

SCENE = pytest.StashKey[Scene]()
"""Where a test's item keeps its scene: `item.stash.get(SCENE, None)`."""
