"""The differences that are documented: `docs/fake-differences.md` has a row for each."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from tests.conformance.stories import Act, Graph
from tests.live.random_graphs.difference import Difference

ID = re.compile(r"<id \d+>")
ORDERED = {"workflowStatus", "attempts"}
"""What follows from the order: the status after the last event, how often older servers executed a step before."""

OF_TURNS = {"path", "suspended", "foreachOutput", "completedCount"}
"""What the evented engine has of the step that came last, or of the items that ended before another."""

STATE = {"seen", "value", "initialState"}
"""Where transcripts have a run's state: in what steps give of it, in snapshots, in runs."""


@dataclass(frozen=True)
class Known:
    """A difference that is documented.

    Attributes:
        row: How its row in the documentation begins.
        fits: Whether a difference is this one.
        generation: Where its example shows.
        graph: The example's graph.
        story: The example's story.
    """

    row: str
    fits: Callable[[Difference], bool]
    generation: str
    graph: Graph
    story: list[Act]


def known_as(difference: Difference) -> Known | None:
    """Return the row that documents a difference; None if none does."""
    return next((known for known in KNOWN if known.fits(difference)), None)


def _differs_in_order(difference: Difference) -> bool:
    """Return whether both say the same of steps side by side, in another order."""
    return _is_side_by_side(difference.graph) and _unordered(difference.real) == _unordered(difference.fake)


def _differs_in_state(difference: Difference) -> bool:
    """Return whether only what steps side by side see of the state differs."""
    if not _is_side_by_side(difference.graph) or '"state"' not in json.dumps(difference.graph):
        return False
    return _unordered(_blanked(difference.real, STATE)) == _unordered(_blanked(difference.fake, STATE))


def _differs_in_keys(difference: Difference) -> bool:
    """Return whether older servers have the keys of a foreach's items in another order, and nothing else differs."""
    if difference.generation == "current" or '"foreach"' not in json.dumps(difference.graph):
        return False
    return json.dumps(difference.real, sort_keys=True) == json.dumps(difference.fake, sort_keys=True)


def _travels_into_an_item(difference: Difference) -> bool:
    """Return whether a story travels to a workflow that is in a workflow that is a foreach's."""
    items = {child["id"] for child in _foreach_children(difference.graph) if "entries" in child}
    steps = [act["body"].get("step") for act in difference.story if act.get("route", "").startswith("time-travel")]
    paths = [step.split(".") if isinstance(step, str) else step for step in steps if step]
    return any(path[0] in items and path[1:2] and path[1].startswith("w") for path in paths)


def _foreach_children(graph: Graph) -> list[Any]:
    return [entry["child"] for entry in graph["entries"] if entry["kind"] == "foreach"]


def _is_side_by_side(graph: Graph) -> bool:
    """Return whether anything in a graph runs side by side."""
    for entry in graph["entries"]:
        if len(entry.get("children", [])) > 1 or entry.get("concurrency", 1) > 1:
            return True
        children = [*entry.get("children", []), *([entry["child"]] if "child" in entry else [])]
        if any("entries" in child and _is_side_by_side(child) for child in children):
            return True
    return False


def _unordered(transcript: list[Any]) -> list[str]:
    """Return what was said, whatever the order of records and keys, and whichever id was met first."""
    said = []
    for exchange in transcript:
        # before current servers, items that share a run tell of an event as often as they are many, by then
        records = sorted({_text(record) for record in exchange.get("records", [])})
        said.append(_text({**exchange, "records": records}))
    return said


def _text(value: Any) -> str:
    return ID.sub("<id>", json.dumps(_blanked(value, ORDERED), sort_keys=True))


def _blanked(value: Any, keys: set[str]) -> Any:
    """Return a value with nothing at keys of these names."""
    if isinstance(value, dict):
        return {key: None if key in keys else _blanked(item, keys) for key, item in value.items()}
    return [_blanked(item, keys) for item in value] if isinstance(value, list) else value


def _differs_in_stack(difference: Difference) -> bool:
    """Return whether only the stacks differ that the evented engine gives the errors of conditions."""
    if difference.graph.get("engine") != "evented":
        return False
    return json.dumps(_without(difference.real, "stack")) == json.dumps(difference.fake)


def _differs_in_turns(difference: Difference) -> bool:
    """Return whether, in the evented engine, only what the order of steps side by side decides differs.

    That holds of the whole story: no record, status or value may be of one side only, unless the steps ended in another
    order and an answer follows that names no step: it is for another step then.
    """
    if difference.graph.get("engine") != "evented" or not _is_side_by_side(difference.graph):
        return False
    in_another_order, nothing = False, dict[str, Any]()
    for real, fake in zip_longest(difference.real, difference.fake, fillvalue=nothing):
        if _unordered([_blanked(real, OF_TURNS)]) != _unordered([_blanked(fake, OF_TURNS)]):
            return in_another_order and _is_for_whichever_asks(real or fake)
        in_another_order |= real != fake
    return True


