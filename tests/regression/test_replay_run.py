"""`mastra_replay_run`: a recorded run's input once more, its answers given again, and what differs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mastra_sync import RunResult
from pytest_mastra.regression.recorded_run import RecordedAnswer, recording_of
from pytest_mastra.run_history.runs import TouchedRun
from tests.suites_in_folders import RunSuite

CONFTEST = """
import pytest

from pytest_mastra.run_history.runs import touched_runs


@pytest.fixture
def weather(mastra_server, mastra_client):
    mastra_server.temperature = 21
    lookup = mastra_server.step("lookup", lambda ctx: {"city": ctx.input_data["city"],
                                                       "temperature": mastra_server.temperature})
    report = mastra_server.step("report", lambda ctx: {"text": f"{ctx.input_data['temperature']} degrees"})
    mastra_server.workflow("weather").then(lookup).sleep(5).then(report).commit()
    return mastra_client.get_workflow("weather")


@pytest.fixture
def interview(mastra_server, mastra_client):
    def ask(ctx):
        if not ctx.resume_data:
            return ctx.suspend({"ask": "name?"})
        if "name" in ctx.resume_data:
            return ctx.suspend({"ask": "age?"})
        return ctx.resume_data

    inner = mastra_server.workflow("inner").then(mastra_server.step("ask", ask)).commit()
    mastra_server.workflow("interview").then(inner).returns(lambda ctx: {"age": ctx.input_data["age"]})
    return mastra_client.get_workflow("interview")
