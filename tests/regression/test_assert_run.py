"""`assert_run`: what holds of a run is passed on, and what does not is told."""

from __future__ import annotations

import re
import textwrap
from typing import Any

import pytest
from dirty_equals import IsPartialDict, IsStr, IsTrueLike
from hypothesis import given
from hypothesis import strategies as st

from mastra_sync import MastraClient, RunResult
from pytest_mastra import FakeMastra, InProcess, assert_run
from pytest_mastra.explain.assertions import MOST_LINES
from pytest_mastra.explain.run_summary import visited_path
from pytest_mastra.run_assertion import RunAssertion
from pytest_mastra.text.width import cells
from tests.explain.runs_that_ended import Going, declare, results
from tests.explain.suite_of_endings import CONFTEST, explained
from tests.explain.test_run_summary import RUN
from tests.suites_in_folders import RunSuite

GOOD: list[tuple[str, Going]] = [
    ("weather", lambda run: run.succeeded()),
    ("weather", lambda run: run.succeeded(output={"yes": {"go": True}})),
    ("weather", lambda run: run.succeeded(output=IsPartialDict(yes={"go": IsTrueLike()}))),
    ("weather", lambda run: run.visited("lookup")),
    ("weather", lambda run: run.visited("lookup", "nap", "yes")),
    ("weather", lambda run: run.visited("lookup", "yes").never_ran("no")),
    ("weather", lambda run: run.within(5).within(5.0).within(1000)),
    ("sale", lambda run: run.failed()),
    ("sale", lambda run: run.failed(step="failing.announce", error="no seats")),
    ("sale", lambda run: run.failed(step=["failing", "announce"], error=r"^SoldOut: .*\nat all$")),
    ("sale", lambda run: run.failed(step="failing", error=re.compile("NO SEATS", re.IGNORECASE))),
    ("sale", lambda run: run.failed(error="IOError: the hall")),
    ("sale", lambda run: run.visited("lookup", "failing", "failing.announce").within(0)),
    ("approval", lambda run: run.suspended()),
    ("approval", lambda run: run.suspended(step="inner.ask", payload={"ask": IsStr(regex=".*Oslo.*")})),
    ("approval", lambda run: run.suspended("inner").suspended(["inner", "ask"])),
    ("approval", lambda run: run.visited("inner", "inner.ask").within(0)),
    ("each", lambda run: run.suspended("item", payload={"ask": "2?"}).suspended("item", payload={"ask": "1?"})),
]


@pytest.mark.parametrize("number", range(len(GOOD)))
def test_what_holds_is_passed_on(number: int) -> None:
    """Each assertion that holds gives itself, so that the next can follow."""
    name, going = GOOD[number]
    run = assert_run(results()[name])
    assert going(run) is run


