"""What is said of a cassette that cannot be read, or must not be written.

CassetteError
├── CassetteUnreadable    what stands in the file is no cassette
└── SecretSurvives        a known secret would stand in the file
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class Unreadable(Exception):
    """What is wrong with a text that should be a cassette, before anyone knows its file.

    Args:
        line: Which line, from 1; None if no line can be named.
        problem: What is wrong with it.
        remedy: What to do about it; None for the usual.
    """

    def __init__(self, line: int | None, problem: str, remedy: str | None = None) -> None:
        super().__init__(line, problem, remedy)
        self.line = line
        self.problem = problem
        self.remedy = remedy


class CassetteError(Exception):
    """A cassette could not be read or written."""


class CassetteUnreadable(CassetteError):
    """What stands in a file is no cassette; it was left as it is.

    Args:
        path: The file.
        line: Which line, from 1; None if no line can be named.
        problem: What is wrong with it.
        remedy: What to do about it; None for the usual.
    """

    def __init__(self, path: Path, line: int | None, problem: str, remedy: str | None = None) -> None:
        super().__init__(path, line, problem, remedy)
        self.path = path
        self.line = line
        self.problem = problem
        self.remedy = remedy or "Mend it, take it from version control again, or delete the file and record it anew."

    def __str__(self) -> str:
        where = f"{self.path}" if self.line is None else f"{self.path}, line {self.line}"
        return f"{where}: {self.problem}.\n  {self.remedy}"


class SecretSurvives(CassetteError):
    """A known secret would stand in the file, which was left as it is.

    Args:
        path: The file.
        findings: Where each stands, and under which name it was first met; never the secret.
    """

    def __init__(self, path: Path, findings: Sequence[str]) -> None:
        super().__init__(path, tuple(findings))
        self.path = path
        self.findings = tuple(findings)

    def __str__(self) -> str:
        return (
            f"{self.path}: not written, for secrets would stand in it:\n"
            + "".join(f"  {finding}\n" for finding in self.findings)
            + "  Please report this: the scrubber should have replaced them."
        )
