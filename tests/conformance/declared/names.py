"""Workflows whose names are words of the wire's own."""

from __future__ import annotations

from typing import Any

from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.fake.workflows.errors import StepError
from pytest_mastra.fake.workflows.graph import Step
from tests.conformance.declared.plain import same

WORDS = ("path", "status", "output", "error", "steps", "result", "runId", "suspended", "__state", "__workflow_meta")


def declare(server: FakeMastra) -> None:
    """Declare them."""

    def ask(id_: str) -> Step:
        def run(ctx: Any) -> Any:
            return ctx.resume_data or ctx.suspend({"ask": f"{id_}?"})

        return server.step(id_, run)

    def may_fail(ctx: Any) -> Any:
        if isinstance(ctx.input_data, dict) and ctx.input_data.get("fail"):
            raise StepError("as told")
        return ctx.input_data

    def set_state(ctx: Any) -> Any:
        ctx.set_state(ctx.input_data)
        return ctx.input_data

    first, rest, last = (server.step(id_, same) for id_ in ("first", "rest", "last"))
    server.workflow("names-ask-input").then(ask("input")).then(rest).commit()
    server.workflow("names-input").then(first).then(server.step("input", may_fail)).then(last).commit()
    nested = server.workflow("input", listed=False).then(server.step("input", same)).then(ask("q")).commit()
    server.workflow("names-nested-input").then(nested).then(rest).commit()
    server.workflow("names-parallel-input").parallel([server.step("input", same), ask("path")]).commit()
    server.workflow("names-foreach-input").foreach(ask("input")).commit()
    words, questions = server.workflow("names-words"), server.workflow("names-ask-words")
    for word in WORDS:
        words.then(server.step(word, same))
        questions.then(ask(word))
    words.commit()
    questions.commit()
    server.workflow("names-state", state_schema={}).then(server.step("set", set_state)).then(ask("q")).commit()
