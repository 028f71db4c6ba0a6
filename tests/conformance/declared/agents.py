"""Workflows whose steps are an agent, which answers with what it was asked, and tools."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.fake.workflows.errors import StepError
from pytest_mastra.fake.workflows.graph import Step
from tests.conformance.declared.plain import same

_SAID = "Invalid input: expected string, received undefined"
_ERRORS = {"errors": [], "fields": {"text": {"errors": [_SAID], "fields": {}}}}
_OLDER_ERRORS = {"_errors": [], "text": {"_errors": [_SAID]}}


def refused_output(*, is_current: bool) -> dict[str, Any]:
    """Return what a tool gives in the place of what its schema does not know; the run goes on with it."""
    returned = "Tool output validation failed for odd-tool. The tool returned invalid output:"
    return {
        "error": True,
        "message": f'{returned}\n- text: {_SAID}\n\nReturned output: {{\n  "number": 1\n}}',
        "validationErrors": _ERRORS if is_current else _OLDER_ERRORS,
    }


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Prompt(_Closed):
    """What agents as steps get."""

    prompt: str


class Text(_Closed):
    """What they give."""

    text: str


def _fail(ctx: Any) -> Any:
    raise StepError(f"cannot {ctx.input_data['text']}", name="TypeError")


def _write(ctx: Any) -> int:
    for chunk in ctx.input_data:
        ctx.writer.write(chunk)
    return len(ctx.input_data)


def _write_twice(ctx: Any) -> Any:
    _write(ctx)
    return ctx.resume_data if ctx.resume_data is not None else ctx.suspend({"ask": "more?"})


def declare(server: FakeMastra) -> None:
    """Declare them."""

    def made_of(component: str, step: Step) -> Step:
        step.component = component
        step.reference = {f"{component.lower()}Id": step.id}
        return step

    def parrot() -> Step:
        said = server.step(
            "parrot",
            lambda ctx: {"text": f"You said: {ctx.input_data['prompt']}"},
            description="Says it again",
            input_schema=Prompt,
            output_schema=Text,
        )
        return made_of("AGENT", said)

    def tool(id_: str, description: str, run: Any) -> Step:
        return made_of("TOOL", server.step(id_, run, description=description, input_schema=Text, output_schema=Text))

    def shout() -> Step:
        return tool("shout", "Makes letters large", lambda ctx: {"text": ctx.input_data["text"].upper()})

    ask = server.step("ask", lambda ctx: {"prompt": ctx.input_data.get("text", "")})
    server.workflow("agent-chunks").then(server.step("write", _write)).commit()
    server.workflow("agent-chunks-asking").then(server.step("write", _write_twice)).commit()
    server.workflow("agent-only", input_schema=Prompt).then(parrot()).commit()
    server.workflow("agent-tool").then(ask).then(parrot()).then(shout()).commit()
    server.workflow("agent-parallel").parallel([parrot(), server.step("beside", lambda _: 1)]).commit()
    server.workflow("agent-items").foreach(parrot()).commit()
    server.workflow("tool-only").then(shout()).commit()
    server.workflow("tool-items").foreach(shout()).commit()
    server.workflow("tool-failing").then(tool("fail-tool", "Fails", _fail)).commit()
    refused = refused_output(is_current=server.generation.name == "current")
    odd = tool("odd-tool", "Gives what its schema does not know", lambda _: refused)
    server.workflow("tool-odd").then(odd).then(server.step("last", same)).commit()
