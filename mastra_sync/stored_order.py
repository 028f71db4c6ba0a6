"""The order in which steps began, where a database has not kept it. No I/O.

Postgres keeps the objects of a run as `jsonb`, which sorts their keys: the shorter first, then by their bytes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

Path = tuple[str, ...]

_AT_REST = frozenset({"endedAt", "suspendedAt"})


def is_lost(steps: Mapping[str, Any]) -> bool:
    """Return whether steps are told in the order of `jsonb`, which no server writes.

    All of them, or some that have come to rest: what a resume or a restart answers has what it executed behind them.
    """
    reports = [step for step in steps.values() if isinstance(step, Mapping)]
    are_sorted = [list(step) == _sorted_as_jsonb(step) for step in reports]
    # a server writes the moment of the beginning sooner than the others
    return all(are_sorted) or any(
        known and "startedAt" in step and _AT_REST & step.keys()
        for step, known in zip(reports, are_sorted, strict=True)
    )


def by_beginning(steps: Mapping[str, dict[str, Any]], graph: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return steps in the order in which they began, those inside of a step behind it.

    Args:
        steps: By name, each with its `path`.
        graph: The steps of the workflow as `step_tree` gives them: of those that began at the same time, the one that
            stands there first is first, and where it stands in none, the one that has ended first.
    """
    positions = _positions(graph)
    paths = {name: tuple(step["path"]) for name, step in steps.items()}
    known = set(paths.values())
    inside: dict[Path, list[str]] = {}
    for name, path in paths.items():
        inside.setdefault(path[:-1] if path[:-1] in known else (), []).append(name)
    for names in inside.values():
        names.sort(key=lambda name: _place(steps[name], positions.get(paths[name], math.inf)))
    ordered: dict[str, dict[str, Any]] = {}
    ahead = inside.pop((), [])[::-1]
    while ahead:
        name = ahead.pop()
        ordered[name] = steps[name]
        ahead += inside.pop(paths[name], [])[::-1]
    return ordered


def _sorted_as_jsonb(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda name: (len(name.encode("utf-8", "surrogatepass")), name))


def _place(step: Mapping[str, Any], position: float) -> tuple[float, float, float]:
    """Return what a step is sorted by; two of them may begin within one millisecond."""
    return _moment(step, "startedAt"), position, _moment(step, "endedAt")


def _moment(step: Mapping[str, Any], name: str) -> float:
    moment = step.get(name)
    return moment if isinstance(moment, (int, float)) else math.inf


def _positions(graph: Mapping[str, Any]) -> dict[Path, int]:
    """Return where each step stands in the graph, by its path."""
    positions: dict[Path, int] = {}
    ahead: list[tuple[Path, Mapping[str, Any]]] = [((), graph)]
    while ahead:
        outer, tree = ahead.pop()
        for index, (name, own) in enumerate(tree.items()):
            positions[(*outer, name)] = index
            ahead.append(((*outer, name), own))
    return positions
