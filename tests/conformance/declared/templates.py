"""Workflows whose maps fill templates, and maps from sources that are not there."""

from __future__ import annotations

from typing import Any

from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.fake.workflows.javascript import NULL

TEMPLATES = {
    "root": "[${inputData}]",
    "path": "[${inputData.a}]",
    "deep": "[${inputData.a.b}]",
    "length": "${inputData.length}, ${inputData.0}",
    "init": "[${initData}] [${initData.a}]",
    "state": "[${state}] [${state.a}] [${state.a.b}]",
    "context": "[${requestContext.a}]",
    "step": "[${stepResults.give}] [${stepResults.give.a}]",
    "step-that-did-not-run": "${inputData.a}${stepResults.nobody.a}",
    "plain": "$inputData {inputData} ${inputData.a} $${inputData.a}",
}


def declare(server: FakeMastra) -> None:
    """Declare them."""

    def give_as_told(ctx: Any) -> Any:
        told = ctx.input_data if isinstance(ctx.input_data, dict) else {}
        return NULL if "give" in told and told["give"] is None else told.get("give")

    give = server.step("give", give_as_told)
    for name, template in TEMPLATES.items():
        filling = server.workflow(f"template-{name}", state_schema={})
        if name.startswith("step"):
            filling.then(give)
        filling.map({"text": {"template": template}}, id="fill").commit()
    sources = server.workflow("template-sources")
    sources.then(give).map(
        {
            "whole": {"step": give, "path": "."},
            "nobody": {"step": "nobody", "path": "."},
            "either": {"step": ["nobody", give], "path": "."},
            "length": {"init_data": sources, "path": "list.length"},
            "second": {"init_data": sources, "path": "list.1"},
            "padded": {"init_data": sources, "path": "list.01"},
        },
        id="shape",
    ).commit()
    lost = server.workflow("template-lost")
    lost.then(give).map({"deep": {"step": ["nobody", give], "path": "a.b.c"}}, id="shape").commit()
