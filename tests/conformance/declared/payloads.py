"""Workflows that suspend with whatever their input says, text, lists and scalars too."""

from __future__ import annotations

from typing import Any

from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.fake.workflows.graph import Step
from tests.conformance.declared.items import give_value
from tests.conformance.declared.plain import same


def _asked(ctx: Any) -> dict[str, Any]:
    return {} if ctx.suspend_data is None else {"asked": ctx.suspend_data}


def declare(server: FakeMastra) -> None:
    """Declare them."""

    def is_answered(ctx: Any) -> bool:
        return ctx.resume_data is not None and (isinstance(ctx.resume_data, (dict, list)) or bool(ctx.resume_data))

    def ask(id_: str) -> Step:
        def run(ctx: Any) -> Any:
            if is_answered(ctx):
                return {"answer": ctx.resume_data, **_asked(ctx)}
            return ctx.suspend(give_value(ctx))

        return server.step(id_, run)

    def ask_labelled(ctx: Any) -> Any:
        if is_answered(ctx):
            return {"answer": ctx.resume_data}
        return ctx.suspend(give_value(ctx), resume_label="q-label")

    def step(id_: str) -> Step:
        return server.step(id_, same)

    inner = server.workflow("payload-inner", listed=False).then(ask("q")).then(step("rest")).commit()
    server.workflow("payload-plain").then(ask("q")).then(step("rest")).commit()
    server.workflow("payload-labelled").then(server.step("q", ask_labelled)).commit()
    server.workflow("payload-nested").then(inner).then(step("last")).commit()
    middle = server.workflow("payload-middle", listed=False).then(inner).commit()
    server.workflow("payload-deep").then(middle).commit()
    server.workflow("payload-parallel").parallel([ask("a"), ask("b")]).commit()
    server.workflow("payload-branch").branch([(lambda _: True, ask("a")), (lambda _: False, step("b"))]).commit()
    server.workflow("payload-foreach").foreach(ask("q"), concurrency=2).commit()
    server.workflow("payload-foreach-one").foreach(ask("q")).commit()
    server.workflow("payload-foreach-nested").foreach(inner).commit()
    server.workflow("payload-loop").dountil(ask("q"), lambda _: True).commit()
