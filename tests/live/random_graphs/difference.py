"""A story to which a real server and the fake say different things."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from tests.conformance.stories import Act, Graph
from tests.conformance.transcript import dump
from tests.conformance.transcript_files import diff
from tests.live.random_graphs.tellings import Transcript

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

    @property
    def is_one(self) -> bool:
        """Whether the two do say different things."""
        return dump(self.real) != dump(self.fake)