"""

APPROVAL: dict[str, Any] = {
    "runId": "5f3c0a11-2b3c-4d5e-8f90-123456789abc",
    "workflowName": "approval",
    "status": "success",
    "payload": {"amount": 40},
    "steps": {
        "approve": {
            "payload": {"amount": 40},
            "startedAt": 1767225600000,
            "status": "success",
            "resumePayload": {"ok": True},
            "resumedAt": 1767225700000,
            "output": {"ok": True},
            "endedAt": 1767225700001,
        }
    },
    "result": {"ok": True},
}


def explained(result: pytest.RunResult) -> list[str]:
    return [
        line.removeprefix("E").strip().removeprefix("AssertionError: ")
        for line in result.stdout.lines
        if line.startswith("E ")
    ]


def test_the_same_run_again(run_suite: RunSuite) -> None:
    """A run whose workflow does the same is true; it is a run of its own, which was started once."""
    run_suite(
        """
        def test_it(weather, mastra_server, mastra_replay_run):
            recorded = weather.execute({"city": "Rome"})
            rerun = mastra_replay_run(recorded)
            assert rerun
            assert rerun.same
            assert rerun.differences == []
            assert rerun.result.run_id != recorded.run_id
            assert rerun.recorded is recorded
            assert repr(rerun) == "<Rerun of 'weather': the same>"
            assert rerun.explain() == "the re-run of 'weather' did what the recorded run did"
            first, second = mastra_server.runs("weather")
            assert len(second.starts) == 1
            assert second.input_data == {"city": "Rome"}
        """,
        conftest=CONFTEST,
    ).assert_outcomes(passed=1)


def test_what_differs_is_told_step_by_step(run_suite: RunSuite) -> None:
    """A plain assert names the first difference, and a section of the report has them all."""
    result = run_suite(
        """
        def test_it(weather, mastra_server, mastra_replay_run):
            recorded = weather.execute({"city": "Rome"})
            mastra_server.temperature = 22
            rerun = mastra_replay_run(recorded)
            assert not rerun.same
            assert rerun
        """,
        conftest=CONFTEST,
    )
    result.assert_outcomes(failed=1)
    assert explained(result)[0] == (
        "assert <Rerun of 'weather' differs: $.steps.lookup.output.temperature: expected 21, actual 22; 3 more>"
    )
    begin = result.stdout.lines.index("the re-run of 'weather' differs from the recorded run in 4 places")
    assert result.stdout.lines[begin + 1 : begin + 5] == [
        "  $.steps.lookup.output.temperature: expected 21, actual 22",
        '  $.steps["sleep 1"].output.temperature: expected 21, actual 22',
        "  $.steps.report.output.text: expected '21 degrees', actual '22 degrees'",
        "  $.result.text: expected '21 degrees', actual '22 degrees'",
    ]


def test_places_may_be_ignored(run_suite: RunSuite) -> None:
    """What may differ is named by JSON paths; what is named wrongly is refused before anything runs."""
    run_suite(
        """
        import pytest

        def test_it(weather, mastra_server, mastra_replay_run):
            recorded = weather.execute({"city": "Rome"})
            mastra_server.temperature = 22
            places = ["$.steps.*.output.temperature", "$.steps.report", "result.text"]
            assert mastra_replay_run(recorded, ignore=places)
            with pytest.raises(ValueError, match="is not a JSON path"):
                mastra_replay_run(recorded, ignore="$.steps..x")
            assert len(mastra_server.runs("weather")) == 2
        """,
        conftest=CONFTEST,
    ).assert_outcomes(passed=1)


def test_answers_are_given_again(run_suite: RunSuite, pytester: pytest.Pytester) -> None:
    """What a server, or a file, tells of a run has the last answer of each step, which the new run gets too."""
    (pytester.path / "approval.json").write_text(json.dumps(APPROVAL), encoding="utf-8")
    run_suite(
        f"""
        APPROVAL = {APPROVAL!r}

        def test_it(mastra_server, mastra_client, mastra_replay_run):
            mastra_server.workflow("approval").suspends("approve", {{"ask": "ok?"}})
            assert mastra_replay_run(APPROVAL)
            rerun = mastra_replay_run("approval.json")
            assert rerun
            assert [answer.data for answer in rerun.answers] == [{{"ok": True}}]
            (_, view) = mastra_server.runs("approval")
            assert len(view.starts) == len(view.resumes) == 1
            run = mastra_client.get_workflow("approval").create_run()
            run.start_async({{"amount": 40}})
            assert mastra_replay_run(run.resume_async({{"ok": True}}))
        """
    ).assert_outcomes(passed=1)


def test_each_answer_that_was_seen_is_given_again(run_suite: RunSuite) -> None:
    """A step that asked twice, in a nested workflow, gets both answers if the test itself saw them."""
    run_suite(
        """
        from pytest_mastra.run_history.runs import touched_runs

        def test_it(interview, mastra_target, mastra_replay_run):
            run = interview.create_run()
            run.start_async({"x": 1})
            run.resume_async({"name": "Ada"})
            run.resume_async({"age": 36})
            (recorded,) = touched_runs(mastra_target)
            rerun = mastra_replay_run(recorded)
            assert rerun
            assert [answer.data for answer in rerun.answers] == [{"name": "Ada"}, {"age": 36}]
            recorded.exchanges.clear()
            again = mastra_replay_run(recorded)
            assert again
            assert [answer.data for answer in again.answers] == [{"name": "Ada"}, {"age": 36}]
        """,
        conftest=CONFTEST,
    ).assert_outcomes(passed=1)


def test_a_question_without_an_answer(run_suite: RunSuite) -> None:
    """A run that waits for more than the recording has is left waiting, and told."""
    result = run_suite(
        """
        def test_it(interview, mastra_replay_run):
            run = interview.create_run()
            run.start_async({"x": 1})
            first = run.resume_async({"name": "Ada"})
            told = first.raw | {"status": "success", "result": 5}
            rerun = mastra_replay_run(told, workflow_id="interview")
            assert [one.step for one in rerun.unanswered] == ["inner.ask"]
            print(rerun.explain())
        """,
        "-rP",
        conftest=CONFTEST,
    )
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["  step 'inner.ask' waits: the recording has no answer to it that is left"])


def test_what_the_recording_does_not_tell(run_suite: RunSuite) -> None:
    """Steps of nested workflows, where it was held; and what servers take for no answer is not given."""
    run_suite(
        """
        def test_it(mastra_server, mastra_client, mastra_replay_run):
            step = mastra_server.step("a", lambda ctx: 1)
            inner = mastra_server.workflow("inner").then(step).sleep(5).commit()
            mastra_server.workflow("outer", key="theOuter").then(inner).commit()
            held = mastra_client.get_workflow("theOuter").create_run().start_async({})
            assert held.workflow_id == "theOuter"
            assert mastra_replay_run(held)
            assert mastra_replay_run(held, workflow_id="outer")

        def test_no_answer(mastra_server, mastra_replay_run):
            mastra_server.workflow("approval").suspends("ask.me", {"ask": "ok?"})
            step = {"status": "suspended", "payload": {}, "resumePayload": False, "suspendPayload": {"ask": "ok?"}}
            told = {"workflowName": "approval", "status": "suspended", "payload": {}, "steps": {"ask.me": step}}
            rerun = mastra_replay_run(told, ignore="$.steps.*.resumed_with")
            assert rerun
            assert rerun.answers == []
            told["steps"]["ask.me"] = step | {"resumePayload": {"ok": True}}
            assert [answer.data for answer in mastra_replay_run(told).answers] == [{"ok": True}]
        """
    ).assert_outcomes(passed=2)


def test_a_run_that_does_not_end_is_not_waited_for_for_ever(run_suite: RunSuite) -> None:
    """The time that a run may take is bounded; then it is told to go on."""
    run_suite(
        """
        import pytest

        from mastra_sync import RunTimeout

        def test_it(mastra_server, mastra_client, mastra_replay_run):
            wait = mastra_server.step("wait", wait_at(mastra_server.gate("door")))
            mastra_server.workflow("slow").then(wait).commit()
            mastra_server.open_gate("door")
            recorded = mastra_client.get_workflow("slow").execute({})
            wait = mastra_server.step("wait", wait_at(mastra_server.gate("other")))
            mastra_server.workflow("slow").then(wait).commit()
            mastra_server.state.driver._patience = 0.01
            began = mastra_server.clock.monotonic()
            with pytest.raises(RunTimeout):
                mastra_replay_run(recorded)
            assert mastra_server.clock.monotonic() - began < 100
            mastra_server.open_gate("other")
            assert mastra_replay_run(recorded)

        def wait_at(gate):
            def wait(ctx):
                yield gate
                return 1
            return wait
        """
    ).assert_outcomes(passed=1)


def test_what_a_run_was_started_with_besides(run_suite: RunSuite) -> None:
    """State and request context are given again where the test saw them, and by hand where not."""
    run_suite(
        """
        from pytest_mastra.run_history.runs import touched_runs

        def test_it(mastra_server, mastra_client, mastra_target, mastra_replay_run):
            who = mastra_server.step("who", lambda ctx: {"lang": ctx.request_context.get("lang"), **ctx.state})
            mastra_server.workflow("who").then(who).commit()
            run = mastra_client.get_workflow("who").create_run()
            result = run.start_async({}, request_context={"lang": "fr"}, initial_state={"count": 1})
            (recorded,) = touched_runs(mastra_target)
            assert mastra_replay_run(recorded)
            assert not mastra_replay_run(result)
            assert mastra_replay_run(result, request_context={"lang": "fr"}, initial_state={"count": 1})
        """
    ).assert_outcomes(passed=1)


def test_secrets_are_not_told(run_suite: RunSuite) -> None:
    """What stands under a sensitive name is masked in what is said of a difference."""
    result = run_suite("""
        def test_it(mastra_server, mastra_client, mastra_replay_run):
            tokens = iter("ab")
            mastra_server.workflow("login").returns(lambda ctx: {"token": f"tok-{next(tokens) * 8}"})
            recorded = mastra_client.get_workflow("login").execute({})
            rerun = mastra_replay_run(recorded)
            assert rerun
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["  $.result.token: expected '***', actual '***'"])
    told = [line for line in result.stdout.lines if "recorded = <RunResult" not in line]
    assert not [line for line in told if "aaaaaaaa" in line or "bbbbbbbb" in line]


