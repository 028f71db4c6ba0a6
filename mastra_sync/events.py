"""What a stream says, one record at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from mastra_sync.attributes import not_subscriptable, tells_missing
from mastra_sync.nesting import flattened, unflattened

if TYPE_CHECKING:
    # pydantic's models take their time to load: they come with the first answer
    from mastra_sync.models import RemoteError, StepResult


START = "workflow-start"
FINISH = "workflow-finish"
STEP_START = "workflow-step-start"
STEP_WAITING = "workflow-step-waiting"


_MEANT = {"data": "payload", "id": "step_id", "from": "from_", "result": "output", "event": "type"}
"""What is to be written for names that Mastra, or others, use."""


class StreamEvent:
    """One record of a stream.

    Types that Mastra sends: `workflow-start`, `workflow-step-start`, `workflow-step-result`,
    `workflow-step-suspended`, `workflow-step-waiting`, `workflow-step-progress` (current servers),
    `workflow-step-output`, `workflow-canceled`, `workflow-paused`, `workflow-finish`. Any other type comes from a
    step's `writer.custom`, or from a newer server; such a record need not have a run id, a sender or a payload.

    Args:
        raw: The record as the server sent it; it stays as it is.
    """

    __slots__ = ("raw",)

    def __init__(self, raw: dict[str, Any]) -> None:
        self.raw = raw

    @property
    def type(self) -> str:
        """The event's type, empty if the record has none."""
        value = self.raw.get("type")
        return value if isinstance(value, str) else ""

    @property
    def run_id(self) -> str | None:
        """The run, None in records that a step wrote as they are."""
        return self.raw.get("runId")

    @property
    def from_(self) -> str | None:
        """Who speaks: `WORKFLOW`, or `USER` for what a step wrote."""
        return self.raw.get("from")

    @property
    def payload(self) -> Any:
        """What is said, named as on the wire; `data` of custom records without payload."""
        return self.raw.get("payload", self.raw.get("data"))

    @property
    def step_id(self) -> str | None:
        """The step that this is about, None where it is about the run."""
        fields = self._fields
        found = fields.get("id") or fields.get("stepName")
        return found if isinstance(found, str) else None

    @property
    def step(self) -> StepResult | None:
        """What a step event says of its step, typed; None for other events.

        Raises:
            pydantic.ValidationError: A step wrote an event of this type itself, and it does not fit.
        """
        if not self.type.startswith("workflow-step-") or self.type in _NOT_ABOUT_RESULTS:
            return None
        step_id = self.step_id or ""
        from mastra_sync.models import StepResult  # noqa: PLC0415

        return StepResult.model_validate({"path": step_id.split("."), **self._fields})

    @property
    def status(self) -> str | None:
        """The step's status in a step event, the run's in `workflow-finish`.

        The latter can be wrong, for a server computes it from the events of this stream alone: a `resume_stream` of one
        of two suspended steps ends with `success` while the run is still suspended. `RunStream.result` asks for the
        run.
        """
        fields = self._fields
        return fields.get("workflowStatus") or fields.get("status") or fields.get("iterationStatus")

    @property
    def output(self) -> Any:
        """What a step gave or wrote; in `workflow-finish` the run's result, where the server sends it."""
        fields = self._fields
        if self.type == FINISH:
            return fields.get("finalWorkflowResult")
        return fields.get("output", fields.get("iterationOutput"))

    @property
    def error(self) -> RemoteError | None:
        """Why a step failed, or, in `workflow-finish`, why the request was refused.

        None in the `workflow-finish` of a run that merely failed.
        """
        from mastra_sync.models import RemoteError  # noqa: PLC0415

        fields = self._fields
        if self.type != FINISH:
            return RemoteError.model_validate(fields["error"]) if fields.get("error") else None
        metadata = fields.get("metadata")
        message = metadata.get("errorMessage") if isinstance(metadata, Mapping) else None
        if not message:
            return None
        details = metadata.get("error") if isinstance(metadata, Mapping) else None
        return RemoteError.model_validate({**(details if isinstance(details, Mapping) else {}), "message": message})

    @property
    def usage(self) -> Mapping[str, int] | None:
        """Tokens that agents used, in `workflow-finish`."""
        output = self._fields.get("output")
        return output.get("usage") if self.type == FINISH and isinstance(output, Mapping) else None

    @property
    def _fields(self) -> Mapping[str, Any]:
        payload = self.raw.get("payload")
        return payload if isinstance(payload, Mapping) else {}

    def __reduce__(self) -> tuple[Any, ...]:
        return _event_of, (type(self), flattened(self.raw))

    if not TYPE_CHECKING:
        __getattr__ = tells_missing(**_MEANT)

        def __getitem__(self, key: Any) -> NoReturn:
            raise not_subscriptable(self, key, _MEANT)

    def __copy__(self) -> StreamEvent:
        return type(self)(self.raw)

    def __eq__(self, other: object) -> bool:
        return self.raw == other.raw if isinstance(other, StreamEvent) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        from mastra_sync.models import REPR_LENGTH  # noqa: PLC0415

        about = " ".join(str(part) for part in (self.type or "(no type)", self.step_id, self.status) if part)
        shown = self.output if self.type.startswith("workflow-") else self.payload
        text = f" {shown!r}" if shown is not None else ""
        return f"<StreamEvent {about}{text[:REPR_LENGTH]}>"


def _event_of(event_type: type[StreamEvent], flat: list[Any]) -> StreamEvent:
    return event_type(unflattened(flat))


_NOT_ABOUT_RESULTS = frozenset({"workflow-step-output", "workflow-step-progress"})
