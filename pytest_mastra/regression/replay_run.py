"""`mastra_replay_run`: a recorded run's input once more, on what this test runs against, and what differs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

import pytest
from typing_extensions import Unpack

from mastra_sync import InvalidArgument, MastraClient, RunResult, Suspension
from mastra_sync.arguments import resume_answer
from mastra_sync.deadline import Seconds
from mastra_sync.documentation import see_error
from mastra_sync.options import StartOptions
from pytest_mastra.explain.failed_run import Mask
from pytest_mastra.fake.api.fault_target import place_of_caller
from pytest_mastra.fake.workflows.arguments import check_name, check_text
from pytest_mastra.regression.differing_steps import compared_runs, notes_of
from pytest_mastra.regression.outcome import comparable_outcomes
from pytest_mastra.regression.recorded_run import RecordedAnswer, RecordedRun, recording_of
from pytest_mastra.text.differences import Difference, describe, differences
from pytest_mastra.text.json_paths import PathPattern
from pytest_mastra.text.values import shown

if TYPE_CHECKING:
    from pytest_mastra.run_history.runs import TouchedRun
    from pytest_mastra.suite.scene import Scene

DEFAULT_TIMEOUT = 60.0
"""Seconds that a run may take from its start, and from each answer, on the clock of what the test runs against."""

_SHOWN = 10


class Rerun:
    """What came of running a recorded run's input again: true if the run did the same.

    Attributes:
        recorded: The recorded run.
        is_asked: Whether anybody asked what came of it.
    """

    def __init__(
        self,
        recording: RecordedRun,
        result: RunResult,
        found: list[Difference],
        answers: Sequence[RecordedAnswer],
        unanswered: Sequence[Suspension],
        mask: Mask,
    ) -> None:
        self.recorded = recording.result
        self.is_asked = False
        self._result = result
        self._differences = found
        self._answers = list(answers)
        self._unanswered = list(unanswered)
        self._workflow_id = recording.workflow_id
        self._mask = mask

    @property
    def result(self) -> RunResult:
        """The new run."""
        self.is_asked = True
        return self._result

    @property
    def answers(self) -> list[RecordedAnswer]:
        """The recorded answers that the new run was given, in order."""
        self.is_asked = True
        return self._answers

    @property
    def unanswered(self) -> list[Suspension]:
        """What the new run still waits for, as the recording has no answer to it."""
        self.is_asked = True
        return self._unanswered

    @property
    def differences(self) -> list[Difference]:
        """What differs, in the order of the recorded run's steps."""
        self.is_asked = True
        return self._differences

    @property
    def same(self) -> bool:
        """Whether the new run did what the recorded one did."""
        return not self.differences

    def __bool__(self) -> bool:
        return self.same

    def explain(self) -> str:
        """Return what differs, step by step, in lines of 80 columns at most."""
        self.is_asked = True
        return self.explanation()

    def explanation(self) -> str:
        """Return the same, for reports: it is not taken for a question of the test's."""
        if not self._differences:
            return f"the re-run of {self._workflow_id!r} did what the recorded run did"
        count = len(self._differences)
        places = "1 place" if count == 1 else f"{count} places"
        lines = [f"the re-run of {self._workflow_id!r} differs from the recorded run in {places}"]
        lines += [f"  {line}" for line in describe(self._masked(), limit=_SHOWN, width=78)]
        for suspension in self._unanswered:
            lines.append(f"  step {suspension.step!r} waits: the recording has no answer to it that is left")
        return "\n".join(lines)

    def __repr__(self) -> str:
        if not self._differences:
            return f"<Rerun of {self._workflow_id!r}: the same>"
        more = f"; {len(self._differences) - 1} more" if len(self._differences) > 1 else ""
        first = " ".join(line.strip() for line in describe(self._masked()[:1]))
        return f"<Rerun of {self._workflow_id!r} differs: {first}{more}>"

    def _masked(self) -> list[Difference]:
        return [self._mask.difference(difference) for difference in self._differences]


