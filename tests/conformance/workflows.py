"""The workflows of the real test servers (`tests/live/servers/workflows`), declared on the fake."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import unquote

from pytest_mastra.fake.server import FakeMastra
from tests.conformance.declared import (
    agents,
    asking,
    branching,
    causes,
    corners,
    dying,
    failing,
    fresh,
    gated,
    items,
    names,
    odd,
    older,
    older_nested,
    payloads,
    plain,
    proto,
    templates,
)

MODULES = (
    plain,
    branching,
    asking,
    gated,
    failing,
    corners,
    names,
    items,
    causes,
    templates,
    older,
    older_nested,
    payloads,
    odd,
    proto,
    dying,
    agents,
    fresh,
)


def fake_server(
    generation: str,
    token: str | None = None,
    body_limit: int | None = None,
    *,
    zod: str | None = "4.3",
    asked: list[Any] | None = None,
    patience: float | None = None,
) -> FakeMastra:
    """Return a fake server with the workflows of the real ones, and their zod.

    Args:
        generation: What it behaves like.
        token: The only token that is let in.
        body_limit: The largest body in bytes.
        zod: The release of zod that words what does not fit.
        asked: A transcript of what it will be asked; workflows declared elsewhere than those that it names are left
            out, for declaring all takes longer than most scenarios. By default all are there.
        patience: Real seconds that it waits where nothing goes on.
    """
    server = FakeMastra(generation=generation, zod=zod, token=token, body_limit=body_limit, patience=patience)
    for module in MODULES if asked is None else _modules_of(asked, generation):
        module.declare(server)
    return server


def _modules_of(transcript: list[Any], generation: str) -> list[Any]:
    """Return what declares the workflows that a transcript names; all if it asks for more than single ones."""
    # what is noted besides requests is not about one workflow
    paths = [exchange.get("request", "").partition(" ")[2].partition("?")[0] for exchange in transcript]
    parts = [path.split("/") for path in paths]
    if any(part[:2] != ["", "workflows"] or not all(part[2:3]) for part in parts):
        return list(MODULES)
    homes = _homes(generation)
    needed = {homes.get(unquote(part[2])) for part in parts}
    return [module for module in MODULES if module in needed]


@cache
def _homes(generation: str) -> Mapping[str, Any]:
    """Return for each workflow, by key and id, what declares it."""
    server = FakeMastra(generation=generation)
    homes: dict[str, Any] = {}
    for module in MODULES:
        module.declare(server)
        for key, workflow in server.state.workflows.items():
            homes.setdefault(key, module)
            homes.setdefault(workflow.id, module)
    return homes
