"""The parameters that several verbs share, with what each means on the wire."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict, get_args

from mastra_sync.deadline import Seconds
from mastra_sync.errors import InvalidArgument
from mastra_sync.suggest import did_you_mean, nearest_name

if TYPE_CHECKING:
    # pydantic's models take their time to load: they come with the first answer
    from mastra_sync.models import Suspension

OnGap = Literal["raise", "follow"]
"""What a stream does when events are missing that the server cannot replay."""

IfStarted = Literal["raise", "join", "again"]
"""What becomes of a start whose run is no longer pending."""

IfAnswered = Literal["raise", "join"]
"""What becomes of an answer to a suspension that has been answered."""

OnSuspend: TypeAlias = "Callable[[Suspension], Any]"
"""Answers a suspension; None leaves the run suspended."""


class RestartOptions(TypedDict, total=False):
    """What every verb takes that makes a run execute.

    Attributes:
        request_context: Values for the steps, a JSON object. On a resume those of the start are kept, and these win.
        tracing_options: `rootSpanName` (servers from 1.69 on), `metadata`, `requestContextKeys`, `traceId`,
            `parentSpanId`, `tags`, `hideInput`, `hideOutput`; without effect on a server that observes nothing.
    """

    request_context: Mapping[str, Any] | None
    tracing_options: Mapping[str, Any] | None


class MoveOptions(RestartOptions, total=False):
    """What `start`, `resume` and `time_travel` take beyond that.

    Attributes:
        per_step: Stop after one step, with the status `paused` (not on 1.0 beta).
    """

    per_step: bool | None


class StartOptions(MoveOptions, total=False):
    """What `start`, `start_async`, `stream` and `execute` take beside `input_data`.

    Attributes:
        initial_state: The workflow's state to begin with, where the workflow declares one.
        resource_id: Whom the run belongs to, if this call makes it (`get_run("new").start_async()`). Of a run that
            `create_run` makes it says so itself; what it did not say is refused here, for servers would drop it.
        if_started: What to do if the run has been started before: `"raise"` `RunAlreadyStarted` (default); `"join"`,
            go on with the run as it is and start nothing; `"again"`, run it once more, which overwrites its record. Two
            scripts that join one pending run within milliseconds both start it: docs/client.md says more.
        again: True is short for `if_started="again"`.
    """

    initial_state: Any
    resource_id: str | None
    if_started: IfStarted
    again: bool


class ResumeOptions(MoveOptions, total=False):
    """What the resume verbs take beside `resume_data` and `step`.

    Attributes:
        for_each_index: Which item of a `foreach` the answer is for (current servers only). Without it every suspended
            item gets the same answer.
        label: The label that the step gave to the suspension, instead of `step` and `for_each_index`.
        if_answered: What to do if this suspension was answered before: `"raise"` `RunNotSuspended`, `StepNotSuspended`
            or the like (default); `"join"`, go on with the run if the answer was the same.
    """

    for_each_index: int | None
    label: str | None
    if_answered: IfAnswered


class TimeTravelOptions(MoveOptions, total=False):
    """What the time travel verbs take beside `step` and `input_data`.

    Attributes:
        resume_data: The answer, where the step is suspended.
        initial_state: The workflow's state to go on with.
        context: Step results by id, instead of the recorded ones.
        nested_steps_context: The same for the steps of nested workflows.
    """

    resume_data: Any
    initial_state: Any
    context: Mapping[str, Any] | None
    nested_steps_context: Mapping[str, Any] | None


class StreamOptions(TypedDict, total=False):
    """What every verb takes that returns a stream.

    Attributes:
        timeout: How long the stream may take in all; an hour by default, None without limit.
        idle_timeout: Seconds of silence after which the run is looked at; 30 by default.
        on_gap: When events are missing that the server cannot replay: `"raise"` (default) or `"follow"` the run by
            polling and end when it is settled.
        on_suspend: Called with the `Suspension` when the run suspends; what it returns is the answer and the same
            stream goes on; None leaves the run suspended.
    """

    timeout: Seconds
    idle_timeout: float
    on_gap: OnGap
    on_suspend: OnSuspend | None


class StreamStartOptions(StartOptions, StreamOptions, total=False):
    """What `stream` takes beside `input_data`.

    Attributes:
        close_on_suspend: False keeps the server's stream open while the run is suspended.
    """

    close_on_suspend: bool | None


class StreamResumeOptions(ResumeOptions, StreamOptions, total=False):
    """What `resume_stream` takes beside `resume_data` and `step`."""


class StreamTimeTravelOptions(TimeTravelOptions, StreamOptions, total=False):
    """What `time_travel_stream` takes beside `step` and `input_data`."""


_OWN_NAMES = frozenset({"again", "if_started", "if_answered", "label", "for_each_index"})


def sent_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that go to the server as they are."""
    return {name: value for name, value in options.items() if name not in _OWN_NAMES}


def if_started(options: Mapping[str, Any]) -> IfStarted:
    """Return what is to be done if the run has been started before.

    Raises:
        InvalidArgument: No such choice, or both ways of choosing.
    """
    if "if_started" in options and "again" in options:
        raise InvalidArgument("again", "is short for if_started='again'; give one of the two")
    if options.get("again"):
        return "again"
    policy: IfStarted = checked_choice(options.get("if_started", "raise"), "if_started", IfStarted)
    return policy


def joins_answered(options: Mapping[str, Any]) -> bool:
    """Return whether a run is to be gone on with if its suspension was answered before.

    Raises:
        InvalidArgument: No such choice.
    """
    policy: IfAnswered = checked_choice(options.get("if_answered", "raise"), "if_answered", IfAnswered)
    return policy == "join"


def checked_choice(value: Any, argument: str, choices: Any) -> Any:
    """Return a value that is one of a `Literal`'s.

    Raises:
        InvalidArgument: It is not; names the ones that there are, and the nearest.
    """
    names = get_args(choices)
    if value in names:
        return value
    hint = did_you_mean(nearest_name(value, names)) if isinstance(value, str) else ""
    raise InvalidArgument(argument, f"must be {_listed(names)}, not {value!r}{hint}")


def _listed(names: Sequence[str]) -> str:
    shown = list(map(repr, names))
    return " or ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))
