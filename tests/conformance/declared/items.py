"""Workflows with a foreach that may be given what is no list."""

from __future__ import annotations

from typing import Any

from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.fake.workflows.definition import Workflow
from pytest_mastra.fake.workflows.graph import Step
from pytest_mastra.fake.workflows.javascript import NULL, UNDEFINED
from tests.conformance.declared.plain import same


def give_value(ctx: Any) -> Any:
    """Give the `value` of the input."""
    value = ctx.input_data.get("value", UNDEFINED) if isinstance(ctx.input_data, dict) else UNDEFINED
    return NULL if value is None else value


def declare(server: FakeMastra) -> None:
    """Declare them."""

    def step(id_: str) -> Step:
        return server.step(id_, same)

    def ask(ctx: Any) -> Any:
        return ctx.resume_data if ctx.resume_data is not None else ctx.suspend({"item": ctx.input_data})

    give = server.step("give", give_value)
    inner: Workflow = server.workflow("items-inner", listed=False).foreach(step("item")).commit()
    one = server.workflow("items-one", listed=False).then(step("only")).commit()
    server.workflow("items-first").foreach(step("item")).commit()
    server.workflow("items-concurrent").foreach(step("item"), concurrency=2).commit()
    server.workflow("items-given").then(give).foreach(step("item")).then(step("rest")).commit()
    server.workflow("items-nested").then(give).then(inner).then(step("rest")).commit()
    server.workflow("items-retried", retry_config={"attempts": 1}).then(give).then(inner).commit()
    server.workflow("items-parallel").then(give).parallel([step("left"), inner]).commit()
    server.workflow("items-branch").then(give).branch(
        [(lambda _: True, inner), (lambda _: True, step("right"))]
    ).commit()
    server.workflow("items-loop").then(give).dountil(inner, lambda _: True).commit()
    server.workflow("items-of-items").foreach(inner).commit()
    server.workflow("items-of-items-at-once").foreach(inner, concurrency=2).commit()
    server.workflow("items-workflows").foreach(one).commit()
    server.workflow("items-asking").foreach(server.step("q", ask), concurrency=2).commit()
