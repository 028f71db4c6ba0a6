"""What a test has found to differ from what was kept of an earlier run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_mastra.text.differences import Difference


CASSETTE = "cassette"
"""Against which a run on a server is held that was recorded: what differs has drifted."""

RECORDED_SERVER = "recorded server"
"""Against which a run on a fake is held that nobody has asked to be like it."""


@dataclass(frozen=True, slots=True)
class NotedDifference:
    """One place at which a run differs from what was kept.

    Attributes:
        against: From what: `snapshot`, `recorded run`, `CASSETTE`, or `RECORDED_SERVER`.
        difference: Where, and in what; `expected` is what was kept.
        name: Which one, as people call it: a file; empty if that goes without saying.
        run_id: The run; None if it is of none.
        step: The step, by its path in the run; None if it is of none.
        where: In which request or event, if it is in one.
    """

    against: str
    difference: Difference
    name: str = ""
    run_id: str | None = None
    step: str | None = None
    where: str = ""
