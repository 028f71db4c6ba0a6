"""Workflows for what servers before `current` do otherwise."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.fake.workflows.errors import StepError, Throw
from pytest_mastra.fake.workflows.graph import Step
from pytest_mastra.fake.workflows.javascript import NULL, UNDEFINED
from tests.conformance.declared.plain import same

THROWN: dict[str, Exception] = {
    "type": StepError("a type", name="TypeError"),
    "own": StepError("of a class"),
    "named": StepError("named otherwise", name="Otherwise"),
    "empty": StepError(""),
    "cause": StepError("outer", name="RangeError", cause=StepError("inner", name="TypeError")),
    "null": Throw(None),
    "undefined": Throw(),
    "zero": Throw(0),
    "five": Throw(5),
    "true": Throw(value=True),
    "false": Throw(value=False),
    "text": Throw(""),
    "list": Throw([1, "a"]),
    "object": Throw({"code": 42}),
    "message": Throw({"message": "a text", "code": 42}),
    "number": Throw({"message": 5}),
    "likeAnError": Throw({"code": 42, "cause": {"message": "inner"}, "name": "Otherwise", "message": "a text"}),
}


def declare(server: FakeMastra) -> None:
    """Declare them."""
    older = _Older(server)
    older.sleeping()
    older.counting()
    older.giving()
    older.asking()
    older.owning()
    older.failing()


class _Older:
    def __init__(self, server: FakeMastra) -> None:
        self._server = server

    def _same(self, id_: str) -> Step:
        return self._server.step(id_, same)

    def _ask(self, id_: str) -> Step:
        def run(ctx: Any) -> Any:
            if ctx.resume_data and ctx.resume_data.get("fail"):
                raise StepError(f"{id_} fails")
            return ctx.resume_data or ctx.suspend({"ask": f"{id_}?"})

        return self._server.step(id_, run)

    def sleeping(self) -> None:
        server = self._server
        before, after, last = self._same("before"), self._same("after"), self._same("last")
        napping = server.workflow("older-napping").then(before).sleep(1).then(after).commit()
        server.workflow("older-sleeps").then(napping).then(last).commit()
        server.workflow("older-nap").then(before).sleep(1).then(after).commit()

        def in_a_second(ctx: Any) -> datetime:
            return datetime.fromtimestamp(server.clock.now(), timezone.utc) + timedelta(seconds=1)

        server.workflow("older-nap-until").sleep_until(in_a_second).then(after).commit()
        rested = server.workflow("older-rested").then(self._same("rest")).commit()
        server.workflow("older-nap-after").then(rested).sleep(1).commit()
        server.workflow("older-nap-last").sleep(1).commit()

    def counting(self) -> None:
        server = self._server

        def counts(id_: str) -> Step:
            def run(ctx: Any) -> Any:
                n = ctx.input_data.get("n", 0) if isinstance(ctx.input_data, dict) else 0
                return {"n": n + 1, "retryCount": ctx.retry_count}

            return server.step(id_, run)

        count = counts("count")
        server.workflow("older-count-rounds").dountil(count, lambda ctx: ctx.input_data["n"] > 2).then(
            counts("other")
        ).then(count).commit()
        server.workflow("older-count-items").foreach(count, concurrency=2).commit()

        def tries(ctx: Any) -> Any:
            if ctx.retry_count % 2 == 0:
                raise StepError(f"attempt {ctx.retry_count}")
            return {"n": ctx.input_data["n"] + 1, "retryCount": ctx.retry_count}

        server.workflow("older-count-tries").dowhile(
            server.step("count", tries, retries=1), lambda ctx: ctx.input_data["n"] < 3
        ).map(lambda ctx: {**ctx.input_data, "mapped": ctx.retry_count}, id="to-object").commit()
        counting = server.workflow("older-counting", listed=False).then(count).then(count).commit()
        server.workflow("older-count-items-nested").foreach(counting, concurrency=2).commit()
        server.workflow("older-count-nested").foreach(counting).then(counting).then(count).commit()

        def asks(ctx: Any) -> Any:
            if not ctx.resume_data:
                return ctx.suspend({"retryCount": ctx.retry_count})
            n = ctx.input_data.get("n", 0) if ctx.input_data else 0
            return {"n": n + 1, "retryCount": ctx.retry_count}

        server.workflow("older-count-asks").dountil(
            server.step("q", asks), lambda ctx: ctx.input_data["n"] > 1
        ).commit()

    def giving(self) -> None:
        server = self._server

        def give(ctx: Any) -> Any:
            given = ctx.input_data.get("give", UNDEFINED)
            return NULL if given is None else given

        gives = server.step("give", give)
        server.workflow("older-give-items").foreach(gives).then(self._same("rest")).commit()
        server.workflow("older-give-items-beside").foreach(gives, concurrency=2).commit()

        def rest(ctx: Any) -> Any:
            return {"has": ctx.has_input, "inputData": ctx.input_data if ctx.has_input else UNDEFINED}

        def has_ended(ctx: Any) -> bool:
            return not isinstance(ctx.input_data, dict) or "give" not in ctx.input_data

        server.workflow("older-give-rounds").dountil(gives, has_ended).then(server.step("rest", rest)).commit()

        def end(ctx: Any) -> Any:
            how = ctx.input_data["how"]
            if ctx.resume_data:
                return {"how": "end", "resumeData": ctx.resume_data}
            if how == "fail":
                raise StepError("as told")
            if how in ("suspend", "ask"):
                return ctx.suspend(*([{"ask": "q?"}] if how == "ask" else []))
            return {"how": ctx.input_data["then"]} if how == "give" else ctx.bail()

        server.workflow("older-end-rounds").dountil(
            server.step("end", end), lambda ctx: ctx.input_data["how"] == "end"
        ).commit()

        def twice(ctx: Any) -> Any:
            if not ctx.resume_data:
                return ctx.suspend({"ask": "first?"})
            return ctx.suspend() if ctx.suspend_data else None

        server.workflow("older-ask-twice").then(server.step("q", twice)).commit()

    def asking(self) -> None:
        server = self._server
        join, p = self._same("join"), self._ask("p")
        question = server.workflow("older-question").then(self._same("prepare")).then(self._ask("q"))
        question.commit()
        server.workflow("older-parallel-ask").parallel([question, p]).then(join).commit()
        server.workflow("older-parallel-only").parallel([question, self._same("beside")]).then(join).commit()
        server.workflow("older-branch-ask").branch([(lambda _: True, question), (lambda _: True, p)]).then(
            join
        ).commit()

        def maybe(ctx: Any) -> Any:
            if ctx.resume_data:
                return {**ctx.input_data, **ctx.resume_data}
            asked = ctx.input_data.get("ask")
            return ctx.suspend({"ask": asked}) if asked else ctx.input_data

        maybe_asks = server.workflow("older-maybe").then(self._same("prepare"))
        maybe_asks.then(server.step("q", maybe)).commit()
        context = server.step(
            "context", lambda ctx: {"inputData": ctx.input_data, "context": dict(ctx.request_context)}
        )
        server.workflow("older-items").foreach(maybe_asks).then(context).commit()
        server.workflow("older-items-beside").foreach(maybe_asks, concurrency=2).then(context).commit()
        deep = server.workflow("older-deep", listed=False).then(maybe_asks).then(self._same("last")).commit()
        server.workflow("older-items-deep").foreach(deep, concurrency=2).commit()
        block = server.workflow("older-block").parallel([self._maybe_fail("a"), self._maybe_fail("b")]).then(join)
        block.commit()
        server.workflow("older-items-block").foreach(block, concurrency=3).commit()
        server.workflow("older-nested-beside").parallel([self._maybe_fail("a"), question]).then(join).commit()

    def owning(self) -> None:
        server = self._server
        first = server.step("first", lambda ctx: {"name": ctx.input_data["name"]})
        server.workflow("older-template").then(first).map(
            {"text": {"template": "hi ${stepResults.first.name}"}, "fixed": {"value": 1}}, id="shape"
        ).commit()

        def owner(id_: str) -> Step:
            return server.step(id_, lambda ctx: {**ctx.input_data, id_: ctx.resource_id or "nobody's"})

        owned = server.workflow("older-owned").then(owner("inside")).commit()
        server.workflow("older-owner").then(owner("outside")).then(owned).then(owner("again")).commit()

    def _maybe_fail(self, id_: str) -> Step:
        def run(ctx: Any) -> Any:
            if ctx.input_data.get("fail") == id_:
                raise StepError(f"{id_} fails")
            return {id_: ctx.input_data}

        return self._server.step(id_, run)

    def failing(self) -> None:
        server = self._server

        def throw(ctx: Any) -> Any:
            raise THROWN[ctx.input_data["kind"]]

        boom = server.step("boom", throw)
        server.workflow("older-throws").then(boom).commit()
        throwing = server.workflow("older-throwing", listed=False).then(boom).commit()
        server.workflow("older-throws-nested").then(throwing).commit()
        server.workflow("older-beside").parallel([self._maybe_fail(id_) for id_ in "abc"]).then(
            self._same("join")
        ).commit()