TOLD = {
    "weather": """\
  the run of 'weather' succeeded
    run id  run-weather
    result  {'yes': {'go': True}}
    path    lookup (success) > nap (success) > yes (success)
    again   client.get_workflow('weather').execute({'city': 'Oslo'})""",
    "sale": """\
  the run of 'sale' failed in step 'failing.announce'
    run id  run-sale
    error   SoldOut: no seats
            at all
    cause   IOError: the hall is gone
    input   {'city': 'Oslo', 'temp': 3}
    path    lookup (success) > failing (failed) >
            failing.announce (failed)
    again   client.get_workflow('sale').execute({'city': 'Oslo'})""",
    "approval": """\
  the run of 'approval' is suspended at 'inner.ask'
    run id  run-approval
    asks    inner.ask: {'ask': "{'city': 'Oslo', 'temp': 3}?"}
    answer  run.resume_async(resume_data)
    path    lookup (success) > inner (suspended) > inner.ask (suspended)
    again   client.get_workflow('approval').execute({'city': 'Oslo'})""",
    "each": """\
  the run of 'each' is suspended at 'item'
    run id  run-each
    asks    item[0]: {'ask': '1?'}
    asks    item[1]: {'ask': '2?'}
    answer  run.resume_async(resume_data, step=result.suspensions[0])
    path    mapping_each_0 (success) > item (suspended)
    again   client.get_workflow('each').execute({'city': 'Oslo'})""",
    "guarded": """\
  the run of 'guarded' was stopped by a tripwire in step 'guard'
    run id  run-guarded
    reason  not allowed
    input   {'city': 'Oslo'}
    path    guard (failed)
    again   client.get_workflow('guarded').execute({'city': 'Oslo'})""",
}
BAD: list[tuple[str, Going, str]] = [
    ("sale", lambda run: run.succeeded(), "expected the run to succeed, but it failed"),
    ("approval", lambda run: run.succeeded(), "expected the run to succeed, but it is suspended"),
    ("guarded", lambda run: run.succeeded(), "expected the run to succeed, but it was stopped by a\ntripwire"),
    (
        "weather",
        lambda run: run.succeeded(output={"yes": {"go": False}}),
        "the run succeeded, but with another output than expected\n  $.yes.go: expected False, actual True",
    ),
    (
        "weather",
        lambda run: run.succeeded(output={"yes": {"go": IsStr()}}),
        "the run succeeded, but with another output than expected\n  $.yes.go: expected IsStr(), actual True",
    ),
    ("weather", lambda run: run.failed(), "expected the run to fail, but it succeeded"),
    ("guarded", lambda run: run.failed(), "expected the run to fail, but it was stopped by a\ntripwire"),
    (
        "sale",
        lambda run: run.failed(step="lookup"),
        "expected step 'lookup' to fail, but step\n'failing.announce' did",
    ),
    (
        "sale",
        lambda run: run.failed(error="full"),
        "expected an error that matches 'full', but it is\n'SoldOut: no seats\\nat all'",
    ),
    ("weather", lambda run: run.suspended("yes"), "expected the run to be suspended, but it succeeded"),
    (
        "approval",
        lambda run: run.suspended("lookup"),
        "expected the run to wait at 'lookup', but it waits at\n'inner.ask'",
    ),
    (
        "each",
        lambda run: run.suspended("item", payload={"ask": "3?"}),
        "the run waits at 'item', but asks something else than\nexpected\n  $.ask: expected '3?', actual '1?'",
    ),
    ("weather", lambda run: run.visited("lookup", "no"), "expected the run to visit 'no', but it did not"),
    (
        "weather",
        lambda run: run.visited("yes", "lookup"),
        "expected the run to visit 'lookup' after 'yes', but it\ndid before",
    ),
    (
        "weather",
        lambda run: run.visited("lookup", "lookup"),
        "expected the run to visit 'lookup' after 'lookup', but\nit did before",
    ),
    (
        "weather",
        lambda run: run.never_ran("no", "nap"),
        "expected step 'nap' not to run, but it did: success",
    ),
    (
        "weather",
        lambda run: run.within(4.5),
        "expected the run to take at most 4.5 s, but it took 5 s",
    ),
]


@pytest.mark.parametrize("number", range(len(BAD)))
def test_what_does_not_hold_is_told(number: int) -> None:
    """What was expected, what is, and then all that is known of the run."""
    name, going, problem = BAD[number]
    with pytest.raises(AssertionError) as caught:
        going(assert_run(results()[name]))
    told = [line for line in TOLD[name].split("\n") if "  $." not in problem or not line.startswith("    result")]
    if name == "each" and "  $." in problem:
        told[3:4] = ["            ... and 1 more"]
    assert str(caught.value).split("\n") == [*problem.split("\n"), *told]


@pytest.mark.parametrize("generation", ["current", "1.2", "1.0-beta"])
def test_every_generation(generation: Any) -> None:
    """Whatever a server tells of a run, or leaves out, what holds of it holds."""
    server = FakeMastra(generation=generation)
    declare(server)
    with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as client:
        workflow = client.get_workflow("sale")
        run = workflow.create_run()
        answers = [run.start_async({}), run.result(), workflow.run_by_id(run.run_id)]
        for answer in answers:
            assert_run(answer).failed(step="failing", error="no seats").visited("lookup", "failing").within(0)
        assert_run(run).failed("failing.announce").visited("lookup", "failing.announce")


def test_a_run_is_asked_once_and_not_waited_for() -> None:
    """A run that goes on is as it is."""
    server = FakeMastra()
    server.workflow("nap").sleep(60).returns({})
    server.clock.freeze()
    with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as client:
        run = client.get_workflow("nap").create_run().start({})
        before = len(server.requests)
        with pytest.raises(AssertionError, match="expected the run to succeed, but it is waiting"):
            assert_run(run).succeeded()
        with pytest.raises(AssertionError, match="expected the run to take at most 100 s, but it is\nwaiting"):
            assert_run(run).within(100)
        assert len(server.requests) == before + 2


