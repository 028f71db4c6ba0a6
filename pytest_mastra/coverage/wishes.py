"""What is asked of coverage: which reports, which thresholds, which goals are left out. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from os.path import normpath

from mastra_sync.suggest import did_you_mean, nearest_name
from pytest_mastra.coverage.folded import Count, Coverage, WorkflowCoverage
from pytest_mastra.coverage.goals import FAMILIES, Family, Goal

FORMS: Mapping[str, str] = {
    "term": "",
    "term-missing": "",
    "html": "mastra-coverage.html",
    "json": "mastra-coverage.json",
    "markdown": "mastra-coverage.md",
}
"""The forms of the report, each with the file that it is written to by default; those for terminals have none."""

Option = tuple[str | None, str]
"""What was given to an option, None for nothing, and the option's name for messages."""

_REASON = " -- "
_HUNDRED = 100


class WishError(ValueError):
    """Something was asked for that there is not; its text says what there is."""


@dataclass(frozen=True, slots=True)
class Report:
    """One form of the report.

    Attributes:
        form: One of `FORMS`.
        path: The file that it goes to; empty for a terminal.
    """

    form: str
    path: str = ""


def parse_reports(text: str, where: str) -> list[Report]:
    """Return the reports that an option asks for: `term-missing,html:out/coverage.html`.

    Args:
        text: The option's value.
        where: The option's name, for messages.

    Raises:
        WishError: One is not a form, a terminal was given a file, or two forms the same one.
    """
    reports: list[Report] = []
    for part in text.split(","):
        form, colon, path = part.strip().partition(":")
        if form not in FORMS:
            hint = did_you_mean(nearest_name(form, FORMS))
            raise WishError(f"{where}: {form!r} is not one of {', '.join(FORMS)}{hint}")
        if colon and not (path and FORMS[form]):
            problem = "needs a file behind the colon" if FORMS[form] else "goes to the terminal, and takes no file"
            raise WishError(f"{where}: {form} {problem}")
        report = Report(form, path or FORMS[form])
        twin = next((one for one in reports if report.path and normpath(one.path) == normpath(report.path)), None)
        if twin is not None:
            both = f"{twin.form} and {form}" if twin.form != form else f"{form}, which is given twice,"
            raise WishError(f"{where}: {both} would go to the same file {report.path}; name another: {form}:FILE")
        reports.append(report)
    return reports


def parse_thresholds(text: str, where: str) -> dict[Family, float]:
    """Return the least percentages: of `structure:90,trouble:50`, or of `90`, which is of the structure.

    Raises:
        WishError: There is no such family, or it is no percentage.
    """
    least: dict[Family, float] = {}
    for part in text.split(","):
        name, colon, number = part.strip().rpartition(":")
        family = next((one for one in FAMILIES if one == (name if colon else FAMILIES[0])), None)
        if family is None:
            hint = did_you_mean(nearest_name(name, FAMILIES))
            raise WishError(f"{where}: {name!r} is not one of {', '.join(FAMILIES)}{hint}")
        try:
            percent = float(number)
        except ValueError:
            percent = -1.0
        if not 0 <= percent <= _HUNDRED:
            shown = f"{where}: {number.strip()!r} is no percentage from 0 to 100"
            raise WishError(f"{shown}; an example: structure:90,trouble:50")
        if family in least:
            raise WishError(f"{where}: {family} is given twice")
        least[family] = percent
    return least


@dataclass(slots=True)
class Omission:
    """A line of `mastra_coverage_omit`.

    Attributes:
        pattern: `workflow.path`, or `workflow.path:kind`, with `*`.
        reason: Why these goals are not counted.
        has_matched: Whether it has matched any goal.
    """

    pattern: str
    reason: str
    has_matched: bool = False

    def matches(self, workflow_id: str, goal: Goal) -> bool:
        """Return whether a goal is left out."""
        place = f"{workflow_id}.{goal.path}" if goal.path else f"{workflow_id}.run"
        return fnmatchcase(place, self.pattern) or fnmatchcase(f"{place}:{goal.kind}", self.pattern)


