"""Workflows in workflows, as servers before `current` execute them: asking, tried again, leaving early."""

from __future__ import annotations

from typing import Any

from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.fake.workflows.errors import StepError
from pytest_mastra.fake.workflows.graph import Step
from tests.conformance.declared.plain import same


def declare(server: FakeMastra) -> None:
    """Declare them."""
    nested = _Nested(server)
    nested.asking()
    nested.trying()
    nested.leaving()
    nested.keeping_state()


class _Nested:
    def __init__(self, server: FakeMastra) -> None:
        self._server = server
        self._last, self._beside = self._same("last"), self._same("beside")

    def _same(self, id_: str) -> Step:
        return self._server.step(id_, same)

    def _ask(self, id_: str) -> Step:
        def run(ctx: Any) -> Any:
            if ctx.resume_data and ctx.resume_data.get("fail"):
                raise StepError(f"{id_} fails")
            return ctx.resume_data or ctx.suspend({"ask": id_, "inputData": ctx.input_data})

        return self._server.step(id_, run)

    def asking(self) -> None:
        server, last, beside = self._server, self._last, self._beside

        def round_(ctx: Any) -> Any:
            n = ctx.input_data["n"]
            return {"n": n + 1} if ctx.resume_data else ctx.suspend({"have": n})

        rounds = server.workflow("older-round", listed=False).then(self._same("prepare")).then(server.step("q", round_))
        rounds.commit()
        server.workflow("older-rounds").dountil(rounds, lambda ctx: ctx.input_data["n"] > 2).then(last).commit()

        items = server.workflow("older-inner-items", listed=False).foreach(self._ask("item"), concurrency=2).commit()
        server.workflow("older-nested-items").then(items).then(last).commit()
        server.workflow("older-parallel-items").parallel([items, beside]).then(last).commit()
        server.workflow("older-items-of-items").foreach(items).commit()

        joined, a, b, c = self._same("joined"), self._ask("a"), self._ask("b"), self._ask("c")
        block = server.workflow("older-inner-block", listed=False).parallel([a, b]).then(joined).commit()
        server.workflow("older-nested-block").then(block).then(last).commit()
        server.workflow("older-blocks").parallel([block, c]).then(last).commit()

        branch = server.workflow("older-inner-branch", listed=False)
        branch.branch([(lambda _: True, a), (lambda ctx: ctx.input_data.get("both"), b)]).then(joined).commit()
        server.workflow("older-nested-branch").then(branch).then(last).commit()

    def trying(self) -> None:
        server, prepare = self._server, self._same("prepare")

        def explode(ctx: Any) -> Any:
            raise StepError(f"attempt {ctx.retry_count}")

        retries = {"attempts": 1, "delay": 0.005}
        explodes = server.workflow("older-explodes", listed=False).then(prepare).then(server.step("explode", explode))
        explodes.commit()
        server.workflow("older-tried", retry_config=retries).then(explodes).then(self._last).commit()

        asks = server.workflow("older-asks", listed=False).then(prepare).then(self._ask("q")).commit()
        context = server.step(
            "context", lambda ctx: {"inputData": ctx.input_data, "context": dict(ctx.request_context)}
        )
        server.workflow("older-tried-asks", retry_config=retries).then(asks).then(context).commit()

    def leaving(self) -> None:
        server, last = self._server, self._last

        def leave(ctx: Any) -> Any:
            leaves = isinstance(ctx.input_data, dict) and ctx.input_data.get("leave")
            return ctx.bail({"left": ctx.input_data}) if leaves else ctx.input_data

        leaves = server.step("leave", leave)
        leaving = server.workflow("older-leaving", listed=False).then(leaves).then(self._same("stayed")).commit()
        server.workflow("older-leaving-items").foreach(leaves, concurrency=2).then(last).commit()
        server.workflow("older-leaving-nested").foreach(leaving, concurrency=2).then(last).commit()
        server.workflow("older-leaving-beside").parallel([leaving, self._beside]).then(last).commit()
        server.workflow("older-leaving-round").dountil(leaving, lambda ctx: not ctx.input_data.get("again")).then(
            last
        ).commit()

    def keeping_state(self) -> None:
        server = self._server

        def sets(id_: str) -> Step:
            def run(ctx: Any) -> Any:
                state = ctx.state
                ctx.set_state({**state, id_: state.get(id_, 0) + 1})
                given = ctx.input_data if isinstance(ctx.input_data, dict) else dict(enumerate(ctx.input_data))
                return {**{str(key): value for key, value in given.items()}, "state": state}

            return server.step(id_, run)

        stateful = server.workflow("older-stateful", listed=False).then(sets("inside")).then(sets("also")).commit()
        server.workflow("older-stateful-items").foreach(stateful, concurrency=2).then(sets("outside")).commit()
        server.workflow("older-stateful-beside").parallel([stateful, sets("beside")]).then(sets("outside")).commit()
