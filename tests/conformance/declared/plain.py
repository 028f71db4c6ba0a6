"""Workflows that run straight through."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.fake.workflows.javascript import NULL, UNDEFINED


class City(BaseModel):
    city: str


class CityAndTemperature(BaseModel):
    city: str
    temperature: float


class Text(BaseModel):
    text: str


class MaybeI(BaseModel):
    i: float | None = None


class A(BaseModel):
    a: float


class B(BaseModel):
    b: float


class C(BaseModel):
    c: float


class N(BaseModel):
    n: float


class Tripled(BaseModel):
    tripled: float


class Person(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1)
    age: int
    tags: list[str]
    address: City
    level: Literal["low", "high"] = "low"


class Tenant(BaseModel):
    tenant: str


class Bail(BaseModel):
    bail: bool


def same(ctx: Any) -> Any:
    """What is null in JavaScript is so here too."""
    return NULL if ctx.input_data is None and ctx.has_input else ctx.input_data


def declare(server: FakeMastra) -> None:
    """Declare them."""
    lookup = server.step(
        "lookup",
        lambda ctx: {"city": ctx.input_data["city"], "temperature": len(ctx.input_data["city"])},
        input_schema=City,
        output_schema=CityAndTemperature,
        description="Looks the temperature up",
    )
    report = server.step(
        "report",
        lambda ctx: {"text": f"{ctx.input_data['city']}: {ctx.input_data['temperature']}"},
        input_schema=CityAndTemperature,
        output_schema=Text,
    )
    description = "Reports the weather of a city"
    server.workflow("city-workflow", input_schema=City, output_schema=Text, description=description).then(lookup).then(
        report
    ).commit()

    t1 = server.step("t1", lambda ctx: {"a": 1}, output_schema=A)
    t2 = server.step("t2", lambda ctx: {"b": ctx.input_data["a"] + 1}, input_schema=A, output_schema=B)
    t3 = server.step("t3", lambda ctx: {"c": ctx.input_data["b"] + 1}, input_schema=B, output_schema=C)
    server.workflow("three", input_schema=MaybeI, output_schema=C).then(t1).then(t2).then(t3).commit()

    server.workflow("echo").then(server.step("echo", same)).commit()
    spiegel = server.step("spiegel-été-鏡", same, input_schema=Text, output_schema=Text)
    server.workflow("unicode", input_schema=Text, output_schema=Text).then(spiegel).commit()
    server.workflow("odd id/é", key="oddId").then(server.step("only", same)).commit()
    accept = server.step("accept", same, input_schema=Person, output_schema=Person)
    server.workflow("strict-input", input_schema=Person, output_schema=Person).then(accept).commit()

    double = server.step("double", lambda ctx: {"doubled": ctx.input_data["n"] * 2})
    name = server.step("name", lambda ctx: {"tripled": ctx.input_data["sum"]})
    server.workflow("mapped", input_schema=N, output_schema=Tripled).then(double).map(
        lambda ctx: {"sum": ctx.input_data["doubled"] + ctx.get_init_data()["n"]}
    ).then(name).commit()

    server.workflow("context").then(server.step("read", lambda ctx: dict(ctx.request_context))).commit()
    read = server.step("read", lambda ctx: {"tenant": ctx.request_context.get("tenant", UNDEFINED)})
    server.workflow("context-schema", request_context_schema=Tenant).then(read).commit()

    leave = server.step("leave", lambda ctx: ctx.bail({"left": True}) if ctx.input_data["bail"] else {"left": False})
    stay = server.step("stay", lambda ctx: {"stayed": True})
    server.workflow("bail", input_schema=Bail).then(leave).then(stay).commit()
