"""Calling a step's function: what it yields, and the turns that it takes."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from pytest_mastra.fake.virtual_time.scheduler import Coroutine, Gate, GateWait, Scheduler, Signal, Until
from pytest_mastra.fake.workflows.graph import Step
from pytest_mastra.fake.workflows.javascript import UNDEFINED, returned_value
from pytest_mastra.fake.workflows.step_context import GateOrAbort, StepContext, StepEffects, Wait


@dataclass(frozen=True, slots=True)
class Turns:
    """How a step's function takes its turns.

    Attributes:
        scheduler: Where.
        signal: Says whether the step is to be given up.
        awaits_events: Whether what it writes takes turns too.
    """

    scheduler: Scheduler
    signal: Signal
    awaits_events: bool


def run_function(turns: Turns, step: Step, context: StepContext, effects: StepEffects) -> Coroutine:
    """Call a step's function; return what it gives."""
    if step.duration:
        signal = turns.signal if step.stops_on_abort else None
        yield Until(turns.scheduler.now() + step.duration, signal)
    try:
        given = step.run(context)
        if isinstance(given, Generator):
            given = yield from _run_generator(turns, given, effects)
        _check_waits(step, effects)
    except Exception:
        yield from _await_step(turns, context, effects)
        raise
    yield from _await_step(turns, context, effects)
    return returned_value(given)


def _await_step(turns: Turns, context: StepContext, effects: StepEffects) -> Coroutine:
    """Take the turns that awaiting a step takes; those beside it come as far meanwhile."""
    if turns.awaits_events:
        for _ in range(context.writer.count + (effects.state is not UNDEFINED)):
            yield None
    yield None


def _check_waits(step: Step, effects: StepEffects) -> None:
    """Refuse waits that were asked for and not yielded: nothing has waited."""
    if effects.unmade > 0:
        raise TypeError(
            f"step {step.id!r} has called ctx.wait(...) or ctx.gate_or_abort(...) without yield, and did not wait: "
            "yield ctx.wait(60)"
        )


def _run_generator(turns: Turns, pauses: Generator[Any, Any, Any], effects: StepEffects) -> Coroutine:
    """Run a step that yields: seconds, a `ctx.wait(seconds)`, or a `Gate`."""
    while True:
        try:
            pause = next(pauses)
        except StopIteration as end:
            return end.value
        now = turns.scheduler.now()
        effects.unmade -= isinstance(pause, (GateOrAbort, Wait))
        if isinstance(pause, Gate):
            yield pause
        elif isinstance(pause, GateOrAbort):
            yield GateWait(pause.gate, turns.signal)
        elif isinstance(pause, Wait):
            yield Until(now + pause.seconds, turns.signal)
        else:
            yield Until(now + float(pause))
