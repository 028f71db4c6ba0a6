"""What a YAML document may not be made of: keys twice, aliases without an end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from pytest_mastra.cassettes.file.errors import Unreadable

EXPANSION = 10
"""How many times its own length a document may have once its aliases are written out."""

ROOM = 10_000
"""Characters that its aliases may add to any document, however short."""


def check_nodes(root: Any, length: int) -> None:
    """Look at a document's nodes before anything is made of them.

    An alias takes a few characters and stands for any number of values; what it is part of may be one of them. Merges
    write out what they name.

    Args:
        root: The document's node; None if it is empty.
        length: Of the document's text, in characters.

    Raises:
        Unreadable: A mapping has a key twice, a value contains itself, or the aliases stand for far more than the
            document has.
    """
    sizes: dict[Any, int] = {}
    entered: set[Any] = set()
    waiting = [] if root is None else [root]
    while waiting:
        node = waiting[-1]
        if node in sizes:
            waiting.pop()
            continue
        parts = list(_parts_of(node))
        if node in entered:
            sizes[node] = _size_of(node, parts, sizes, length)
            waiting.pop()
            continue
        entered.add(node)
        _check_keys(node)
        for part in parts:
            if part in entered and part not in sizes:
                raise Unreadable(_line_of(part), "what begins here contains itself, by an alias")
        waiting += parts


def _size_of(node: Any, parts: list[Any], sizes: dict[Any, int], length: int) -> int:
    size = 1 + (len(node.value) if isinstance(node, yaml.ScalarNode) else sum(sizes[part] for part in parts))
    if size > EXPANSION * length + ROOM:
        raise Unreadable(_line_of(node), f"the aliases here stand for more than {EXPANSION} times the whole file")
    return size


def _parts_of(node: Any) -> Iterator[Any]:
    if isinstance(node, yaml.SequenceNode):
        yield from node.value
    elif isinstance(node, yaml.MappingNode):
        for pair in node.value:
            yield from pair


def _check_keys(node: Any) -> None:
    """Raise if a mapping has a key twice: YAML would silently take the last one."""
    if not isinstance(node, yaml.MappingNode):
        return
    keys: set[str] = set()
    for key, _ in node.value:
        # one that is no text is refused where it would become a key
        if not isinstance(key, yaml.ScalarNode):
            continue
        if key.value in keys:
            raise Unreadable(_line_of(key), f"the key {key.value!r} stands here a second time")
        keys.add(key.value)


def _line_of(node: Any) -> int:
    return int(node.start_mark.line) + 1
