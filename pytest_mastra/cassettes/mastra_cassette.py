"""One test's cassette, from before its first request until it is written."""

from __future__ import annotations

import contextlib
import shlex
import threading
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import pytest

from mastra_sync.deadline import SystemClock
from mastra_sync.documentation import see_error, slug_of
from pytest_mastra.cassettes.decisions import FAILURES, SKIPS, WRITES, Decision, decide
from pytest_mastra.cassettes.file.errors import CassetteError
from pytest_mastra.cassettes.file.paths import cassette_path, other_owners
from pytest_mastra.cassettes.record import PartialReplay, close_exchanges
from pytest_mastra.cassettes.replay.no_match import Miss, NoRecordedReply
from pytest_mastra.cassettes.replay.surface import ReplaySurface
from pytest_mastra.cassettes.vcr_cassette import StoryCassette
from pytest_mastra.http.exchanges import Exchange
from pytest_mastra.http.session_patch import origin_of
from pytest_mastra.http.surface_recorder import WatchedSurface
from pytest_mastra.redact.scrubber import learn_secrets, scrubber_of
from pytest_mastra.suite import markers, replayed_tests, settings
from pytest_mastra.suite.declared_server import find_fake_only, only_fakes_have
from pytest_mastra.suite.noted_difference import CASSETTE, NotedDifference
from pytest_mastra.text.differences import MISSING, Difference
from pytest_mastra.text.values import counted

if TYPE_CHECKING:
    from pytest_mastra.cassettes.drift.findings import Drift
    from pytest_mastra.http.wire import Surface
    from pytest_mastra.suite.scene import Scene
    from pytest_mastra.suite.settings import MastraConfig

EXTRA_POLLS = "mastra_extra_polls"
"""The property of a test's report that says how many reads there were beyond the recorded ones."""


def make_cassette(item: pytest.Item, target: str, config: MastraConfig, *, is_asked_for: bool) -> MastraCassette:
    """Return a test's cassette as its marker and the settings want it.

    Args:
        item: The test.
        target: What tests run against, by the settings.
        config: How the live server is reached.
        is_asked_for: Whether the test itself says that it has a cassette.

    Raises:
        pytest.skip.Exception: Tests are replayed, and there is no cassette for this one.
        pytest.fail.Exception: There is no cassette, and none may be recorded.
        UsageError: An argument of the marker is none.
    """
    marker = item.get_closest_marker("mastra_cassette")
    if marker is not None:
        markers.check_cassette_marker(marker, item)
    options = {name: value for name, value in (marker.kwargs if marker else {}).items() if value is not None}
    mode = settings.setting(item.config, "record", options.pop("record", None)).value
    options.pop("path", None)
    cassette = MastraCassette(item, mode, config, is_asked_for=is_asked_for, **options)
    cassette.choose(target)
    return cassette


