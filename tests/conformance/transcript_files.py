"""What real servers said, kept in files, and how two transcripts are compared."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.conformance.conversation import Conversation, Wire
from tests.conformance.corpus import Scenario
from tests.conformance.transcript import dump

FOLDER = Path(__file__).parent / "transcripts"
LONGEST_DIFFERENCE = 60


NEWER_ZOD = "current-zod-4.6"
"""The folder of what servers of a project of today say otherwise than those of `current`, which have zod 4.3."""


def play(scenario: Scenario, wire: Wire) -> list[Any]:
    """Return the transcript of a scenario."""
    with Conversation(wire) as conversation:
        scenario.play(conversation)
    return conversation.transcript.as_json()


def path_of(scenario: Scenario, generation: str) -> Path:
    """Return the file that keeps what a generation said, or `NEWER_ZOD` otherwise."""
    return FOLDER / generation / f"{scenario.name}.json"


def read(scenario: Scenario, generation: str) -> list[Any]:
    """Return what a generation said when it was recorded."""
    transcript: list[Any] = json.loads(path_of(scenario, generation).read_text(encoding="utf-8"))
    return transcript


def folder_of(scenario: Scenario, folders: Sequence[str]) -> str:
    """Return the first of these folders that has a scenario."""
    return next(folder for folder in folders if path_of(scenario, folder).is_file())


def read_of(scenario: Scenario, folders: Sequence[str]) -> list[Any]:
    """Return what the first of these folders has of a scenario."""
    return read(scenario, folder_of(scenario, folders))


def write_otherwise(scenario: Scenario, folder: str, folders: Sequence[str], transcript: list[Any]) -> None:
    """Keep in a folder what a server said, if it is something else than what the other folders have."""
    if diff(read_of(scenario, [each for each in folders if each != folder]), transcript):
        write(scenario, folder, transcript)
    else:
        path_of(scenario, folder).unlink(missing_ok=True)


def write(scenario: Scenario, generation: str, transcript: list[Any]) -> None:
    """Keep what a generation said."""
    path = path_of(scenario, generation)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dump(transcript), encoding="utf-8", newline="\n")


def diff(real: list[Any], fake: list[Any]) -> str:
    """Return how two transcripts differ, empty if they do not; the order of keys counts."""
    if json.dumps(real) == json.dumps(fake):
        # as lines, and compared line by line, they take twenty times as long
        return ""
    lines = difflib.unified_diff(dump(real).splitlines(), dump(fake).splitlines(), "real", "fake", lineterm="", n=4)
    return "\n".join(list(lines)[:LONGEST_DIFFERENCE])
