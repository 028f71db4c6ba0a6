"""Traces, sections and properties of tests whose subtests or TestCases keep their outcome to themselves."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from tests.suites_in_folders import RunSuite

SUBTESTS = """
    def test_each(mastra_server, mastra_client, subtests):
        mastra_server.workflow("pay").fails("declined")
        for amount in (1, 2):
            with subtests.test(amount=amount):
                assert mastra_client.get_workflow("pay").execute({"amount": amount}).ok == (amount == SURPRISE)
"""

CASE = """
    import unittest
    import pytest

    class TestEach(unittest.TestCase):
        @pytest.fixture(autouse=True)
        def take(self, mastra_server, mastra_client):
            mastra_server.workflow("pay").fails("declined")
            self.client = mastra_client

        def test_each(self):
            for amount in (1, 2):
                with self.subTest(amount=amount):
                    self.assertEqual(self.client.get_workflow("pay").execute({"amount": amount}).ok, amount == SURPRISE)
"""

HAS_SUBTESTS = hasattr(pytest, "Subtests")

SUITES = [
    pytest.param(SUBTESTS, id="subtests", marks=pytest.mark.skipif(not HAS_SUBTESTS, reason="this pytest has none")),
    pytest.param(CASE, id="unittest"),
]


@pytest.mark.parametrize("code", SUITES)
@pytest.mark.parametrize("surprise", [1, 2])
def test_the_trace_that_is_named_is_there(
    run_suite: RunSuite, alone: pytest.Pytester, code: str, surprise: int
) -> None:
    """A test whose subtests failed has failed, the first of them or the last: its trace is kept."""
    result = run_suite(code.replace("SURPRISE", str(surprise)), "--mastra-trace=retain-on-failure")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "trace: .mastra-report" in result.stdout.str()
    (trace,) = alone.path.glob(".mastra-report/*.jsonl")
    assert '"failed"' in trace.read_text(encoding="utf-8")


def test_a_run_stands_once_among_the_properties(run_suite: RunSuite, alone: pytest.Pytester) -> None:
    """Each subtest's report names the runs so far; the test's names each run once, as it is at the end."""
    run_suite(CASE.replace("SURPRISE", "2"), "--junit-xml=report.xml")
    cases = ET.parse(alone.path / "report.xml").getroot().iter("testcase")
    for case in cases:
        named = [one.get("value") for one in case.iter("property")]
        assert len(named) == len(set(named))
