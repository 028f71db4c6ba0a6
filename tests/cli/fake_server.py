"""A fake server for commands about runs: one that asks, one that asks in a nested workflow, one that is done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mastra_sync import MastraClient
from pytest_mastra import FakeMastra, StepContext
from pytest_mastra.fake.fronts.socket import OnSocket

ANSWER = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "properties": {
        "ok": {"type": "boolean", "description": "book it?"},
        "seats": {"type": "integer", "minimum": 1},
        "class": {"enum": ["first", "second"]},
        "mail": {"type": "string", "format": "email"},
    },
    "required": ["ok", "seats", "class"],
}


def declared() -> FakeMastra:
    """Return the server."""
    server = FakeMastra()

    def ask(context: StepContext) -> object:
        if context.resume_data is None:
            context.suspend({"ask": "book?"})
        return context.resume_data

    booking = server.workflow("booking").then(server.step("approve", ask, resume_schema=ANSWER)).commit()
    server.workflow("trip").then(booking).commit()
    server.workflow("free").then(server.step("say", ask)).commit()
    server.workflow("city").then(server.step("find", lambda _: {"city": "Oslo"})).then(
        server.step("greet", lambda ctx: f"Hello, {ctx.input_data['city']}")
    ).commit()
    quoted, left, right, again = (
        server.step(name, lambda _: {}) for name in ('a "quoted" <step>', "left", "right", "again")
    )
    graph = server.workflow("graph").then(quoted).parallel([left, right]).dountil(again, lambda _: True)
    graph.then(booking).commit()
    return server


@contextmanager
def served() -> Iterator[tuple[FakeMastra, MastraClient]]:
    """Serve it on a socket, and give a client of it."""
    server = declared()
    with OnSocket(server) as front, MastraClient(front.url, clock=server.clock) as client:
        yield server, client
