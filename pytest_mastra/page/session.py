"""What the page says of all tests together. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from mastra_sync.durations import duration
from pytest_mastra.text.values import counted

if TYPE_CHECKING:
    from pytest_mastra.report.trace_reader import Trace

_VERSIONS = ("python", "pytest", "mastra-sync")


@dataclass(slots=True)
class Session:
    """What the page says of all tests together.

    Attributes:
        title: Its title.
        seconds: How long all of it took; None if that is not known.
        notes: What a reader has to know: a worker that crashed, tests that were thinned.
        now: When the page was written.
        runs: How many runs the tests had.
        targets: What they ran against.
        versions: Of Python and of the packages that matter.
    """

    title: str = "Mastra report"
    seconds: float | None = None
    notes: tuple[str, ...] = ()
    now: datetime = field(default_factory=lambda: datetime.now(timezone.utc).astimezone())
    runs: int = 0
    targets: set[str] = field(default_factory=set)
    versions: dict[str, str] = field(default_factory=dict)

    def take(self, trace: Trace) -> None:
        """Take in what a test's trace says of the session."""
        self.runs += len(trace.runs)
        self.targets.add(trace.target)
        self.versions = trace.versions

    @property
    def facts(self) -> list[str]:
        """What stands below the title: when, how long, on what."""
        return [
            self.now.strftime("%Y-%m-%d %H:%M"),
            *([] if self.seconds is None else [duration(self.seconds)]),
            counted(self.runs, "run"),
            *(f"on {target}" for target in sorted(self.targets)),
            *(f"{name} {self.versions[name]}" for name in _VERSIONS if name in self.versions),
        ]
