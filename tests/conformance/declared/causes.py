"""Workflows whose steps throw errors with causes of every kind."""

from __future__ import annotations

from typing import Any

from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.fake.workflows.errors import NonRetryable, StepError, Throw
from pytest_mastra.fake.workflows.graph import Step
from pytest_mastra.fake.workflows.javascript import NULL


def chain(depth: int, *, codes: bool = False) -> StepError:
    """Return an error with so many causes, one below the other."""
    cause = chain(depth - 1, codes=codes) if depth else None
    if not codes:
        return StepError(f"level {depth}", cause=cause)
    return StepError(f"level {depth}", name="TypeError", cause=cause, code=f"E level {depth}")


THROWN: dict[str, Exception] = {
    "final": NonRetryable("x", cause="because", code=7),
    "text": StepError("x", cause="because"),
    "empty-text": StepError("x", cause=""),
    "object": StepError("x", cause={"code": 42, "list": [1, None]}),
    "error-like": StepError("x", cause={"message": "inner", "name": "Inner"}),
    "list": StepError("x", cause=[1, "two"]),
    "number": StepError("x", cause=0),
    "false": StepError("x", cause=False),
    "null": StepError("x", cause=NULL),
    "undefined": StepError("x", cause=None),
    "inner": StepError("x", cause=StepError("y", name="TypeError", cause="deepest"), code=1),
    "four": chain(4),
    "five": chain(5),
    "six": chain(6),
    "six-codes": chain(6, codes=True),
    "eight": chain(8, codes=True),
    "thrown-object": Throw({"message": "an object", "code": 42, "cause": "because"}),
    "thrown-nameless": Throw({"code": 42, "cause": {"code": 43}}),
    "thrown-named": Throw({"name": "Named", "message": "as told", "cause": None}),
    "thrown-empty": Throw({}),
    "thrown-list": Throw([1, "two"]),
    "thrown-number": Throw(5),
    "thrown-odd-message": Throw({"message": 42}),
    "thrown-stack": Throw({"stack": "at home", "message": "an object"}),
}


def declare(server: FakeMastra) -> None:
    """Declare them."""

    def throws(kind: str) -> Step:
        def run(ctx: Any) -> Any:
            raise THROWN[kind]

        return server.step("throws", run)

    for kind in THROWN:
        server.workflow(f"cause-{kind}").then(throws(kind)).commit()
        inside = server.workflow("inside", listed=False).then(throws(kind)).commit()
        server.workflow(f"cause-nested-{kind}").then(inside).commit()
