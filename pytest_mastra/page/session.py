"""What the page says of all tests together. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from mastra_sync.terminal.writing import duration
from pytest_mastra.page.tested import Tested
from pytest_mastra.text.values import counted

_VERSIONS = ("python", "pytest", "mastra-sync")


@dataclass(frozen=True, slots=True)
class Session:
    """What the page says of all tests together.

    Attributes:
        title: Its title.
        facts: What stands below: when, how long, on what.
        notes: What a reader has to know: a worker that crashed, tests that were thinned.
    """

    title: str = "Mastra report"
    facts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def describe_session(
    tests: Sequence[Tested], seconds: float | None = None, notes: Sequence[str] = (), now: datetime | None = None
) -> Session:
    """Return what the page says below its title: when, how long, on what.

    Args:
        tests: All of them.
        seconds: How long they took; None if that is not known.
        notes: What a reader has to know.
        now: When; by default now.
    """
    traces = [test.trace for test in tests if test.trace is not None]
    moment = now or datetime.now(timezone.utc).astimezone()
    facts = [moment.strftime("%Y-%m-%d %H:%M"), *([] if seconds is None else [duration(seconds)])]
    facts.append(counted(sum(len(trace.runs) for trace in traces), "run"))
    facts += sorted({f"on {trace.target}" for trace in traces})
    versions = traces[-1].versions if traces else {}
    facts += [f"{name} {versions[name]}" for name in _VERSIONS if name in versions]
    return Session(facts=tuple(facts), notes=tuple(notes))