class MastraCassette:
    """One test's cassette; what the fixture `mastra_cassette` gives.

    Attributes:
        path: Its file.
        mode: The record mode: `none`, `once`, `new_episodes`, `rewrite`, `verify`.
        target: `replay` if it answers this test, `live` if the live server does.
        story: What it holds, as vcrpy's Cassette.
        missed: The requests so far that were not recorded, explained.
    """

    def __init__(
        self,
        item: pytest.Item,
        mode: str,
        config: MastraConfig,
        *,
        is_asked_for: bool,
        strict: bool = True,
        pace: str = "at_once",
        every_session: bool = False,
    ) -> None:
        self.path = cassette_path(item)
        self.mode = mode
        self.target = "replay"
        self.missed: list[str] = []
        self._item = item
        self._config = config
        self._is_asked_for = is_asked_for
        self._strict = strict
        self._pace = pace
        self._every_session = every_session
        self._surface: ReplaySurface | None = None
        self._decision = Decision.REPLAY
        self._partial_replay: PartialReplay | None = None
        self._undo = contextlib.ExitStack()
        self._missing = threading.Lock()
        # knows what the test has sent so far, once a request was looked for
        self._scrubber = scrubber_of(item.config)
        self.story = StoryCassette(self.path, mode, scrubber=self._scrubber)

    @property
    def surface(self) -> Surface | None:
        """What answers on replay."""
        return self._surface

    @property
    def played(self) -> int:
        """How many recorded exchanges have been answers."""
        return self.story.playback.played

    @property
    def extra_polls(self) -> int:
        """How many reads there were beyond the recorded ones; each got the last answer again."""
        return self.story.playback.extra_polls

    @property
    def unplayed(self) -> list[Exchange]:
        """The recorded exchanges that nobody has asked for, polls aside."""
        return self.story.playback.unplayed

    def choose(self, target: str) -> None:
        """Decide whether the cassette or the live server answers.

        Args:
            target: What tests run against, by the settings.

        Raises:
            pytest.skip.Exception: Tests are replayed, and there is no cassette for this one.
            pytest.fail.Exception: There is no cassette, or no server, and one is needed; or another test would be
                recorded into the same file.
        """
        decision = decide(
            self.mode,
            target,
            exists=self.path.exists(),
            is_asked_for=self._is_asked_for,
            has_server=target == "live" or self._config.url is not None,
        )
        if decision in SKIPS and (name := find_fake_only(self._item)) is not None:
            raise pytest.skip.Exception(only_fakes_have(name, target))
        if target == "replay":
            replayed_tests.note(self._item.config, replayed=decision is Decision.REPLAY)
        if decision in SKIPS | FAILURES:
            words = decision.value.format(cassette=self.shown, mode=self.mode, command=self.command("once"))
            raise pytest.skip.Exception(words) if decision in SKIPS else _failure(words, "no-cassette")
        if decision in WRITES:
            self._refuse_to_share()
        self._decision = decision
        self.target = "replay" if decision is Decision.REPLAY else "live"
        if target == "replay":
            self.mode = "none"

    def open(self, scene: Scene) -> None:
        """Begin: read the file, and be ready to answer."""
        self._item.addfinalizer(self._undo.close)
        if self._decision in {Decision.REPLAY, Decision.RECORD_NEW_EPISODES, Decision.COMPARE}:
            try:
                self.story._load()  # noqa: SLF001 -- vcrpy's own name for it
            except CassetteError as error:
                raise _failure(str(error), slug_of(type(error).__name__)) from None
        if self._decision is Decision.REPLAY:
            self._surface = self._make_surface(scene)
            if self._every_session and self._config.url is not None:
                self._answer_at(origin_of(self._config.url), scene)
        elif self._decision is Decision.RECORD_NEW_EPISODES:
            self._partial_replay = PartialReplay(scene, self._make_surface(scene))
            self._undo.enter_context(self._partial_replay.on_every_session())

    def finish(self, scene: Scene, *, passed: bool) -> None:
        """End: check the replay, write the recording, or compare the two, as decided."""
        self._undo.close()
        if self._decision is Decision.REPLAY:
            self._report_extra_polls()
            if passed:
                self._check_replay()
        elif self._decision is Decision.COMPARE:
            self._compare(scene, passed=passed)
        elif passed and self._decision in WRITES:
            self._write(scene)

    @property
    def shown(self) -> str:
        """Its file, as people call it."""
        root = self._item.config.rootpath
        return str(self.path.relative_to(root) if self.path.is_relative_to(root) else self.path)

    def command(self, mode: str) -> str:
        """Return the command that records this test."""
        url = settings.public_address(self._config.url) if self._config.url else "URL"
        return f"pytest {shlex.quote(self._item.nodeid)} --mastra-target=live --mastra-record={mode} --mastra-url={url}"

    def __repr__(self) -> str:
        return f"<MastraCassette {self.shown} {self.mode}, {self.played} of {len(self.story)} played>"

    def _refuse_to_share(self) -> None:
        others = other_owners(self._item)
        if others:
            shown = [*others[:_SHOWN], *([f"and {len(others) - _SHOWN} more"] if len(others) > _SHOWN else [])]
            words = (
                f"{self._item.nodeid} would be recorded into {self.shown}, and so would {', '.join(shown)}: each would "
                "replace what the other was told.\n"
                "Give each a file of its own: @pytest.mark.mastra_cassette(path=...), or no path at all."
            )
            raise _failure(words, "shared-cassettes")

    def _make_surface(self, scene: Scene) -> ReplaySurface:
        clock = SystemClock() if self._pace == "real" or scene.clock is None else scene.clock
        return ReplaySurface(
            self.story.playback,
            clock=clock,
            on_miss=partial(self._note_miss, scene),
            in_pace=self._pace in {"recorded", "real"},
        )

    def _answer_at(self, origin: str, scene: Scene) -> None:
        """Answer also where the server was, to those who have its address written down."""
        from pytest_mastra.fake.fronts.in_process import InProcess  # noqa: PLC0415 -- few tests need it

        if self._surface is not None:
            watched = WatchedSurface(self._surface, scene.log, origin, scene.now)
            self._undo.enter_context(InProcess(watched, origin, shadow=True))

    def _note_miss(self, scene: Scene, miss: Miss) -> NoRecordedReply:
        where, found = miss.differences
        run_id = miss.key.call.run
        scene.note_differences(NotedDifference(CASSETTE, one, self.shown, run_id=run_id, where=where) for one in found)
        text = self._scrubber.text(
            miss.explain(self.shown, f"To record it anew:\n{self.command('rewrite')}\n{see_error('no-recorded-reply')}")
        )
        with self._missing:
            self.missed.append(text)
        return NoRecordedReply(text)

    def _report_extra_polls(self) -> None:
        extra = self.extra_polls
        if extra:
            self._item.user_properties.append((EXTRA_POLLS, extra))
            self._item.add_report_section("teardown", "mastra", f"replayed {counted(extra, 'extra poll')}\n")

    def _check_replay(self) -> None:
        if self.missed:
            more = f"\n... and {len(self.missed) - 1} more" if len(self.missed) > 1 else ""
            pytest.fail(f"the code under test went on after this:\n{self.missed[0]}{more}", pytrace=False)
        if self._strict and self.unplayed:
            raise _failure(self._describe_unplayed(), "unplayed-exchanges")

    def _describe_unplayed(self) -> str:
        from pytest_mastra.cassettes.replay.no_match import describe_entry  # noqa: PLC0415 -- for a failure only

        lines = [describe_entry(entry) for entry in self.story.playback.unplayed_entries]
        shown = [f"  {line}" for line in lines[:_SHOWN]]
        if len(lines) > _SHOWN:
            shown.append(f"  ... and {len(lines) - _SHOWN} more")
        count = f"{len(lines)} recorded exchange{'s were' if len(lines) > 1 else ' was'}"
        text = "\n".join(
            [
                f"{count} not asked for ({self.shown}):",
                *shown,
                f"Record anew: {self.command('rewrite')}",
                "or let them be: @pytest.mark.mastra_cassette(strict=False)",
            ]
        )
        return self._scrubber.text(text)

    def _write(self, scene: Scene) -> None:
        new = close_exchanges(scene.log if self._partial_replay is None else self._partial_replay.live)
        if not new and (self._decision is Decision.RECORD_NEW_EPISODES or not self._is_asked_for):
            return
        self.story.add(new)
        try:
            self.story.save()
        except CassetteError as error:
            raise _failure(str(error), slug_of(type(error).__name__)) from None

    def _compare(self, scene: Scene, *, passed: bool) -> None:
        from pytest_mastra.cassettes.drift.pytest_report import compare, report_of  # noqa: PLC0415 -- in this mode only

        report = report_of(self._item.config)
        if not passed:
            report.add_not_compared(self._item.nodeid, self.shown, "it did not pass")
        elif not self.path.exists():
            report.add_not_compared(self._item.nodeid, self.shown, "it has no cassette")
        else:
            live = close_exchanges(scene.log)
            scrubber = learn_secrets([*live, *self.story.exchanges], self._item.config)
            drift = compare(self.story.exchanges, live, scrubber=scrubber)
            report.add(self._item.nodeid, self.shown, drift)
            scene.note_differences(self._drifted(drift))

    def _drifted(self, drift: Drift) -> Iterator[NotedDifference]:
        for title, findings in drift.differences.items():
            for finding in findings:
                what = Difference(finding.what, MISSING, MISSING) if isinstance(finding.what, str) else finding.what
                yield NotedDifference(CASSETTE, what, self.shown, where=f"{title}, {finding.where}")


def _failure(words: str, slug: str) -> BaseException:
    return pytest.fail.Exception(f"{words}\n{see_error(slug)}", pytrace=False)


_SHOWN = 5
