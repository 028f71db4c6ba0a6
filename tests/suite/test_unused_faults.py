"""Faults that never came about: they fail a test that has passed, and say what they waited for."""

from __future__ import annotations

import re

import pytest

from tests.suites_in_folders import RunSuite

PAY = """
import pytest

from mastra_sync import MastraError

@pytest.fixture(autouse=True)
def pay(mastra_server):
    mastra_server.workflow("pay").returns({})

@pytest.fixture
def call(mastra_client):
    return lambda: mastra_client.get_workflow("pay").create_run("run-1").start({})

@pytest.fixture
def faults(mastra_server):
    return mastra_server.faults
"""

NEVER_MET = """
def test_1_another_verb(faults, call):
    faults.on("start_async").status(503)
    call()

def test_2_too_few(faults, call):
    faults.on("start", nth=2).reset(after_effect=True)
    call()

def test_3_another_workflow(faults, call, mastra_server):
    mastra_server.workflow("order").returns({})
    faults.on("start", workflow="order", run="run-1").status(503)
    call()

def test_4_too_late(faults, call):
    call()
    faults.on("start").hang_up()

def test_5_nothing_asked(faults):
    faults.on().not_http()

def test_6_behind_another(faults, call):
    faults.on("create_run").latency(1)
    faults.on("start").latency(1)
    faults.on("start").status(503)
    faults.on("start").status(500)
    with pytest.raises(MastraError):
        call()

def test_7_no_such_place(faults, mastra_client):
    faults.on("stream").cut(after_events=99)
    with mastra_client.get_workflow("pay").create_run().stream({}) as stream:
        assert list(stream)

def test_8_dice(faults, call):
    faults.on("start", probability=1e-9).stall()
    call()

def test_9_what_is_to_happen(faults, call):
    faults.on("start", nth=[2, 1])
    call()

def test_cleared(faults, call):
    faults.on("resume").status(503)
    faults.clear()
    call()
"""

SAID = {
    "test_1_another_verb": """
faults.on('start_async').status(503)
  test_suite.py:*
  It waited for `start_async`, and none came.
  The requests that came nearest:
    POST /api/workflows/pay/start (start)
    POST /api/workflows/pay/create-run (create_run)
    GET /api/workflows/pay/runs/run-1 (run_by_id)
""",
    "test_2_too_few": """
faults.on('start', nth=2).reset(after_effect=True)
  test_suite.py:*
  It waited for nth=2 of `start`, and only 1 start came.
""",
    "test_3_another_workflow": """
faults.on('start', workflow='order', run='run-1').status(503)
  test_suite.py:*
  It waited for `start` of workflow 'order' of run 'run-1', and none came.
  The requests that came nearest:
    POST /api/workflows/pay/start (start, run run-1)
    POST /api/workflows/pay/create-run (create_run, run run-1)
    GET /api/workflows/pay/runs/run-1 (run_by_id, run run-1)
""",
    "test_4_too_late": """
faults.on('start').hang_up()
  test_suite.py:*
  It waited for `start`, and none came; 1 came before it was declared.
  The requests that came nearest:
    POST /api/workflows/pay/start (start)
    POST /api/workflows/pay/create-run (create_run)
    GET /api/workflows/pay/runs/run-1 (run_by_id)
""",
    "test_5_nothing_asked": """
faults.on().not_http()
  test_suite.py:*
  It waited for any request, and none came.
  No request came at all.
""",
    "test_6_behind_another": """
faults.on('start').status(500)
  test_suite.py:*
  1 start came, and met another fault, which was declared before: faults.on('start').status(503).
""",
    "test_7_no_such_place": """
faults.on('stream').cut(after_events=99)
  test_suite.py:*
  1 stream came, and the answer had no such place, or was not read so far: closed after 99 events.
""",
    "test_8_dice": """
faults.on('start', probability=1e-09).stall()
  test_suite.py:*
  1 start came, and the dice of probability=1e-09 took none of them.
""",
    "test_9_what_is_to_happen": """
faults.on('start', nth=[1, 2])
  test_suite.py:*
  This says which requests are meant, and not what happens to them: .status(503), .reset(), ...
""",
    "test_cleared": """
faults.on('resume').status(503)
  test_suite.py:*
  It waited for `resume`, and none came.
  The requests that came nearest:
    POST /api/workflows/pay/create-run (create_run)
    GET /api/workflows/pay/runs/run-1 (run_by_id)
    POST /api/workflows/pay/start (start)
""",
}


