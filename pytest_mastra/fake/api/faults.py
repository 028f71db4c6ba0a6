"""What can be made to go wrong between a fake server and its clients, and when."""

from __future__ import annotations

import math
import random
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from mastra_sync.deadline import Clock, SystemClock
from pytest_mastra.fake.api import fault_effects
from pytest_mastra.fake.api.fault_effects import OnFired, Position
from pytest_mastra.http.verbs import VERBS, Call, call_of, check_verb
from pytest_mastra.http.wire import Cut, Pause, Surface, WireReply, WireRequest

Handle = Callable[[], WireReply]
Effect = Callable[[Handle, OnFired], WireReply]
"""Makes the reply to a request; `Handle` has the request take effect."""


class Faults:
    """What is to go wrong, in the order of declaration. Empty, it changes nothing.

    ```python
    faults.on("start", nth=1).reset(after_effect=True)  # the run starts, the answer is lost
    faults.on("run_by_id", probability=0.1).status(503, html=True)
    faults.on("stream", workflow="city-workflow").cut(after_events=3)
    ```

    One request meets one fault at most, the first that is due; latency comes on top.

    Args:
        seed: Where the dice of faults with a probability start.
        clock: Where the time of delays passes: a virtual one needs none in reality. By default real time.
    """

    def __init__(self, *, seed: int = 0, clock: Clock | None = None) -> None:
        self._seed = seed
        self._clock = clock or SystemClock()
        self._declared: list[Fault] = []
        self._lock = threading.Lock()

    def on(
        self,
        verb: str | None = None,
        *,
        nth: int | Iterable[int] | None = None,
        workflow: str | None = None,
        run: str | None = None,
        probability: float = 1.0,
    ) -> Target:
        """Say which requests are meant; methods of what is returned say what happens.

        Args:
            verb: A verb by the name that it has in `mastra_sync`, such as `start_async`; by default every one.
            nth: The how manieth of the requests that are meant, counted from 1; by default each.
            workflow: Only requests to this workflow, by id or registered key, as the request has it.
            run: Only requests to this run.
            probability: How likely it is that something happens to one that is meant.

        Raises:
            ValueError: There is no such verb, or a number is out of range.
        """
        turns = None if nth is None else frozenset([nth] if isinstance(nth, int) else nth)
        if turns is not None and (not turns or min(turns) < 1):
            raise ValueError(f"nth counts from 1, not {nth!r}")
        if not 0 < probability <= 1:
            raise ValueError(f"a probability is above 0 and at most 1, not {probability!r}")
        meant = Call(verb if verb is None else check_verb(verb), workflow, run)
        dice = random.Random(f"{self._seed}/{len(self._declared)}")  # noqa: S311 -- to be the same each time
        return Target(self, meant, turns, probability, dice, self._clock)

    @property
    def declared(self) -> tuple[Fault, ...]:
        """All of them, in order."""
        return tuple(self._declared)

    @property
    def unused(self) -> tuple[Fault, ...]:
        """Those that never came about.

        A test that declares one and does not meet it shows nothing.
        """
        return tuple(fault for fault in self._declared if fault.fired == 0)

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        with self._lock:
            self._declared.clear()

    def add(self, fault: Fault) -> Fault:
        """Take up a fault."""
        with self._lock:
            self._declared.append(fault)
        return fault

    def due(self, call: Call) -> list[Fault]:
        """Count a request, and return what happens to it: latency, and at most one other."""
        with self._lock:
            due = [fault for fault in self._declared if fault.is_due(call)]
        others = [fault for fault in due if not fault.is_latency][:1]
        # the first is applied last, so that latency is in front of what it delays
        return others + [fault for fault in due if fault.is_latency]

    def __iter__(self) -> Iterator[Fault]:
        return iter(self.declared)

    def __repr__(self) -> str:
        return f"<Faults: {'; '.join(map(str, self._declared)) or 'none'}>"


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        meant: Which requests; what is None in it is not looked at.
        description: What happens to them.
        calls: How many requests were meant so far.
        fired: To how many of them it happened.
    """

    meant: Call
    description: str
    turns: frozenset[int] | None = field(repr=False)
    probability: float = field(repr=False)
    dice: random.Random = field(repr=False)
    effect: Effect = field(repr=False)
    is_latency: bool = field(default=False, repr=False)
    calls: int = 0
    fired: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def is_due(self, call: Call) -> bool:
        """Count a request if it is meant, and say whether it is to happen now."""
        meant = self.meant
        if not (
            meant.verb in (None, call.verb)
            and meant.workflow in (None, call.workflow)
            and meant.run in (None, call.run)
        ):
            return False
        self.calls += 1
        is_turn = self.turns is None or self.calls in self.turns
        return is_turn and (self.probability == 1 or self.dice.random() < self.probability)

    def note_fired(self) -> None:
        """Count that it came about."""
        with self._lock:
            self.fired += 1

    def __str__(self) -> str:
        return f"{self._which()}: {self.description}; fired {self.fired} of {self.calls} times"

    def __repr__(self) -> str:
        return f"<Fault {self}>"

    def _which(self) -> str:
        meant = self.meant
        parts = [meant.verb or "any request"]
        parts += [f"workflow={meant.workflow!r}"] if meant.workflow is not None else []
        parts += [f"run={meant.run!r}"] if meant.run is not None else []
        parts += [f"nth={','.join(map(str, sorted(self.turns)))}"] if self.turns is not None else []
        parts += [f"probability={self.probability:g}"] if self.probability < 1 else []
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class Target:
    """Requests that something is to happen to. Each method declares one fault.

    docs/faults.md has them as a table.
    """

    _faults: Faults
    _meant: Call
    _turns: frozenset[int] | None
    _probability: float
    _dice: random.Random
    _clock: Clock

    def latency(self, seconds: float, *, after_effect: bool = True) -> Fault:
        """Answer later, or have the request itself arrive later.

        In that case it takes effect even if the client has given up by then.
        """
        pause = self._pause(seconds)

        def effect(handle: Handle, on_fired: OnFired) -> WireReply:
            on_fired()
            return fault_effects.delayed(handle(), pause) if after_effect else fault_effects.held_up(handle, pause)

        return self._declare(f"{seconds:g} s late{_when(after_effect=after_effect)}", effect, is_latency=True)

    def status(
        self,
        status: int,
        body: Any = None,
        *,
        retry_after: float | None = None,
        html: bool = False,
        after_effect: bool = False,
    ) -> Fault:
        """Answer with an error.

        It has Mastra's form, or is a page of HTML as proxies send it, or has a body of one's own.
        """
        reply = fault_effects.refusal(status, body, retry_after=retry_after, html=html)
        text = f"status {status}{' in HTML' if html else ''}{_when(after_effect=after_effect)}"
        return self._declare_reply(text, reply, after_effect=after_effect)

    def reset(self, *, after_effect: bool = False) -> Fault:
        """Reset the connection before the headers, as when a process dies."""
        reply = fault_effects.silence(Cut.RESET)
        return self._declare_reply(f"reset{_when(after_effect=after_effect)}", reply, after_effect=after_effect)

    def hang_up(self, *, after_effect: bool = False) -> Fault:
        """Close the connection before the headers, as servers do with one that was quiet for long."""
        reply = fault_effects.silence(Cut.CLOSED)
        return self._declare_reply(f"closed{_when(after_effect=after_effect)}", reply, after_effect=after_effect)

    def not_http(self, *, after_effect: bool = False) -> Fault:
        """Answer with what is no HTTP."""
        reply = fault_effects.not_http()
        return self._declare_reply(f"no HTTP{_when(after_effect=after_effect)}", reply, after_effect=after_effect)

    def cut(self, *, after_bytes: int | None = None, after_events: int | None = None, reset: bool = False) -> Fault:
        """End the connection within the body, after so many bytes of it or events."""
        if after_bytes is None and after_events is None:
            raise ValueError("say after_bytes or after_events; before the headers it is reset() or hang_up()")
        position = self._position(after_bytes, after_events)
        cut = Cut.RESET if reset else Cut.CLOSED
        text = f"{'reset' if reset else 'closed'} {position}"
        return self._declare_disturbance(text, position, partial(fault_effects.broken_off, position=position, cut=cut))

    def stall(
        self, *, after_bytes: int | None = None, after_events: int | None = None, seconds: float = math.inf
    ) -> Fault:
        """Say nothing more, for ever or for a while, and keep the connection.

        By default that is before the headers.
        """
        position = self._position(after_bytes, after_events)
        pause = self._pause(seconds)
        text = f"silent {'for ever' if math.isinf(seconds) else f'for {seconds:g} s'} {position}"
        return self._declare_disturbance(text, position, partial(fault_effects.stalled, position=position, pause=pause))

    def drip(self, size: int = 1, *, seconds: float = 0.01) -> Fault:
        """Send the body `size` bytes at a time, with a pause before each."""
        if size < 1:
            raise ValueError(f"a piece has at least 1 byte, not {size!r}")
        pause = self._pause(seconds)

        def effect(handle: Handle, on_fired: OnFired) -> WireReply:
            on_fired()
            return fault_effects.dripping(handle(), size, pause)

        return self._declare(f"{size} bytes every {seconds:g} s", effect)

    def half_record(self, *, after_events: int = 0) -> Fault:
        """End a stream in good order, but within the record that follows so many."""
        position = self._position(None, after_events)
        disturb = partial(fault_effects.half_record, after_events=after_events)
        return self._declare_disturbance(f"half a record {position}", position, disturb)

    def double_event(self, event: int = 1) -> Fault:
        """Send one event of a stream twice; the first is number 1."""
        if event < 1:
            raise ValueError(f"events are counted from 1, not {event!r}")
        disturb = partial(fault_effects.doubled, event=event)
        return self._declare_disturbance(f"event {event} twice", self._position(None, event), disturb)

    def garbage(self, *, after_events: int = 0) -> Fault:
        """Answer with a body that is no JSON.

        In a stream it is one record that is none, after so many events.
        """
        position = self._position(None, after_events) if self._meant.row.streams or after_events else Position()
        disturb = partial(fault_effects.garbled, after_events=after_events)
        return self._declare_disturbance("garbage" + (f" {position}" if after_events else ""), position, disturb)

    def content_type(self, value: str = "text/html") -> Fault:
        """Send the right body with the wrong content type."""

        def effect(handle: Handle, on_fired: OnFired) -> WireReply:
            on_fired()
            return fault_effects.retyped(handle(), value)

        return self._declare(f"content type {value}", effect)

    def _declare_reply(self, description: str, reply: WireReply, *, after_effect: bool) -> Fault:
        def effect(handle: Handle, on_fired: OnFired) -> WireReply:
            if after_effect:
                handle().close()
            on_fired()
            return reply

        return self._declare(description, effect)

    def _declare_disturbance(self, description: str, position: Position, disturb: Callable[..., WireReply]) -> Fault:
        def effect(handle: Handle, on_fired: OnFired) -> WireReply:
            reply = handle()
            # an error in a stream's stead has no events
            return disturb(reply, on_fired=on_fired) if position.fits(reply) else reply

        return self._declare(description, effect)

    def _declare(self, description: str, effect: Effect, *, is_latency: bool = False) -> Fault:
        fault = Fault(self._meant, description, self._turns, self._probability, self._dice, effect, is_latency)
        return self._faults.add(fault)

    def _pause(self, seconds: float) -> Pause:
        if not seconds > 0:
            raise ValueError(f"seconds must be more than 0, not {seconds!r}")
        return Pause(seconds, self._clock)

    def _position(self, after_bytes: int | None, after_events: int | None) -> Position:
        if after_bytes is not None and after_events is not None:
            raise ValueError("say after_bytes or after_events, not both")
        if min(after_bytes or 0, after_events or 0) < 0:
            raise ValueError("a place is not before the beginning")
        if after_events is not None and self._meant.verb is not None and not self._meant.row.streams:
            streaming = ", ".join(sorted(name for name, row in VERBS.items() if row.streams))
            raise ValueError(f"{self._meant.verb} is not answered with events; only {streaming} are")
        return Position(after_bytes, after_events)


def _when(*, after_effect: bool) -> str:
    return " after it took effect" if after_effect else " before it took effect"


class FaultySurface:
    """A surface between whose answers and the wire faults come.

    Args:
        surface: What answers.
        faults: What is to go wrong.
    """

    def __init__(self, surface: Surface, faults: Faults) -> None:
        self.surface = surface
        self.faults = faults

    def handle(self, request: WireRequest) -> WireReply:
        """Return the reply to one request, or what becomes of it."""
        if not self.faults.declared:
            return self.surface.handle(request)
        handle: Handle = partial(self.surface.handle, request)
        for fault in self.faults.due(call_of(request)):
            handle = partial(fault.effect, handle, fault.note_fired)
        return handle()
