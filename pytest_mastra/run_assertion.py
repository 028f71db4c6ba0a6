"""Asserting on how a run went, where a plain `assert` cannot say it."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from typing_extensions import Self

from mastra_sync.attributes import tells_missing
from mastra_sync.documentation import see_error
from mastra_sync.keywords import takes
from mastra_sync.models import RemoteError, RunResult, StepResult, Suspension
from mastra_sync.run import Run
from mastra_sync.statuses import status_in_words
from mastra_sync.step_graph import step_tree
from mastra_sync.suggest import did_you_mean, nearest_name
from pytest_mastra.explain.assertions import FIRST_WIDTH, MOST_LINES, mark_explained
from pytest_mastra.explain.failed_run import Mask, find_subject
from pytest_mastra.explain.run_summary import steps_in_order, visited_path
from pytest_mastra.fake.api.fault_target import place_of_caller
from pytest_mastra.text.differences import Difference, describe, differences
from pytest_mastra.text.values import WIDTH, first_of
from pytest_mastra.text.width import wrapped

Step = str | Sequence[str]

_ANY: Any = object()
_DIFFERENCES = 4
_STEPS_LISTED = 20
_NOTHING = (
    "assert_run(result) by itself asserts nothing; assert_run(result).succeeded() does, .failed(), .suspended(), ..."
)
_NEVER_STARTED = frozenset({"pending", "waiting", "unknown"})


_made: list[RunAssertion] = []
"""What the test that is under way has made."""


def assert_run(run: RunResult | Run) -> RunAssertion:
    """Say of a run how it should have gone.

    Whatever did not go so fails the test, and tells what became of the run.

    ```python
    assert_run(result).succeeded(output={"text": "sunny"}).visited("lookup", "report").within(5)
    ```

    Args:
        run: A result; or a run, which is then asked how it stands, once, and not waited for. Of a stream give
            `stream.result()`.

    Raises:
        TypeError: It is neither.
        RunNotFound: There is no such run.
    """
    __tracebackhide__ = True
    place = place_of_caller(1)
    if isinstance(run, Run):
        run = run.result()
    if not isinstance(run, RunResult):
        raise TypeError(
            f"assert_run() takes a RunResult, or a Run to ask how it stands, not a {type(run).__name__}; of a stream "
            "give stream.result()"
        )
    made = RunAssertion(run, place)
    if made.test:
        _made.append(made)
    return made


def take_unasked(test: str) -> list[str]:
    """Return where a test has called `assert_run` and asserted nothing, one file and line each, once.

    Args:
        test: Its node id; what other tests have called is forgotten.
    """
    made, _made[:] = list(_made), []
    return [one.place for one in made if not one.is_asked and one.test == test]


def explain_unasked(places: Sequence[str]) -> str:
    """Return why a test fails that has called `assert_run` there, and asserted nothing."""
    return "\n".join(
        [
            f"mastra: nothing asserted by assert_run(...) at {', '.join(places)}",
            f"  {_NOTHING}",
            f"  {see_error('nothing-asserted')}",
        ]
    )


class RunAssertion:
    """What is asserted of one run; get one from `assert_run`.

    Every method returns this again. Steps are named as in `result.steps`, those of nested workflows `"outer.inner"`, or
    as a list, `["outer", "inner"]`. A name that the workflow does not have is a `ValueError`, not a failed assertion,
    wherever the result shows which steps there are: `execute`, `wait` and `run.result()` do, the answers of the
    `_async` verbs do not.

    Attributes:
        place: File and line where it was made.
        test: The node id of the test that made it; empty outside of pytest.
        is_asked: Whether anything was asserted.
    """

    def __init__(self, result: RunResult, place: str) -> None:
        self._result = result
        self.place = place
        self.test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0]
        self.is_asked = False

    def __repr__(self) -> str:
        return f"<assert_run({self._result!r})>"

    def __bool__(self) -> bool:
        __tracebackhide__ = True
        if not self.is_asked:
            raise TypeError(_NOTHING)
        return True

    # -- how it ended

    @takes()
    def succeeded(self, output: Any = _ANY) -> Self:
        """The run has succeeded.

        Args:
            output: What it gave; also an object with an `==` of its own, or with such inside, as dirty-equals' are.
        """
        __tracebackhide__ = True
        self.is_asked = True
        if not self._result.ok:
            self._fail(f"expected the run to succeed, but it {self._words()}")
        if output is not _ANY:
            self._compare("the run succeeded, but with another output than expected", self._result.result, output)
        return self

    @takes()
    def failed(self, step: Step | None = None, error: str | re.Pattern[str] | None = None) -> Self:
        """The run has failed.

        Args:
            step: Which step has; of nested workflows the inner one or the one that it is in.
            error: A regular expression that is found in the error, `"Name: message"`, or in that of one of its causes.
        """
        __tracebackhide__ = True
        self.is_asked = True
        pattern = _pattern(error)
        name = self._name_of(step, "step") if step is not None else None
        if self._result.status != "failed":
            self._fail(f"expected the run to fail, but it {self._words()}")
        inner = self._result.failed_step
        failed = inner
        if name is not None:
            failed = self._result.steps.get(name)
            if failed is None or failed.status != "failed":
                where = f"step {'.'.join(inner.path)!r} did" if inner is not None else "no step did"
                self._fail(f"expected step {name!r} to fail, but {where}")
        reason = (failed.error if failed is not None else None) or self._result.error
        if pattern is not None and not any(pattern.search(text) for text in _errors(reason)):
            actual = f"it is {str(reason)!r}" if reason is not None else "the server gives none"
            self._fail(f"expected an error that matches {pattern.pattern!r}, but {actual}")
        return self

    @takes()
    def suspended(self, step: Step | None = None, payload: Any = _ANY) -> Self:
        """The run is suspended.

        Args:
            step: Where, or the nested workflow in which; it may wait elsewhere too.
            payload: What it asks there; of several questions at this place one. Compared as `succeeded` does.
        """
        __tracebackhide__ = True
        self.is_asked = True
        name = self._name_of(step, "step") if step is not None else None
        if self._result.status != "suspended":
            self._fail(f"expected the run to be suspended, but it {self._words()}")
        questions = [
            suspension
            for suspension in self._result.suspensions
            if name is None or f"{suspension.step}.".startswith(f"{name}.")
        ]
        if not questions and (name is not None or payload is not _ANY):
            paths = ", ".join(repr(".".join(path)) for path in self._result.suspended) or "a place that is not told"
            self._fail(f"expected the run to wait at {name!r}, but it waits at {paths}")
        if payload is not _ANY:
            self._compare_any(questions, payload)
        return self

    # -- which way it went

    def visited(self, *steps: Step) -> Self:
        """The run has come to these steps, in this order.

        It may have come to others too, before, between or after them. The order is that in which they started: by
        `step_execution_path` where the server gives it, which has a step twice that was visited twice; steps that are
        not on it by their times, and of those that started in the same millisecond the one that the server lists first.
        """
        __tracebackhide__ = True
        self.is_asked = True
        names = list(map(self._name_of, steps))
        if not names:
            raise ValueError("visited() takes the steps that the run should have come to")
        visits = self._visits()
        before, index = "", 0
        for name in names:
            if name not in visits:
                self._fail(f"expected the run to visit {name!r}, but it did not")
            if name not in visits[index:]:
                self._fail(f"expected the run to visit {name!r} after {before!r}, but it did before")
            index = visits.index(name, index) + 1
            before = name
        return self

    def never_ran(self, *steps: Step) -> Self:
        """The run has come to none of these steps."""
        __tracebackhide__ = True
        self.is_asked = True
        names = list(map(self._name_of, steps))
        if not names:
            raise ValueError("never_ran() takes the steps that the run should not have come to")
        visits = self._visits()
        for name in names:
            if name in visits:
                step = self._result.steps.get(name)
                became = f"it did: {step.status}" if step is not None else "it did"
                self._fail(f"expected step {name!r} not to run, but {became}")
        return self

    @takes()
    def within(self, seconds: float) -> Self:
        """The run has taken no longer.

        Measured are the server's times, virtual on a fake: from the start of the step that started first to when the
        last one ended or, in a run that is suspended, asked. What a step waited for its answer is part of it.
        """
        __tracebackhide__ = True
        self.is_asked = True
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds < math.inf:
            raise ValueError(f"within() takes seconds, 0 or more, not {seconds!r}")
        steps = list(self._result.steps.values())
        began = _moments(step.started_at for step in steps)
        ended = _moments(moment for step in steps for moment in (step.ended_at, step.suspended_at))
        if not self._result.settled:
            self._fail(f"expected the run to take at most {seconds:g} s, but it {self._words()}")
        if not began or not ended:
            if not steps:
                return self
            raise ValueError("within(): the server tells no times of this run's steps")
        took = (max(ended) - min(began)).total_seconds()
        if took > seconds:
            self._fail(f"expected the run to take at most {seconds:g} s, but it took {took:g} s")
        return self

    if not TYPE_CHECKING:
        __getattr__ = tells_missing(
            **dict.fromkeys(("ok", "success", "succeeds", "passed", "completed", "finished"), "succeeded()"),
            **dict.fromkeys(("output", "result", "returned", "returns", "gave"), "succeeded(output=...)"),
            **dict.fromkeys(("error", "raised", "fails"), "failed(error=...)"),
            **dict.fromkeys(("asks", "asked", "suspends", "waits"), "suspended(payload=...)"),
            **dict.fromkeys(("ran", "steps", "path"), "visited(...)"),
            **dict.fromkeys(("skipped", "not_visited", "did_not_run"), "never_ran(...)"),
        )

    # -- looking

    def _words(self) -> str:
        return status_in_words(self._result.status)

    def _visits(self) -> list[str]:
        """Return the steps that the run came to, in order.

        Inner ones stand after the last visit of the one around them.
        """
        run_steps = [name for name, step in steps_in_order(self._result) if _has_run(step)]
        return _repeat_visits(visited_path(self._result), run_steps)

    def _name_of(self, step: Step, argument: str = "steps") -> str:
        """Return a step's name.

        Raises:
            ValueError: The workflow has no such step, or the result does not tell of it.
            TypeError: It is no name.
        """
        __tracebackhide__ = True
        if not isinstance(step, str) and not (
            isinstance(step, Sequence) and step and all(isinstance(part, str) for part in step)
        ):
            raise TypeError(f"{argument}: a step is named 'a', 'outer.inner' or ['outer', 'inner'], not {step!r}")
        name = step if isinstance(step, str) else ".".join(step)
        result = self._result
        if name in result.steps or name in (result.step_execution_path or ()):
            return name
        graph = (result.model_extra or {}).get("serializedStepGraph")
        if not graph:
            self._check_result_shows(name)
            return name
        names = [*dict.fromkeys([*_flat(step_tree(graph)), *result.steps])]
        if name not in names:
            workflow = f"workflow {result.workflow_id!r}" if result.workflow_id else "the workflow"
            raise ValueError(f"{argument}: {workflow} has no step {name!r}{_instead(name, names)}")
        return name

    def _check_result_shows(self, name: str) -> None:
        __tracebackhide__ = True
        outer = name.rpartition(".")[0]
        if outer in self._result.steps and not any(step.startswith(f"{outer}.") for step in self._result.steps):
            raise ValueError(
                f"this result does not tell of the steps in {outer!r}, as {name!r} is: answers of the _async verbs do "
                "not.\n  Ask the run: assert_run(run), or assert_run(run.result())."
            )

    # -- failing

    def _compare(self, problem: str, actual: Any, expected: Any) -> None:
        __tracebackhide__ = True
        found = differences(actual, expected)
        if found:
            self._fail(problem, found)

    def _compare_any(self, questions: Sequence[Suspension], payload: Any) -> None:
        __tracebackhide__ = True
        found = [differences(suspension.payload, payload) for suspension in questions]
        if [] not in found:
            nearest = min(range(len(found)), key=lambda index: len(found[index]))
            self._fail(
                f"the run waits at {questions[nearest].step!r}, but asks something else than expected", found[nearest]
            )

    def _fail(self, problem: str, found: Sequence[Difference] = ()) -> None:
        __tracebackhide__ = True

        def message(scene: Any = None, config: Any = None) -> str:
            mask = Mask(scene, config)
            masked = [mask.difference(difference) for difference in found]
            differing = describe(masked, limit=_DIFFERENCES, width=WIDTH)
            about = find_subject([self._result], [], scene).summarise(mask, short=bool(differing))
            lines = [*wrapped(mask(problem), FIRST_WIDTH, 2), *(f"  {line}" for line in [*differing, *about])]
            return "\n".join(lines[:MOST_LINES])

        error = AssertionError(message())
        mark_explained(error, message)
        raise error


def _instead(name: str, names: Sequence[str]) -> str:
    hint = did_you_mean(nearest_name(name, names)) or "."
    return f"{hint}\n  It has {first_of(names, _STEPS_LISTED)}."


def _pattern(error: str | re.Pattern[str] | None) -> re.Pattern[str] | None:
    __tracebackhide__ = True
    if error is None or isinstance(error, re.Pattern):
        return error
    if not isinstance(error, str):
        raise TypeError(f"error: a regular expression, as text or compiled, not {error!r}")
    try:
        return re.compile(error)
    except re.error as problem:
        raise ValueError(
            f"error: {error!r} is no regular expression: {problem}.\n  For the text as it stands give re.escape(...)."
        ) from None


def _errors(error: RemoteError | None) -> Iterator[str]:
    while error is not None:
        yield str(error)
        error = error.cause


def _has_run(step: StepResult) -> bool:
    return step.started_at is not None or step.status not in _NEVER_STARTED


def _flat(tree: Mapping[str, Any], outer: str = "") -> Iterator[str]:
    for name, inner in tree.items():
        yield f"{outer}{name}"
        yield from _flat(inner, f"{outer}{name}.")


def _repeat_visits(path: Sequence[str], run_steps: Sequence[str]) -> list[str]:
    """Return visits, with those of a path that came more than once.

    What is inside a step stands behind its last visit.
    """
    visits = []
    for index, top in enumerate(path):
        visits.append(top)
        if top not in path[index + 1 :]:
            visits += [name for name in run_steps if name.startswith(f"{top}.")]
    return visits + [name for name in run_steps if name not in visits]


def _moments(moments: Iterator[datetime | None]) -> list[datetime]:
    return [moment for moment in moments if moment is not None]
