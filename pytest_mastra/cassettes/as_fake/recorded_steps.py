"""What steps did in a recording, by their input and their resume data. No I/O."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from itertools import chain
from typing import Any

from pytest_mastra.cassettes.as_fake.run_snapshots import are_same
from pytest_mastra.fake.workflows.javascript import UNDEFINED
from pytest_mastra.text.differences import describe, differences
from pytest_mastra.text.values import shown

MOST_INPUTS = 5
_VALUE_LENGTH = 60


class StepOutcome(Enum):
    """What came of an execution of a step."""

    GAVE = "gave"
    FAILED = "failed"
    SUSPENDED = "suspended"
    BAILED = "bailed"
    RUNNING = "was still running when the recording ended"


@dataclass(eq=False)
class RecordedExecution:
    """One execution of a step.

    Attributes:
        outcome: What came of it.
        input: What it was given; `UNDEFINED` if nothing.
        resumed_with: The answer that it went on with; `UNDEFINED` if it began.
        value: What it gave, bailed or suspended with, or the error; `UNDEFINED` if nothing.
        besides: What it gave besides suspending.
        tripwire: The tripwire that it failed with.
        is_final: Whether it failed so that no retry was made.
        labels: The labels of its suspension.
        inner: Where in a nested workflow it suspended.
        state: What it set the run's state to; None if it left it.
        seconds: How long it took.
        written: The records that it wrote.
        moments: When it was, as the server says; it tells two executions apart that look alike.
        is_stand_in: Whether the recording does not say what it gave: this is what makes the run end as recorded.
    """

    outcome: StepOutcome
    input: Any = UNDEFINED
    resumed_with: Any = UNDEFINED
    value: Any = UNDEFINED
    besides: Any = UNDEFINED
    tripwire: dict[str, Any] | None = None
    is_final: bool = False
    labels: list[str] = field(default_factory=list)
    inner: list[str] = field(default_factory=list)
    state: dict[str, Any] | None = None
    seconds: float = 0.0
    written: list[dict[str, Any]] = field(default_factory=list)
    moments: tuple[Any, ...] = ()
    is_stand_in: bool = False

    def matches(self, input_: Any, resumed_with: Any) -> bool:
        """Return whether this is what the step does with an input and an answer."""
        return are_same(self.input, input_) and are_same(self.resumed_with, resumed_with)


@dataclass(eq=False)
class RecordedStep:
    """A step of a workflow, or a function: what it did in each recorded run.

    Attributes:
        workflow: Its workflow.
        id: Its id.
        executions: What it did, by the number of the run.
    """

    workflow: str
    id: str
    executions: dict[int, list[RecordedExecution]] = field(default_factory=dict)

    def add(self, run: int, execution: RecordedExecution) -> RecordedExecution:
        """Add an execution, unless it is known; return it."""
        executions = self.executions.setdefault(run, [])
        for index, known in enumerate(executions):
            if not known.matches(execution.input, execution.resumed_with):
                continue
            is_guess = known.is_stand_in and known.outcome is StepOutcome.SUSPENDED
            if known.outcome is StepOutcome.RUNNING or (is_guess and execution.outcome is StepOutcome.SUSPENDED):
                executions[index] = execution
                return execution
            is_running = execution.outcome is StepOutcome.RUNNING
            if is_running or (_may_be_of_one_time(known, execution) and _ended_alike(known, execution)):
                known.written = known.written or execution.written
                known.labels = known.labels or execution.labels
                return known
        executions.append(execution)
        return execution

    def find(self, run: int | None, input_: Any, resumed_with: Any, count: int) -> RecordedExecution | None:
        """Return what the step does.

        Args:
            run: The recorded run that is run again; None if there is none.
            input_: The step's input.
            resumed_with: What it is resumed with.
            count: How often it was asked the same in this run before.
        """
        own = self.executions.get(run, []) if run is not None else []
        found = [execution for execution in own if execution.matches(input_, resumed_with)]
        found = found or [execution for execution in self._every() if execution.matches(input_, resumed_with)]
        return found[min(count, len(found) - 1)] if found else None

    def _every(self) -> Iterable[RecordedExecution]:
        return chain.from_iterable(self.executions.values())

    def explain_unknown(self, input_: Any, resumed_with: Any, *, what: str = "input") -> str:
        """Return why it is not known what the step does, and what to do."""
        every = list(self._every())
        about = f"{self.id!r} of workflow {self.workflow!r}"
        stub = f"Say what it does: server.stub({self.id!r}, lambda ctx: ...)"
        if not every:
            return f"{about} is not in the recording, not with any {what}. {stub}"
        asked: Any = input_
        if resumed_with is not UNDEFINED and any(are_same(execution.input, input_) for execution in every):
            what, asked = "answer", resumed_with
            values = [execution.resumed_with for execution in every if execution.resumed_with is not UNDEFINED]
        else:
            begun = [execution for execution in every if are_same(execution.resumed_with, UNDEFINED)]
            values = [execution.input for execution in begun or every]
        return f"{about} was not recorded with the {what} {_shown(asked)}{_list_recorded(values, asked)} {stub}"


def _list_recorded(values: list[Any], asked: Any) -> str:
    known = _distinct(values)
    if not known:
        return ": it was recorded with none."
    more = f", and {len(known) - MOST_INPUTS} more" if len(known) > MOST_INPUTS else ""
    listed = ", ".join(map(_shown, known[:MOST_INPUTS]))
    nearest = min(known, key=lambda value: len(differences(_plain(asked), _plain(value))))
    lines = describe(differences(_plain(asked), _plain(nearest)), limit=3, width=10_000)
    whose = "" if len(known) == 1 else f" The nearest is {_shown(nearest)}:"
    return f"; recorded: {listed}{more}.{whose} {'; '.join(lines)}."


def _may_be_of_one_time(left: RecordedExecution, right: RecordedExecution) -> bool:
    """Return whether two executions may be one, by when they were.

    A stream does not tell when the items of a foreach were.
    """
    return left.moments == right.moments or not any(left.moments) or not any(right.moments)


def _ended_alike(left: RecordedExecution, right: RecordedExecution) -> bool:
    is_one_outcome = left.outcome is right.outcome
    return is_one_outcome and are_same(left.value, right.value) and are_same(left.besides, right.besides)


def _distinct(values: list[Any]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if not any(are_same(value, known) for known in found):
            found.append(value)
    return found


def _plain(value: Any) -> Any:
    return None if value is UNDEFINED else value


def _shown(value: Any) -> str:
    if value is UNDEFINED:
        return "nothing"
    text = shown(value, _VALUE_LENGTH)
    return text if len(text) <= _VALUE_LENGTH else f"{text[: _VALUE_LENGTH - 3]}..."


@dataclass(eq=False)
class RecordedConditions:
    """The conditions of a loop or of a branch: whether they held for a value.

    Attributes:
        workflow: The workflow.
        id: The condition's id.
        results: For each recorded run: the value, the round of a loop (None in a branch), and whether it held.
    """

    workflow: str
    id: str
    results: dict[int, list[tuple[Any, int | None, bool]]] = field(default_factory=dict)

    def add(self, run: int, value: Any, round_: int | None, *, holds: bool) -> None:
        """Add whether the condition held for a value."""
        self.results.setdefault(run, []).append((value, round_, holds))

    def find(self, run: int | None, value: Any, round_: int | None) -> bool | None:
        """Return whether a condition held for a value, in a loop preferably in the same round.

        None if it was not recorded.
        """
        own = self.results.get(run, []) if run is not None else []
        for results in (own, list(chain.from_iterable(self.results.values()))):
            alike = [(at, holds) for known, at, holds in results if are_same(known, value)]
            exact = [holds for at, holds in alike if at == round_]
            if exact or alike:
                return exact[-1] if exact else alike[-1][1]
        return None

    def explain_unknown(self, value: Any) -> str:
        """Return why it is not known whether a condition holds for a value."""
        values = [known for known, _, _ in chain.from_iterable(self.results.values())]
        about = f"the condition {self.id!r} of workflow {self.workflow!r} was not recorded with"
        stub = f"Say what it says: server.stub({self.id!r}, lambda ctx: ...)"
        return f"{about} {_shown(value)}{_list_recorded(values, value)} {stub}"


@dataclass(eq=False)
class RecordedBehaviour:
    """Everything that is known of steps and conditions.

    Attributes:
        steps: By workflow and id.
        conditions: By workflow and id.
        inputs: What steps were given, and what they took it for, after defaults and conversions: by workflow and id.
        gaps: What the recording does not say, in words.
        known_inside: Nested workflows of which it is known what went on inside.
    """

    steps: dict[tuple[str, str], RecordedStep] = field(default_factory=dict)
    conditions: dict[tuple[str, str], RecordedConditions] = field(default_factory=dict)
    inputs: dict[tuple[str, str], list[tuple[Any, Any]]] = field(default_factory=dict)
    gaps: list[str] = field(default_factory=list)
    known_inside: set[str] = field(default_factory=set)

    def step(self, workflow: str, id_: str) -> RecordedStep:
        """Return what is known of a step."""
        return self.steps.setdefault((workflow, id_), RecordedStep(workflow, id_))

    def condition(self, workflow: str, id_: str) -> RecordedConditions:
        """Return what is known of a condition."""
        return self.conditions.setdefault((workflow, id_), RecordedConditions(workflow, id_))