@dataclass(slots=True)
class Omissions:
    """What is not counted, and why.

    Attributes:
        lines: In the order in which they were given; of two that match, the first one's reason counts.
        where: What they were given by, for messages.
    """

    lines: list[Omission] = field(default_factory=list)
    where: str = "mastra_coverage_omit"

    def reason(self, workflow_id: str, goal: Goal) -> str | None:
        """Return why a goal is not counted; None if it is."""
        found = [line for line in self.lines if line.matches(workflow_id, goal)]
        for line in found:
            line.has_matched = True
        return found[0].reason if found else None

    def problems(self, coverage: Coverage) -> list[str]:
        """Return what is wrong with lines that match no goal."""
        goals = [(row, goal) for row in coverage.rows() for goal in row.goals()]
        for row, goal in goals:
            self.reason(row.workflow_id, goal)
        names = dict.fromkeys(name for row, goal in goals for name in _names(row, goal))
        return [
            f"{self.where}: {line.pattern!r} matches no goal{did_you_mean(nearest_name(line.pattern, names))}"
            for line in self.lines
            if not line.has_matched
        ]


def parse_omissions(lines: Iterable[str], where: str = "mastra_coverage_omit") -> Omissions:
    """Return what is left out: of `report.* -- written by hand, not by tests`.

    Raises:
        WishError: A line has no pattern, or no reason.
    """
    found = []
    for line in filter(None, map(str.strip, lines)):
        pattern, dashes, reason = (part.strip() for part in f"{line} ".partition(_REASON))
        if not pattern or not dashes or not reason:
            raise WishError(f"{where}: {line!r} has no reason; an example: report.* -- nobody runs it in tests")
        found.append(Omission(pattern, reason))
    return Omissions(found, where)


@dataclass(slots=True)
class Wishes:
    """All that is asked of coverage, by pytest's options or those of the command.

    Attributes:
        reports: The forms of the report.
        least: The least percentages, by family.
        omissions: What is not counted.
    """

    reports: list[Report]
    least: dict[Family, float]
    omissions: Omissions

    @classmethod
    def parse(cls, reports: Option, least: Option, omissions: tuple[Iterable[str], str]) -> Wishes:
        """Return what options ask for, each given as its value and its name for messages.

        Args:
            reports: As `parse_reports` takes them.
            least: As `parse_thresholds` takes them.
            omissions: The lines that `parse_omissions` takes.

        Raises:
            WishError: There is no such thing.
        """
        forms, of_forms = reports
        percentages, of_percentages = least
        return cls(
            [] if forms is None else parse_reports(forms, of_forms),
            {} if percentages is None else parse_thresholds(percentages, of_percentages),
            parse_omissions(*omissions),
        )

    def documents(self, coverage: Coverage) -> Iterator[tuple[str, str]]:
        """Give the reports that go to files: the path of each, and its text."""
        from pytest_mastra.coverage.documents import DOCUMENTS  # noqa: PLC0415 -- most sessions write none

        for report in self.reports:
            if report.path:
                yield report.path, DOCUMENTS[report.form](coverage, self.omissions.reason)

    def problems(self, coverage: Coverage) -> list[str]:
        """Return what is not as asked for: omissions of nothing, thresholds not reached."""
        vain = self.omissions.problems(coverage) if coverage.runs else []
        return vain + find_shortfalls(coverage.counts(self.omissions.reason), self.least, coverage.runs)


def find_shortfalls(counts: Mapping[Family, Count], least: Mapping[Family, float], runs: int) -> list[str]:
    """Return which thresholds are not reached, in sentences. Without any run none is.

    Args:
        counts: What was reached.
        least: The least percentages.
        runs: How many runs there were.
    """
    if least and not runs:
        return ["no test has run a workflow, so no threshold is reached: were all tests deselected, or skipped?"]
    found = []
    for family, percent in least.items():
        own = counts[family]
        if own.percent < percent:
            unknown = f"; of {own.cannot_tell} more nobody can tell" if own.cannot_tell else ""
            found.append(
                f"{family}: {own.reached} of {own.total} goals is {own.percent:.1f} %, less than {percent:g} %{unknown}"
            )
    return found


def _names(row: WorkflowCoverage, goal: Goal) -> list[str]:
    place = f"{row.workflow_id}.{goal.path}" if goal.path else f"{row.workflow_id}.run"
    return [f"{row.workflow_id}.*", place, f"{place}:{goal.kind}"]
