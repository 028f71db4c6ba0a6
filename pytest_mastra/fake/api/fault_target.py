"""What is to happen to requests that are meant: each method declares one fault."""

from __future__ import annotations

import functools
import math
import os
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec

from mastra_sync.attributes import tells_missing
from mastra_sync.deadline import Clock
from mastra_sync.keywords import takes
from mastra_sync.suggest import did_you_mean, nearest_name
from pytest_mastra.fake.api import fault_effects
from pytest_mastra.fake.api.fault import Effect, Fault, Handle, Rule
from pytest_mastra.fake.api.fault_effects import OnFired, Position
from pytest_mastra.fake.api.server_process import ServerProcess, check_back_after
from pytest_mastra.fake.workflows.arguments import check_json, check_number, check_text, check_truth
from pytest_mastra.http.verbs import VERBS, RouteMatch
from pytest_mastra.http.wire import Cut, Pause, WireReply
from pytest_mastra.text.values import shown

P = ParamSpec("P")

_SWITCHES = frozenset({"after_effect", "html", "reset"})
"""Arguments of faults that are True or False."""


def written_call(name: str, *given: Any, **named: Any) -> str:
    """Return a call as it was written; named arguments of None were not."""
    parts = [shown(value, 60) for value in given]
    parts += [f"{key}={shown(value, 60)}" for key, value in named.items() if value is not None]
    return f"{name}({', '.join(parts)})"


def place_of_caller(depth: int) -> str:
    """Return file and line of a function's caller, so many calls further up."""
    frame = sys._getframe(depth + 1)  # noqa: SLF001 -- the line that is at fault
    # paths as objects take longer than all the rest of a front
    path, here = frame.f_code.co_filename, f"{os.getcwd()}{os.sep}"  # noqa: PTH109
    return f"{path.removeprefix(here)}:{frame.f_lineno}"


def _declares(method: Callable[Concatenate[Target, P], Fault]) -> Callable[Concatenate[Target, P], Fault]:
    """Have a fault know how it was written, and where."""
    method = takes()(method)

    @functools.wraps(method)
    def declare(target: Target, /, *given: P.args, **named: P.kwargs) -> Fault:
        try:
            for name in _SWITCHES & named.keys():
                check_truth(named[name], name)
            fault = method(target, *given, **named)
        except (TypeError, ValueError):
            # its own line says what is wrong; that it says nothing would not be true
            target._forget(target._rule)  # noqa: SLF001 -- this is a part of the class
            raise
        meant = target._rule  # noqa: SLF001 -- this is a part of the class
        text = f"{meant.text}.{written_call(method.__name__, *given, **named)}"
        fault.rule = Rule(text, place_of_caller(1), meant.number)
        return fault

    return declare


