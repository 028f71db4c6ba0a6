"""Tests that would pass though nothing was checked, or nothing took effect: each fails, and says where and why."""

from __future__ import annotations

import pytest

from pytest_mastra import FakeMastra
from tests.suites_in_folders import RunSuite, run_with_syrupy

NOTHING_ASSERTED = """
import unittest

import pytest

from pytest_mastra import assert_run

@pytest.fixture
def failed(mastra_server, mastra_client):
    mastra_server.workflow("pay").fails("declined")
    return mastra_client.get_workflow("pay").execute({})

def test_alone(failed):
    assert_run(failed)

def test_not_called(failed):
    assert_run(failed).succeeded

@pytest.fixture
def checked(failed):
    return assert_run(failed)

def test_in_a_fixture(checked):
    pass

def test_truth(failed):
    assert assert_run(failed)

class TestCase(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def keep(self, failed):
        self.failed = failed

    def test_unittest(self):
        assert_run(self.failed)

def test_failed_before(failed):
    checked = assert_run(failed)
    assert failed.ok

def test_asserted(failed):
    assert assert_run(failed).failed(error="declined")
    later = assert_run(failed)
    later.never_ran("fail")
"""


def test_a_run_of_which_nothing_is_asserted(run_suite: RunSuite) -> None:
    """`assert_run(result)` alone fails its test, with the line; one that has failed anyway says only why it did."""
    result = run_suite(NOTHING_ASSERTED)
    said = result.stdout.str()
    for line in (13, 16, 20, 34):
        assert f"mastra: nothing asserted by assert_run(...) at test_suite.py:{line}\n" in said
    assert said.count("nothing asserted by assert_run(...)") == 4
    assert "TypeError: assert_run(result) by itself asserts nothing; assert_run(result).succeeded() does" in said
    assert "errors/#nothing-asserted" in said
    result.assert_outcomes(failed=7)
    result.stdout.fnmatch_lines(["*expected step 'fail' not to run*"])


def test_exactly_once_is_not_never(run_suite: RunSuite) -> None:
    """Where no run was started nothing happened once: of a workflow, or at all; one that was only made is none."""
    result = run_suite("""
    def test_never(mastra_server, mastra_client):
        mastra_server.workflow("pay").returns({})
        mastra_server.workflow("order").returns({})
        mastra_client.get_workflow("order").execute({})
        mastra_client.get_workflow("pay").create_run()
        mastra_server.assert_exactly_once("order")
        mastra_server.assert_exactly_once("pay")
    """)
    result.stdout.fnmatch_lines(
        ['>*assert_exactly_once("pay")', "E*not exactly once:", "E*no run of 'pay' was started"]
    )
    with pytest.raises(AssertionError, match="no run was started"):
        FakeMastra().assert_exactly_once()


HELD = """
import subprocess
import sys

def test_held(mastra_server, mastra_client):
    def look(ctx):
        yield mastra_server.gate("shutter")

    mastra_server.workflow("photo").then(mastra_server.step("look", look)).commit()
    mastra_client.get_workflow("photo").execute({}, timeout=10)

def test_process(mastra_server):
    code = "from mastra_sync import *; MastraClient(retries=0).get_workflow('photo').create_run()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
"""


def test_a_quiet_report_says_what_lacks(run_suite: RunSuite) -> None:
    """At `-q`: what holds a run that its client no longer waits for, and the socket that another process needs."""
    result = run_suite(HELD, "-q")
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        [
            "  held    at gate 'shutter': server.open_gate('shutter') lets it go on",
            "*nobody answers at http://mastra.test*",
            "      def test_process(mastra_server, mastra_socket_server):",
        ]
    )


def test_a_result_is_neither_true_nor_false(run_suite: RunSuite) -> None:
    """`assert execute(...)` passed whatever became of the run; a snapshot wants a run, and to be asked."""
    result = run_suite("""
    import pytest

    @pytest.mark.parametrize("end", ["returns", "fails"])
    def test_truth(mastra_server, mastra_client, end):
        getattr(mastra_server.workflow("pay"), end)("no")
        assert mastra_client.get_workflow("pay").execute({})
    """)
    result.assert_outcomes(failed=2)
    said = result.stdout.str()
    assert said.count("is neither true nor false: ask result.ok, or result.raise_for_status(); whether there") >= 2


SNAPSHOTS = """
def test_unasked(mastra_server, mastra_client, mastra_snapshot):
    mastra_server.workflow("pay").returns({})
    mastra_client.get_workflow("pay").execute({})

def test_empty(mastra_server, mastra_snapshot):
    mastra_server.workflow("pay").returns({})
    assert mastra_server.runs("pay") == mastra_snapshot

def test_asked(mastra_server, mastra_client, mastra_snapshot):
    mastra_server.workflow("pay").returns({})
    assert mastra_client.get_workflow("pay").execute({}) == mastra_snapshot(name="paid")
"""


def test_a_snapshot_of_nothing(alone: pytest.Pytester) -> None:
    """A snapshot that nothing is compared with fails the test, and so does an empty list of runs."""
    alone.makepyfile(test_suite=SNAPSHOTS)
    result = run_with_syrupy(alone, "--snapshot-update")
    result.assert_outcomes(passed=2, failed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "mastra_snapshot was asked for, and nothing was compared with it: assert result == mastra_snapshot",
            "*ValueError: mastra_snapshot compares what runs did, and this is an empty list: there was no run",
        ]
    )


