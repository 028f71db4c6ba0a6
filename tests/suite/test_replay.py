"""`--mastra-target=replay`, and tests with a cassette: where the target is what a cassette says."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_mastra import FakeMastra, OnSocket
from pytest_mastra.cassettes import mastra_cassette
from pytest_mastra.http.wire import WireReply, WireRequest
from pytest_mastra.suite.scene import Scene
from tests.suites_in_folders import RunSuite


class Played:
    """A cassette that answers everything alike, and notes what becomes of it."""

    target = "replay"

    def __init__(self, item: pytest.Item, target: str, config: Any) -> None:
        self.asked_for = (item.name, target)
        self.opened: list[Scene] = []
        self.finished: list[bool] = []
        self.surface = self

    def handle(self, request: WireRequest) -> WireReply:
        return WireReply(200, (("content-type", "application/json"),), b"{}")

    def open(self, scene: Scene) -> None:
        assert scene.cassette is self
        assert len(scene.log) == 0
        self.opened.append(scene)

    def finish(self, scene: Scene, *, passed: bool) -> None:
        self.finished.append(passed)
        if scene.test.endswith("test_finish"):
            pytest.fail("the cassette has something to say", pytrace=False)


@pytest.fixture
def cassettes(monkeypatch: pytest.MonkeyPatch) -> list[Played]:
    made: list[Played] = []

    def make_cassette(item: pytest.Item, target: str, config: Any, *, is_asked_for: bool) -> Played:
        made.append(Played(item, target, config))
        return made[-1]

    monkeypatch.setattr(mastra_cassette, "make_cassette", make_cassette)
    return made


ASKS = """
    import os

    import pytest

    from mastra_sync import MastraClient

    def ask():
        with MastraClient() as client:
            assert client.list_workflows() == {}
"""


def test_the_cassette_answers(run_suite: RunSuite, cassettes: list[Played]) -> None:
    """Code under test is answered by it, in virtual time; `mastra_server` is a declaration."""
    result = run_suite(
        ASKS
        + """
    def test_it(mastra_target, mastra_server):
        ask()
        assert os.environ["MASTRA_BASE_URL"] == "http://mastra.test" == mastra_server.url
        assert mastra_target.target == "replay"
        assert mastra_target.clock.skips
        (listed,) = mastra_target.log
        assert listed.call.verb == "list_workflows"
        mastra_server.workflow("report").returns({})
        assert repr(mastra_server) == "<FakeMastra current [report] declared, on replay>"
        mastra_server.requests
    """,
        "--mastra-target=replay",
        "-rs",
    )
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*only a fake has mastra_server.requests; this test ran with --mastra-target=replay"])
    (cassette,) = cassettes
    assert cassette.asked_for == ("test_it", "replay")
    assert cassette.finished == [False]


def test_it_is_told_how_the_test_ended(run_suite: RunSuite, cassettes: list[Played]) -> None:
    """A test that failed in any way does not count as passed; what it says itself fails the test at teardown."""
    result = run_suite(
        ASKS
        + """
    def test_passes(mastra_target):
        ask()

    def test_fails(mastra_target):
        ask()
        assert False

    def test_checked(mastra_target):
        mastra_target.checks.append(lambda: [("mastra: wrong", "  this")])

    def test_finish(mastra_target):
        ask()
    """,
        "--mastra-target=replay",
    )
    result.assert_outcomes(passed=3, failed=1, errors=2)
    assert [cassette.finished for cassette in cassettes] == [[True], [False], [False], [True]]
    result.stdout.fnmatch_lines(["the cassette has something to say"])


@pytest.mark.parametrize("marked", ["@pytest.mark.mastra_cassette", "@pytest.mark.mastra_cassette(record='none')"])
def test_a_marked_test_is_answered_on_any_target(run_suite: RunSuite, cassettes: list[Played], marked: str) -> None:
    """The marker alone is enough."""
    result = run_suite(f"{ASKS}\n    {marked}\n    def test_it():\n        ask()\n    def test_without(): pass\n")
    result.assert_outcomes(passed=2)
    assert [cassette.asked_for for cassette in cassettes] == [("test_it", "fake")]


def test_the_fixture_is_the_cassette(run_suite: RunSuite, cassettes: list[Played]) -> None:
    """Asking for it is enough too."""
    result = run_suite("""
        def test_it(mastra_cassette, mastra_target):
            assert mastra_cassette.opened == [mastra_target]
            assert mastra_target.target == "replay"
    """)
    result.assert_outcomes(passed=1)
    assert len(cassettes) == 1


def test_a_live_server_is_recorded_only_if_asked(run_suite: RunSuite, cassettes: list[Played]) -> None:
    """On a live server a cassette has a part in a test only if a record mode was given for the whole suite."""
    code = "def test_it(mastra_target): pass"
    with OnSocket(FakeMastra()) as front:
        live = ("--mastra-target=live", f"--mastra-url={front.url}")
        run_suite(code, *live, "--mastra-record=none")
        run_suite(code, *live)
        assert cassettes == []
        run_suite(code, *live, "--mastra-record=rewrite")
        run_suite(code, *live, "-o", "mastra_record=verify")
    assert [cassette.asked_for for cassette in cassettes] == [("test_it", "live")] * 2
