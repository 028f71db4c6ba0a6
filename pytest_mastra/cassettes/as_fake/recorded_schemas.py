"""What a server took, changed and refused at the borders of workflows and steps."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from pytest_mastra.cassettes.as_fake.run_snapshots import are_same
from pytest_mastra.fake.workflows.javascript import copied
from pytest_mastra.fake.workflows.schemas import Schema
from pytest_mastra.fake.workflows.zod_parser import Issue
from pytest_mastra.fake.workflows.zod_releases import Zod

REFUSED = re.compile(r"Invalid (?P<what>input|resume|initial) (?:data|state): \n(?P<issues>.*)", re.DOTALL)
_ISSUE = re.compile(r"^- (?P<path>[^:\n]*): (?P<message>.*(?:\n(?!- ).*)*)", re.MULTILINE)


@dataclass(eq=False)
class Checks:
    """What came of values at one border.

    Attributes:
        taken: Values, and what they were taken for.
        refused: Values, and what was wrong with them.
    """

    taken: list[tuple[Any, Any]] = field(default_factory=list)
    refused: list[tuple[Any, list[Issue]]] = field(default_factory=list)


class RecordedSchema(Schema):
    """A schema that checks recorded values as they were checked, others by the schema beneath.

    Args:
        beneath: The schema that the server has shown; None if it showed none, and then anything fits.
        checks: What was recorded.
    """

    def __init__(self, beneath: Schema | None, checks: Checks) -> None:
        super().__init__(beneath.json_schema if beneath is not None else {})
        self._beneath = beneath
        self._checks = checks

    def check(self, value: Any, zod: Zod) -> tuple[Any, list[Issue]]:
        """Return a value as it was taken, and what does not fit."""
        for known, issues in self._checks.refused:
            if are_same(known, value):
                return value, list(issues)
        for known, taken in self._checks.taken:
            if are_same(known, value):
                return copied(taken), []
        return (value, []) if self._beneath is None else self._beneath.check(value, zod)


def issues_in(message: Any) -> tuple[str, list[Issue]] | None:
    """Return what a refusal is about (`input`, `resume`, `initial`), and its issues.

    None if it is another refusal.
    """
    found = REFUSED.match(message) if isinstance(message, str) else None
    if found is None:
        return None
    issues = [Issue(_path(issue["path"]), issue["message"]) for issue in _ISSUE.finditer(found["issues"])]
    return found["what"], issues


def _path(text: str) -> tuple[str | int, ...]:
    return tuple(int(part) if part.isdecimal() else part for part in text.split(".")) if text else ()
