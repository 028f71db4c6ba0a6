"""Values that nest deeper than Python's calls may, laid flat to be pickled and copied."""

from __future__ import annotations

from typing import Any, NamedTuple


class _At(NamedTuple):
    """Stands for the container at this position."""

    position: int


def flattened(value: Any) -> list[Any]:
    """Return all dicts and lists inside a value side by side, each once.

    What else is in them stays where it is.
    """
    found: list[Any] = [[value]]
    indexes: dict[int, int] = {}

    def placed(item: Any) -> Any:
        if type(item) is not dict and type(item) is not list:
            return item
        if id(item) not in indexes:
            indexes[id(item)] = len(found)
            found.append(item)
        return _At(indexes[id(item)])

    flat: list[Any] = []
    # it grows meanwhile
    for container in found:
        if type(container) is dict:
            flat.append({key: placed(item) for key, item in container.items()})
        else:
            flat.append([placed(item) for item in container])
    return flat


def unflattened(flat: list[Any]) -> Any:
    """Return the value that was laid flat; takes over what it is given."""
    for container in flat:
        for key, item in container.items() if type(container) is dict else enumerate(container):
            if type(item) is _At:
                container[key] = flat[item.position]
    return flat[0][0]
