"""Random stories told to the fake and a real server, until one differs; and what the difference shrinks to."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.conformance.stories import Act, Graph
from tests.conformance.transcript import dump
from tests.conformance.transcript_files import diff
from tests.live.random_graphs.shrink import shrink
from tests.live.random_graphs.tellings import RealTeller, Transcript, tell_fake, write_with_fake

CHANGED = re.compile(r"^[-+](?![-+]{2} )(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Difference:
    """A story to which a real server and the fake say different things.

    Attributes:
        generation: Of the server.
        seed: What the story was made of.
        graph: Its graph.
        story: Its acts.
        real: What the real server says.
        fake: What the fake says.
    """

    generation: str
    seed: str
    graph: Graph
    story: list[Act]
    real: Transcript
    fake: Transcript

    @property
    def signature(self) -> str:
        """How one side ended, or the first lines that differ: the same for most differences of a kind."""
        ends = [transcript[-1].get("ended") if transcript else None for transcript in (self.real, self.fake)]
        if ends[0] != ends[1]:
            return f"real: {ends[0]} | fake: {ends[1]}"
        lines = CHANGED.findall(diff(self.real, self.fake))[:3]
        return " | ".join(re.sub(r"\d+", "0", line.strip()) for line in lines)

    def as_scenario(self) -> str:
        """Return the file that makes a scenario of it: `tests/conformance/graphs/NAME.json`."""
        acts = ",\n  ".join(json.dumps(act) for act in self.story)
        entries = ",\n   ".join(json.dumps(entry) for entry in self.graph["entries"])
        about = "".join(
            f'"{key}": {json.dumps(self.graph[key])}, ' for key in self.graph if key not in ("id", "entries")
        )
        generations = json.dumps([self.generation])
        return (
            f'{{\n "generations": {generations},\n "graph": {{{about}"entries": [\n   {entries}\n ]}},\n'
            f' "story": [\n  {acts}\n ]\n}}'
        )

    def report(self) -> str:
        """Return the scenario and how the two transcripts differ."""
        head = f"--- seed {self.seed} on {self.generation}: {self.signature}"
        return f"{head}\n{self.as_scenario()}\n{diff(self.real, self.fake)}\n"


def differences(generation: str, seeds: Iterator[str], real: RealTeller) -> Iterator[Difference | None]:
    """Tell a story for each seed; give what differs, None where nothing does.

    What a real server says once so and once otherwise is no difference.
    """
    for seed in seeds:
        graph, story, fake = write_with_fake(Random(seed), generation)
        told = Difference(generation, seed, graph, story, real.tell(graph, story), fake)
        yield told if _differs(told.real, told.fake) and _is_stable(told, real) else None


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
        generation = difference.generation
        fake = tell_fake(generation, graph, story)
        if fake and str(fake[-1].get("ended")).startswith("AssertionError"):
            return False  # a gate that is not reached
        told = Difference(generation, difference.seed, graph, story, real.tell(graph, story), fake)
        if not _differs(told.real, fake) or told.signature in known or not _is_stable(told, real):
            return False
        smallest = told
        return True

    shrink(difference.graph, difference.story, still)
    return smallest


def _differs(one: Transcript, other: Transcript) -> bool:
    return dump(one) != dump(other)


def _is_stable(told: Difference, real: RealTeller) -> bool:
    again: Any = real.tell(told.graph, told.story)
    return not _differs(told.real, again)