def test_a_fault_that_is_not_met_fails_the_test(run_suite: RunSuite) -> None:
    """At teardown, with the rule, its place, what it waited for, and what came nearest."""
    result = run_suite(PAY + NEVER_MET, "-p", "no:cacheprovider")
    result.assert_outcomes(passed=len(SAID), errors=len(SAID))
    said = re.split(r"^_+ ERROR at teardown of (\w+) _+$", result.stdout.str(), flags=re.MULTILINE)
    for name, text in zip(said[1::2], said[2::2], strict=True):
        body = re.split("^(?:-{5,}|={5,})", text, flags=re.MULTILINE)[0].strip()
        expected = [f"  {line}" for line in SAID[name].strip().splitlines()]
        advice = "  If this is meant: @pytest.mark.mastra(allow='unused_faults')"
        see = "  See https://mastra-sync.readthedocs.io/errors/#unused-faults"
        shown = re.sub(r"test_suite\.py:\d+", "test_suite.py:*", body).splitlines()
        assert shown == ["mastra: 1 unused fault", *expected, advice, see]


def test_what_is_met_or_meant_fails_nothing(run_suite: RunSuite) -> None:
    """A fault that came about is used, also of several turns; `allow` takes the others, and a skip is left alone."""
    result = run_suite(
        f"""
{PAY}
def test_met(faults, call):
    faults.on("start", nth=[1, 5]).reset(after_effect=True)
    faults.on("create_run").latency(2)
    call()

@pytest.mark.mastra(allow="unused_faults")
def test_meant(faults):
    faults.on("start").reset()
    faults.on("start")

def test_skipped(faults):
    faults.on("start").reset()
    pytest.skip("later")
        """
    )
    result.assert_outcomes(passed=2, skipped=1)


@pytest.mark.parametrize("failing", ["test", "fixture"])
def test_they_stand_beside_the_first_failure(run_suite: RunSuite, failing: str) -> None:
    """A test that has failed shows them; one that never began does not."""
    result = run_suite(f"""
{PAY}
@pytest.fixture
def outage(faults):
    faults.on("start").reset()
    assert {failing != "fixture"}

def test_it(outage):
    assert False
    """)
    result.assert_outcomes(**({"failed": 1} if failing == "test" else {"errors": 1}))
    assert ("mastra: 1 unused fault" in result.stdout.str()) == (failing == "test")


def test_a_server_that_no_fixture_made_is_asked(run_suite: RunSuite) -> None:
    """`check` fails for faults, strays and step errors, and takes what is allowed; its words name it."""
    result = run_suite("""
        import pytest
        import requests

        from pytest_mastra import FakeMastra, InProcess

        def test_it():
            server = FakeMastra()
            server.check()
            server.faults.on("start").reset()
            with InProcess(server) as front:
                requests.get(front.url + "/api/nothing")
            with pytest.raises(ValueError, match="no allow 'stray': did you mean 'strays'"):
                server.check(allow="stray")
            server.check(allow=["unused_faults", "strays"])
            server.check(allow="unused_faults")
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E * AssertionError: mastra: 1 stray request",
            "E *   GET /api/nothing -> 404",
            "E *   If this is meant: server.check(allow='strays')",
        ]
    )
    result.stdout.no_fnmatch_line("*mastra: 1 unused fault")