@dataclass(frozen=True, slots=True)
class Target:
    """Requests that something is to happen to. Each method declares one fault.

    docs/faults.md has them as a table.
    """

    _rule: Rule
    _add: Callable[[Fault], Fault]
    _forget: Callable[[Rule], object]
    _meant: RouteMatch
    _turns: frozenset[int] | None
    _probability: float
    _dice: random.Random
    _clock: Clock
    _process: ServerProcess | None

    @_declares
    def latency(self, seconds: float, *, after_effect: bool = True) -> Fault:
        """Answer later, or have the request itself arrive later.

        In that case it takes effect even if the client has given up by then.
        """
        pause = self._pause(seconds)

        def effect(handle: Handle, on_fired: OnFired) -> WireReply:
            on_fired()
            return fault_effects.delayed(handle(), pause) if after_effect else fault_effects.held_up(handle, pause)

        return self._declare(f"{seconds:g} s late{_when(after_effect=after_effect)}", effect, is_latency=True)

    @_declares
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
        check_number(status, "a status", least=100, most=599, whole=True)
        if retry_after is not None:
            check_number(retry_after, "retry_after, in seconds,", least=0)
        if not isinstance(body, bytes):
            check_json(body, "the body")
        reply = fault_effects.refusal(status, body, retry_after=retry_after, html=html)
        text = f"status {status}{' in HTML' if html else ''}{_when(after_effect=after_effect)}"
        return self._declare_reply(text, reply, after_effect=after_effect)

    @_declares
    def reset(self, *, after_effect: bool = False) -> Fault:
        """Reset the connection before the headers, as when a process dies."""
        reply = fault_effects.silence(Cut.RESET)
        return self._declare_reply(f"reset{_when(after_effect=after_effect)}", reply, after_effect=after_effect)

    @_declares
    def hang_up(self, *, after_effect: bool = False) -> Fault:
        """Close the connection before the headers, as servers do with one that was quiet for long."""
        reply = fault_effects.silence(Cut.CLOSED)
        return self._declare_reply(f"closed{_when(after_effect=after_effect)}", reply, after_effect=after_effect)

    @_declares
    def not_http(self, *, after_effect: bool = False) -> Fault:
        """Answer with what is no HTTP."""
        reply = fault_effects.not_http()
        return self._declare_reply(f"no HTTP{_when(after_effect=after_effect)}", reply, after_effect=after_effect)

    @_declares
    def cut(self, *, after_bytes: int | None = None, after_events: int | None = None, reset: bool = False) -> Fault:
        """End the connection within the body, after so many bytes of it or events."""
        if after_bytes is None and after_events is None:
            raise ValueError("say after_bytes or after_events; before the headers it is reset() or hang_up()")
        position = self._position(after_bytes, after_events)
        cut = Cut.RESET if reset else Cut.CLOSED
        text = f"{'reset' if reset else 'closed'} {position}"
        return self._declare_disturbance(text, position, partial(fault_effects.broken_off, position=position, cut=cut))

    @_declares
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

    @_declares
    def drip(self, size: int = 1, *, seconds: float = 0.01) -> Fault:
        """Send the body `size` bytes at a time, with a pause before each."""
        check_number(size, "the size of a piece, in bytes,", whole=True)
        if size < 1:
            raise ValueError(f"a piece has at least 1 byte, not {size!r}")
        pause = self._pause(seconds)

        def effect(handle: Handle, on_fired: OnFired) -> WireReply:
            on_fired()
            return fault_effects.dripping(handle(), size, pause)

        return self._declare(f"{size} bytes every {seconds:g} s", effect)

    @_declares
    def half_record(self, *, after_events: int = 0) -> Fault:
        """End a stream in good order, but within the record that follows so many."""
        check_number(after_events, "after_events", least=0, whole=True)
        position = self._position(None, after_events)
        disturb = partial(fault_effects.half_record, after_events=after_events)
        return self._declare_disturbance(f"half a record {position}", position, disturb)

    @_declares
    def double_event(self, event: int = 1) -> Fault:
        """Send one event of a stream twice; the first is number 1."""
        check_number(event, "an event, counted from 1,", least=1, whole=True)
        disturb = partial(fault_effects.doubled, event=event)
        return self._declare_disturbance(f"event {event} twice", self._position(None, event), disturb)

    @_declares
    def garbage(self, *, after_events: int = 0) -> Fault:
        """Answer with a body that is no JSON.

        In a stream it is one record that is none, after so many events.
        """
        check_number(after_events, "after_events", least=0, whole=True)
        position = self._position(None, after_events) if self._meant.row.streams or after_events else Position()
        disturb = partial(fault_effects.garbled, after_events=after_events)
        return self._declare_disturbance("garbage" + (f" {position}" if after_events else ""), position, disturb)

    @_declares
    def content_type(self, value: str = "text/html") -> Fault:
        """Send the right body with the wrong content type."""
        check_text(value, "a content type")

        def effect(handle: Handle, on_fired: OnFired) -> WireReply:
            on_fired()
            return fault_effects.retyped(handle(), value)

        return self._declare(f"content type {value}", effect)

    @_declares
    def delivered_twice(self, *, answer: Literal["first", "second"] = "second") -> Fault:
        """Deliver the request twice, one after the other, as a proxy does that tries again.

        Both take effect; the client gets one of the two answers.
        """
        if answer not in ("first", "second"):
            hint = did_you_mean(nearest_name(str(answer), ("first", "second")), before="", after=" ")
            raise ValueError(f"no answer {answer!r}: {hint}it is 'first' or 'second'")

        def effect(handle: Handle, on_fired: OnFired) -> WireReply:
            replies = {"first": handle(), "second": handle()}
            on_fired()
            kept = replies.pop(answer)
            for lost in replies.values():
                lost.close()
            return kept

        return self._declare(f"delivered twice, the {answer} answer returned", effect)

    @_declares
    def server_dies(
        self,
        *,
        back_after: float = math.inf,
        after_effect: bool = False,
        after_events: int | None = None,
        in_step: str | None = None,
    ) -> Fault:
        """Kill the server's process, which loses what is in its memory; what is stored stays.

        All connections are reset, and new ones refused until it is back. Runs that were at work stay `running`.

        Args:
            back_after: Seconds after which it is back; by default not before `server.revive()`.
            after_effect: Whether the request takes effect before.
            after_events: So many events of the answer come before.
            in_step: It dies in this step, the next time that one is executed: once it has done its work, before its
                result is stored. The request itself takes effect.
        """
        if after_events is not None and in_step is not None:
            raise ValueError("say after_events or in_step, not both")
        process, position = self._mortal(), self._position(None, after_events)
        if in_step is not None:
            check_text(in_step, "a step's id")
            process.check_step(in_step)
        check_back_after(back_after)
        die = partial(process.die, back_after, place_of_caller(3))
        back = "" if math.isinf(back_after) else f", back after {back_after:g} s"

        def effect(handle: Handle, on_fired: OnFired) -> WireReply:
            def fire() -> None:
                on_fired()
                die()

            if in_step is not None:
                process.before_storing(in_step, fire)
                return handle()
            if after_events is None:
                return fault_effects.died(handle if after_effect else None, fire)
            reply = handle()
            return fault_effects.broken_off(reply, position, Cut.RESET, fire) if position.fits(reply) else reply

        if in_step is not None:
            fault = self._declare(f"the server dies in step {in_step!r}{back}", effect)
            fault.waits_for = "the step was not executed after it"
            return fault
        when = _when(after_effect=after_effect) if after_events is None else f" {position}"
        return self._declare(f"the server dies{when}{back}", effect)

    def _mortal(self) -> ServerProcess:
        if self._process is None:
            raise ValueError("these faults have no server that could die; those of a FakeMastra have")
        return self._process

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
        return self._add(
            Fault(self._meant, description, self._rule, self._turns, self._probability, self._dice, effect, is_latency)
        )

    def _pause(self, seconds: float) -> Pause:
        check_number(seconds, "a delay, in seconds,")
        if not seconds > 0:
            raise ValueError(f"seconds must be more than 0, not {seconds!r}")
        return Pause(seconds, self._clock)

    def _position(self, after_bytes: int | None, after_events: int | None) -> Position:
        if after_bytes is not None and after_events is not None:
            raise ValueError("say after_bytes or after_events, not both")
        for name, place in (("after_bytes", after_bytes), ("after_events", after_events)):
            if place is not None:
                check_number(place, name, whole=True)
        if min(after_bytes or 0, after_events or 0) < 0:
            raise ValueError("a place is not before the beginning")
        if after_events is not None and self._meant.verb is not None and not self._meant.row.streams:
            streaming = ", ".join(sorted(name for name, row in VERBS.items() if row.streams))
            raise ValueError(f"{self._meant.verb} is not answered with events; only {streaming} are")
        return Position(after_bytes, after_events)

    if not TYPE_CHECKING:
        __getattr__ = tells_missing(
            **dict.fromkeys(("error", "fail", "fails", "raises", "returns"), "status(500)"),
            **dict.fromkeys(("delay", "slow", "sleep"), "latency(seconds)"),
            **dict.fromkeys(("timeout", "hang", "times_out"), "stall()"),
            **dict.fromkeys(("disconnect", "drop", "lose_answer", "lost"), "reset(after_effect=True)"),
            **dict.fromkeys(("die", "dies", "crash", "kill"), "server_dies()"),
            **dict.fromkeys(("rate_limit", "throttle"), "status(429, retry_after=...)"),
        )


def _when(*, after_effect: bool) -> str:
    return " after it took effect" if after_effect else " before it took effect"
