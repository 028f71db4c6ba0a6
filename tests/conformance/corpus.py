"""The list of scenarios."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.conformance.conversation import Conversation

ALL = ("current", "1.2", "1.0-beta")
CURRENT = ("current",)


@dataclass(frozen=True)
class Scenario:
    """One scenario.

    Attributes:
        name: The name of its cassette.
        play: What is said.
        generations: Whom it is said to.
        token: The only token that the server lets in.
        body_limit: The largest body in bytes.
        alone: Whether it needs a server that knows of no other runs.
        dies: Whether the server dies in it, so that it needs one with a database.
        in_a_hurry: Whether a real server must die within a second, so that few may die with it.
    """

    name: str
    play: Callable[[Conversation], Any]
    generations: tuple[str, ...] = ALL
    token: str | None = None
    body_limit: int | None = None
    alone: bool = False
    dies: bool = False
    in_a_hurry: bool = False


SCENARIOS: list[Scenario] = []


def scenario(
    *generations: str,
    token: str | None = None,
    body_limit: int | None = None,
    alone: bool = False,
    dies: bool = False,
    in_a_hurry: bool = False,
) -> Callable[[Callable[[Conversation], Any]], Callable[[Conversation], Any]]:
    """Add a function to the corpus under its own name; by default for all generations."""

    def add(play: Callable[[Conversation], Any]) -> Callable[[Conversation], Any]:
        SCENARIOS.append(Scenario(play.__name__, play, generations or ALL, token, body_limit, alone, dies, in_a_hurry))
        return play

    return add