def test_a_trace_is_a_recording(run_suite: RunSuite, pytester: pytest.Pytester) -> None:
    """The trace of a test with one run can be given; of one with several runs, it says which there are."""
    suite = """
        import glob
        import os
        import pytest

        def test_one(weather):
            weather.execute({"city": "Rome"})

        def test_two(weather):
            weather.execute({"city": "Rome"})
            weather.execute({"city": "Oslo"})

        def test_again(weather, mastra_replay_run):
            one, two = sorted(glob.glob(".mastra-report/**/*.jsonl", recursive=True), key=os.path.getmtime)[:2]
            assert mastra_replay_run(one)
            with pytest.raises(ValueError, match=r"has 2 runs; give one of read_trace\\(path\\).touched_runs\\(\\)"):
                mastra_replay_run(two)
    """
    run_suite(suite, "--mastra-trace=on", conftest=CONFTEST).assert_outcomes(passed=3)


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (5, "mastra_replay_run takes a RunResult, the JSON that a server told of a run .*, or a TouchedRun, not int"),
        ({}, "this is not what a server tells of a run: it has no `status`; its keys are none"),
        ({"a": 1, "payload": 5}, "it has no `status`; its keys are 'a', 'payload'"),
        ({"status": "success", "steps": 5}, "this is not what a server tells of a run: .*steps"),
        ({"status": "success"}, "the recorded run does not say of which workflow it is: give workflow_id="),
        ({"status": "pending", "workflowName": "w"}, "the recorded run of 'w' was never started"),
        ("nowhere.json", "the recorded run nowhere.json cannot be read: No such file or directory"),
    ],
)
def test_what_is_no_recording_is_refused(run: Any, message: str) -> None:
    """The error says what is wrong, and what can be given."""
    with pytest.raises(ValueError, match=message):
        recording_of(run, None)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"status":\n oops}', r"broken.json is not JSON, line 2: Expecting value"),
        (b"\xff\xfe", r"broken.json is not UTF-8 text"),
        (b"[1]", "not list"),
    ],
)
def test_a_broken_file_is_refused(pytester: pytest.Pytester, data: bytes, message: str) -> None:
    """The error names the file, and the line."""
    path = pytester.path / "broken.json"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=message):
        recording_of(path, None)


