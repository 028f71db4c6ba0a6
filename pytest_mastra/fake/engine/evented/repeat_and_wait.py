"""Loops and pauses, as the evented engine has them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from pytest_mastra.fake.engine.evented.bus import Bus
from pytest_mastra.fake.engine.evented.callbacks import call_back
from pytest_mastra.fake.engine.evented.messages import Message, output_of, report_of
from pytest_mastra.fake.engine.execute_entry import finite_seconds
from pytest_mastra.fake.virtual_time.scheduler import Coroutine, Until
from pytest_mastra.fake.workflows.graph import LoopEntry, SleepEntry
from pytest_mastra.fake.workflows.javascript import UNDEFINED, present, spread, to_number


def go_round(bus: Bus, message: Message, entry: LoopEntry) -> None:
    """Have a loop's step run again, or end, by what it gave."""
    known, result = report_of(message.results, entry.step.id), message.prev or {}
    metadata = spread(known.get("metadata"))
    count = (metadata.get("iterationCount") or 0) + 1
    state = message.current_state(result)
    name = f"{entry.step.id}-condition"
    holds = bool(call_back(bus, message, entry.condition, name, state=state, iteration_count=count))
    if holds == (entry.kind == "dowhile"):
        again = {**known, "metadata": {**metadata, "iterationCount": count}}
        results = {**message.results, entry.step.id: again}
        bus.publish(
            "workflow.step.run",
            replace(message, step_results=results, resume_steps=[], resume_data=UNDEFINED, state=state, item=None),
        )
        return
    bus.publish("workflow.step.end", message.at(message.place, state=state, time_travel=None, restart=None))


def sleep(bus: Bus, message: Message, entry: SleepEntry) -> Coroutine:
    """Wait, and go on with the next entry."""
    prev = message.prev or {}
    payload = output_of(prev) if prev.get("status") == "success" else UNDEFINED
    started = bus.now()
    moment = _wake_up_time(bus, message, entry)
    about = present({"payload": payload, "startedAt": started})
    bus.emit(message.run_id, "workflow-step-waiting", {"id": entry.id, "status": "waiting", **about})
    yield Until(moment)
    ended = present({"payload": payload, "output": payload, "startedAt": started, "endedAt": bus.now()})
    bus.emit(message.run_id, "workflow-step-result", {"id": entry.id, "status": "success", **ended})
    bus.emit(message.run_id, "workflow-step-finish", {"id": entry.id, "metadata": {}})
    after = [*message.place[:-1], message.place[-1] + 1]
    bus.publish("workflow.step.run", message.at(after, state=None))


def _wake_up_time(bus: Bus, message: Message, entry: SleepEntry) -> float:
    now = bus.options.scheduler.now()
    wish: Any = entry.until if entry.seconds is None else entry.seconds
    if callable(wish):
        try:
            wish = call_back(bus, message, wish, entry.id, state=message.current_state())
        except Exception:  # noqa: BLE001 -- it is logged, and then there is no pause
            return now
    if isinstance(wish, datetime):
        return max(now, wish.timestamp())
    seconds = finite_seconds(to_number(wish))
    return now + seconds if entry.until is None else max(now, seconds)
