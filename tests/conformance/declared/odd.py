"""Workflows whose inputs are missing and whose functions give odd values."""

from __future__ import annotations

from typing import Any

from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.fake.workflows.errors import StepError
from pytest_mastra.fake.workflows.graph import Step
from pytest_mastra.fake.workflows.javascript import NULL
from tests.conformance.declared.items import give_value
from tests.conformance.declared.plain import same


def declare(server: FakeMastra) -> None:
    """Declare them."""

    def fail(_: Any) -> Any:
        raise StepError("as told")

    def step(id_: str) -> Step:
        return server.step(id_, same)

    def of_round(ctx: Any) -> Any:
        return ctx.input_data[ctx.iteration_count - 1]

    def set_state(ctx: Any) -> Any:
        value = ctx.input_data["value"]
        ctx.set_state(NULL if value is None else value)
        return ctx.input_data

    give = server.step("give", give_value)
    inner = server.workflow("odd-inner", listed=False).then(step("first")).then(server.step("fails", fail)).commit()
    middle = server.workflow("odd-middle", listed=False).then(inner).commit()
    server.workflow("odd-nested").then(give).then(inner).commit()
    server.workflow("odd-retried", retry_config={"attempts": 1}).then(give).then(inner).commit()
    server.workflow("odd-deep").then(give).then(middle).commit()
    server.workflow("odd-parallel").then(give).parallel([step("left"), inner]).commit()
    server.workflow("odd-foreach").foreach(inner).commit()
    server.workflow("odd-loop").then(give).dountil(inner, lambda _: True).commit()
    server.workflow("odd-branch").branch(
        [(lambda ctx: ctx.input_data.get("value"), step("left")), (lambda _: True, step("right"))]
    ).commit()
    server.workflow("odd-until").dountil(step("again"), of_round).commit()
    server.workflow("odd-while").dowhile(step("again"), of_round).commit()
    server.workflow("odd-sleep").sleep(give_value).then(step("rest")).commit()
    server.workflow("odd-state", state_schema={}).then(server.step("set", set_state)).then(
        server.step("look", lambda ctx: {"state": ctx.state})
    ).commit()
    empty = server.workflow("odd-empty").commit()
    server.workflow("odd-empty-nested").then(step("first")).then(empty).commit()
