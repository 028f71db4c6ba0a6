"""What became of one point of a swept test, as it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_mastra.fake.api.exactly_once import Repeated


@dataclass(frozen=True, slots=True)
class SweptPoint:
    """One point of a sweep.

    Attributes:
        name: As `--mastra-point` takes it: `resume_async#1:lost`; of a pair `start#1:lost+resume#1:lost`.
        verb: What the request asked for that met the fault; of a pair, the first one.
        nth: The how manieth of its verb, from 1.
        family: What went wrong: `lost`, `killed_after`, ...
        at: After how many events of a stream; None for the request as a whole.
        outcome: `passed`, `recovered` (when run again), `refused` (as documented), `accepted`, `failed`, `not_met`.
        reasons: Why it did not survive, the worst first, a line each.
        repeated: What happened too often, and which steps were executed again.
        is_shown: Whether the test's runs and exchanges are those of this point.
    """

    name: str
    verb: str
    nth: int
    family: str
    at: int | None
    outcome: str
    reasons: tuple[str, ...]
    repeated: tuple[Repeated, ...]
    is_shown: bool

    @property
    def survived(self) -> bool:
        """Whether it does not fail the test."""
        return self.outcome not in ("failed", "not_met")

    @property
    def request(self) -> str:
        """The request that met the fault, as points name it: `start#1`, `start(order-18)#1`."""
        return self.name.partition(":")[0]
