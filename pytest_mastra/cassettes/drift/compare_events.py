"""Compares the events of two streams step by step: missing, new, in another order.

Steps that run side by side end in any order, so events are not compared by their index in the stream but by that
among those of the same step; the order of steps counts where one had ended before the other began.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from pytest_mastra.cassettes.drift.compare_json import JsonComparison, mask_ids

_OUTPUT = "workflow-step-output"
_PROGRESS = "workflow-step-progress"

Event = Any
"""One record of a stream: an object with a type, or whatever else a step wrote."""


@dataclass
class _StepEvents:
    """The events of one step, in their order, each with its index in the stream."""

    events: list[tuple[int, Event]] = field(default_factory=list)

    @property
    def first(self) -> int:
        return self.events[0][0]

    @property
    def last(self) -> int:
        return self.events[-1][0]


def compare_events(comparison: JsonComparison, where: str, recorded: list[Event], live: list[Event]) -> None:
    """Note in what two streams differ.

    Args:
        comparison: Compares values, and takes what is found.
        where: What the streams are.
        recorded: The recorded events.
        live: The live ones.
    """
    before, now = _events_by_step(recorded), _events_by_step(live)
    for name, events in before.items():
        if name not in now:
            comparison.note(where, _describe_events(events, "missing"))
        else:
            _compare_steps(comparison, where, events, now[name])
    for name, events in now.items():
        if name not in before:
            comparison.note(where, _describe_events(events, "new"))
    for words in _find_reordered(before, now):
        comparison.note(where, words)


def _compare_steps(comparison: JsonComparison, where: str, recorded: _StepEvents, live: _StepEvents) -> None:
    before = [event for _, event in recorded.events]
    now = [event for _, event in live.events]
    matcher = SequenceMatcher(None, [*map(_event_key, before)], [*map(_event_key, now)], autojunk=False)
    for operation, start, end, live_start, live_end in matcher.get_opcodes():
        if operation == "equal":
            for event, live_event in zip(before[start:end], now[live_start:live_end], strict=True):
                _compare_event(comparison, f"{where}, event {_event_name(event)}", event, live_event)
            continue
        for event in before[start:end]:
            comparison.note(where, f"event {_event_name(event)} is missing")
        for event in now[live_start:live_end]:
            comparison.note(where, f"event {_event_name(event)} is new")


def _compare_event(comparison: JsonComparison, where: str, recorded: Event, live: Event) -> None:
    is_engines = isinstance(recorded, Mapping) and str(recorded.get("type", "")).startswith("workflow-")
    if not is_engines or not isinstance(live, Mapping):
        comparison.compare(where, recorded, live, is_users=True)
        return
    comparison.compare(where, _without_payload(recorded), _without_payload(live))
    # what a server says of a step stands one level deeper than in other answers
    comparison.compare(where, {"payload": _payload(recorded)}, {"payload": _payload(live)}, root="payload")


def _without_payload(event: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in event.items() if key != "payload"}


def _events_by_step(events: list[Event]) -> dict[str, _StepEvents]:
    by_step: dict[str, _StepEvents] = {}
    ids = list(dict.fromkeys(filter(None, map(_step, events))))
    foreach = {_step(event) for event in events if _type(event) == _PROGRESS}
    for index, event in enumerate(events):
        by_step.setdefault(_step_name(event, ids, foreach), _StepEvents()).events.append((index, _without_count(event)))
    for name, own in by_step.items():
        if name.startswith("output of "):
            # the items of a foreach write side by side
            indexes = [index for index, _ in own.events]
            ordered = sorted((event for _, event in own.events), key=lambda event: mask_ids(json.dumps(event)))
            own.events = list(zip(indexes, ordered, strict=True))
    return by_step


def _step_name(event: Event, ids: list[str], foreach: set[str | None]) -> str:
    kind, step = _type(event), _step(event)
    if kind == _PROGRESS:
        return f"item {_payload(event).get('currentIndex')} of {step}"
    if kind == _OUTPUT:
        # it has the step's own id, without those of the workflows around it
        writer = str(_payload(event).get("stepName"))
        named = [id_ for id_ in ids if id_ == writer or id_.endswith(f".{writer}")]
        step = named[0] if len(named) == 1 else writer
        return f"output of {step}" if step in foreach else f"step {step}"
    if kind.startswith("workflow-"):
        return f"step {step}" if step is not None else "run"
    return "custom"


def _without_count(event: Event) -> Event:
    """Return an event without how many items were done, which says in which order they were."""
    if _type(event) != _PROGRESS:
        return event
    return {**event, "payload": {key: value for key, value in _payload(event).items() if key != "completedCount"}}


def _find_reordered(before: dict[str, _StepEvents], now: dict[str, _StepEvents]) -> Iterator[str]:
    """Say which steps began before another had ended, though they had not when recorded."""
    steps = [name for name in before if name.startswith("step ") and name in now]
    for index, later in enumerate(steps):
        for earlier in steps[:index]:
            if _parent(earlier, before) != _parent(later, before):
                continue
            was_after = before[earlier].last < before[later].first
            if was_after and now[earlier].last > now[later].first:
                yield f"{later} came before {earlier} had ended"
                break


def _parent(name: str, by_step: dict[str, _StepEvents]) -> str | None:
    """Return the step around a step, None if there is none."""
    outer = name
    while "." in outer:
        outer = outer.rpartition(".")[0]
        if outer in by_step:
            return outer
    return None


def _describe_events(events: _StepEvents, what: str) -> str:
    first = _event_name(events.events[0][1])
    more = len(events.events) - 1
    if not more:
        return f"event {first} is {what}"
    return f"event {first} is {what}, and {more} more after it"


def _event_name(event: Event) -> str:
    kind, step = _type(event) or "without a type", _step(event)
    if kind == _PROGRESS:
        return f"{kind} {step}[{_payload(event).get('currentIndex')}]"
    return f"{kind} {step or _payload(event).get('stepName') or ''}".rstrip()


def _event_key(event: Event) -> str:
    """Return what two events must have in common to be compared."""
    rounds = _payload(event).get("metadata")
    count = rounds.get("iterationCount") if isinstance(rounds, Mapping) else None
    return f"{_type(event)} {count}"


def _type(event: Event) -> str:
    kind = event.get("type") if isinstance(event, Mapping) else None
    return kind if isinstance(kind, str) else ""


def _step(event: Event) -> str | None:
    step = _payload(event).get("id") if _type(event).startswith("workflow-") else None
    return mask_ids(step) if isinstance(step, str) else None


def _payload(event: Event) -> Mapping[str, Any]:
    payload = event.get("payload") if isinstance(event, Mapping) else None
    return payload if isinstance(payload, Mapping) else {}