BARE = """
import pytest

@pytest.fixture
def result(mastra_server, mastra_client):
    mastra_server.workflow("pay").returns({})
    return mastra_client.get_workflow("pay").execute({})

def test_bare(result, mastra_snapshot):
    result == mastra_snapshot

def test_bare_not(result, mastra_snapshot):
    mastra_snapshot(name="paid") != result

def test_bare_in_a_helper(result, mastra_snapshot):
    def compare(given):
        [given] == mastra_snapshot
        return True
    assert compare(result)

async def compare_later(given, snapshot):
    given in [snapshot]

def test_bare_in_a_coroutine(result, mastra_snapshot):
    with pytest.raises(StopIteration):
        compare_later(result, mastra_snapshot).send(None)
"""

LOOKED_AT = """
def test_other(result, mastra_snapshot):
    assert result != mastra_snapshot

def test_any(result, mastra_snapshot):
    assert not any(each == mastra_snapshot for each in [result, result])

def test_kept(result, mastra_snapshot):
    is_same = result == mastra_snapshot
    assert not is_same

def test_asked(result, mastra_snapshot):
    if result == mastra_snapshot:
        raise AssertionError
    assert (result == mastra_snapshot or 1) and not (result in [mastra_snapshot])

def test_given(result, mastra_snapshot):
    print(result == mastra_snapshot)
    (lambda: result == mastra_snapshot)()
    with pytest.raises(ValueError):
        [result].remove(mastra_snapshot)
    [mastra_snapshot].count(result)
"""


def test_a_snapshot_whose_comparison_nobody_looks_at(alone: pytest.Pytester) -> None:
    """Equal or not, a statement of its own asserts nothing; what is negated, kept or asked is looked at."""
    alone.makepyfile(test_suite=BARE + LOOKED_AT)
    words = (
        "what was compared with mastra_snapshot at test_suite.py:{} was not asserted: assert result == mastra_snapshot"
    )
    for options in [(), ("--snapshot-update", "-k", "bare")]:
        result = run_with_syrupy(alone, *options)
        result.assert_outcomes(passed=4 if options else 9, errors=4, deselected=5 if options else 0)
        result.stdout.fnmatch_lines([words.format(line) for line in (9, 12, 16, 21)])


USAGE = """
import pytest

def test_it(mastra_client):
    pass
"""


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["-o", "mastra_targte=live"], "there is no ini key 'mastra_targte'; did you mean 'mastra_target'?"),
        (["--mastra-traget=live"], "unrecognized arguments: --mastra-traget=live; did you mean --mastra-target?"),
        (["--matsra-url", "http://x"], "unrecognized arguments: --matsra-url; did you mean --mastra-url?"),
        (["--mastra_html=page.html"], "unrecognized arguments: --mastra_html=page.html; did you mean --mastra-html?"),
        (["--mastra-trace-dir=x"], "unrecognized arguments: --mastra-trace-dir=x; mastra_trace_dir is an ini key: -o"),
        (["--mastra-frobnicate"], "error: unrecognized arguments: --mastra-frobnicate\n"),
        (["--maxfali=3"], "error: unrecognized arguments: --maxfali=3\n"),
        (["-o", "mastra-target=live"], "there is no ini key 'mastra-target'; did you mean 'mastra_target'?"),
        (
            ["--mastra-url=http://127.0.0.1:1"],
            "--mastra-url does nothing with target fake (default): tests run on fakes",
        ),
        (["--mastra-html="], "--mastra-html is given nothing; an example: --mastra-html=report.html"),
        (["--mastra-summary="], "--mastra-summary is given nothing; an example: --mastra-summary=summary.md"),
        (["--mastra-coverage="], "--mastra-coverage is given nothing; an example: --mastra-coverage=term-missing"),
        (["--mastra-ca-file="], "--mastra-ca-file is given nothing; an example: --mastra-ca-file=ca.pem"),
        (["--mastra-target=live"], "MASTRA_BASEURL is set: did you mean MASTRA_BASE_URL?"),
    ],
)
def test_what_was_said_and_does_nothing_ends_the_run(
    run_suite: RunSuite, monkeypatch: pytest.MonkeyPatch, options: list[str], said: str
) -> None:
    """Before the first test: an ini key that is none, an address that nobody asks, a page without a path."""
    monkeypatch.setenv("MASTRA_BASEURL", "http://127.0.0.1:1")
    result = run_suite(USAGE, *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert said in result.stdout.str() + result.stderr.str()


def test_an_option_of_the_suites_own_conftest(run_suite: RunSuite, pytester: pytest.Pytester) -> None:
    """What others declare under names like ours is theirs, and `--help` is given whatever else is asked."""
    pytester.makeconftest("def pytest_addoption(parser): parser.addoption('--mastra-targets')")
    run_suite(USAGE, "--mastra-targets=some").assert_outcomes(passed=1)
    assert run_suite(USAGE, "--mastra-targte=live", "--help").ret == pytest.ExitCode.OK


def test_a_variable_that_is_not_read(run_suite: RunSuite, monkeypatch: pytest.MonkeyPatch) -> None:
    """`MASTRA_TARGET=live` says nothing to the plugin, and a warning says what does; where an option does, none."""
    monkeypatch.setenv("MASTRA_TARGET", "live")
    result = run_suite(USAGE)
    result.stdout.fnmatch_lines(["*MASTRA_TARGET=live is not read: --mastra-target=live says so, or the ini key*"])
    assert "is not read" not in run_suite(USAGE, "--mastra-target=fake").stdout.str()


@pytest.mark.parametrize("seconds", [float("nan"), float("inf")])
def test_time_passes_by_a_number(seconds: float) -> None:
    """After `advance(nan)` nothing would ever be due, and no time would have passed."""
    clock = FakeMastra().clock
    with pytest.raises(ValueError, match="time passes by a number of seconds, not"):
        clock.advance(seconds)
    clock.advance(1)
