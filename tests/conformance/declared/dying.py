"""Workflows whose server dies in the midst of them: steps that wait at the gate that their input names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.fake.workflows.errors import StepError
from pytest_mastra.fake.workflows.graph import Step
from tests.conformance.declared.gated import at_gate

EXECUTIONS: WeakKeyDictionary[FakeMastra, list[tuple[str, str]]] = WeakKeyDictionary()
"""Of each server: the run's id and the step's, once for each execution of a step since it was begun."""


def declare(server: FakeMastra) -> None:  # noqa: C901, PLR0915 -- a list
    """Declare them."""
    executions = EXECUTIONS[server] = []

    def step(id_: str, run: Callable[[Any], Any], **options: Any) -> Step:
        def count(ctx: Any) -> Any:
            executions.append((ctx.run_id, id_))
            output = run(ctx)
            return (yield from output) if hasattr(output, "send") else output

        return server.step(id_, count, **options)

    def same(id_: str) -> Step:
        return step(id_, lambda ctx: ctx.input_data)

    def wait(ctx: Any) -> Any:
        yield from at_gate(server, (ctx.input_data or {}).get("gate"))
        return ctx.input_data

    def held(id_: str) -> Step:
        return step(id_, wait)

    last = same("last")
    server.workflow("dying-line").then(same("first")).then(held("wait")).then(last).commit()
    inner = server.workflow("dying-inner").then(same("begin")).then(held("wait")).commit()
    server.workflow("dying-nested").then(same("first")).then(inner).then(last).commit()
    server.workflow("dying-nested-parallel").parallel([same("beside"), inner]).then(last).commit()
    server.workflow("dying-parallel").parallel([same("left"), held("right")]).then(last).commit()
    branches = [(lambda _: True, held("left")), (lambda _: False, same("middle")), (lambda _: True, same("right"))]
    server.workflow("dying-branch").branch(branches).then(last).commit()
    server.workflow("dying-items").foreach(held("item")).then(last).commit()
    server.workflow("dying-items-at-once").foreach(held("item"), concurrency=2).then(last).commit()
    server.workflow("dying-items-nested").foreach(inner).then(last).commit()

    def go_round(ctx: Any) -> Any:
        if ctx.input_data["n"] == 1:
            yield from at_gate(server, ctx.input_data.get("gate"))
        return {**ctx.input_data, "n": ctx.input_data["n"] + 1}

    server.workflow("dying-loop").dountil(step("round", go_round), lambda ctx: ctx.input_data["n"] > 2).then(
        last
    ).commit()

    def set_state(ctx: Any) -> Any:
        ctx.set_state({"count": 1})
        ctx.request_context["set"] = True
        return ctx.input_data

    def tell(ctx: Any) -> Any:
        told = {"state": ctx.state, "tenant": ctx.request_context.get("tenant"), "set": ctx.request_context.get("set")}
        return {key: value for key, value in told.items() if value is not None}

    server.workflow("dying-state").then(step("set", set_state)).then(held("wait")).then(step("tell", tell)).commit()

    def try_twice(ctx: Any) -> Any:
        if ctx.retry_count == 0:
            raise StepError("once")
        yield from at_gate(server, ctx.input_data.get("gate"))
        return {"retryCount": ctx.retry_count}

    server.workflow("dying-tried").then(step("tries", try_twice, retries=1)).commit()

    def write(ctx: Any) -> Any:
        ctx.writer.write({"at": "begin"})
        yield from at_gate(server, ctx.input_data.get("gate"))
        ctx.writer.write({"at": "end"})
        return {"wrote": True}

    server.workflow("dying-writes").then(step("writes", write)).then(last).commit()

    def ask(ctx: Any) -> Any:
        return {**(ctx.input_data or {}), **ctx.resume_data} if ctx.resume_data else ctx.suspend({"ask": "?"})

    asks = server.workflow("dying-asks").then(step("q", ask)).then(held("wait")).commit()
    server.workflow("dying-asks-outer").then(asks).then(last).commit()

    def ask_twice(ctx: Any) -> Any:
        if not ctx.resume_data:
            return ctx.suspend({"ask": "who?"})
        if "who" in ctx.resume_data:
            return ctx.suspend({"ask": "why?"})
        yield from at_gate(server, ctx.input_data.get("gate"))
        return ctx.resume_data

    def ask_for_item(ctx: Any) -> Any:
        if not ctx.resume_data:
            return ctx.suspend({"ask": ctx.input_data["n"]})
        if ctx.resume_data.get("wait"):
            yield from at_gate(server, ctx.input_data.get("gate"))
        return {"n": ctx.input_data["n"], **ctx.resume_data}

    server.workflow("dying-asks-twice").then(step("q", ask_twice)).then(last).commit()
    asking = server.workflow("dying-asks-twice-inner").then(step("q", ask_twice)).commit()
    server.workflow("dying-asks-nested").then(asking).then(last).commit()
    beside = step("r", lambda ctx: ctx.resume_data or ctx.suspend({"ask": "r?"}))
    server.workflow("dying-asks-beside").parallel([step("q", ask_twice), beside]).then(last).commit()
    server.workflow("dying-asks-items").foreach(step("q", ask_for_item)).then(last).commit()
    server.workflow("dying-together").then(held("wait")).commit()

    def mark(name: str) -> Callable[[Any], Any]:
        return lambda ctx: {**(ctx.input_data or {}), name: True}

    server.workflow("dying-mapped").then(same("first")).map(mark("mapped")).then(held("wait")).map(
        mark("again")
    ).commit()
    server.workflow("dying-mapped-asks").then(same("first")).map(mark("mapped")).then(step("q", ask)).then(
        last
    ).commit()
    server.workflow("dying-rested").then(same("first")).sleep(0.001).then(held("wait")).then(last).commit()
    nap = server.workflow("dying-nap").then(same("before")).sleep(0.7).then(same("after")).commit()
    server.workflow("dying-nap-nested").then(nap).then(last).commit()
