"""`assert_run` with arguments that are mistakes: errors, and no failed assertions."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mastra_sync import MastraClient
from pytest_mastra import FakeMastra, InProcess, StepError, assert_run
from tests.explain.runs_that_ended import Going, declare, results
from tests.explain.suite_of_endings import CONFTEST
from tests.suites_in_folders import RunSuite

MISTAKES: list[tuple[str, Going, type[Exception], str]] = [
    (
        "weather",
        lambda run: run.visited("lokup"),
        ValueError,
        "steps: workflow 'weather' has no step 'lokup'; did you mean 'lookup'?\n  It has lookup, nap, yes, no.",
    ),
    (
        "weather",
        lambda run: run.never_ran("zzz"),
        ValueError,
        "steps: workflow 'weather' has no step 'zzz'.\n  It has lookup, nap, yes, no.",
    ),
    (
        "sale",
        lambda run: run.failed(step="announce"),
        ValueError,
        "step: workflow 'sale' has no step 'announce'; did you mean 'failing.announce'?\n"
        "  It has lookup, failing, failing.announce.",
    ),
    (
        "approval",
        lambda run: run.suspended(["inner", "asks"]),
        ValueError,
        "step: workflow 'approval' has no step 'inner.asks'; did you mean 'inner.ask'?\n"
        "  It has lookup, inner, inner.ask.",
    ),
    (
        "sale",
        lambda run: run.failed(error="no (seats"),
        ValueError,
        "error: 'no (seats' is no regular expression: missing ), unterminated subpattern at position 3.\n"
        "  For the text as it stands give re.escape(...).",
    ),
    (
        "sale",
        lambda run: run.failed(error=StepError),  # type: ignore[arg-type]
        TypeError,
        "error: a regular expression, as text or compiled, not <class 'pytest_mastra.fake.workflows.errors.StepError'>",
    ),
    (
        "sale",
        lambda run: run.failed(step=7),  # type: ignore[arg-type]
        TypeError,
        "step: a step is named 'a', 'outer.inner' or ['outer', 'inner'], not 7",
    ),
    (
        "weather",
        lambda run: run.visited(["lookup", 1]),  # type: ignore[list-item]
        TypeError,
        "steps: a step is named 'a', 'outer.inner' or ['outer', 'inner'], not ['lookup', 1]",
    ),
    ("weather", lambda run: run.visited(), ValueError, "visited() takes the steps that the run should have come to"),
    (
        "weather",
        lambda run: run.never_ran(),
        ValueError,
        "never_ran() takes the steps that the run should not have come to",
    ),
    ("weather", lambda run: run.within(-1), ValueError, "within() takes seconds, 0 or more, not -1"),
    ("weather", lambda run: run.within(float("nan")), ValueError, "within() takes seconds, 0 or more, not nan"),
    ("weather", lambda run: run.within("5"), ValueError, "within() takes seconds, 0 or more, not '5'"),  # type: ignore[arg-type]
    ("weather", lambda run: run.within(seconds=True), ValueError, "within() takes seconds, 0 or more, not True"),
]


@pytest.mark.parametrize("number", range(len(MISTAKES)))
def test_mistakes_in_arguments_are_no_failed_assertions(number: int) -> None:
    """A misspelt step would let `never_ran` hold for ever; it is an error, whatever became of the run."""
    name, going, kind, message = MISTAKES[number]
    with pytest.raises(kind) as caught:
        going(assert_run(results()[name]))
    assert type(caught.value) is kind
    assert str(caught.value) == message


@pytest.mark.parametrize("given_value", [{"status": "success"}, None, "run-1"])
def test_only_runs_are_asserted_on(given_value: Any) -> None:
    """Anything else is an error that says what to give."""
    with pytest.raises(TypeError, match="takes a RunResult, or a Run to ask how it stands, not a "):
        assert_run(given_value)


def test_what_a_result_does_not_tell() -> None:
    """The answer of an `_async` verb has no nested steps: of these it cannot be said that they never ran."""
    server = FakeMastra()
    declare(server)
    with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as client:
        answer = client.get_workflow("sale").create_run().start_async({})
    message = (
        "this result does not tell of the steps in 'failing', as 'failing.announce' is: answers of the _async verbs do "
        "not.\n  Ask the run: assert_run(run), or assert_run(run.result())."
    )
    everything: list[Going] = [
        lambda run: run.never_ran("failing.announce"),
        lambda run: run.visited("failing.announce"),
        lambda run: run.failed("failing.announce"),
    ]
    for going in everything:
        with pytest.raises(ValueError, match=re.escape(message)):
            going(assert_run(answer))


def test_mistakes_show_the_test_s_own_line(run_suite: RunSuite) -> None:
    """Of an error in an argument too no line of this library is shown."""
    result = run_suite(
        """
        from pytest_mastra import assert_run

        def test_step(run):
            assert_run(run("sale")).visited("anounce")

        def test_pattern(run):
            assert_run(run("sale")).failed(error="(")

        def test_key(run):
            run("sale").steps["anounce"]
        """,
        conftest=CONFTEST,
    )
    result.assert_outcomes(failed=3)
    assert "outcomes.py" not in result.stdout.str()
    assert "steps.py" not in result.stdout.str()