def test_the_answers_of_a_told_run_stand_in_their_order() -> None:
    """Steps were resumed in another order than they stand in; the workflow around one is told to be resumed too."""
    steps = {
        "second": {"status": "success", "resumePayload": 2, "resumedAt": 1767225700000},
        "inner": {"status": "success", "resumePayload": 1, "resumedAt": 1767225600000},
        "inner.first": {"status": "success", "resumePayload": 1, "resumedAt": 1767225600000},
    }
    told = RunResult.model_validate({"workflowName": "w", "status": "success", "steps": steps})
    assert recording_of(told, None).answers == (RecordedAnswer(("inner", "first"), 1), RecordedAnswer(("second",), 2))


def test_the_answers_that_a_stream_told_of() -> None:
    """Each start of a step with an answer counts; the workflow around the step was not answered itself."""
    answered = [("inner", "a"), ("inner.q", "a"), ("inner", "b"), ("inner.q", "b"), ("last", "c")]
    events: list[dict[str, Any]] = [
        {"type": "workflow-start", "payload": {"workflowId": "w"}},
        {"type": "workflow-step-start", "payload": {"id": "inner"}},
        *({"type": "workflow-step-start", "payload": {"id": name, "resumePayload": data}} for name, data in answered),
    ]
    told = RunResult.model_validate({"workflowName": "w", "status": "success"})
    run = TouchedRun("w", "5f3c", "success", told, events)
    assert [answer.data for answer in recording_of(run, None).answers] == ["a", "b", "c"]


@pytest.mark.parametrize("argument", ["ignore=None", "ignore=5", "ignore=b'x'", "ignore=[5]", "workflow_id=0"])
def test_an_argument_of_the_wrong_kind(run_suite: RunSuite, argument: str) -> None:
    """It is refused by its name, and nothing runs."""
    result = run_suite(f"""
        def test_it(mastra_server, mastra_client, mastra_replay_run):
            mastra_server.workflow("w").returns(1)
            mastra_replay_run(mastra_client.get_workflow("w").execute({{}}), {argument})
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"E *TypeError: *{argument.partition('=')[0]}*"])
