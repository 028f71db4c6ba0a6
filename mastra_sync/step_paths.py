"""Where steps stand: `nested.step` is a step of `nested`, if there is one. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

NESTED_META = "__workflow_meta"
"""Key that the engine adds to a suspend payload: where the step stands that asks."""

_INSIDE = re.compile(r"(?:\[\d+\])?\.")
"""How a name goes on behind that of the step that it is inside of, or of one item of it."""

_ITEM = re.compile(r"\[\d+\]")


def paths_of(names: Iterable[str]) -> dict[str, list[str]]:
    """Return the path of each step, by its name.

    Ids with a dot that are inside of no step stay whole.
    The work grows with the length of the names, however many dots are in them.
    """
    paths: dict[str, list[str]] = {}
    # each is the beginning of the next one, and of the name that is looked at
    beginnings: list[str] = []
    for name in sorted(names):
        while beginnings and not name.startswith(beginnings[-1]):
            beginnings.pop()
        paths[name] = _path_of(name, beginnings, paths)
        if name:
            beginnings.append(name)
    return paths


def _path_of(name: str, beginnings: Sequence[str], paths: dict[str, list[str]]) -> list[str]:
    for index in range(len(beginnings) - 1, -1, -1):
        outer = beginnings[index]
        if inside := _INSIDE.match(name, len(outer)):
            # an item's own path is that of a name, too
            whole = name[: inside.end() - 1]
            path = paths[outer] if whole == outer else _path_of(whole, beginnings[: index + 1], paths)
            return [*path, name[inside.end() :]]
    item = next((step for step in reversed(beginnings) if _ITEM.fullmatch(name, len(step))), None)
    return [name if item is None else item]
