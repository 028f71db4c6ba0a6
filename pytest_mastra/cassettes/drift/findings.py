"""What has drifted: how a recording and a live server differ, run by run. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_mastra.redact.differences import redact_difference
from pytest_mastra.redact.scrubber import Scrubber
from pytest_mastra.text.differences import MISSING, Difference, describe
from pytest_mastra.text.values import counted, first_of
from pytest_mastra.text.width import clipped

MOST_SHOWN = 12
"""Differences of one run that are shown; of the others only the number."""

MOST_NOTES = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference, and where it was met.

    Attributes:
        where: The request or the event that it was found in.
        what: Where the values differ, `expected` being the recorded one; or, where there is nothing to compare, words.
    """

    where: str
    what: Difference | str


@dataclass(slots=True)
class RunDrift:
    """How one run differs; or, under another title, what was said of no run.

    Attributes:
        title: What people call it.
        differences: What differs.
        notes: What a server may add without breaking anybody: fields that were not there, another text of a function.
    """

    title: str
    differences: list[Finding] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.differences)


@dataclass(slots=True)
class Drift:
    """How a recording and a live server differ; false if they do not.

    Attributes:
        runs: Those that differ, or of which there is something to note.
    """

    runs: list[RunDrift] = field(default_factory=list)

    def __bool__(self) -> bool:
        return any(self.runs)

    @property
    def differences(self) -> dict[str, list[Finding]]:
        """What differs, by the title of the run."""
        return {run.title: run.differences for run in self.runs if run}

    @property
    def notes(self) -> dict[str, list[Finding]]:
        """What is only noted, by the title of the run."""
        return {run.title: run.notes for run in self.runs if run.notes}

    def lines(self, *, width: int = 80) -> list[str]:
        """Return the differences as lines of text, run by run.

        Notes are counted, and named where a run differs.
        """
        return [line for run in self.runs if run for line in _run_lines(run, width)]

    def __str__(self) -> str:
        return "\n".join(self.lines()) or "no drift"

    def redacted(self, scrubber: Scrubber) -> Drift:
        """Return this without secrets."""
        return Drift(
            [
                RunDrift(scrubber.text(run.title), _redacted(run.differences, scrubber), _redacted(run.notes, scrubber))
                for run in self.runs
            ]
        )

    def as_data(self) -> list[dict[str, Any]]:
        """Return this as plain data, which `from_data` reads."""
        return [
            {"title": run.title, "differences": _as_data(run.differences), "notes": _as_data(run.notes)}
            for run in self.runs
        ]

    @classmethod
    def from_data(cls, data: Iterable[Mapping[str, Any]]) -> Drift:
        """Return what `as_data` was made of."""
        return cls([RunDrift(run["title"], _from_data(run["differences"]), _from_data(run["notes"])) for run in data])


def _redacted(findings: Iterable[Finding], scrubber: Scrubber) -> list[Finding]:
    return [
        Finding(
            scrubber.text(finding.where),
            scrubber.text(finding.what) if isinstance(finding.what, str) else redact_difference(finding.what, scrubber),
        )
        for finding in findings
    ]


def _run_lines(run: RunDrift, width: int) -> list[str]:
    lines = [clipped(f"{run.title}:", width)]
    counts = _count_equal(run.differences)
    where = None
    for finding, count in counts[:MOST_SHOWN]:
        if finding.where != where:
            where = finding.where
            lines.append(clipped(f"  {where}", width))
        lines += [f"    {line}" for line in _finding_lines(finding, width - 4)]
        if count > 1:
            lines.append(f"      (the same in {counted(count - 1, 'more place')})")
    if (more := len(counts) - MOST_SHOWN) > 0:
        lines.append(f"  ... and {counted(more, 'more difference')}")
    if run.notes:
        lines.append(clipped(f"  not counted: {_notes_line(run.notes)}", width))
    return lines


def _finding_lines(finding: Finding, width: int) -> list[str]:
    if isinstance(finding.what, str):
        return [clipped(finding.what, width)]
    return describe([finding.what], width=width)


def _count_equal(findings: Sequence[Finding]) -> list[tuple[Finding, int]]:
    """Return each change of one value into another once, with how often it was met."""
    first: dict[Any, Finding] = {}
    counts: dict[Any, int] = {}
    for finding in findings:
        what = finding.what
        key: tuple[object, ...] = (finding.where, what)
        if not isinstance(what, str):
            key = (repr(what.expected), repr(what.actual))
        if not isinstance(what, str) and MISSING in (what.expected, what.actual):
            key = (*key, what.path.rpartition(".")[2])
        first.setdefault(key, finding)
        counts[key] = counts.get(key, 0) + 1
    return [(finding, counts[key]) for key, finding in first.items()]


def _notes_line(notes: Sequence[Finding]) -> str:
    names = list(dict.fromkeys(_note(finding) for finding in notes))
    return first_of(names, MOST_NOTES)


def _note(finding: Finding) -> str:
    if isinstance(finding.what, str):
        return finding.what
    words = "new field" if finding.what.expected is MISSING else "other text of"
    return f"{words} {finding.what.path}"


def _as_data(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    return [{"where": finding.where, **_what_as_data(finding.what)} for finding in findings]


def _what_as_data(what: Difference | str) -> dict[str, Any]:
    if isinstance(what, str):
        return {"words": what}
    sides = {"path": what.path, "expected": what.expected, "actual": what.actual}
    return {name: value for name, value in sides.items() if value is not MISSING}


def _from_data(data: Iterable[Mapping[str, Any]]) -> list[Finding]:
    return [Finding(item["where"], _what_from_data(item)) for item in data]


def _what_from_data(data: Mapping[str, Any]) -> Difference | str:
    if "words" in data:
        return str(data["words"])
    return Difference(data["path"], data.get("expected", MISSING), data.get("actual", MISSING))
