"""One thing that goes wrong, and how often it did."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from pytest_mastra.fake.api.fault_effects import OnFired
from pytest_mastra.http.verbs import RouteMatch
from pytest_mastra.http.wire import WireReply

Handle = Callable[[], WireReply]
Effect = Callable[[Handle, OnFired], WireReply]
"""Makes the reply to a request; `Handle` has the request take effect."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What was written to declare a fault, or to say which requests are meant.

    Attributes:
        text: The call, without arguments that are as by default.
        place: File and line.
        number: How many requests and rules the server had seen before.
    """

    text: str
    place: str
    number: int = 0


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        meant: Which requests; what is None in it is not looked at.
        description: What happens to them.
        rule: What was written to declare it.
        calls: How many requests were meant so far.
        chosen: For how many of them its turn had come, and the dice fell so.
        fired: To how many of them it happened.
        behind: The fault that was met in its stead, if its turn came when another one's had.
        waits_for: What else had to come for it to happen, once its turn had.
    """

    meant: RouteMatch
    description: str
    rule: Rule
    turns: frozenset[int] | None = field(repr=False)
    probability: float = field(repr=False)
    dice: random.Random = field(repr=False)
    effect: Effect = field(repr=False)
    is_latency: bool = field(default=False, repr=False)
    calls: int = 0
    chosen: int = 0
    fired: int = 0
    behind: Fault | None = field(default=None, repr=False)
    waits_for: str = field(default="the answer had no such place, or was not read so far", repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def is_due(self, call: RouteMatch) -> bool:
        """Count a request if it is meant, and say whether it is to happen now."""
        if not self.means(call):
            return False
        self.calls += 1
        is_turn = self.turns is None or self.calls in self.turns
        is_chosen = is_turn and (self.probability == 1 or self.dice.random() < self.probability)
        self.chosen += is_chosen
        return is_chosen

    def means(self, call: RouteMatch) -> bool:
        """Return whether a request is one of those that are meant."""
        meant = self.meant
        return (
            meant.verb in (None, call.verb)
            and meant.workflow in (None, call.workflow)
            and meant.run in (None, call.run)
        )

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
