"""The entries of a workflow's graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, TypedDict

from mastra_sync.attributes import refuses_unknown
from pytest_mastra.fake.workflows.arguments import (
    check_count,
    check_description,
    check_function,
    check_metadata,
    check_number,
    check_text,
    check_truth,
)
from pytest_mastra.fake.workflows.errors import StepError
from pytest_mastra.fake.workflows.schemas import Schema, SchemaLike

StepFunction = Callable[[Any], Any]
"""A function of a `StepContext`. One that yields is paused: for seconds, at a `Gate`, or for `ctx.wait(seconds)`."""


class AnyStep(Protocol):
    """What steps and nested workflows have in common."""

    id: str
    is_workflow: bool
    input_schema: Schema | None
    output_schema: Schema | None
    state_schema: Schema | None
    description: str | None
    metadata: Mapping[str, Any] | None
    request_context_schema: Schema | None

    @property
    def resume_schema(self) -> Schema | None:
        """What it may be resumed with."""

    @property
    def suspend_schema(self) -> Schema | None:
        """What it may suspend with."""

    @property
    def component(self) -> str | None:
        """What it is made of on a real server: `AGENT`, `TOOL`, `WORKFLOW`; None for a function."""

    @property
    def reference(self) -> Mapping[str, Any]:
        """What graphs have of that beside id and description."""

    @property
    def retries(self) -> int | None:
        """How often it is tried again, if it says so itself."""


def failing(error: str | Exception) -> StepFunction:
    """Return what a step does that fails with a message, or with an exception."""

    def fail(_: Any) -> Any:
        raise StepError(error) if isinstance(error, str) else error

    return fail


class StepOptions(TypedDict, total=False):
    """What `server.step` takes beside `id` and `run`: see `Step`."""

    input_schema: SchemaLike
    output_schema: SchemaLike
    resume_schema: SchemaLike
    suspend_schema: SchemaLike
    state_schema: SchemaLike
    request_context_schema: SchemaLike
    description: str | None
    metadata: Mapping[str, Any] | None
    retries: int | None
    duration: float
    stops_on_abort: bool


@refuses_unknown()
class Step:
    """One step.

    Args:
        id: Its id.
        run: What it does.
        input_schema: What its input must fit.
        output_schema: Described, never enforced, as by Mastra.
        resume_schema: What it may be resumed with.
        suspend_schema: What it may suspend with.
        state_schema: What it may set the state to.
        request_context_schema: What the request context must fit.
        description: For `details`.
        metadata: For `details`.
        retries: How often it is tried again; by default the workflow's `retry_config` says.
        duration: Virtual seconds that it takes.
        stops_on_abort: Whether a cancel ends its `duration` at once, as in a step that watches its abort signal.

    Attributes:
        component: What it is made of on a real server: `AGENT`, `TOOL`, ...; None for a function.
        reference: What graphs of current servers have of that beside id and description: `agentId`, ...
    """

    is_workflow = False
    component: str | None = None
    reference: Mapping[str, Any] = MappingProxyType({})

    def __init__(
        self,
        id: str,  # noqa: A002 -- Mastra's word
        run: StepFunction,
        *,
        input_schema: Any = None,
        output_schema: Any = None,
        resume_schema: Any = None,
        suspend_schema: Any = None,
        state_schema: Any = None,
        request_context_schema: Any = None,
        description: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        retries: int | None = None,
        duration: float = 0.0,
        stops_on_abort: bool = False,
    ) -> None:
        self.id = id
        self.run = run
        self.input_schema: Schema | None = input_schema
        self.output_schema: Schema | None = output_schema
        self.resume_schema: Schema | None = resume_schema
        self.suspend_schema: Schema | None = suspend_schema
        self.state_schema: Schema | None = state_schema
        self.request_context_schema: Schema | None = request_context_schema
        self.description = description
        self.metadata = metadata
        self.retries = retries
        self.duration = duration
        self.stops_on_abort = stops_on_abort

    def fails(self, error: str | Exception = "it was made to fail") -> None:
        """Have it fail from now on, whatever it was declared to do.

        Args:
            error: The message, or the exception.

        Raises:
            TypeError: It is neither.
        """
        if not isinstance(error, (str, Exception)):
            raise TypeError(f"step {self.id!r} fails with a message or an exception, not with {error!r}")

        self.run = failing(error)

    def __repr__(self) -> str:
        return f"<Step {self.id!r}>"

    if not TYPE_CHECKING:  # which would take it that everything can be set

        def __setattr__(self, name: str, value: Any) -> None:
            object.__setattr__(self, name, self._checked(name, value))

    def _checked(self, name: str, value: Any) -> Any:
        """Return what an attribute is set to, in the constructor or later."""
        if name == "id":
            check_text(value, "a step's id")
            return value
        what = f"step {self.id!r}"
        if name == "run":
            instead = f"server.step({self.id!r}, lambda ctx: ...) is a step that gives something"
            check_function(value, f"what {what} does", instead)
        elif name == "duration":
            check_number(value, f"the duration of {what}", least=0)
        elif name == "retries":
            check_count(value, f"retries of {what}")
        elif name == "stops_on_abort":
            check_truth(value, f"stops_on_abort of {what}")
        return checked_declaration(name, value, what)


def checked_declaration(name: str, value: Any, what: str) -> Any:
    """Return what an attribute is set to that steps and workflows both have.

    Raises:
        TypeError: It is not of its kind.
        ValueError: A schema has what JavaScript does not read, or a keyword that there is not.
    """
    if name.endswith("_schema"):
        return Schema.of(value)
    if name == "description":
        check_description(value, what)
    elif name == "metadata":
        check_metadata(value, what)
    return value


@dataclass(slots=True)
class StepEntry:
    """A step or a nested workflow."""

    step: AnyStep

    @property
    def id(self) -> str:
        """The step's id."""
        return self.step.id


@dataclass(slots=True)
class MappingEntry:
    """A map; its step does the mapping."""

    step: Step
    config: Any
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The mapping's id."""
        return self.step.id


@dataclass(slots=True)
class ParallelEntry:
    """Steps side by side."""

    steps: list[StepEntry]
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class ConditionalEntry:
    """Steps of which those run whose condition holds."""

    steps: list[StepEntry]
    conditions: list[StepFunction]
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class LoopEntry:
    """A step that is repeated while, or until, a condition holds."""

    step: StepEntry
    condition: StepFunction
    kind: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class ForeachEntry:
    """A step that runs once per item of the list before it."""

    step: StepEntry
    concurrency: int | Callable[[Any], int] = 1
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class SleepEntry:
    """A pause.

    Attributes:
        id: The entry's id.
        seconds: How long, or a function that says.
        until: When it ends, or a function that says; instead of `seconds`.
    """

    id: str
    seconds: float | StepFunction | None = None
    until: datetime | float | StepFunction | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


Entry = StepEntry | MappingEntry | ParallelEntry | ConditionalEntry | LoopEntry | ForeachEntry | SleepEntry


def step_ids(entry: Entry) -> list[str]:
    """Return the ids under which an entry's results are kept."""
    if isinstance(entry, (ParallelEntry, ConditionalEntry)):
        return [step.id for step in entry.steps]
    if isinstance(entry, (LoopEntry, ForeachEntry)):
        return [entry.step.id]
    return [entry.id]
