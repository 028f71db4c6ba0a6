"""What polls show of a run's steps, as events that would have told it. No I/O."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mastra_sync.events import StreamEvent
from mastra_sync.json_types import milliseconds

if TYPE_CHECKING:
    from mastra_sync.models import RunResult, StepResult

_STEP = "workflow-step-"
_STATUS_OF_EVENTS = {"start": "running", "waiting": "waiting", "suspended": "suspended"}
_EVENT_OF_STATUSES = {status: what for what, status in _STATUS_OF_EVENTS.items()}


class PolledSteps:
    """Knows what was shown of each step, and what a poll adds to that."""

    def __init__(self) -> None:
        self._shown: dict[str, str] = {}
        self._by_poll: set[str] = set()

    def is_told(self, event: StreamEvent) -> bool:
        """Whether polls have shown what an event tells, or what came of it."""
        kind, _, what = event.type.partition(_STEP)
        if kind or event.step_id not in self._by_poll:
            return False
        status = (event.status or "success") if what == "result" else _STATUS_OF_EVENTS.get(what)
        is_reached = status == self._shown[event.step_id]
        if is_reached or what != "start":
            # the events after it are ahead of the polls
            self._by_poll.remove(event.step_id)
        return is_reached or what == "start"

    def note(self, event: StreamEvent) -> None:
        """Take in an event that a server has sent, which is shown."""
        kind, _, what = event.type.partition(_STEP)
        if kind or not event.step_id:
            return
        if what == "result":
            self._shown[event.step_id] = event.status or "success"
        elif what in _STATUS_OF_EVENTS:
            self._shown[event.step_id] = _STATUS_OF_EVENTS[what]

    def changes(self, result: RunResult) -> Iterator[StreamEvent]:
        """Give the events that tell what is new in a reading of the run."""
        for name, step in result.steps.items():
            shown = self._shown.get(name)
            if shown == step.status or _is_the_same(shown, step.status):
                continue
            self._shown[name] = step.status
            self._by_poll.add(name)
            if shown is None and step.status not in ("running", "waiting"):
                yield _event("start", name, step)
            yield _event(_EVENT_OF_STATUSES.get(step.status, "result"), name, step)


def _is_the_same(shown: str | None, told: str) -> bool:
    # a bailed step is stored as a success, and a nested workflow that waits for an answer as running
    return (shown == "bailed" and told == "success") or (shown == "suspended" and told == "running")


def _event(what: str, name: str, step: StepResult) -> StreamEvent:
    payload: dict[str, Any] = {"id": name, "stepName": name}
    if what != "start":
        payload |= {
            "status": step.status,
            "output": step.output,
            "suspendPayload": step.suspend_payload,
            **_times_of(step),
        }
        if step.error is not None:
            payload["error"] = step.error.model_dump(exclude_none=True)
    return StreamEvent({"type": f"{_STEP}{what}", "payload": payload})


def _times_of(step: StepResult) -> dict[str, int]:
    moments = {"startedAt": step.started_at, "endedAt": step.ended_at, "suspendedAt": step.suspended_at}
    return {name: milliseconds(moment) for name, moment in moments.items() if moment is not None}
