"""The parameters that several verbs share, with what each means on the wire."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict, TypeVar

from typing_extensions import ParamSpec

from mastra_sync.deadline import Seconds
from mastra_sync.suggest import did_you_mean, nearest_name

if TYPE_CHECKING:
    # pydantic's models take their time to load: they come with the first answer
    from mastra_sync.models import Suspension

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")

OnGap = Literal["raise", "follow"]
"""What a stream does when events are missing that the server cannot replay."""

OnSuspend: TypeAlias = "Callable[[Suspension], Any]"
"""Answers a suspension; None leaves the run suspended."""


class RestartOptions(TypedDict, total=False):
    """What every verb takes that makes a run execute.

    Attributes:
        request_context: Values for the steps, a JSON object. On a resume those of the start are kept, and these win.
        tracing_options: `metadata`, `requestContextKeys`, `traceId`, `parentSpanId`, `tags`, `hideInput`, `hideOutput`.
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
        resource_id: Whom the run belongs to; counts only if `create_run` was not given one.
        again: Run it again although it has run before; the record of what it did is overwritten.
    """

    initial_state: Any
    resource_id: str | None
    again: bool


class ResumeOptions(MoveOptions, total=False):
    """What the resume verbs take beside `resume_data` and `step`.

    Attributes:
        for_each_index: Which item of a `foreach` the answer is for (current servers only). Without it every suspended
            item gets the same answer.
        label: The label that the step gave to the suspension, instead of `step` and `for_each_index`.
    """

    for_each_index: int | None
    label: str | None


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


def takes(options: type | None = None) -> Callable[[Callable[_Given, _Result]], Callable[_Given, _Result]]:
    """Have a function say what it takes when it is given another keyword.

    It raises a `TypeError`, as Python does, which also says what may be meant.

    Args:
        options: The `TypedDict` that its `**options` are of; None without any.
    """

    def telling(function: Callable[_Given, _Result]) -> Callable[_Given, _Result]:
        names = (*_parameters(function), *(() if options is None else options.__annotations__))
        known = frozenset(names)

        @wraps(function)
        def called(*args: _Given.args, **named: _Given.kwargs) -> _Result:
            if not known.issuperset(named):
                raise _unexpected(function.__name__, next(name for name in named if name not in known), names)
            return function(*args, **named)

        return called

    return telling


def _parameters(function: Callable[..., Any]) -> tuple[str, ...]:
    """Return the names by which a method can be given arguments, but for `self` and `**options`."""
    code = function.__code__
    return code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]


def _unexpected(function: str, name: str, names: tuple[str, ...]) -> TypeError:
    """Return what Python raises for a keyword that there is not, with all that there are."""
    verb = "MastraClient" if function == "__init__" else function
    question = did_you_mean(nearest_name(name, names), after=" It")
    return TypeError(
        f"{verb}() got an unexpected keyword argument {name!r}{question or '; it'} takes {', '.join(names)}"
    )
