"""What cannot be swept, or cannot be meant, is an error that says why."""

from __future__ import annotations

import pytest

from tests.suites_in_folders import RunSuite
from tests.sweep.scripts import CONFTEST, TEA

MARKED = """
import pytest

@pytest.mark.mastra_sweep({arguments})
def test_it(mastra_client):
    mastra_client.get_workflow("tea").details()
"""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("falts='lost'", "no argument 'falts': did you mean 'faults'? there are faults, rerun, pairs, limit, accept"),
        ("faults='lots'", "no fault 'lots': did you mean 'lost'? there are lost, refused, "),
        ("faults=['lost', 'kiled']", "no fault 'kiled': did you mean 'killed'?"),
        ("faults=[]", "faults=[] names none"),
        ("faults=3", "faults=3 is neither a text nor a list of texts"),
        ("'lost'", "takes arguments by name only, not 'lost'"),
        ("rerun='no'", "rerun='no' is neither True nor False"),
        ("limit=0", "limit=0 is no whole number from 1 on"),
        ("limit=True", "limit=True is no whole number from 1 on"),
        ("faults='killed', rerun=False", "faults='killed' end the script, and with rerun=False it is not run again"),
        ("accept=[3]", "accept=3 is neither a class of exceptions nor a point like 'start#1:lost', with *"),
        ("accept='strat#1:lost'", "accept='strat#1:lost': there is no verb 'strat': did you mean 'start'?"),
        ("accept=['*:lots']", "accept='*:lots': there is no fault 'lots': did you mean 'lost'? there are lost, "),
        ("accept='start#1'", "accept='start#1': it is no point: one is written like 'start#1:lost', or with *"),
    ],
)
def test_a_marker_that_cannot_be_meant(run_suite: RunSuite, arguments: str, said: str) -> None:
    """It ends the run before any test, at the test that has it."""
    result = run_suite(MARKED.format(arguments=arguments), conftest=CONFTEST)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert f"ERROR: test_suite.py::test_it: @pytest.mark.mastra_sweep: {said}" in result.stderr.str()


UNFIT = """
import pytest
from hypothesis import given, strategies

@pytest.mark.mastra_sweep
@given(strategies.integers())
def test_it(number):
    pass
"""


WITH_SUBTESTS = """
import pytest

@pytest.fixture
def subtests():
    pass

@pytest.mark.mastra_sweep
def test_it(subtests):
    pass
"""


def test_a_test_of_many_results(run_suite: RunSuite) -> None:
    """Tests of hypothesis, and those with subtests, are refused: take one example, or another test."""
    result = run_suite(UNFIT)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "a test of hypothesis cannot be swept: each example makes other requests" in result.stderr.str()
    assert "a test with subtests cannot be swept" in run_suite(WITH_SUBTESTS).stderr.str()


def test_a_point_that_names_none(run_suite: RunSuite) -> None:
    """On the command line; without a test that could have it; with more than one; without a fake."""
    two = TEA + "\n@pytest.mark.mastra_sweep\ndef test_more(mastra_client): pass\n"
    cases = [
        (TEA, ["--mastra-point=start"], "--mastra-point: 'start' is no point: one is written like"),
        (TEA, ["--mastra-point=start#1:lots"], "--mastra-point: no fault 'lots': did you mean 'lost'?"),
        ("def test_it(): pass", ["--mastra-point=start#1:lost"], "none that was chosen has it: give its node id"),
        (two, ["--mastra-point=start#1:lost"], "2 that were chosen have it: give its node id"),
        (TEA, ["--mastra-point=start#1:lost", "--mastra-target=replay"], "on replay nothing can be made to go wrong"),
    ]
    for code, arguments, said in cases:
        result = run_suite(code, *arguments, conftest=CONFTEST)
        assert result.ret == pytest.ExitCode.USAGE_ERROR, said
        assert said in result.stderr.str()


WORTHLESS = """
import pytest

swept = pytest.mark.mastra_sweep(faults="lost")
times = []

@swept
def test_1_no_request(mastra_server):
    pass

@swept
def test_2_no_fake():
    pass

@swept
def test_3_fails_anyway(mastra_client):
    assert mastra_client.get_workflow("tea").execute({}).status == "failed"

@swept
def test_4_other_requests_each_time(mastra_client):
    times.append(4)
    for _ in times:
        mastra_client.get_workflow("tea").details()

@swept
def test_5_other_requests_later(mastra_client):
    times.append(5)
    workflow = mastra_client.get_workflow("tea")
    if times.count(5) < 3:
        workflow.details()
    workflow.execute({})

@swept
def test_6_fails_once(mastra_client):
    times.append(6)
    mastra_client.get_workflow("tea").execute({})
    assert times.count(6) != 3

@swept
def test_7_is_skipped(mastra_client):
    pytest.skip("not today")

@swept
@pytest.mark.xfail
def test_8_is_expected(mastra_client):
    assert 0

@swept
def test_8_fails_the_first_time(mastra_client):
    times.append(8)
    mastra_client.get_workflow("tea").execute({})
    assert times.count(8) > 1

@swept
def test_9_setup_fails(mastra_client, missing):
    pass
"""


