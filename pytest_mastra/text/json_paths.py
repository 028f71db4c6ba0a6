"""JSON paths as `Difference` has them, and which of them a pattern of a user covers."""

from __future__ import annotations

import json
import re

_PART = re.compile(r'\.(?P<name>[^.\[\]"]+)|\[(?P<index>\d+)\]|\[(?P<quoted>"(?:[^"\\]|\\.)*")\]|\[(?P<any>\*)\]')


class PathPattern:
    """A path in a JSON value, and all below it; `*` is any key or index.

    Args:
        pattern: `$.steps.lookup.output`, `steps["sleep 1"]`, `$.steps.*.input`, `$.path[*]`; the `$` may be left out.

    Raises:
        ValueError: It is no such path.
    """

    __slots__ = ("_parts",)

    def __init__(self, pattern: str) -> None:
        rooted = pattern if pattern.startswith("$") else f"${pattern if pattern.startswith('[') else '.' + pattern}"
        parts = parts_of(rooted)
        if not parts:
            raise ValueError(
                f'{pattern!r} is not a JSON path like $.steps.lookup.output, $.steps["sleep 1"], $.steps.*.input'
            )
        self._parts = parts

    def covers(self, path: str) -> bool:
        """Return whether a path of a `Difference` is this place, or lies below it."""
        parts = parts_of(path)
        return len(parts) >= len(self._parts) and all(
            wanted in ("*", part) for wanted, part in zip(self._parts, parts, strict=False)
        )


def parts_of(path: str) -> list[str | int]:
    """Return the keys and indexes of a path; none if it is not one."""
    parts: list[str | int] = []
    position = 1
    while position < len(path):
        found = _PART.match(path, position)
        if found is None:
            return []
        position = found.end()
        if found["index"] is not None:
            parts.append(int(found["index"]))
        elif found["quoted"] is not None:
            parts.append(json.loads(found["quoted"]))
        else:
            parts.append(found["name"] or "*")
    return parts
