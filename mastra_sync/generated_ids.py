"""Ids that are generated: UUIDs, and those that Mastra makes up for steps that have none."""

from __future__ import annotations

import re
from collections.abc import Iterator


def _uuid(digit: str) -> str:
    return f"{digit}{{8}}-(?:{digit}{{4}}-){{3}}{digit}{{12}}"


UUID = _uuid("[0-9A-Fa-f]")
"""A UUID in letters of either case, to be part of a pattern."""

NEW_UUID = _uuid("[0-9a-f]")
"""A UUID as servers write those that they make, to be part of a pattern."""

is_uuid = re.compile(UUID).fullmatch

_NEW_UUIDS = re.compile(NEW_UUID)
_GENERATED_STEP = re.compile(f"(?P<kind>sleep|mapping)_{NEW_UUID}")
_UUID_START = 4
_HEAD = 8
_AFTER_HEAD = re.compile(f"-(?<=[0-9a-f]{{{_HEAD}}}-)(?:[0-9a-f]{{4}}-){{3}}[0-9a-f]{{12}}")


def generated_kind(step_id: str) -> str | None:
    """Return `sleep` or `mapping` for an id that Mastra makes up, else None.

    Mastra makes such ids anew at each start.
    """
    found = _GENERATED_STEP.fullmatch(step_id)
    return found["kind"] if found else None


def places_of_uuids(text: str) -> Iterator[tuple[int, int]]:
    """Give where UUIDs stand in a text, as servers write those that they make."""
    last = 0
    # a search for the first hyphen is seven times as fast as one for eight digits
    for found in _AFTER_HEAD.finditer(text):
        begin = found.start() - _HEAD
        if begin >= last:
            last = found.end()
            yield begin, last


def with_numbered_ids(text: str, numbered: dict[str, str]) -> str:
    """Return a text with the ids that Mastra makes up for steps numbered in their order.

    So graphs of one workflow are the same text, whenever it was started. The numbered ones look like ids that are made
    up.

    Args:
        text: A graph as JSON, or a name of a step.
        numbered: What stands for which id; is completed.
    """
    return _GENERATED_STEP.sub(lambda found: numbered.setdefault(found[0], _numbered(found["kind"], numbered)), text)


def _numbered(kind: str, numbered: dict[str, str]) -> str:
    return f"{kind}_{len(numbered):08x}-0000-0000-0000-000000000000"


def shorten_uuids(step_id: str) -> str:
    """Return a step's id with no more than the beginnings of its UUIDs.

    Nobody needs to read the rest.
    """
    return _NEW_UUIDS.sub(lambda found: f"{found[0][:_UUID_START]}..", step_id)
