"""However and wherever a failing `assert` speaks of a run, the run is told of."""

from __future__ import annotations

import textwrap

import pytest

from tests.explain.suite_of_endings import CONFTEST, SALE, WEATHER, explained, lines
from tests.suites_in_folders import RunSuite

STATEMENTS = {
    "a membership": 'assert "announce" in result.steps',
    "a negation": "assert not result.result",
    "another comparison": 'assert result.status != "success"',
    "several lines": """
        assert (
            result.status
            ==
            "failed"
        ), (
            "a message"
        )""",
    "two on one line": 'assert result.settled; assert result.status == "failed"',
    "an attribute of an object": "holder = Holder(result); assert holder.result.finished is None",
    "a list": "results = [result]; assert all(not one.ok for one in results)",
    "an item": "results = [result]; assert results[-1].error",
    "a dict": 'results = {"a": result}; assert results["a"].error',
    "a call": "assert len(result.steps) == 7",
    "a walrus": 'assert (same := result).status == "failed"',
    "no name at all": 'assert run("weather", again=True).error',
    "a lambda": "check = lambda: result.error; assert check(), result",
    "another assertion": "import unittest; unittest.TestCase().assertTrue(result.error)",
    "an error of its own": 'raise AssertionError(f"{result.status} is not what I want")',
    "a with block": """
        with pytest.raises(ValueError), pytest.MonkeyPatch.context():
            assert result.status == "failed" """,
    "a match": """
        match result.status:
            case "success":
                assert not result.ok""",
    "an except block": """
        try:
            1 / 0
        except ZeroDivisionError:
            assert not result.ok""",
    "a condition": """
        if True:
            assert not result.ok
        else:
            pass""",
    "a local function": """
        def check():
            assert result.status == "failed"
        check()""",
    "a comprehension": "assert [one for one in [result] if one.error]",
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_however_it_is_said(run_suite: RunSuite, name: str) -> None:
    """Whatever form a statement has that speaks of a run, the run is told of, once."""
    statement = textwrap.indent(textwrap.dedent(STATEMENTS[name]), "    ")
    result = run_suite(
        "import pytest\n\n\nclass Holder:\n    def __init__(self, result):\n        self.result = result\n\n\n"
        f"def test_it(run):\n    result = run('weather')\n{statement}\n",
        conftest=CONFTEST,
    )
    result.assert_outcomes(failed=1)
    shown = explained(result)
    assert "\n".join(shown).count("the run of 'weather' succeeded") == 1
    assert any(line.strip() == "run id  run-weather" for line in shown)


def test_helper_functions(run_suite: RunSuite) -> None:
    """A helper that gets the run speaks of it; of one that gets bare values its caller does."""
    result = run_suite(
        """
        def check_run(outcome):
            assert outcome.status == "success"

        def check_value(actual, expected):
            assert actual == expected

        def test_run(run):
            check_run(run("sale"))

        def test_value(run):
            result = run("sale")
            check_value(result.status, "success")
        """,
        conftest=CONFTEST,
    )
    shown = explained(result)
    assert shown[: 1 + len(lines(SALE))] == lines("AssertionError: assert 'failed' == 'success'", SALE)
    assert shown[-len(lines(SALE)) :] == lines(SALE)


def test_helpers_in_other_modules(run_suite: RunSuite, pytester: pytest.Pytester) -> None:
    """Those that pytest does not rewrite compare without a word; they are told of all the same."""
    pytester.makepyfile(helping="def check(outcome):\n    assert outcome.status == 'success'\n")
    result = run_suite(
        """
        from helping import check

        def test_it(run):
            check(run("sale"))
        """,
        conftest=CONFTEST,
    )
    sale = [line.removeprefix("  ") for line in lines(SALE)]
    assert explained(result) == ["AssertionError: $: expected 'success', actual 'failed'", *sale]


def test_fixtures(run_suite: RunSuite) -> None:
    """A fixture that fails, before or after the test, tells of its run too; one that failed for several tests, once."""
    result = run_suite(
        """
        import pytest

        @pytest.fixture
        def before(run):
            result = run("sale")
            assert result.ok

        @pytest.fixture
        def after(run):
            result = run("sale")
            yield
            assert result.ok

        def test_before(before): pass

        def test_after(after): pass
        """,
        conftest=CONFTEST,
    )
    result.assert_outcomes(errors=2, passed=1)
    assert "\n".join(explained(result)).count("\n".join(lines(SALE))) == 2


def test_a_failure_that_several_tests_share(run_suite: RunSuite) -> None:
    """How a fixture of a whole module failed is kept and raised for each test; in none it is told twice."""
    result = run_suite(
        """
        import pytest
        from conftest import declare, execute
        from mastra_sync import MastraClient
        from pytest_mastra import FakeMastra, InProcess

        @pytest.fixture(scope="module")
        def result():
            server = FakeMastra()
            declare(server)
            with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as client:
                result = execute(client, "sale")
                assert result.ok

        def test_one(result): pass

        def test_two(result): pass
        """,
        conftest=CONFTEST,
    )
    result.assert_outcomes(errors=2)
    assert "\n".join(explained(result)).count("the run of 'sale' failed") == 2


def test_without_our_fixtures(run_suite: RunSuite) -> None:
    """A test that makes its own fake and client is told of its run too, but for the events, which nobody noted."""
    result = run_suite(
        """
        def test_it(run_by_hand):
            result = run_by_hand("sale")
            assert result.ok
        """,
        conftest=CONFTEST,
    )
    without_events = [line for line in lines(SALE) if "step-start" not in line]
    assert explained(result)[2:] == without_events


def test_classes_and_decorated_tests(run_suite: RunSuite) -> None:
    """Methods, parametrised and wrapped functions are like any other."""
    result = run_suite(
        """
        import functools
        import pytest

        def wrapped(test):
            @functools.wraps(test)
            def inner(*args, **kwargs):
                return test(*args, **kwargs)
            return inner

        class TestAll:
            @pytest.mark.parametrize("name", ["sale"])
            @wrapped
            def test_it(self, run, name):
                self.result = run(name)
                assert self.result.status == "success"
        """,
        conftest=CONFTEST,
    )
    assert explained(result) == lines("AssertionError: assert 'failed' == 'success'", SALE)


def test_a_failure_that_is_expected(run_suite: RunSuite) -> None:
    """An assert that is caught leaves nothing behind for the next one."""
    result = run_suite(
        """
        import pytest

        def test_it(run):
            result = run("weather")
            with pytest.raises(AssertionError, match="expected 'rainy', actual 'sunny'"):
                assert result.result == {"text": "rainy"}
            assert not result.ok

        @pytest.mark.xfail(strict=True)
        def test_fails(run):
            assert run("sale").ok
        """,
        conftest=CONFTEST,
    )
    result.assert_outcomes(failed=1, xfailed=1)
    assert explained(result)[2:] == lines(WEATHER)


def test_a_run_that_is_only_there(run_suite: RunSuite) -> None:
    """A run that a test was handed, and that the failed statement does not speak of, is not told of."""
    result = run_suite(
        """
        import pytest

        @pytest.fixture
        def result(run):
            return run("sale")

        def test_it(result):
            assert 1 == 2
        """,
        conftest=CONFTEST,
    )
    assert explained(result) == ["assert 1 == 2"]