def _is_for_whichever_asks(exchange: dict[str, Any]) -> bool:
    """Return whether an exchange answers a question without saying of which step."""
    sent = exchange.get("sent") or {}
    return "/resume" in exchange.get("request", "") and not {"step", "label"} & sent.keys()


def _goes_on(difference: Difference) -> bool:
    """Return whether, in the evented engine, a step was held at a gate while its run ended."""
    held = any(act["do"] == "hold" for act in difference.story)
    return difference.graph.get("engine") == "evented" and held


def _without(value: Any, key: str) -> Any:
    """Return a value without what is at keys of this name."""
    if isinstance(value, dict):
        return {name: _without(item, key) for name, item in value.items() if name != key}
    return [_without(item, key) for item in value] if isinstance(value, list) else value


KNOWN = (
    Known(
        "the order in which things side by side end",
        _differs_in_order,
        "current",
        {
            "entries": [
                {
                    "kind": "parallel",
                    "children": [
                        {"id": "a", "body": {"do": "echo"}},
                        {"id": "b", "body": {"do": "echo"}},
                        {"id": "c", "body": {"do": "write"}},
                    ],
                }
            ]
        },
        [{"do": "post", "run": 0, "route": "stream", "body": {"inputData": {}}}],
    ),
    Known(
        "the state that things side by side see",
        _differs_in_state,
        "current",
        {"entries": [{"kind": "foreach", "concurrency": 3, "child": {"id": "a", "body": {"do": "state"}}}]},
        [{"do": "post", "run": 0, "route": "start-async", "body": {"inputData": [1, 2, 3]}}],
    ),
    Known(
        "1.2 and 1.0-beta: the order of keys of an item that is asked again",
        _differs_in_keys,
        "1.2",
        {"entries": [{"kind": "foreach", "child": {"id": "a", "body": {"do": "ask"}}}]},
        [
            {"do": "post", "run": 0, "route": "start-async", "body": {"inputData": [1]}},
            {"do": "post", "run": 0, "route": "resume-async", "body": {"step": "a"}},
        ],
    ),
    Known(
        "the evented engine: errors of conditions",
        _differs_in_stack,
        "current",
        {
            "engine": "evented",
            "entries": [{"kind": "dountil", "child": {"id": "a", "body": {"do": "echo"}}, "condition": "throws"}],
        },
        [{"do": "post", "run": 0, "route": "start-async", "body": {"inputData": {}}}],
    ),
    Known(
        "the evented engine: the order of what happens side by side",
        _differs_in_turns,
        "current",
        {
            "engine": "evented",
            "entries": [
                {
                    "kind": "then",
                    "child": {
                        "id": "w",
                        "entries": [
                            {
                                "kind": "branch",
                                "conditions": ["always", "never", "always"],
                                "children": [
                                    {"id": "a", "body": {"do": "ask", "payload": {"ask": "q?"}}},
                                    {"id": "b", "body": {"do": "echo"}},
                                    {"id": "c", "body": {"do": "give", "value": ""}},
                                ],
                            }
                        ],
                    },
                }
            ],
        },
        [{"do": "post", "run": 0, "route": "start-async", "body": {"inputData": {}}}],
    ),
    Known(
        "the evented engine: what goes on beside a run that has ended",
        _goes_on,
        "current",
        {
            "engine": "evented",
            "entries": [{"kind": "then", "child": {"id": "a", "body": {"do": "gate", "deaf": True}}}],
        },
        [
            {"do": "hold", "run": 0, "route": "start-async", "body": {}, "acts": [{"do": "cancel", "run": 0}]},
            {"do": "read", "run": 0},
        ],
    ),
    Known(
        "a time travel to a workflow inside an item of a foreach",
        _travels_into_an_item,
        "current",
        {
            "entries": [
                {"kind": "then", "child": {"id": "a", "body": {"do": "give", "value": [0]}}},
                {
                    "kind": "foreach",
                    "child": {
                        "id": "w1",
                        "entries": [
                            {
                                "kind": "then",
                                "child": {
                                    "id": "w2",
                                    "entries": [{"kind": "then", "child": {"id": "b", "body": {"do": "echo"}}}],
                                },
                            }
                        ],
                    },
                },
            ]
        },
        [
            {"do": "post", "run": 0, "route": "start-async", "body": {"inputData": {}}},
            {"do": "post", "run": 0, "route": "time-travel-async", "body": {"step": "w1.w2.b"}},
        ],
    ),
)
"""The table. Its rows say what is not the same, their examples that it still is not."""
