"""Which answers of a step's question were tried, and which never. No I/O.

They are shown, and counted in none of the three numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pytest_mastra.coverage.answers import BOOLEANS, LABEL, Given, Part, parts_of_schema
from pytest_mastra.coverage.folded import WorkflowCoverage
from pytest_mastra.coverage.graph import Graph


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that there may be.

    Attributes:
        part: What it says.
        tests: The tests that gave it.
    """

    part: Part
    tests: tuple[str, ...]

    @property
    def words(self) -> str:
        """What it says, in words: `approved: true`."""
        name, value = self.part
        if not value:
            return "any answer"
        return f"{name}: {value}" if name else value


@dataclass(frozen=True, slots=True)
class Question:
    """A step that asks, and what it may be answered.

    Attributes:
        path: The step.
        answers: Those that there may be.
    """

    path: str
    answers: tuple[Answer, ...] = field(default_factory=tuple)

    @property
    def untried(self) -> list[Answer]:
        """What no test has answered."""
        return [answer for answer in self.answers if not answer.tests]


def questions_of(row: WorkflowCoverage) -> list[Question]:
    """Return the steps of a workflow that ask, and what they may be answered."""
    given: dict[str, dict[Part, tuple[str, ...]]] = {}
    for (path, name, value), tests in row.answers.items():
        given.setdefault(path, {})[name, value] = tuple(tests)
    asking = [node.path for node in Graph.of(row.graph).nodes() if node.can_suspend or node.path in given]
    return [Question(path, tuple(_answers(row, path, given.get(path, {})))) for path in asking]


def told_apart(row: WorkflowCoverage) -> dict[Given, dict[str, None]]:
    """Return the answers that may be kept: booleans, labels, values that a schema lists."""
    listed = {path: parts_of_schema(schema) for path, schema in row.declared.resume_schemas.items()}
    return {
        key: tests
        for key, tests in row.answers.items()
        if key[1] == LABEL or not key[2] or key[2] in BOOLEANS or key[2] in listed.get(key[0], {}).get(key[1], ())
    }


def _answers(row: WorkflowCoverage, path: str, given: Mapping[Part, tuple[str, ...]]) -> Iterator[Answer]:
    listed = parts_of_schema(row.declared.resume_schemas.get(path))
    for name, value in given:
        if value in BOOLEANS and name not in listed:
            listed[name] = list(BOOLEANS)
        elif name == LABEL:
            listed.setdefault(name, []).append(value)
    for name, values in listed.items():
        yield from (Answer((name, value), given.get((name, value), ())) for value in values)
    if not listed:
        yield Answer(("", ""), given.get(("", ""), ()))
