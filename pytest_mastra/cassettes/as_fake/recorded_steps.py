"""What steps were recorded to do: by their input, and by what they were resumed with. No I/O."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from pytest_mastra.cassettes.as_fake.run_snapshots import same
from pytest_mastra.fake.workflows.javascript import UNDEFINED
from pytest_mastra.text.differences import describe, differences
from pytest_mastra.text.values import shown

MOST_INPUTS = 5
_VALUE_LENGTH = 60


class Kind(Enum):
    """What came of an execution of a step."""

    GAVE = "gave"
    FAILED = "failed"
    SUSPENDED = "suspended"
    BAILED = "bailed"
    RUNNING = "was still running when the recording ended"


@dataclass(eq=False)
class Seen:
    """One execution of a step.

    Attributes:
        kind: What came of it.
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
        marks: When it was, as the server tells; tells two executions apart that look alike.
        is_stand_in: Whether the recording does not tell what it gave: this is what makes the run end as recorded.
    """

    kind: Kind
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
    marks: tuple[Any, ...] = ()
    is_stand_in: bool = False

    def answers(self, given: Any, answer: Any) -> bool:
        """Return whether this is what the step does with an input and an answer."""
        return same(self.input, given) and same(self.resumed_with, answer)


@dataclass(eq=False)
class RecordedStep:
    """One step of a workflow, or one of its functions: what it did in each recorded run.

    Attributes:
        workflow: Its workflow.
        id: Its id.
        seen: What it did, by the number of the run.
    """

    workflow: str
    id: str
    seen: dict[int, list[Seen]] = field(default_factory=dict)

    def add(self, run: int, seen: Seen) -> Seen:
        """Add an execution, unless it is known; return it."""
        known = self.seen.setdefault(run, [])
        for place, one in enumerate(known):
            if not one.answers(seen.input, seen.resumed_with):
                continue
            is_guess = one.is_stand_in and one.kind is Kind.SUSPENDED
            if one.kind is Kind.RUNNING or (is_guess and seen.kind is Kind.SUSPENDED):
                known[place] = seen
                return seen
            if seen.kind is Kind.RUNNING or (_are_of_one_time(one, seen) and _is_same(one, seen)):
                one.written = one.written or seen.written
                one.labels = one.labels or seen.labels
                return one
        known.append(seen)
        return seen

    def find(self, run: int | None, given: Any, answer: Any, count: int) -> Seen | None:
        """Return what the step does.

        Args:
            run: The recorded run that is acted again; None if there is none.
            given: The step's input.
            answer: What it is resumed with.
            count: How often it was asked the same in this run before.
        """
        own = self._fitting(self.seen.get(run, []), given, answer) if run is not None else []
        every = own or self._fitting((one for seen in self.seen.values() for one in seen), given, answer)
        return every[min(count, len(every) - 1)] if every else None

    @staticmethod
    def _fitting(seen: Iterable[Seen], given: Any, answer: Any) -> list[Seen]:
        return [one for one in seen if one.answers(given, answer)]

    def complaint(self, given: Any, answer: Any, *, what: str = "input") -> str:
        """Return why the step cannot answer: what was recorded instead, what comes nearest, and what to do."""
        every = [one for seen in self.seen.values() for one in seen]
        about = f"{self.id!r} of workflow {self.workflow!r}"
        stub = f"Say what it does: server.stub({self.id!r}, lambda ctx: ...)"
        if not every:
            return f"{about} is not in the recording, not with any {what}. {stub}"
        if answer is not UNDEFINED and any(same(one.input, given) for one in every):
            what, given = "answer", answer
            values = [one.resumed_with for one in every if one.resumed_with is not UNDEFINED]
        else:
            values = [one.input for one in every if same(one.resumed_with, UNDEFINED)] or [one.input for one in every]
        return f"{about} was not recorded with the {what} {_shown(given)}{_recorded(values, given)} {stub}"


def _recorded(values: list[Any], given: Any) -> str:
    known = _distinct(values)
    if not known:
        return ": it was recorded with none."
    more = f", and {len(known) - MOST_INPUTS} more" if len(known) > MOST_INPUTS else ""
    listed = ", ".join(map(_shown, known[:MOST_INPUTS]))
    nearest = min(known, key=lambda value: len(differences(_plain(given), _plain(value))))
    told = describe(differences(_plain(given), _plain(nearest)), limit=3, width=10_000)
    whose = "" if len(known) == 1 else f" The nearest is {_shown(nearest)}:"
    return f"; recorded: {listed}{more}.{whose} {'; '.join(told)}."


def _are_of_one_time(one: Seen, other: Seen) -> bool:
    """Return whether two executions may be one: a stream does not tell when the items of a foreach were."""
    return one.marks == other.marks or not any(one.marks) or not any(other.marks)


def _is_same(one: Seen, other: Seen) -> bool:
    return one.kind is other.kind and same(one.value, other.value) and same(one.besides, other.besides)


def _distinct(values: list[Any]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if not any(same(value, known) for known in found):
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
    """The conditions of a loop or of a branch: what they said of a value.

    Attributes:
        workflow: The workflow.
        id: The condition's id.
        said: For each recorded run: the value, the round of a loop (None in a branch), and what was said.
    """

    workflow: str
    id: str
    said: dict[int, list[tuple[Any, int | None, bool]]] = field(default_factory=dict)

    def add(self, run: int, value: Any, round_: int | None, *, holds: bool) -> None:
        """Add what was said."""
        self.said.setdefault(run, []).append((value, round_, holds))

    def find(self, run: int | None, value: Any, round_: int | None) -> bool | None:
        """Return what was said of a value, in a loop preferably in the same round; None if nothing was."""
        own = self.said.get(run, []) if run is not None else []
        every = [one for said in self.said.values() for one in said]
        for said in (own, every):
            alike = [(at, holds) for known, at, holds in said if same(known, value)]
            exact = [holds for at, holds in alike if at == round_]
            if exact or alike:
                return exact[-1] if exact else alike[-1][1]
        return None

    def complaint(self, value: Any) -> str:
        """Return why nothing can be said of a value."""
        values = [known for said in self.said.values() for known, _, _ in said]
        about = f"the condition {self.id!r} of workflow {self.workflow!r} was not recorded with"
        stub = f"Say what it says: server.stub({self.id!r}, lambda ctx: ...)"
        return f"{about} {_shown(value)}{_recorded(values, value)} {stub}"


@dataclass(eq=False)
class Evidence:
    """Everything that is known of steps and conditions.

    Attributes:
        steps: By workflow and id.
        conditions: By workflow and id.
        inputs: What steps were given, and what they took it for, after defaults and conversions: by workflow and id.
        gaps: What is not told, in words.
        looked_into: Nested workflows of which it is told what went on inside.
    """

    steps: dict[tuple[str, str], RecordedStep] = field(default_factory=dict)
    conditions: dict[tuple[str, str], RecordedConditions] = field(default_factory=dict)
    inputs: dict[tuple[str, str], list[tuple[Any, Any]]] = field(default_factory=dict)
    gaps: list[str] = field(default_factory=list)
    looked_into: set[str] = field(default_factory=set)

    def step(self, workflow: str, id_: str) -> RecordedStep:
        """Return what is known of a step."""
        return self.steps.setdefault((workflow, id_), RecordedStep(workflow, id_))

    def condition(self, workflow: str, id_: str) -> RecordedConditions:
        """Return what is known of a condition."""
        return self.conditions.setdefault((workflow, id_), RecordedConditions(workflow, id_))
