"""A test in which a run takes longer, in virtual time, than the client would wait for it: green, but not in silence."""

from __future__ import annotations

from typing import Any

import pytest

from mastra_sync import MastraClient, RunTimeout
from pytest_mastra import AS_TIMED, FakeMastra, InProcess, Polls
from tests.suites_in_folders import RunSuite

SUITE = """
import pytest

@pytest.fixture
def slow(mastra_server, mastra_client):
    mastra_server.workflow("slow").sleep(3600).returns({"a": 1})
    return mastra_client.get_workflow("slow")

def test_execute(slow):
    assert slow.execute({}, timeout=10).ok

def test_held(slow):
    assert slow.create_run().start_async({}, timeout=20).ok

def test_wait(slow):
    assert slow.create_run().start({}).wait(30).ok

def test_stream(slow):
    with slow.create_run().stream({}, timeout=40) as stream:
        assert [event.type for event in stream][-1] == "workflow-finish"

def test_several(slow):
    assert all(result.ok for result in slow.map([1, 2, 3], timeout=50))

def test_resume(mastra_server, mastra_client):
    def ask(ctx):
        return ctx.suspend({}) if ctx.resume_data is None else {}
    mastra_server.workflow("asks").then(mastra_server.step("ask", ask)).sleep(3600).commit()
    run = mastra_client.get_workflow("asks").create_run()
    run.start({}).wait()
    mastra_server.clock.advance(90_000)
    assert run.resume({"yes": True}).wait(60).ok

def test_red(slow):
    assert slow.execute({}, timeout=70).result == {"a": 2}

def test_as_long_as_it_takes(slow):
    assert slow.execute({}, timeout=3601).ok
    assert slow.execute({}, timeout=None).ok

def test_no_wait(slow):
    run = slow.create_run().start({})
    assert run.result().ok

def test_the_test_waits(slow, mastra_server):
    run = slow.create_run().start({})
    mastra_server.clock.advance(3595)
    assert run.wait(10).ok

def test_what_others_skip(mastra_server, mastra_client):
    mastra_server.workflow("brisk").sleep(6).returns({})
    assert all(result.ok for result in mastra_client.get_workflow("brisk").map([1] * 12, timeout=10))

@pytest.mark.filterwarnings("ignore::pytest_mastra.VirtualTimeWarning")
def test_meant(slow):
    assert slow.execute({}, timeout=10).ok
"""
TOLD = {
    "execute": "a run of workflow 'slow' took 3600 s of virtual time; the client would have waited 10 s, *",
    "held": "* would have waited 20 s, * let it take time: mastra_server.workflow('slow', pace=AS_TIMED). *",
    "wait": "* would have waited 30 s, *",
    "stream": "* would have waited 40 s, * let it take time: mastra_server.workflow('slow', pace=AS_TIMED). *",
    "several": "* of workflow 'slow' took 3600 s of virtual time; the client would have waited 50 s, *",
    "resume": "* of workflow 'asks' took 3600 s of virtual time; the client would have waited 60 s, *",
}


def test_green_tests_are_told_in_the_summary(run_process: RunSuite) -> None:
    """A warning names test, workflow and seconds, and what to write; a red test has the same in its report."""
    result = run_process(SUITE)
    result.assert_outcomes(passed=11, failed=1, warnings=len(TOLD))
    for name, words in TOLD.items():
        result.stdout.fnmatch_lines([f"*::test_{name}", f"  *: VirtualTimeWarning: {words}"])
    result.stdout.fnmatch_lines(
        [
            "*- mastra: runs that took longer than the client would have waited -*",
            "  a run of workflow 'slow' took 3600 s of virtual time; the client would have waited 70 s, and raised "
            "RunTimeout. To see that, let it take time: mastra_server.workflow('slow', pace=AS_TIMED). If the "
            "time is to pass unnoticed: a longer timeout",
        ]
    )


