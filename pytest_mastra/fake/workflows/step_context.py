"""What a step, a condition, a sleep or a map gets to see and do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mastra_sync.attributes import refuses_unknown, tells_missing
from mastra_sync.keywords import takes
from pytest_mastra.fake.virtual_time.scheduler import Gate, Signal
from pytest_mastra.fake.workflows.arguments import check_text
from pytest_mastra.fake.workflows.graph import AnyStep
from pytest_mastra.fake.workflows.javascript import UNDEFINED, copied, returned_value, to_json_value
from pytest_mastra.text.values import shown


class Writer:
    """Writes into the run's stream; without a stream what is written is gone.

    Args:
        run_id: The run that writes.
        step_id: The step that writes.
        write: Takes the records.

    Attributes:
        count: How many records were written.
    """

    def __init__(self, run_id: str, step_id: str, write: Callable[[dict[str, Any]], None] | None) -> None:
        self._run_id = run_id
        self._step_id = step_id
        self._write = write
        self.count = 0

    @property
    def is_read(self) -> bool:
        """Whether there is a stream."""
        return self._write is not None

    def write(self, output: Any) -> None:
        """Send anything, as a `workflow-step-output`."""
        self.count += 1
        if self._write is not None:
            payload = {"output": to_json_value(output), "runId": self._run_id, "stepName": self._step_id}
            self._write({"type": "workflow-step-output", "runId": self._run_id, "from": "USER", "payload": payload})

    def custom(self, record: Mapping[str, Any]) -> None:
        """Send a record of an own type."""
        self.count += 1
        if self._write is not None:
            self._write(to_json_value(record))


@dataclass(frozen=True, slots=True)
class Wait:
    """A pause that an abort ends early; yield it from a step."""

    seconds: float


@dataclass(frozen=True, slots=True)
class GateOrAbort:
    """A wait at a gate that an abort ends early; yield it from a step."""

    gate: Gate


@dataclass
class StepEffects:
    """What a step did besides giving a value.

    Attributes:
        suspended: Whether it suspended the run.
        suspend_payload: With what.
        bailed: Whether it ended the workflow.
        bail_value: With what.
        state: What it set the run's state to.
        unmade: How many waits it has asked for, and not yielded.
    """

    suspended: bool = False
    suspend_payload: Any = UNDEFINED
    bailed: bool = False
    bail_value: Any = UNDEFINED
    state: Any = UNDEFINED
    unmade: int = 0


_GIVEN = ("input_data", "resume_data", "suspend_data", "run_id", "workflow_id", "resource_id", "writer", "retry_count")


@refuses_unknown(
    **dict.fromkeys((*_GIVEN, "iteration_count"), "a step is given this, and returns its output"),
    state="ctx.set_state({...})",
    request_context="ctx.request_context[key] = value",
    **dict.fromkeys(("output", "result"), "a step returns its output"),
)
@dataclass
class StepContext:
    """What a step gets: Mastra's step context in Python's spelling.

    Attributes:
        input_data: The step's input; None if there is none.
        resume_data: What the step was resumed with; None if it was not.
        suspend_data: What the step had suspended with, when it is resumed.
        state: The run's state; change it with `set_state`.
        request_context: The run's request context; what is set here is seen by later steps.
        run_id: The run.
        workflow_id: The workflow.
        resource_id: Whose run it is.
        retry_count: How often this step was tried before; before current servers how often a step of its id ran since
            the workflow began or was resumed.
        iteration_count: In the condition of a loop: how many rounds it has made.
        writer: Writes into the run's stream.
    """

    input_data: Any
    state: dict[str, Any]
    request_context: dict[str, Any]
    run_id: str
    workflow_id: str
    writer: Writer
    resource_id: str | None = None
    resume_data: Any = None
    suspend_data: Any = None
    retry_count: int = 0
    iteration_count: int | None = None
    _signal: Signal = field(default_factory=Signal, repr=False)
    _results: Mapping[str, Any] = field(default_factory=dict, repr=False)
    _effects: StepEffects = field(default_factory=StepEffects, repr=False)
    _on_suspend: Callable[[Any, list[str]], Any] = field(default=lambda _payload, _labels: UNDEFINED, repr=False)
    _check_state: Callable[[Any], Any] = field(default=lambda state: state, repr=False)

    @takes()
    def suspend(self, payload: Any = UNDEFINED, *, resume_label: str | list[str] | None = None) -> None:
        """Suspend the run once this step returns: `return ctx.suspend({"ask": "ok?"})`.

        Raises:
            TypeError: A label is no text, or JSON has nothing for the payload.
        """
        labels = _labels(resume_label)
        given = UNDEFINED if payload is UNDEFINED or payload is None else to_json_value(payload)
        self._effects.suspend_payload = self._on_suspend(given, labels)
        self._effects.suspended = True

    def bail(self, value: Any = UNDEFINED) -> None:
        """End the workflow successfully with a value once this step returns."""
        self._effects.bailed = True
        self._effects.bail_value = returned_value(None if value is UNDEFINED else value)

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Change the run's state; later steps see it."""
        self._effects.state = self._check_state(to_json_value(state))

    def get_step_result(self, step: AnyStep | str) -> Any:
        """Return what a step gave, None if it has not succeeded.

        Raises:
            TypeError: It is neither a step nor the id of one.
        """
        if not isinstance(step, str) and not hasattr(step, "is_workflow"):
            raise TypeError(f"get_step_result takes a step or its id, not {shown(step)}")
        return visible(step_output(self, step))

    def get_init_data(self) -> Any:
        """Return the run's input."""
        return visible(init_data(self))

    def abort(self) -> None:
        """Cancel the run."""
        self._signal.abort()

    @property
    def aborted(self) -> bool:
        """Whether the run was cancelled."""
        return self._signal.aborted

    @property
    def has_input(self) -> bool:
        """Whether there is an input at all, null included."""
        return self.input_data is not None or self._null_input

    _null_input: bool = False

    def wait(self, seconds: float) -> Wait:
        """Return a pause that an abort ends early: `yield ctx.wait(60)`."""
        self._effects.unmade += 1
        return Wait(seconds)

    def gate_or_abort(self, gate: Gate) -> GateOrAbort:
        """Return a wait at a gate that an abort ends early: `yield ctx.gate_or_abort(server.gate("g"))`."""
        self._effects.unmade += 1
        return GateOrAbort(gate)

    if not TYPE_CHECKING:
        __getattr__ = tells_missing(
            input="input_data",
            data="input_data",
            init_data="get_init_data()",
            step_result="get_step_result(step)",
            steps="get_step_result(step)",
            abort_signal="aborted",
            sleep="wait",
            emit="writer.write(...)",
            write="writer.write(...)",
        )


def _labels(given: object) -> list[str]:
    """Return labels of a suspension, of which one may stand alone."""
    labels = [given] if isinstance(given, str) else [] if given is None else given
    if not isinstance(labels, (list, tuple)):
        raise TypeError(f"resume_label is a text or a list of them, not {shown(given)}")
    for label in labels:
        check_text(label, "a resume_label")
    return list(labels)


def visible(value: Any) -> Any:
    """Return a value as Python code is to see it: undefined is None."""
    return None if value is UNDEFINED else value


def step_output(ctx: StepContext, step: AnyStep | str) -> Any:
    """Return what a step gave as JSON: undefined if nothing, null if it has not succeeded."""
    result = ctx._results.get(step if isinstance(step, str) else step.id)  # noqa: SLF001 -- steps must not see it
    if not isinstance(result, dict) or result.get("status") != "success":
        return None
    return copied(result.get("output", UNDEFINED))


def init_data(ctx: StepContext) -> Any:
    """Return the run's input as JSON: undefined if there is none."""
    return copied(ctx._results.get("input", UNDEFINED))  # noqa: SLF001 -- steps must not see it
