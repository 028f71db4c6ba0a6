"""The list of scenarios."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .talk import Talk

ALL = ("current", "1.2", "1.0-beta")
CURRENT = ("current",)


@dataclass(frozen=True)
class Scenario:
    """One scenario.

    Attributes:
        name: The name of its cassette.
        play: What is said.
        generations: Whom it is said to.
    """

    name: str
    play: Callable[[Talk], Any]
    generations: tuple[str, ...] = ALL


SCENARIOS: list[Scenario] = []


def scenario(*generations: str) -> Callable[[Callable[[Talk], Any]], Callable[[Talk], Any]]:
    """Add a function to the corpus under its own name; by default for all generations."""

    def add(play: Callable[[Talk], Any]) -> Callable[[Talk], Any]:
        SCENARIOS.append(Scenario(play.__name__, play, generations or ALL))
        return play

    return add
