"""Making a graph and a story smaller while what is shown of them stays true."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

from tests.conformance.stories import Act, Graph
from tests.live.random_graphs.smaller_graphs import is_sound, smaller_graphs
from tests.live.random_graphs.smaller_stories import shorter_stories, simpler_stories

Case = tuple[Graph, list[Act]]

LONGEST = 30.0
"""Seconds after which the smallest case so far will do."""


def shrink(graph: Graph, story: list[Act], still: Callable[[Graph, list[Act]], bool]) -> Case:
    """Return the smallest graph and story found for which `still` holds, as it does for those given."""
    case = (graph, story)
    tried = {json.dumps(case)}
    deadline = time.monotonic() + LONGEST
    while smaller := _first_that_holds(case, tried, still, deadline):
        case = smaller
    return case


def _first_that_holds(
    case: Case, tried: set[str], still: Callable[[Graph, list[Act]], bool], deadline: float
) -> Case | None:
    for smaller in _smaller(*case):
        text = json.dumps(smaller)
        if text in tried or not is_sound(smaller[0]):
            continue
        if time.monotonic() > deadline:
            return None
        tried.add(text)
        if still(*smaller):
            return smaller
    return None


def _smaller(graph: Graph, story: list[Act]) -> Iterator[Case]:
    for shorter in shorter_stories(story):
        yield graph, shorter
    for smaller in smaller_graphs(graph):
        yield smaller, story
    for simpler in simpler_stories(story):
        yield graph, simpler
