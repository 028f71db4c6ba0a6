"""The corners that the other workflows leave out."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel

from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.fake.workflows.errors import StepError, TripWire
from pytest_mastra.fake.workflows.graph import Step
from pytest_mastra.fake.workflows.javascript import NULL, UNDEFINED
from tests.conformance.declared.asking import Answered
from tests.conformance.declared.branching import NUMBER
from tests.conformance.declared.gated import Gated, at_gate
from tests.conformance.declared.plain import N, Tenant, same


class Tag(BaseModel):
    tag: str


class More(BaseModel):
    more: float


class Good(BaseModel):
    good: bool


class What(BaseModel):
    what: str


class Ask(BaseModel):
    ask: str


class Log(BaseModel):
    log: list[str]


OLDER_EMAIL = r"^(?!\.)(?!.*\.\.)([A-Za-z0-9_'+\-\.]*)[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9\-]*\.)+[A-Za-z]{2,}$"

NEWER_EMAIL = r"^(?:[A-Za-z0-9_'+\-]+\.)*[A-Za-z0-9_'+\-]*[A-Za-z0-9_+-]@(?:[A-Za-z0-9][A-Za-z0-9\-]*\.)+[A-Za-z]{2,}$"

OLDER = {
    "either": {"anyOf": [{"type": "string"}, {"type": "number"}]},
    "maybe": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    "email": {"type": "string", "format": "email", "pattern": OLDER_EMAIL},
}
NEWER = {
    "either": {"type": ["string", "number"]},
    "maybe": {"type": ["string", "null"]},
    "email": {"type": "string", "format": "email", "pattern": NEWER_EMAIL},
}
"""What zod 4.6 writes otherwise than 4.3."""

DESCRIBED: dict[str, Any] = {
    "type": "object",
    "properties": {
        "text": {"type": "string", "minLength": 2, "maxLength": 5},
        "whole": {"type": "integer", "minimum": 1, "maximum": 9},
        "real": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        "list": {"minItems": 1, "maxItems": 2, "type": "array", "items": {"type": "number"}},
        "flag": {"type": "boolean"},
        "choice": {"type": "string", "enum": ["a", "b"]},
        "exact": {"type": "string", "const": "x"},
    },
    "required": ["text", "whole", "real", "list", "choice", "exact", "either", "maybe", "email"],
    "additionalProperties": False,
}

Kinds = Literal["undefined", "null", "empty", "zero", "false"]


def declare(server: FakeMastra) -> None:
    """Declare them."""
    _Corners(server).declare()


class _Corners:
    def __init__(self, server: FakeMastra) -> None:
        self._server = server
        self._add = server.step("add", lambda ctx: {"n": ctx.input_data["n"] + 1}, input_schema=N, output_schema=N)
        self._twice = server.step("twice", lambda ctx: {"n": ctx.input_data["n"] * 2}, input_schema=N, output_schema=N)
        self._arithmetic = (
            server.workflow("conf-arithmetic", input_schema=N, output_schema=N)
            .then(self._add)
            .then(self._twice)
            .commit()
        )
        self._question = (
            server.workflow("conf-question").then(self._same("prepare")).then(self._ask("inner-q")).commit()
        )

    def _same(self, id_: str) -> Step:
        return self._server.step(id_, same)

    def _ask(self, id_: str) -> Step:
        def run(ctx: Any) -> Any:
            if ctx.resume_data:
                return {"answer": ctx.resume_data["answer"]}
            return ctx.suspend({"ask": f"{id_}?"})

        return self._server.step(id_, run, resume_schema=Answered)

    def _writes(self, id_: str) -> Step:
        def run(ctx: Any) -> Any:
            ctx.writer.write({"from": id_})
            ctx.writer.custom({"type": "data-note", "data": {"from": id_}})
            return {id_: ctx.input_data["n"]}

        return self._server.step(id_, run)

    def declare(self) -> None:
        self._maps()
        self._blocks()
        self._loops()
        self._suspending()
        self._state()
        self._plain()
        self._mixed()

    def _maps(self) -> None:
        server = self._server
        lookup = server.step("lookup", lambda ctx: {"deep": {"name": f"hi {ctx.input_data['tag']}"}})
        sources = server.workflow("conf-map", input_schema=Tag)
        sources.then(lookup).map(
            {
                "name": {"step": lookup, "path": "deep.name"},
                "whole": {"step": lookup, "path": "."},
                "tag": {"init_data": sources, "path": "tag"},
                "fixed": {"value": 1},
                "language": {"request_context_path": "language"},
            },
            id="shape",
        ).then(self._same("last")).commit()
        bad = server.workflow("conf-map-bad-path")
        bad.then(server.step("flat", lambda ctx: {"name": "x"})).map(
            {"deep": {"init_data": bad, "path": "a.b.c"}}, id="shape"
        ).commit()

    def _blocks(self) -> None:
        server = self._server
        join = self._same("join")
        server.workflow("conf-parallel-nested", input_schema=N).parallel([self._arithmetic, self._add]).then(
            join
        ).commit()
        server.workflow("conf-parallel-writers", input_schema=N).parallel(
            [self._writes("a"), self._writes("b")]
        ).commit()
        server.workflow("conf-parallel-questions").parallel([self._question, self._ask("outer-q")]).then(join).commit()
        bails = server.step("bails", lambda ctx: ctx.bail({"left": True}))
        server.workflow("conf-parallel-bail", input_schema=N).parallel([bails, self._add]).then(join).commit()

        def throws(ctx: Any) -> bool:
            raise StepError("no condition")

        server.workflow("conf-branch-ask", input_schema=N).branch(
            [
                (lambda ctx: ctx.input_data["n"] > 99, self._ask("large")),
                (lambda ctx: ctx.input_data["n"] > 0, self._ask("positive")),
                (throws, self._same("never")),
            ]
        ).then(join).commit()

        server.workflow("conf-branch-block").branch(
            [(lambda _: True, self._same("stays")), (lambda _: True, self._ask("asks"))]
        ).parallel([self._same("beside")]).commit()

        def waits(ctx: Any) -> Any:
            yield from at_gate(server, ctx.input_data.get("gate"))
            return {"waited": True}

        def fails(ctx: Any) -> Any:
            raise StepError("at once")

        server.workflow("conf-fails-beside", input_schema=Gated).parallel(
            [server.step("fails", fails), server.step("waits", waits), self._ask("asks")]
        ).commit()

    def _loops(self) -> None:
        server = self._server

        def guess(ctx: Any) -> Any:
            if ctx.resume_data:
                return {"n": ctx.input_data["n"] + ctx.resume_data["more"]}
            return ctx.suspend({"have": ctx.input_data["n"]})

        guesses = server.step("guess", guess, input_schema=N, output_schema=N, resume_schema=More)
        server.workflow("conf-loop-ask", input_schema=N).dountil(guesses, lambda ctx: ctx.input_data["n"] > 9).then(
            self._same("last")
        ).commit()
        server.workflow("conf-loop-nested", input_schema=N).dowhile(
            self._arithmetic, lambda ctx: ctx.input_data["n"] < 20
        ).commit()

        def risky(ctx: Any) -> Any:
            if ctx.input_data["n"] > 1:
                raise StepError("too many")
            return {"n": ctx.input_data["n"] + 1}

        server.workflow("conf-loop-fails", input_schema=N).dowhile(
            server.step("risky", risky), lambda ctx: True
        ).commit()

        def throws(ctx: Any) -> Any:
            raise StepError("no idea" if ctx.iteration_count else "sleepless")

        server.workflow("conf-loop-throws", input_schema=N).dowhile(self._add, throws).then(
            self._same("after")
        ).commit()
        server.workflow("conf-sleep-throws").then(self._same("before")).sleep(throws).commit()
        server.workflow("conf-foreach-questions").foreach(self._question, concurrency=2).commit()

        def check(ctx: Any) -> Any:
            if ctx.input_data["n"] < 0:
                raise StepError("negative")
            return ctx.input_data

        item = server.workflow("conf-item", listed=False, input_schema=N).then(server.step("check", check)).commit()
        server.workflow("conf-foreach-nested-fails").foreach(item).commit()

    def _suspending(self) -> None:
        server = self._server

        def schema(ctx: Any) -> Any:
            if ctx.resume_data:
                return ctx.resume_data
            return ctx.suspend({"ask": "q?", "more": 1} if ctx.input_data["good"] else {"ask": 1})

        checked = server.step("q", schema, suspend_schema=Ask, resume_schema={})
        server.workflow("conf-suspend-schema", input_schema=Good).then(checked).commit()
        bare = server.step("q", lambda ctx: ctx.resume_data or ctx.suspend())
        server.workflow("conf-suspend-bare").then(bare).commit()

        def partial(ctx: Any) -> Any:
            if ctx.resume_data:
                return {"answered": ctx.resume_data}
            ctx.suspend({"ask": "q?"})
            return {"partial": True}

        server.workflow("conf-suspend-output").then(server.step("q", partial)).commit()

        def writing(ctx: Any) -> Any:
            ctx.writer.write({"asked": not ctx.resume_data})
            ctx.writer.custom({"type": "data-asked", "data": {"asked": not ctx.resume_data}})
            return ctx.resume_data or ctx.suspend({})

        server.workflow("conf-writer-question").then(server.step("q", writing)).commit()

        def change(ctx: Any) -> Any:
            ctx.request_context["made"] = {"by": "set"}
            return {}

        server.workflow("conf-context-set").then(server.step("set", change)).then(self._ask("q")).then(
            server.step("read", lambda ctx: dict(ctx.request_context))
        ).commit()

    def _state(self) -> None:
        server = self._server

        def notes(id_: str, **extra: Any) -> Step:
            def run(ctx: Any) -> Any:
                ctx.set_state({"log": [*ctx.state.get("log", []), id_], **extra})
                return {"seen": ctx.state}

            return server.step(id_, run, state_schema={})

        inner = server.workflow("conf-state-inner", listed=False, state_schema={}).then(notes("inside")).commit()
        server.workflow("conf-state-nested", state_schema={}).then(notes("first", a=1)).then(inner).parallel(
            [notes("left", l=1), notes("right", r=1)]
        ).then(notes("last")).commit()
        wrong = server.step("wrong", lambda ctx: ctx.set_state({"log": 5}), state_schema=Log)
        server.workflow("conf-state-refused").then(wrong).commit()

    def _plain(self) -> None:
        server = self._server

        def flaky(ctx: Any) -> Any:
            raise StepError(f"attempt {ctx.retry_count + 1}")

        server.workflow("conf-retry-config", retry_config={"attempts": 2, "delay": 0.005}).then(
            server.step("flaky", flaky)
        ).commit()
        leave = server.step("leave", lambda ctx: ctx.bail({"left": "early"}))
        bailing = server.workflow("conf-bailing", listed=False).then(leave).then(self._same("not-reached")).commit()
        server.workflow("conf-bail-nested").then(bailing).then(self._same("after")).commit()
        server.workflow("conf-unchecked", input_schema=N, validate_inputs=False).then(self._add).commit()
        kinds = {"undefined": UNDEFINED, "null": NULL, "empty": "", "zero": 0, "false": False}
        give = server.step("give", lambda ctx: kinds[ctx.input_data["what"]])
        server.workflow("conf-nothing", input_schema=What).then(give).commit()
        count = server.step("count", lambda ctx: {"has": ctx.has_input})
        server.workflow("conf-nothing-between").then(server.step("give", lambda ctx: None)).then(count).commit()
        needs = server.step("needs", lambda ctx: {}, request_context_schema=Tenant)
        server.workflow("conf-step-context").then(needs).commit()

        def gives_up(ctx: Any) -> Any:
            ctx.abort()
            return {"aborted": ctx.aborted}

        server.workflow("conf-aborting").then(server.step("gives-up", gives_up)).then(self._same("after")).commit()
        server.workflow("conf-long-sleep", input_schema=Gated).then(self._same("before")).sleep(60).then(
            self._same("after")
        ).commit()

        def look(ctx: Any) -> Any:
            return {
                "give": ctx.get_step_result("give"),
                "none": ctx.get_step_result("nope"),
                "init": ctx.get_init_data(),
                "workflowId": ctx.workflow_id,
                "retryCount": ctx.retry_count,
                "hasRunId": isinstance(ctx.run_id, str),
                "resourceId": UNDEFINED if ctx.resource_id is None else ctx.resource_id,
            }

        server.workflow("conf-results").then(server.step("give", lambda ctx: {"given": 1})).then(
            server.step("look", look)
        ).commit()
        writing = server.workflow("conf-writing", listed=False, input_schema=N).then(self._writes("w")).commit()
        server.workflow("conf-writer-nested", input_schema=N).then(writing).commit()

        def guard(ctx: Any) -> Any:
            raise TripWire("inner guard", retry=False, metadata={"deep": True}, processor_id="guard-2")

        guarded = server.workflow("conf-guarded", listed=False).then(server.step("guard", guard)).commit()
        server.workflow("conf-tripwire-nested").then(guarded).commit()
        looks = server.step("look", same, description="looks", metadata={"team": "x", "size": 2})
        written = OLDER if server.generation.zod.name == "4.3" else NEWER
        schema = {**DESCRIBED, "properties": {**DESCRIBED["properties"], **written}}
        server.workflow("conf-described", description="what it is for", input_schema=schema).then(looks).commit()

    def _mixed(self) -> None:
        server = self._server
        square = server.step("square", lambda ctx: ctx.input_data * ctx.input_data, input_schema=NUMBER)
        big = server.step("big", lambda ctx: {"n": ctx.input_data["twice"]["n"]})
        server.workflow("conf-mixed", input_schema=N).then(self._add).map(
            lambda ctx: [ctx.input_data["n"], ctx.input_data["n"] + 1], id="to-list"
        ).foreach(square, concurrency=5).map(lambda ctx: {"n": ctx.input_data[0]}, id="to-object").parallel(
            [self._arithmetic, self._twice]
        ).branch([(lambda ctx: ctx.input_data["twice"]["n"] > 0, big)]).map(
            lambda ctx: ctx.input_data["big"], id="pick"
        ).dountil(self._add, lambda ctx: ctx.input_data["n"] % 5 == 0).commit()
