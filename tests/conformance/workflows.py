"""The workflows of the real test servers (`tests/live/servers/workflows`), declared on the fake."""

from __future__ import annotations

from pytest_mastra.fake.server import FakeMastra
from tests.conformance.declared import (
    asking,
    branching,
    causes,
    corners,
    dying,
    failing,
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
)


def fake_server(
    generation: str, token: str | None = None, body_limit: int | None = None, *, zod: str | None = "4.3"
) -> FakeMastra:
    """Return a fake server with the workflows of the real ones, and their zod."""
    server = FakeMastra(generation=generation, zod=zod, token=token, body_limit=body_limit)
    for declare in MODULES:
        declare.declare(server)
    return server
