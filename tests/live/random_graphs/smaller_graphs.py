"""The graphs that are a step smaller than a graph."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.conformance.stories import Graph

PLAIN_BODIES = ({"do": "echo"}, {"do": "give", "value": {}})


def smaller_graphs(graph: Graph) -> Iterator[Graph]:
    """Return graphs with an entry less, or with a smaller one."""
    entries = graph["entries"]
    for index, entry in enumerate(entries):
        before, after = entries[:index], entries[index + 1 :]
        if before or after:
            yield {**graph, "entries": before + after}
        for instead in _instead_of_entry(entry):
            yield {**graph, "entries": [*before, *instead, *after]}
    if "attempts" in graph:
        yield _without(graph, "attempts")


def is_sound(graph: Graph) -> bool:
    """Return whether the maps of a graph name steps that are there."""
    known: set[str] = set()
    for entry in graph["entries"]:
        if any(source.get("step", "") not in {"", *known} for source in entry.get("sources", {}).values()):
            return False
        children = _children(entry)
        known |= {child["id"] for child in children}
        if not all(is_sound(child) for child in children if "entries" in child):
            return False
    return True


def _children(entry: Any) -> list[Any]:
    return entry.get("children") or ([entry["child"]] if "child" in entry else [])


def _without(fields: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if key != name}


def _instead_of_entry(entry: Any) -> Iterator[list[Any]]:
    if "children" in entry:
        yield from _instead_of_block(entry)
    elif "child" in entry:
        yield from _instead_of_single(entry)
    if entry.get("concurrency", 1) != 1:
        yield [{**entry, "concurrency": 2}]
        yield [_without(entry, "concurrency")]
    if len(entry.get("sources", {})) > 1:
        for key in entry["sources"]:
            yield [{**entry, "sources": {key: entry["sources"][key]}}]


def _instead_of_block(entry: Any) -> Iterator[list[Any]]:
    children = entry["children"]
    for child in children:
        yield [{"kind": "then", "child": child}]
    for index in range(len(children) if len(children) > 1 else 0):
        kept = {key: entry[key][:index] + entry[key][index + 1 :] for key in ("children", "conditions") if key in entry}
        yield [{**entry, **kept}]
    for index, child in enumerate(children):
        for instead in _instead_of_child(child):
            yield [{**entry, "children": [*children[:index], instead, *children[index + 1 :]]}]
    if set(entry.get("conditions", ["always"])) != {"always"}:
        yield [{**entry, "conditions": ["always" for _ in children]}]


def _instead_of_single(entry: Any) -> Iterator[list[Any]]:
    child = entry["child"]
    if entry["kind"] != "then":
        yield [{"kind": "then", "child": child}]
    elif "entries" in child:
        yield child["entries"]
    for instead in _instead_of_child(child):
        yield [{**entry, "child": instead}]


def _instead_of_child(child: Any) -> Iterator[Any]:
    if "entries" not in child:
        yield from _instead_of_step(child)
        return
    for entry in child["entries"]:
        yield from _children(entry)
    yield from smaller_graphs(child)


def _instead_of_step(step: Any) -> Iterator[Any]:
    body = step["body"]
    for plain in PLAIN_BODIES:
        if body != plain and body["do"] != "echo":
            yield {**step, "body": plain}
    for key in ("retries", "answer"):
        if key in step:
            yield _without(step, key)
    for key in ("label", "payload", "deaf"):
        if key in body:
            yield {**step, "body": _without(body, key)}
    value = body.get("value")
    if isinstance(value, list) and value:
        yield {**step, "body": {**body, "value": value[:-1]}}
