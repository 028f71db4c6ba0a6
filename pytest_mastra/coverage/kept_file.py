"""Coverage on disk: `.mastra-coverage.json`, written whole or not at all, and read again."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mastra_sync.whole_files import write_whole
from pytest_mastra.coverage.folded import Coverage, WorkflowCoverage
from pytest_mastra.coverage.goals import KINDS, Declared
from pytest_mastra.coverage.questions import told_apart

FORMAT = "mastra-coverage"
VERSION = 1

_ORIGINS = ("fake", "server")


class CoverageFileError(ValueError):
    """A file that holds no coverage, or one that is broken.

    Attributes:
        path: The file.
        problem: What is wrong with it.
    """

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(path, problem)
        self.path = path
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}"


def as_json(coverage: Coverage) -> dict[str, Any]:
    """Return coverage as JSON: each test is named once, goals name tests by their numbers."""
    tests: dict[str, int] = {}
    rows = [_row_as_json(row, tests) for row in sorted(coverage.rows(), key=lambda row: row.key)]
    return {
        "format": FORMAT,
        "version": VERSION,
        "tests": list(tests),
        "known": [list(known) for known in sorted(coverage.known())],
        "workflows": rows,
    }


def from_json(data: Any, path: str = "coverage") -> Coverage:
    """Return the coverage that JSON holds.

    Args:
        data: What `as_json` returned.
        path: Where it stands, for messages.

    Raises:
        CoverageFileError: It is none, or of another version.
    """
    if not isinstance(data, Mapping) or data.get("format") != FORMAT:
        raise CoverageFileError(path, "no coverage: pytest --mastra-coverage writes such files")
    if data.get("version") != VERSION:
        told = f"of version {data.get('version')!r}; this release reads version {VERSION}"
        raise CoverageFileError(path, f"{told}: have one release write and read")
    coverage = Coverage()
    try:
        for workflow_id, origin in data["known"]:
            coverage.note_workflow(_text(workflow_id), _origin(origin))
        tests = [_text(test) for test in data["tests"]]
        for row in data["workflows"]:
            coverage.add_row(_row_from_json(row, tests))
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise CoverageFileError(path, f"broken: {type(error).__name__}: {error}") from None
    return coverage


def as_text(coverage: Coverage) -> str:
    """Return coverage as the text of its file."""
    return json.dumps(as_json(coverage), ensure_ascii=False, indent=1) + "\n"


def try_to_write(path: Path, text: str) -> str:
    """Write a text to a file, and return why that cannot be; empty if it could."""
    try:
        write_whole(path, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        return f"{path} cannot be written: {error.strerror or type(error).__name__}"
    return ""


def read_file(path: str | os.PathLike[str]) -> Coverage:
    """Return the coverage that a file holds.

    Raises:
        CoverageFileError: It holds none.
        OSError: It cannot be read.
    """
    written = Path(path).read_bytes()
    if not written.strip():
        raise CoverageFileError(str(path), "the file is empty; was pytest --mastra-coverage ended while it wrote?")
    try:
        data = json.loads(written.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise CoverageFileError(
            str(path), f"not JSON in UTF-8: {error}; pytest --mastra-coverage writes such files"
        ) from None
    return from_json(data, str(path))


def _row_as_json(row: WorkflowCoverage, tests: dict[str, int]) -> dict[str, Any]:
    def numbers(named: Mapping[str, None]) -> list[int]:
        return [tests.setdefault(test, len(tests)) for test in named]

    declared = row.declared
    return {
        "workflow": row.workflow_id,
        "origin": row.origin,
        "graph": row.graph,
        "declared": {
            "told": declared.is_told,
            "input": declared.input_schema,
            "answers": dict(declared.resume_schemas),
            "retries": dict(declared.retries),
        },
        "runs": row.runs,
        "tests": numbers(row.tests),
        "reached": [[*key, numbers(named)] for key, named in sorted(row.reached.items())],
        "given": [[*answer, numbers(named)] for answer, named in sorted(told_apart(row).items())],
        "examples": row.examples,
        "fixtures": None if row.fixtures is None else list(row.fixtures),
        "unseen": sorted([spot] if isinstance(spot, str) else list(spot) for spot in row.unseen),
    }


def _row_from_json(data: Mapping[str, Any], tests: list[str]) -> WorkflowCoverage:
    def named(numbers: list[int]) -> dict[str, None]:
        return dict.fromkeys(tests[number] for number in numbers)

    declared = data["declared"]
    reached = {(_text(path), _kind(kind)): named(numbers) for path, kind, numbers in data["reached"]}
    unseen = {_text(spot[0]) if len(spot) == 1 else (_text(spot[0]), _kind(spot[1])) for spot in data["unseen"]}
    return WorkflowCoverage(
        _text(data["workflow"]),
        _origin(data["origin"]),
        data["graph"],
        Declared(
            declared["input"],
            bool(declared["told"]),
            dict(declared["answers"]),
            dict(declared["retries"]),
        ),
        int(data["runs"]),
        named(data["tests"]),
        reached,
        unseen,
        # files of earlier releases have none
        {(_text(path), _text(name), _text(value)): named(tests) for path, name, value, tests in data.get("given", ())},
        {_text(path): _text(example) for path, example in data.get("examples", {}).items()},
        None if data.get("fixtures") is None else tuple(map(_text, data["fixtures"])),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a text, got {value!r}")
    return value


def _origin(value: Any) -> Any:
    if value not in _ORIGINS:
        raise ValueError(f"expected {' or '.join(_ORIGINS)}, got {value!r}")
    return value


def _kind(value: Any) -> str:
    if value not in KINDS:
        raise ValueError(f"there is no kind of goal {value!r}")
    return str(value)
