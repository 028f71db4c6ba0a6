"""The engines that Mastra runs workflows on."""

from __future__ import annotations

from typing import Any, Final, Literal, get_args

from mastra_sync.suggest import did_you_mean, nearest_name
from pytest_mastra.fake.workflows.generations import Generation
from pytest_mastra.text.values import shown

Engine = Literal["default", "evented"]
"""What a workflow runs on: current servers run those that declare a `schedule` on the evented one."""

DEFAULT: Final = "default"
EVENTED: Final = "evented"
ENGINES = get_args(Engine)


def check_engine(given: Any, what: str, generation: Generation) -> None:
    """Refuse what is no engine, or none that servers of a generation have.

    Raises:
        TypeError: It is no text.
        ValueError: There is no such engine, or these servers have it not.
    """
    if not isinstance(given, str):
        raise TypeError(f"{what} is a text, not {shown(given)}; there are {_listed()}")
    if given not in ENGINES:
        hint = did_you_mean(nearest_name(given, ENGINES), before="", after=" ")
        raise ValueError(f"{what} is {given!r}, which is none: {hint}there are {_listed()}")
    if given == EVENTED and not generation.evented:
        raise ValueError(
            f"{what} is {given!r}, which servers of {generation.name} do not have; "
            'FakeMastra(generation="current") is one that has it'
        )


def _listed() -> str:
    return " and ".join(map(repr, ENGINES))