def test_it_can_be_an_error(run_suite: RunSuite) -> None:
    """For those who want it so: the warning has a class."""
    result = run_suite(
        """
        def test_it(mastra_server, mastra_client):
            mastra_server.workflow("slow").sleep(3600).returns(1)
            assert mastra_client.get_workflow("slow").execute({}, timeout=10).ok
        """,
        "-W",
        "error::pytest_mastra.VirtualTimeWarning",
    )
    result.assert_outcomes(passed=1, errors=1)


@pytest.mark.parametrize("pace", [AS_TIMED, Polls(3)])
def test_what_takes_its_time_is_no_overrun(pace: Polls) -> None:
    """A client that waits for what a run takes sees it settle, or gives up by itself."""
    server = FakeMastra(pace=pace)
    server.workflow("slow").sleep(5).returns(1)
    with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as client:
        assert client.get_workflow("slow").execute({}, timeout=60).ok
    assert server.overruns.found == []


def test_what_takes_its_time_is_not_answered_too_late() -> None:
    """The verbs that are answered at a run's end meet the timeout that `wait` would; the run goes on."""

    def ask(ctx: Any) -> Any:
        return ctx.suspend({}) if ctx.resume_data is None else {}

    server = FakeMastra(pace=AS_TIMED)
    server.workflow("slow").sleep(3600).returns(1)
    server.workflow("asks").then(server.step("ask", ask)).sleep(3600).commit()
    with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as client:
        started, asked = (client.get_workflow(name).create_run() for name in ("slow", "asks"))
        with pytest.raises(RunTimeout, match="still waiting after 10 s"):
            started.start_async({}, timeout=10)
        assert asked.start_async({}, timeout=10).status == "suspended"
        with pytest.raises(RunTimeout, match="still waiting after 20 s"):
            asked.resume_async({"yes": True}, timeout=20)
        assert (started.wait(4000).result, asked.wait(4000).ok) == (1, True)
        assert client.get_workflow("slow").create_run().start_async({}, timeout=4000).ok
    assert server.overruns.found == []


STREAMS = """
import pytest

from mastra_sync import RunTimeout
from pytest_mastra import AS_TIMED

@pytest.fixture(params=["default", "evented"])
def slow(mastra_server, mastra_client, request):
    slow = mastra_server.workflow("slow", pace=AS_TIMED, engine=request.param)
    step = mastra_server.step("look", lambda ctx: ctx.input_data)
    slow.sleep(6).then(step).sleep(6).then(step).sleep(3600).commit()
    return mastra_client.get_workflow("slow").create_run()

def test_stream(slow, mastra_server):
    began = mastra_server.clock.now()
    seen = []
    with pytest.raises(RunTimeout, match="after 10 s"), slow.stream({}, timeout=10) as stream:
        for event in stream:
            seen.append((event.type, event.step_id, round(mastra_server.clock.now() - began)))
    assert ("workflow-step-result", "look", 6) in seen
    assert not [one for one in seen if one[2] > 6]
    assert round(mastra_server.clock.now() - began) == 10
    assert slow.wait(4000).ok

def test_long_enough(slow, mastra_server):
    began = mastra_server.clock.now()
    with slow.stream({}, timeout=3700) as stream:
        assert [event.type for event in stream][-1] == "workflow-finish"
    assert round(mastra_server.clock.now() - began) == 3612

def test_observed_without_a_limit(slow):
    with slow.stream({}) as stream:
        next(iter(stream))
    with slow.observe(timeout=None) as stream:
        assert [event.type for event in stream][-1] == "workflow-finish"
"""


def test_a_stream_takes_its_time(run_suite: RunSuite) -> None:
    """With pace=AS_TIMED its reader waits as long as a real server would have it wait, and meets its own timeout."""
    result = run_suite(STREAMS, "-W", "error::pytest_mastra.VirtualTimeWarning")
    result.assert_outcomes(passed=6)
