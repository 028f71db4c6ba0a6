"""What pytest shows of failing tests of `unittest.TestCase`, whose failures unittest keeps to itself."""

from __future__ import annotations

import pytest

from tests.explain.suite_of_endings import CONFTEST, SALE, explained
from tests.suites_in_folders import RunSuite

CASES = """
    import asyncio
    import unittest

    import pytest


    class WithRun:
        @pytest.fixture(autouse=True)
        def take_run(self, run):
            self.run_workflow = run

        def sell(self):
            return self.run_workflow("sale")


    class TestSale(WithRun, unittest.TestCase):
        def test_equal(self):
            result = self.sell()
            self.assertEqual(result.status, "success")

        def test_true(self):
            result = self.sell()
            self.assertTrue(result.ok, "it must be sold")

        def test_in(self):
            result = self.sell()
            self.assertIn("pay", result.steps)

        def test_dict(self):
            result = self.sell()
            self.assertDictEqual({"error": result.error}, {"error": None})

        def test_none(self):
            self.result = self.sell()
            self.assertIsNotNone(self.result.result)

        def test_plain(self):
            assert self.sell().ok

        def test_helper(self):
            result = self.sell()
            self.check(result.status)

        def check(self, status):
            self.assertIn(status, ("success", "bailed"))

        def test_subtest(self):
            result = self.sell()
            with self.subTest(city="Oslo"):
                self.assertEqual(result.status, "success")


    class TestAsyncSale(WithRun, unittest.IsolatedAsyncioTestCase):
        async def test_equal(self):
            result = await asyncio.to_thread(self.sell)
            self.assertEqual(result.status, "success")


    class TestSetUp(WithRun, unittest.TestCase):
        def setUp(self):
            result = self.sell()
            self.assertTrue(result.ok)

        def test_it(self):
            pass


    class TestTearDown(WithRun, unittest.TestCase):
        def tearDown(self):
            self.assertTrue(self.result.ok)

        def test_it(self):
            self.result = self.sell()
    """

TRACEBACKS = """
    import unittest

    import pytest


    class TestSale(unittest.TestCase):
        @pytest.fixture(autouse=True)
        def take_run(self, run):
            self.run_workflow = run

        def test_it(self):
            result = self.run_workflow("sale")
            result.raise_for_status()
    """


_CASES = 11


def _without_indent(text: str) -> str:
    # pytest indents a failure as deep as the statement stands that it is about
    return "\n".join(line.strip() for line in text.split("\n"))


def test_each_case_is_told_of_its_run(run_suite: RunSuite) -> None:
    """Whatever assertion of unittest fails, wherever it stands, the run is told of once, below its words."""
    result = run_suite(CASES, conftest=CONFTEST)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    shown = _without_indent("\n".join(explained(result)))
    assert shown.count(_without_indent(SALE)) == shown.count("the run of 'sale' failed") == _CASES
    assert _without_indent(f"- failed\n+ success\n{SALE}") in shown


def test_the_traceback_ends_at_the_caller(run_suite: RunSuite) -> None:
    """An exception that the client means shows no functions of the client's."""
    result = run_suite(TRACEBACKS, conftest=CONFTEST)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([">*result.raise_for_status()", "E *mastra_sync.RunFailed: *", "", "test_suite.py:*"])
    result.stdout.no_fnmatch_line("*models.py*")


@pytest.mark.parametrize("style", ["short", "native"])
def test_tracebacks_of_every_style(run_suite: RunSuite, style: str) -> None:
    """The run is told of however long tracebacks are."""
    result = run_suite(CASES, f"--tb={style}", conftest=CONFTEST)
    result.stdout.fnmatch_lines(["*the run of 'sale' failed in step 'announce'", "*run id  run-sale"])
