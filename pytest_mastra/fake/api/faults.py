"""What is to go wrong between a server and its clients, and when."""

from __future__ import annotations

import itertools
import random
import sys
import threading
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from mastra_sync.attributes import refuses_unknown, tells_missing
from mastra_sync.deadline import Clock, SystemClock
from mastra_sync.keywords import takes
from pytest_mastra.fake.api.fault import Fault, Handle, Rule
from pytest_mastra.fake.api.fault_target import Target, place_of_caller, written_call
from pytest_mastra.fake.api.server_process import ServerProcess
from pytest_mastra.fake.api.workflow_names import explain_unknown_workflow
from pytest_mastra.fake.workflows.arguments import check_number, check_text
from pytest_mastra.http.verbs import RouteMatch, VerbName, call_of, check_verb
from pytest_mastra.http.wire import Strike, Surface, WireReply, WireRequest

REMEMBERED = 500
"""Of how many requests it is known what they asked, to tell which came near to a fault that never came about."""


@refuses_unknown(seed="Faults(seed=...), or FakeMastra(seed=...)")
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
        workflows: Gives the names of the workflows that requests can be about, as far as they are declared.
        process: The server's, which can die; None if there is none.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        clock: Clock | None = None,
        workflows: Callable[[], Collection[str]] = tuple,
        process: ServerProcess | None = None,
    ) -> None:
        self._seed = seed
        self._workflows = workflows
        self._clock = clock or SystemClock()
        self._process = process
        self._declared: list[Fault] = []
        self._cleared: list[Fault] = []
        self._unfinished: dict[Rule, None] = {}
        self._asked: deque[tuple[int, str, str]] = deque(maxlen=REMEMBERED)
        self._numbers = itertools.count()
        self._lock = threading.Lock()

    @takes()
    def on(
        self,
        verb: VerbName | None = None,
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
            workflow: Only requests to this workflow, by id or registered key, as the request has it. One that is not
                declared is refused, unless none is declared yet.
            run: Only requests to this run.
            probability: How likely it is that something happens to one that is meant.

        Raises:
            TypeError: An argument is of the wrong kind.
            ValueError: There is no such verb or workflow, or a number is out of range.
        """
        turns = _turns(nth)
        check_number(probability, "a probability")
        if not 0 < probability <= 1:
            raise ValueError(f"a probability is above 0 and at most 1, not {probability!r}")
        if verb is not None:
            check_text(verb, "a verb, such as 'start',")
            check_verb(verb)
        if workflow is not None:
            self._check_workflow(workflow)
        if run is not None:
            check_text(run, "a run's id")
        meant = RouteMatch(verb, workflow, run)
        dice = random.Random(f"{self._seed}/{len(self._declared)}")  # noqa: S311 -- to be the same each time
        text = written_call(
            "faults.on",
            *(() if verb is None else (verb,)),
            nth=nth if turns is None or isinstance(nth, int) else sorted(turns),
            workflow=workflow,
            run=run,
            probability=None if probability == 1 else probability,
        )
        rule = Rule(text, place_of_caller(2), next(self._numbers))
        self._unfinished[rule] = None
        return Target(rule, self._add, self._forget, meant, turns, probability, dice, self._clock, self._process)

    @property
    def declared(self) -> tuple[Fault, ...]:
        """All of them, in order."""
        return tuple(self._declared)

    @property
    def unused(self) -> tuple[Fault, ...]:
        """Those that never came about, the cleared ones too.

        A test that declares one and does not meet it shows nothing.
        """
        return tuple(fault for fault in self.written if fault.fired == 0)

    @property
    def written(self) -> tuple[Fault, ...]:
        """All that were ever declared, the cleared ones too."""
        return (*self._cleared, *self._declared)

    @property
    def unfinished(self) -> tuple[Rule, ...]:
        """What says which requests are meant, and not what is to happen to them."""
        return tuple(self._unfinished)

    @property
    def numbers(self) -> frozenset[int]:
        """The numbers of all rules that were written, finished or not, the cleared ones too."""
        return frozenset(rule.number for rule in (*self._unfinished, *(fault.rule for fault in self.written)))

    @property
    def asked(self) -> list[tuple[int, WireRequest]]:
        """The last requests, in order, each numbered like the rules that were written between them."""
        return [(number, WireRequest(method, target)) for number, method, target in list(self._asked)]

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        with self._lock:
            self._cleared += self._declared
            self._declared.clear()

    def note(self, request: WireRequest) -> None:
        """Remember what was asked."""
        # not the request itself: bodies may be large
        self._asked.append((next(self._numbers), sys.intern(str(request.method)), request.target))

    def explain_unknown(self, workflow: str | None) -> str:
        """Return what may be meant by a workflow that is not declared; empty if it is."""
        known = self._workflows()
        return "" if workflow is None or workflow in known else explain_unknown_workflow(workflow, known)

    def _check_workflow(self, workflow: str) -> None:
        check_text(workflow, "a workflow's id")
        # without any, they are to come: whether it is one then is told when the fault goes unused
        unknown = self.explain_unknown(workflow) if self._workflows() else ""
        if unknown:
            raise ValueError(f"{unknown} A fault names one that is declared before it.")

    def _add(self, fault: Fault) -> Fault:
        with self._lock:
            self._forget(fault.rule)
            self._declared.append(fault)
        return fault

    def _forget(self, rule: Rule) -> None:
        self._unfinished.pop(rule, None)

    def due(self, call: RouteMatch) -> list[Fault]:
        """Count a request, and return what happens to it: latency, and at most one other."""
        with self._lock:
            due = [fault for fault in self._declared if fault.is_due(call)]
        others = [fault for fault in due if not fault.is_latency]
        for fault in others[1:]:
            fault.behind = others[0]
        # the first is applied last, so that latency is in front of what it delays
        return others[:1] + [fault for fault in due if fault.is_latency]

    def __iter__(self) -> Iterator[Fault]:
        return iter(self.declared)

    def __repr__(self) -> str:
        return f"<Faults: {'; '.join(map(str, self._declared)) or 'none'}>"

    if not TYPE_CHECKING:
        __getattr__ = tells_missing(
            **dict.fromkeys(("add", "when", "before", "after"), "on(verb)"),
            **dict.fromkeys(("reset", "status", "error", "fail"), "on(verb).reset() or on(verb).status(500)"),
            latency="on().latency(seconds)",
        )


@dataclass(frozen=True, slots=True)
class UnusedFaults:
    """Some of the faults of a server that never came about.

    Attributes:
        faults: The server's.
        without: The numbers of rules that are looked at elsewhere.
    """

    faults: Faults
    without: Collection[int] = ()

    @property
    def unfinished(self) -> list[Rule]:
        """What does not say what is to happen."""
        return [rule for rule in self.faults.unfinished if rule.number not in self.without]

    @property
    def unused(self) -> list[Fault]:
        """What never came about."""
        return [fault for fault in self.faults.unused if fault.rule.number not in self.without]

    def __bool__(self) -> bool:
        return bool(self.unfinished or self.unused)


def _turns(nth: int | Iterable[int] | None) -> frozenset[int] | None:
    """Return the turns that are meant; None if all are."""
    if nth is None:
        return None
    if isinstance(nth, (str, bytes, Mapping)) or not isinstance(nth, (int, Iterable)):
        raise TypeError(f"nth is a whole number or several, counted from 1, not {nth!r}")
    given = [nth] if isinstance(nth, int) else list(nth)
    for turn in given:
        check_number(turn, "nth", whole=True)
    turns = frozenset(given)
    if not turns or min(turns) < 1:
        raise ValueError(f"nth counts from 1, not {nth!r}")
    return turns


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
        if request.is_look:
            return self.surface.handle(request)
        self.faults.note(request)
        if not self.faults.declared:
            return self.surface.handle(request)
        handle: Handle = partial(self.surface.handle, request)
        strikes: list[Strike] = []
        for fault in self.faults.due(call_of(request)):
            strikes.append(Strike(fault.rule.text, fault.rule.place))
            handle = partial(fault.effect, handle, partial(_fire, fault, strikes[-1]))
        reply = handle()
        # what has not come about yet may only while a stream or a script goes on
        is_under_way = reply.is_stream or reply.script is not None
        met = tuple(strike for strike in strikes if strike.has_fired or is_under_way)
        return replace(reply, strikes=met) if met else reply


def _fire(fault: Fault, strike: Strike) -> None:
    fault.note_fired()
    strike.has_fired = True
