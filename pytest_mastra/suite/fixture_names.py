"""Fixtures that there are not: pytest asks whether one of ours was meant."""

from __future__ import annotations

from typing import Any

from mastra_sync.suggest import did_you_mean, nearest_name

FIXTURES = (
    "mastra_server",
    "mastra_socket_server",
    "mastra_server_factory",
    "mastra_client",
    "mastra_config",
    "mastra_target",
    "mastra_cassette",
    "mastra_snapshot",
    "mastra_replay_run",
)

_LIKENESS = 0.8


def advise(error: Any) -> None:
    """Have a `FixtureLookupError` of pytest ask whether a fixture of ours was meant.

    Args:
        error: What was raised; of a name that is like none of ours it says nothing more.
    """
    name, describe = getattr(error, "argname", None), getattr(error, "formatrepr", None)
    near = nearest_name(name or "", FIXTURES, _LIKENESS)
    if near is None or near == name or describe is None:
        return
    unknown = f"fixture '{name}' not found"

    def describe_with_question() -> Any:
        described = describe()
        # what pytest may call otherwise some day stays as it is
        said = getattr(described, "errorstring", "")
        described.errorstring = said.replace(unknown, f"{unknown}{did_you_mean(near)}", 1)
        return described

    error.formatrepr = describe_with_question
