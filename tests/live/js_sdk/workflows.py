"""The workflows of the live servers that the driver calls, declared on a fake one."""

from __future__ import annotations

from typing import Any

from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.fake.workflows.errors import StepError

THROWN = {
    "error": lambda: StepError("outer", code="E_OUTER", cause=StepError("inner", name="TypeError")),
    "string": lambda: StepError("just a string"),
    "object": lambda: StepError("an object", code=42),
    "undefined": lambda: StepError("Unknown step execution error"),
}


def declare(server: FakeMastra) -> FakeMastra:
    """Declare them all, and return the server."""
    declare_city(server)
    declare_three(server)
    declare_approval(server)
    declare_failing(server)
    return server


def shape(**properties: str) -> dict[str, Any]:
    """Return what zod makes of an object whose properties have these types; `number?` is an optional number."""
    required = [name for name, kind in properties.items() if not kind.endswith("?")]
    return {
        "type": "object",
        "properties": {name: {"type": kind.rstrip("?")} for name, kind in properties.items()},
        **({"required": required} if required else {}),
        "additionalProperties": False,
    }


def declare_city(server: FakeMastra) -> None:
    city, text = shape(city="string"), shape(text="string")
    city_and_temperature = shape(city="string", temperature="number")
    look_up = server.step(
        "lookup",
        lambda context: {"city": context.input_data["city"], "temperature": len(context.input_data["city"])},
        description="Looks the temperature up",
        input_schema=city,
        output_schema=city_and_temperature,
    )
    report = server.step(
        "report",
        lambda context: {"text": f"{context.input_data['city']}: {context.input_data['temperature']}"},
        input_schema=city_and_temperature,
        output_schema=text,
    )
    workflow = server.workflow(
        "city-workflow", description="Reports the weather of a city", input_schema=city, output_schema=text
    )
    workflow.then(look_up).then(report).commit()


def declare_three(server: FakeMastra) -> None:
    a, b, c = (shape(**{name: "number"}) for name in "abc")
    first = server.step("t1", lambda _: {"a": 1}, output_schema=a)
    second = server.step("t2", lambda context: {"b": context.input_data["a"] + 1}, input_schema=a, output_schema=b)
    third = server.step("t3", lambda context: {"c": context.input_data["b"] + 1}, input_schema=b, output_schema=c)
    workflow = server.workflow("three", input_schema=shape(i="number?"), output_schema=c)
    workflow.then(first).then(second).then(third).commit()


def declare_approval(server: FakeMastra) -> None:
    def approve(context: Any) -> Any:
        number = context.input_data["n"]
        if context.resume_data:
            return {"ok": context.resume_data["ok"], "n": number}
        return context.suspend({"ask": f"approve {number}?"})

    number = shape(n="number")
    step = server.step("approve", approve, input_schema=number, resume_schema=shape(ok="boolean"))
    workflow = server.workflow("approval", input_schema=number, output_schema=shape(ok="boolean", n="number"))
    workflow.then(step).commit()


def declare_failing(server: FakeMastra) -> None:
    def boom(context: Any) -> Any:
        error = THROWN[context.input_data["kind"]]()
        raise error

    kind = {"type": "object", "properties": {"kind": {"type": "string", "enum": list(THROWN)}}, "required": ["kind"]}
    workflow = server.workflow("failing", input_schema=kind)
    workflow.then(server.step("before", lambda context: context.input_data)).then(server.step("boom", boom))
    workflow.then(server.step("never", lambda _: {"reached": True})).commit()
