"""Workflows that last as long as a test wants."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from pydantic import BaseModel

from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.fake.workflows.graph import Step
from tests.conformance.declared.plain import same

ASSORTED = ["plain text", 5, None, [1, 2], {"nested": {"deep": True}}, "naïve 鏡 🎈", "a\x1eb\nc"]
CUSTOMS: list[dict[str, Any]] = [
    {"type": "data-progress", "id": "x1", "data": {"percent": 60, "label": "halb fertig – 半分"}, "transient": True},  # noqa: RUF001
    {"type": "my-event", "payload": {"hello": "wörld"}},
    {"type": "no-payload", "foo": "bar"},
]


class Gated(BaseModel):
    gate: str | None = None


class TwoGates(BaseModel):
    leftGate: str | None = None  # noqa: N815 -- as on the wire
    rightGate: str | None = None  # noqa: N815


class Big(BaseModel):
    bytes: int
    gate: str | None = None
    ms: float | None = None


class Written(BaseModel):
    events: int = 3
    bytes: int = 0
    gate: str | None = None


def at_gate(server: FakeMastra, name: str | None) -> Generator[Any, None, None]:
    """Wait at the named gate; an absent name is an open door."""
    if name:
        yield server.gate(name)


def declare(server: FakeMastra) -> None:  # noqa: C901 -- a list
    """Declare them."""

    def wait(ctx: Any) -> Any:
        yield from at_gate(server, ctx.input_data.get("gate"))
        return ctx.input_data

    server.workflow("slow", input_schema=Gated).then(server.step("begin", same)).then(server.step("wait", wait)).then(
        server.step("end", lambda ctx: {"done": True})
    ).commit()

    def watch(ctx: Any) -> Any:
        name = ctx.input_data.get("gate")
        if name:
            yield ctx.gate_or_abort(server.gate(name))
        return {"stopped": ctx.aborted}

    after = server.step("after", same)
    server.workflow("cancellable", input_schema=Gated).then(server.step("wait", watch)).then(after).commit()

    def deaf(ctx: Any) -> Any:
        yield from at_gate(server, ctx.input_data.get("gate"))
        return {"stopped": False}

    server.workflow("stubborn", input_schema=Gated).then(server.step("wait", deaf)).then(after).commit()

    def side(id_: str) -> Step:
        def run(ctx: Any) -> Any:
            yield from at_gate(server, ctx.input_data.get(f"{id_}Gate"))
            return {id_: True}

        return server.step(id_, run)

    server.workflow("parallel-gated", input_schema=TwoGates).parallel([side("left"), side("right")]).commit()

    def produce(ctx: Any) -> Any:
        yield from at_gate(server, ctx.input_data.get("gate"))
        yield ctx.input_data.get("ms", 0) / 1000
        return {"text": "x" * ctx.input_data["bytes"]}

    server.workflow("big-result", input_schema=Big).then(server.step("produce", produce)).commit()

    def write(ctx: Any) -> Any:
        for index in range(ctx.input_data["events"]):
            ctx.writer.write({"index": index, "filler": "x" * ctx.input_data["bytes"]})
        yield from at_gate(server, ctx.input_data.get("gate"))
        for output in ASSORTED:
            ctx.writer.write(output)
        for custom in CUSTOMS:
            ctx.writer.custom(custom)
        return {"written": ctx.input_data["events"] + len(ASSORTED) + len(CUSTOMS)}

    server.workflow("writer", input_schema=Written).then(server.step("write", write)).commit()
