"""Workflows that fail."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel

from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.fake.workflows.errors import StepError, Throw, TripWire
from tests.conformance.declared.plain import B, same


class Kind(BaseModel):
    kind: Literal["error", "string", "object", "undefined"]


class Failures(BaseModel):
    failures: int


THROWN: dict[str, Exception] = {
    "error": StepError("outer", code="E_OUTER", cause=StepError("inner", name="TypeError")),
    "string": Throw("just a string"),
    "object": Throw({"code": 42, "message": "an object"}),
    "undefined": Throw(),
}


def declare(server: FakeMastra) -> None:
    """Declare them."""

    def boom(ctx: Any) -> Any:
        raise THROWN[ctx.input_data["kind"]]

    server.workflow("failing", input_schema=Kind).then(server.step("before", same)).then(
        server.step("boom", boom)
    ).then(server.step("never", lambda ctx: {"reached": True})).commit()

    def flaky(ctx: Any) -> Any:
        if ctx.retry_count < ctx.input_data["failures"]:
            raise StepError(f"failure {ctx.retry_count + 1}")
        return {"attempts": ctx.retry_count + 1}

    server.workflow("retrying", input_schema=Failures).then(server.step("flaky", flaky, retries=3)).commit()

    def guard(ctx: Any) -> Any:
        raise TripWire("not allowed", retry=True, metadata={"score": 0.9}, processor_id="guard-1")

    server.workflow("tripwire").then(server.step("guard", guard)).commit()

    produce = server.step("produce", lambda ctx: {"a": 1})
    needs_b = server.step("needs-b", same, input_schema=B)
    server.workflow("wrong-step-input").then(produce).then(needs_b).commit()
