"""The workflows of the real test servers (`tests/live/servers/workflows`), declared on the fake."""

from __future__ import annotations

from pytest_mastra.fake.server import FakeMastra

from .declared import asking, branching, failing, gated, plain


def fake_server(generation: str) -> FakeMastra:
    """Return a fake server with the workflows of the real ones."""
    server = FakeMastra(generation=generation)
    for declare in (plain, branching, asking, gated, failing):
        declare.declare(server)
    return server