def test_a_step_that_was_visited_twice() -> None:
    """Time travel goes a part of the way again; the server tells of both times."""
    server = FakeMastra()
    workflow = server.workflow("w")
    for name in ("a", "b", "c"):
        workflow.then(server.step(name, lambda ctx: {}))
    workflow.commit()
    with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as client:
        run = client.get_workflow("w").create_run()
        run.start_async({})
        answer = run.time_travel_async("b", {})
    assert answer.step_execution_path == ["a", "b", "c", "b", "c"]
    assert_run(answer).visited("a", "b", "c", "b", "c").visited("c", "b")
    with pytest.raises(AssertionError, match="visit 'a' after 'c'"):
        assert_run(answer).visited("c", "a")


def test_a_step_that_was_not_started_has_not_run() -> None:
    """A server may list steps that it has not come to."""
    run = RunResult.model_validate(
        {"status": "running", "steps": {"a": {"status": "success"}, "b": {"status": "pending"}}}
    )
    assert_run(run).visited("a").never_ran("b")
    with pytest.raises(AssertionError, match="expected the run to visit 'b', but it did not"):
        assert_run(run).visited("b")


def test_a_run_without_times() -> None:
    """How long it took cannot be said."""
    run = RunResult.model_validate({"status": "success", "steps": {"a": {"status": "success"}}})
    with pytest.raises(ValueError, match="the server tells no times of this run's steps"):
        assert_run(run).within(5)
    assert_run(RunResult(status="success")).within(0)


def test_a_failure_of_which_the_server_gives_no_reason() -> None:
    """No error matches anything."""
    with pytest.raises(AssertionError, match="expected an error that matches '', but the server\ngives none"):
        assert_run(RunResult(status="failed")).failed(error="")


def test_it_shows_what_it_is_about() -> None:
    """Its own repr is short."""
    assert repr(RunAssertion(results()["weather"], "test_weather.py:3")) == (
        "<assert_run(<RunResult weather run-weather success {'yes': {'go': True}}>)>"
    )


@given(RUN, st.recursive(st.none() | st.text(), st.lists, max_leaves=4))
def test_no_more_than_25_lines(run: RunResult, output: Any) -> None:
    """Whatever a server says of a run, and whatever was expected."""
    everything: list[Going] = [
        lambda run: run.succeeded(output=output),
        lambda run: run.failed(error="(?!)"),
        lambda run: run.suspended(payload=output),
    ]
    for message in [message_of(going, run) for going in everything]:
        lines = message.split("\n")
        assert len(lines) <= MOST_LINES
        assert all(cells(line) <= 72 for line in lines)
        assert cells(lines[0]) <= 56


def message_of(going: Going, run: RunResult) -> str:
    try:
        going(assert_run(run))
    except AssertionError as error:
        return str(error)
    return ""


def test_in_a_real_test(run_suite: RunSuite) -> None:
    """The test's own line is shown, none of this library's; the fixtures add the events, also without rewriting."""
    suite = textwrap.dedent("""
        from pytest_mastra import assert_run

        def test_it(run):
            result = run("sale")
            assert_run(result).failed(step="announce").succeeded()
    """)
    for arguments in [(), ("--assert=plain",), ("-vv",)]:
        result = run_suite(suite, *arguments, conftest=CONFTEST)
        result.assert_outcomes(failed=1)
        assert explained(result) == [
            "AssertionError: expected the run to succeed, but it failed",
            "  the run of 'sale' failed in step 'announce'",
            "    run id  run-sale",
            "    error   SoldOut: no seats",
            "            at all (code E_42)",
            "    cause   IOError: the hall is gone",
            "    input   {'city': 'Oslo', 'temp': 3, 'tags': ['a', 'b']}",
            "    path    lookup (success) > announce (failed)",
            "    events  step-start lookup > step-result lookup success >",
            "            step-start announce > step-result announce failed",
            "    again   client.get_workflow('sale').execute({'city': 'Oslo',",
            "            'token': '***'})",
        ]
        assert "outcomes.py" not in result.stdout.str()


def test_a_resumed_branch_is_where_it_ran() -> None:
    """Current servers leave a branch's step out of the path once it was resumed; its time tells its place."""
    times = {"check": 1, "ask": 2, "pause": 5, "pay": 6}
    steps = {name: {"status": "success", "startedAt": moment} for name, moment in times.items()}
    raw = {"status": "success", "steps": steps, "stepExecutionPath": ["check", "pause", "pay"]}
    result = RunResult.model_validate(raw)
    assert visited_path(result) == ["check", "ask", "pause", "pay"]
    assert_run(result).visited("check", "ask", "pay")