class Rerunner:
    """What the fixture `mastra_replay_run` gives: call it with a recorded run.

    Args:
        client: A client of what the test runs against.
        item: The test, whose report gets a section for each re-run that differs.
        scene: What the test has to do with Mastra.
    """

    def __init__(self, client: MastraClient, item: pytest.Item, scene: Scene) -> None:
        self._client = client
        self._item = item
        self._scene = scene
        self._made: list[tuple[Rerun, str]] = []

    def __call__(
        self,
        run: RunResult | Mapping[str, Any] | str | PathLike[str] | TouchedRun,
        *,
        ignore: Iterable[str] = (),
        workflow_id: str | None = None,
        timeout: Seconds = DEFAULT_TIMEOUT,
        **options: Unpack[StartOptions],
    ) -> Rerun:
        """Run a recorded run's input again, with its answers, and compare what both did.

        It is run once. What is compared is what `mastra_snapshot` stores: no times, ids by their aliases.

        Args:
            run: A `RunResult`; what a server told of a run, as JSON or in a file; or a `TouchedRun`.
            ignore: JSON paths that may differ, with all that lies below them: `"$.steps.lookup.output.temperature"`,
                `"$.steps.*.input"`.
            workflow_id: The workflow, where the run does not say, or another one.
            timeout: Seconds that the run may take from its start, and from each answer.
            **options: As `Workflow.execute`, where the recording does not say: `initial_state`, `request_context`, ...

        Raises:
            TypeError: `ignore` or `workflow_id` is no text.
            ValueError: `run` or `ignore` cannot be understood.
            InvalidInput: The workflow's schema rejects the recorded input.
            RunTimeout: The new run goes on.
            WorkflowNotFound: There is no such workflow here.
        """
        __tracebackhide__ = True
        place = place_of_caller(1)
        patterns = _patterns_of(ignore)
        check_name(workflow_id, "workflow_id")
        recording = recording_of(run, workflow_id)
        result, given, unanswered = self._run(recording, timeout, options)
        actual, expected = comparable_outcomes(result, recording.result, recording.workflow_id)
        found = [
            difference
            for difference in differences(actual, expected)
            if not any(pattern.covers(difference.path) for pattern in patterns)
        ]
        rerun = Rerun(recording, result, found, given, unanswered, Mask(self._scene, self._item.config))
        self._made.append((rerun, place))
        if found:
            self._item.add_report_section("call", "Mastra re-run", rerun.explanation())
            self._scene.note_differences(notes_of(found, compared_runs(result), "recorded run"))
        return rerun

    def refuse_unasked(self) -> None:
        """Fail a test that has passed, and did not ask what came of a re-run."""
        places = [place for rerun, place in self._made if not rerun.is_asked]
        if places and self._scene.passed:
            words = f"nobody asked what came of mastra_replay_run(...) at {', '.join(places)}"
            advice = "  assert mastra_replay_run(recorded) fails if the run did otherwise"
            pytest.fail(f"{words}\n{advice}\n  {see_error('nothing-asserted')}", pytrace=False)

    def __repr__(self) -> str:
        return f"<mastra_replay_run on {self._scene.target} {self._scene.url}>"

    def _run(
        self, recording: RecordedRun, timeout: Seconds, options: StartOptions
    ) -> tuple[RunResult, list[RecordedAnswer], list[Suspension]]:
        run = self._client.get_workflow(recording.workflow_id).create_run()
        start: StartOptions = {**recording.options, **options}  # type: ignore[typeddict-item]
        result = run.start_async(recording.input_data, timeout=timeout, **start)
        left = [answer for answer in recording.answers if _is_answer(answer.data)]
        given: list[RecordedAnswer] = []
        while result.suspensions and (pair := _next_answer(result.suspensions, left)) is not None:
            suspension, answer = pair
            left.remove(answer)
            given.append(answer)
            target = suspension if answer.item is not None else suspension.path
            result = run.resume_async(answer.data, step=target, timeout=timeout)
        waits = result.suspensions if not recording.result.suspensions else []
        # the answers of start and resume leave out the steps of nested workflows
        return run.result(), given, waits


def make_rerunner(request: pytest.FixtureRequest, scene: Scene, client: MastraClient) -> Rerunner:
    """Return what the fixture `mastra_replay_run` gives."""
    rerunner = Rerunner(client, request.node, scene)
    request.addfinalizer(rerunner.refuse_unasked)
    return rerunner


def _patterns_of(ignore: Iterable[str]) -> list[PathPattern]:
    """Return what may differ, of which one path may stand alone."""
    given = [ignore] if isinstance(ignore, str) else ignore
    if isinstance(given, bytes) or not isinstance(given, Iterable):
        raise TypeError(f"ignore is a JSON path or several, not {shown(given)}")
    paths = list(given)
    for path in paths:
        check_text(path, "a JSON path of ignore")
    return [PathPattern(path) for path in paths]


def _is_answer(data: Any) -> bool:
    """Whether servers take a value for an answer; with another, a step asks again."""
    try:
        resume_answer(data)
    except InvalidArgument:
        return False
    return True


def _next_answer(
    suspensions: Sequence[Suspension], answers: Sequence[RecordedAnswer]
) -> tuple[Suspension, RecordedAnswer] | None:
    """Return the first answer that fits a suspended step, or the workflow around it."""
    for answer in answers:
        for suspension in suspensions:
            if _fits(suspension, answer):
                return suspension, answer
    return None


def _fits(suspension: Suspension, answer: RecordedAnswer) -> bool:
    # a step's id may have dots, and an answer may have named it as one text
    waiting, answered = f"{suspension.step}.", "".join(f"{name}." for name in answer.path)
    return waiting.startswith(answered) and answer.item in (None, suspension.for_each_index)
