"""What `mastra-sync coverage` does: files read, added up, reported, and held to thresholds and a base."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mastra_sync.cli.exits import Exit, Stop
from mastra_sync.terminal.writing import complain, print_text
from pytest_mastra.coverage.compare import find_lost
from pytest_mastra.coverage.folded import Coverage
from pytest_mastra.coverage.kept_file import CoverageFileError, as_text, read_file, try_to_write
from pytest_mastra.coverage.report import lines_of
from pytest_mastra.coverage.wishes import WishError, Wishes


@dataclass(slots=True)
class CoverageReporter:
    """Prints and writes coverage, and holds it to what is asked for.

    Attributes:
        wishes: What the options ask for.
        base: What had been tried before; None if that is no matter.
    """

    wishes: Wishes
    base: Coverage | None = None

    @classmethod
    def from_options(
        cls, form: str, fail_under: str | None, against: Path | None, omit: Sequence[str]
    ) -> CoverageReporter:
        """Return what the options of the command ask for.

        Raises:
            Stop: There is no such thing.
        """
        try:
            wishes = Wishes.parse((form, "--form"), (fail_under, "--fail-under"), (omit, "--omit"))
        except WishError as error:
            raise Stop(Exit.USAGE, str(error)) from None
        return cls(wishes, None if against is None else _read(against))

    def report(self, coverage: Coverage) -> Exit:
        """Print and write coverage; return how the command ends."""
        omit = self.wishes.omissions.reason
        for report in self.wishes.reports:
            if not report.path:
                print_text("\n".join(lines_of(coverage, omit, with_advice=report.form == "term-missing")))
        for path, text in self.wishes.documents(coverage):
            _write(Path(path), text)
            complain(f"written to {path}")
        problems = [str(lost) for lost in find_lost(coverage, self.base, omit)] if self.base is not None else []
        problems += self.wishes.problems(coverage)
        for problem in problems:
            complain(problem)
        return Exit.FAILED if problems else Exit.SUCCESS


def combine_files(files: Sequence[Path], out: Path, reporter: CoverageReporter) -> Exit:
    """Add up files, write the sum, and report it.

    Raises:
        Stop: One cannot be read, or the sum cannot be written.
    """
    coverage = Coverage()
    twice = [file for number, file in enumerate(files) if file.resolve() in {one.resolve() for one in files[:number]}]
    if twice:
        raise Stop(Exit.USAGE, f"{twice[0]} is named twice, and would count twice")
    for file in files:
        coverage.merge(_read(file))
    _write(out, as_text(coverage))
    return reporter.report(coverage)


def report_file(file: Path, reporter: CoverageReporter) -> Exit:
    """Report what a file holds.

    Raises:
        Stop: It cannot be read.
    """
    return reporter.report(_read(file))


def _read(path: Path) -> Coverage:
    try:
        return read_file(path)
    except CoverageFileError as error:
        raise Stop(Exit.USAGE, str(error)) from None
    except IsADirectoryError:
        hint = "give the file in it that pytest --mastra-coverage wrote, .mastra-coverage.json by default"
        raise Stop(Exit.USAGE, f"{path} is a folder: {hint}") from None
    except OSError as error:
        hint = "; pytest --mastra-coverage writes it" if isinstance(error, FileNotFoundError) else ""
        raise Stop(Exit.USAGE, f"{path} cannot be read: {error.strerror or error}{hint}") from None


def _write(path: Path, text: str) -> None:
    problem = try_to_write(path, text)
    if problem:
        raise Stop(Exit.USAGE, problem)