def test_a_sweep_that_is_worth_nothing(run_suite: RunSuite) -> None:
    """It fails, and says that it shows nothing; what fails or is skipped anyway is told as ever."""
    result = run_suite(WORTHLESS, conftest=CONFTEST)
    result.assert_outcomes(failed=7, skipped=1, xfailed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*_ test_1_no_request _*",
            "mastra sweep: nothing to sweep: the test asked nothing of its fake, *",
            "*_ test_2_no_fake _*",
            "mastra sweep: nothing to sweep: *",
            "*_ test_3_fails_anyway _*",
            "E *AssertionError: *",
            "it fails where nothing goes wrong, so there is nothing to sweep: AssertionError*",
            "*_ test_4_other_requests_each_time _*",
            "mastra sweep: two runs without a fault differ in *: request 2 was none and then details#2. *",
            "*_ test_5_other_requests_later _*",
            "mastra sweep: details#1:lost did not come about, so it shows nothing: *",
            "*_ test_6_fails_once _*",
            "mastra sweep: create_run#1:lost failed, and does not when it is tried again: *",
            "*_ test_8_fails_the_first_time _*",
            "mastra sweep: it failed where nothing went wrong, and does not when it is tried again: AssertionError*",
        ]
    )


def test_elsewhere_nothing_is_swept(run_suite: RunSuite) -> None:
    """With `off`, with --setup-only and without a test's own code, each test runs as ever."""
    result = run_suite(TEA, "--mastra-sweep=off", "-v", conftest=CONFTEST)
    result.assert_outcomes(passed=1)
    assert "mastra sweeps" not in result.stdout.str()
    run_suite(TEA, "--setup-plan", conftest=CONFTEST).assert_outcomes()
    quick = run_suite(TEA, "--mastra-sweep=quick", "-v", conftest=CONFTEST)
    quick.stdout.fnmatch_lines(["test_suite.py::test_tea  4 points: *", "  lost *", "  killed_after *"])


ELSEWHERE = """
import pytest
import requests

from mastra_sync import MastraClient

@pytest.mark.mastra_sweep
def test_1_made_by_itself(mastra_server_factory):
    with mastra_server_factory() as server:
        server.workflow("tea").returns({})
        MastraClient(server.url).get_workflow("tea").execute({})

@pytest.fixture(scope="session")
def unwilling(mastra_server_factory):
    server = mastra_server_factory()
    server.workflow("tea").returns({})
    yield server
    times.append("end")
    assert len(times) > 1, "it was to be the last time"

times = []

@pytest.mark.mastra_sweep
def test_2_not_set_up_anew(unwilling):
    MastraClient(unwilling.url).get_workflow("tea").execute({})

@pytest.mark.mastra_sweep(faults="silence")
def test_3_silence_over_a_socket(mastra_socket_server):
    requests.get(f"{mastra_socket_server.url}/api/workflows/tea", timeout=60)

@pytest.mark.mastra_sweep(faults=["refused", "silence"], accept=requests.RequestException)
def test_4_some_over_a_socket(mastra_socket_server):
    requests.get(f"{mastra_socket_server.url}/api/workflows/tea", timeout=60).raise_for_status()
"""


def test_what_cannot_go_wrong_is_said(run_suite: RunSuite) -> None:
    """No silence over a socket, no server that outlives what made it: never a pass that shows nothing."""
    result = run_suite(ELSEWHERE, "-W", "default::pytest.PytestWarning", conftest=CONFTEST)
    result.assert_outcomes(failed=3, passed=1, warnings=1)
    socket = "1 request came over a socket, perhaps from another process, and silence cannot come about there: *"
    result.stdout.fnmatch_lines(
        [
            "*_ test_1_made_by_itself _*",
            "mastra sweep: the test's own code makes http://mastra-*.test, the server that it asks, and another *",
            "*_ test_2_not_set_up_anew _*",
            "mastra sweep: it failed where nothing went wrong, and *: teardown of the fixture 'unwilling': *last time*",
            "*_ test_3_silence_over_a_socket _*",
            f"mastra sweep: there is no point to try: {socket}",
            f"*PytestWarning: mastra sweep: {socket}; to try the others and hear nothing of it: faults=?'refused'?",
        ]
    )
