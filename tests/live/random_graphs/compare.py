"""Random stories told to the fake and a real server until one differs, and what that shrinks to."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from random import Random

from pytest_mastra.fake.workflows.engines import Engine
from tests.conformance.stories import Act, Graph
from tests.conformance.transcript import dump
from tests.live.random_graphs.difference import Difference
from tests.live.random_graphs.known import known_as
from tests.live.random_graphs.shrink import shrink
from tests.live.random_graphs.tellings import RealTeller, tell_fake, write_with_fake


def tell_both(generation: str, graph: Graph, story: list[Act], real: RealTeller, seed: str = "") -> Difference:
    """Return what a real server and the fake say to a story, the same or not."""
    fake = tell_fake(generation, graph, story)
    return Difference(generation, seed, graph, story, real.tell(graph, story), fake)


def differences(
    generation: str, seeds: Iterator[str], real: RealTeller, engine: Engine = "default"
) -> Iterator[Difference | None]:
    """Tell a story for each seed; give what differs, None where nothing does.

    What a real server says once so and once otherwise is no difference.
    """
    for seed in seeds:
        graph, story, fake = write_with_fake(Random(seed), generation, engine)
        told = Difference(generation, seed, graph, story, real.tell(graph, story), fake)
        yield told if told.is_one and _is_stable(told, real) else None


def shrunk(difference: Difference, real: RealTeller, known: Collection[str] = ()) -> Difference:
    """Return the smallest difference that comes of this one by leaving things out.

    Args:
        difference: What to make smaller.
        real: The server.
        known: Signatures of others, which it is not to become.
    """
    smallest = difference

    def still(graph: Graph, story: list[Act]) -> bool:
        nonlocal smallest
        fake = tell_fake(difference.generation, graph, story)
        if fake and str(fake[-1].get("ended")).startswith("AssertionError"):
            return False  # a gate that is not reached
        told = tell_both(difference.generation, graph, story, real, difference.seed)
        if not told.is_one or told.signature in known or known_as(told) or not _is_stable(told, real):
            return False
        smallest = told
        return True

    shrink(difference.graph, difference.story, still)
    return smallest


def _is_stable(told: Difference, real: RealTeller) -> bool:
    return dump(told.real) == dump(real.tell(told.graph, told.story))
