"""Workflows whose graph branches, loops, nests or sleeps."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.fake.workflows.errors import StepError
from pytest_mastra.fake.workflows.graph import Step
from tests.conformance.declared.plain import N, same

NUMBER = {"type": "number"}
NUMBERS = {"type": "array", "items": NUMBER}
LIST_OF_N = {
    "type": "array",
    "items": {"type": "object", "properties": {"n": NUMBER}, "required": ["n"], "additionalProperties": False},
}


class MaybeFail(BaseModel):
    n: float
    fail: str | None = None


class Milliseconds(BaseModel):
    ms: float


class UntilMoment(BaseModel):
    until: str


def declare(server: FakeMastra) -> None:
    """Declare them."""
    increment = server.step("increment", lambda ctx: {"n": ctx.input_data["n"] + 1}, input_schema=N, output_schema=N)

    def child(id_: str) -> Step:
        def run(ctx: Any) -> Any:
            if ctx.input_data.get("fail") == id_:
                raise StepError(f"{id_} failed")
            return {id_: ctx.input_data["n"]}

        return server.step(id_, run)

    join = server.step("join", lambda ctx: {"joined": ctx.input_data})
    server.workflow("parallel", input_schema=MaybeFail).parallel([child("left"), child("right")]).then(join).commit()
    server.workflow("only-parallel", input_schema=MaybeFail).parallel([child("left"), child("right")]).commit()

    def tells(id_: str) -> Step:
        return server.step(id_, lambda ctx: {id_: ctx.input_data["n"]})

    server.workflow("branch", input_schema=N).branch(
        [
            (lambda ctx: ctx.input_data["n"] > 0, tells("positive")),
            (lambda ctx: ctx.input_data["n"] < 0, tells("negative")),
            (lambda ctx: ctx.input_data["n"] > 99, tells("large")),
        ]
    ).commit()
    server.workflow("dowhile", input_schema=N, output_schema=N).dowhile(
        increment, lambda ctx: ctx.input_data["n"] < 3
    ).commit()
    server.workflow("dountil", input_schema=N, output_schema=N).dountil(
        increment, lambda ctx: ctx.input_data["n"] >= 3
    ).commit()

    def times(ctx: Any) -> Any:
        if ctx.input_data < 0:
            raise StepError(f"{ctx.input_data} is negative")
        ctx.writer.write({"item": ctx.input_data})
        return ctx.input_data * 10

    times_ten = server.step("times-ten", times, input_schema=NUMBER, output_schema=NUMBER)
    server.workflow("foreach", input_schema=NUMBERS, output_schema=NUMBERS).foreach(times_ten).commit()
    server.workflow("foreach-concurrent", input_schema=NUMBERS, output_schema=NUMBERS).foreach(
        times_ten, concurrency=2
    ).commit()

    before = server.step("before", same)
    after_sleep = server.step("after", lambda ctx: {"slept": True})
    server.workflow("sleep", input_schema=Milliseconds).then(before).sleep(
        lambda ctx: ctx.input_data["ms"] / 1000
    ).then(after_sleep).commit()
    server.workflow("sleep-until", input_schema=UntilMoment).then(before).sleep_until(
        lambda ctx: datetime.fromisoformat(ctx.input_data["until"].replace("Z", "+00:00"))
    ).then(after_sleep).commit()

    double = server.step("double", lambda ctx: {"n": ctx.input_data["n"] * 2}, input_schema=N, output_schema=N)
    inner = server.workflow("inner", input_schema=N, output_schema=N).then(increment).then(double).commit()
    after = server.step("after", lambda ctx: {"after": ctx.input_data["n"]})
    server.workflow("nested", input_schema=N).then(inner).then(after).commit()
    server.workflow("foreach-nested", input_schema=LIST_OF_N).foreach(inner).commit()

    inner_failing = server.workflow("inner-failing", listed=False, input_schema=N).fails("inner boom", step="explode")
    server.workflow("nested-failing", input_schema=N).then(inner_failing).commit()
