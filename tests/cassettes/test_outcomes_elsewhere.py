"""Outcomes that a test's own report does not have: unittest's, and those of subtests."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_mastra.fake.fronts.socket import OnSocket
from pytest_mastra.fake.server import FakeMastra
from tests.suites_in_folders import RunSuite

CASE = """
    import unittest
    import pytest

    class TestReport(unittest.TestCase):
        @pytest.fixture(autouse=True)
        def take_client(self, mastra_client):
            self.client = mastra_client

        def ask(self):
            return self.client.get_workflow("report").execute({}).result["text"]
"""

UNITTEST = {
    "fails": """
        def test_report(self):
            self.assertEqual(self.ask(), "sunny")
    """,
    "fails in tearDown": """
        def test_report(self):
            self.text = self.ask()

        def tearDown(self):
            self.assertEqual(self.text, "sunny")
    """,
    "fails in a cleanup": """
        def test_report(self):
            self.addCleanup(self.assertEqual, self.ask(), "sunny")
    """,
    "skips": """
        def test_report(self):
            if self.ask() != "sunny":
                self.skipTest("rain")
    """,
    "fails as expected": """
        def test_report(self):
            self.assertEqual(self.ask(), "sunny")

        @unittest.expectedFailure
        def test_rain(self):
            self.assertEqual(self.ask(), "sunny")

        test_report = test_rain if RAIN else test_report
    """,
    "passes unexpectedly": """
        def test_report(self):
            self.ask()

        @unittest.expectedFailure
        def test_rain(self):
            self.ask()

        test_report = test_rain if RAIN else test_report
    """,
    "one of its subtests fails": """
        def test_report(self):
            with self.subTest("first"):
                self.assertEqual(self.ask(), "sunny")
            with self.subTest("second"):
                pass
    """,
}

PYTEST = {
    "one of its subtests fails": """
        def test_report(mastra_client, subtests):
            with subtests.test("first"):
                assert mastra_client.get_workflow("report").execute({}).result["text"] == "sunny"
            with subtests.test("second"):
                pass
    """,
    "passes where it must not": """
        import pytest

        @pytest.mark.xfail(RAIN, strict=True, reason="rain")
        def test_report(mastra_client):
            mastra_client.get_workflow("report").execute({})
    """,
}

HAS_SUBTESTS = hasattr(pytest, "Subtests")


def suite(code: str, *, rain: bool) -> str:
    """Return a suite whose only test has a cassette, for one weather."""
    return f"import pytest\nRAIN = {rain}\npytestmark = pytest.mark.mastra_cassette\n{textwrap.dedent(code)}"


def of_unittest(name: str) -> str:
    return textwrap.dedent(CASE) + textwrap.indent(textwrap.dedent(UNITTEST[name]), "    ")


SUITES = [
    *(pytest.param(of_unittest(name), id=f"a TestCase {name}") for name in UNITTEST),
    *(
        pytest.param(
            PYTEST[name],
            id=f"a test {name}",
            marks=pytest.mark.skipif("subtests" in PYTEST[name] and not HAS_SUBTESTS, reason="this pytest has none"),
        )
        for name in PYTEST
    ),
]


@pytest.fixture
def weather() -> list[str]:
    """What the live server's workflow says."""
    return ["sunny"]


@pytest.fixture
def url(weather: list[str]) -> Iterator[str]:
    """Where a live server says how the weather is."""
    server = FakeMastra()
    server.workflow("report").returns(lambda ctx: {"text": weather[0]})
    with OnSocket(server) as front:
        yield front.url


def cassette_in(folder: Path) -> Path:
    (found,) = folder.glob("cassettes/**/*test_report*.yaml")
    return found


@pytest.mark.parametrize("code", SUITES)
def test_no_recording_is_replaced_by_what_did_not_pass(
    run_suite: RunSuite, alone: pytest.Pytester, url: str, weather: list[str], code: str
) -> None:
    """What was reviewed stays where the test fails, skips, or fails as expected."""
    options = ("--mastra-record=rewrite", f"--mastra-url={url}")
    passing = run_suite(suite(code, rain=False), *options, "-k", "test_report")
    assert passing.ret == pytest.ExitCode.OK
    cassette = cassette_in(alone.path)
    reviewed = cassette.read_bytes()
    weather[0] = "rain"
    run_suite(suite(code, rain=True), *options, "-k", "test_report or test_rain")
    assert cassette.read_bytes() == reviewed
    assert b"sunny" in reviewed


@pytest.mark.skipif(not HAS_SUBTESTS, reason="this pytest has none")
def test_a_subtest_that_is_skipped_takes_no_recording_away(
    run_suite: RunSuite, alone: pytest.Pytester, url: str
) -> None:
    """The test around it has passed, and is recorded."""
    code = """
        def test_report(mastra_client, subtests):
            with subtests.test("first"):
                pytest.skip("not today")
            mastra_client.get_workflow("report").execute({})
    """
    result = run_suite(suite(code, rain=False), f"--mastra-url={url}")
    assert result.ret == pytest.ExitCode.OK
    assert b"sunny" in cassette_in(alone.path).read_bytes()
