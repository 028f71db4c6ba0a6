"""Workflows that suspend and ask."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.fake.workflows.graph import Step
from tests.conformance.declared.branching import NUMBER, NUMBERS
from tests.conformance.declared.gated import at_gate
from tests.conformance.declared.plain import N, same


class Answered(BaseModel):
    answer: str


class MaybeN(BaseModel):
    n: float | None = None


class Ok(BaseModel):
    ok: bool


class OkAndN(BaseModel):
    ok: bool
    n: float


class Add(BaseModel):
    add: float


class MaybeGate(BaseModel):
    gate: str | None = None


class Tally(BaseModel):
    count: float
    notes: list[str]


def declare(server: FakeMastra) -> None:  # noqa: C901 -- a list
    """Declare them."""

    def ask(id_: str) -> Step:
        def run(ctx: Any) -> Any:
            if ctx.resume_data:
                return {"answer": ctx.resume_data["answer"]}
            return ctx.suspend({"ask": f"{id_}?"})

        return server.step(id_, run, resume_schema=Answered)

    def approve(ctx: Any) -> Any:
        if ctx.resume_data:
            return {"ok": ctx.resume_data["ok"], "n": ctx.input_data["n"]}
        return ctx.suspend({"ask": f"approve {ctx.input_data['n']}?"})

    server.workflow("approval", input_schema=N, output_schema=OkAndN).then(
        server.step("approve", approve, input_schema=N, resume_schema=Ok)
    ).commit()

    first = server.step("first", same)
    rest = server.step("rest", lambda ctx: {"rest": ctx.input_data["answer"]})
    server.workflow("asker", input_schema=MaybeN).then(first).then(ask("q")).then(rest).commit()

    def ask_loose(ctx: Any) -> Any:
        # an empty object is an answer in JavaScript
        return {"answered": ctx.resume_data} if ctx.resume_data or ctx.resume_data == {} else ctx.suspend({"ask": "q?"})

    server.workflow("ask-loose").then(server.step("q", ask_loose)).commit()

    def ask_twice(ctx: Any) -> Any:
        if not ctx.resume_data:
            return ctx.suspend({"ask": "first?"})
        if ctx.suspend_data["ask"] == "first?":
            return ctx.suspend({"ask": "second?", "first": ctx.resume_data["answer"]})
        return {"first": ctx.suspend_data["first"], "second": ctx.resume_data["answer"]}

    server.workflow("ask-twice", input_schema=MaybeN).then(server.step("q", ask_twice, resume_schema=Answered)).commit()

    join = server.step("join", lambda ctx: {"p1": ctx.input_data["p1"]["answer"], "p2": ctx.input_data["p2"]["answer"]})
    server.workflow("parallel-ask", input_schema=MaybeN).parallel([ask("p1"), ask("p2")]).then(join).commit()

    def item(ctx: Any) -> Any:
        if ctx.resume_data:
            return ctx.input_data + ctx.resume_data["add"]
        return ctx.suspend({"item": ctx.input_data}, resume_label=f"item-{ctx.input_data}")

    ask_item = server.step("ask-item", item, input_schema=NUMBER, output_schema=NUMBER, resume_schema=Add)
    server.workflow("foreach-suspend", input_schema=NUMBERS).foreach(ask_item, concurrency=3).commit()
    server.workflow("foreach-suspend-one", input_schema=NUMBERS).foreach(ask_item).commit()

    prepare = server.step("prepare", same)
    inner_ask = server.workflow("inner-ask", key="innerAsk", input_schema=MaybeN)
    inner_ask.then(prepare).then(ask("inner-q")).commit()
    after = server.step("after", lambda ctx: {"after": ctx.input_data["answer"]})
    server.workflow("nested-ask", key="nestedAsk", input_schema=MaybeN).then(inner_ask).then(after).commit()
    middle_ask = server.workflow("middle-ask", listed=False, input_schema=MaybeN).then(inner_ask).commit()
    server.workflow("deep-ask", key="deepAsk", input_schema=MaybeN).then(middle_ask).then(after).commit()

    def wait(ctx: Any) -> Any:
        yield from at_gate(server, ctx.get_init_data().get("gate"))
        return ctx.input_data

    end = server.step("end", lambda ctx: {"end": ctx.input_data["answer"]})
    server.workflow("ask-slow", input_schema=MaybeGate).then(ask("q")).then(server.step("wait", wait)).then(
        end
    ).commit()

    def stand(ctx: Any) -> Any:
        yield from at_gate(server, ctx.input_data.get("gate"))
        return ctx.input_data

    server.workflow("gated-ask", input_schema=MaybeGate).then(server.step("wait", stand)).then(ask("q")).commit()
    dotted_end = server.step("and.end", lambda ctx: {"end": ctx.input_data["answer"]})
    server.workflow("dotted", input_schema=MaybeN).then(ask("ask.me")).then(dotted_end).commit()

    def note(id_: str, **options: Any) -> Step:
        def run(ctx: Any) -> Any:
            if options and not ctx.resume_data:
                return ctx.suspend({"ask": f"{id_}?", "count": ctx.state.get("count", 0)})
            text = f"{id_}: {ctx.resume_data['answer']}" if ctx.resume_data else id_
            after_it = {"count": ctx.state.get("count", 0) + 1, "notes": [*ctx.state.get("notes", []), text]}
            ctx.set_state(after_it)
            return after_it

        return server.step(id_, run, state_schema=Tally, **options)

    server.workflow("stateful", state_schema=Tally).then(note("count-before")).then(
        note("q", resume_schema=Answered)
    ).then(note("count-after")).commit()
