"""Workflows for stories of mixed kinds: what suspends side by side, bails, throws, gives and waits in odd places."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from pydantic import BaseModel, Field

from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.fake.workflows.errors import StepError, Throw
from pytest_mastra.fake.workflows.graph import Step
from pytest_mastra.fake.workflows.javascript import NULL, UNDEFINED, SparseObject
from tests.conformance.declared.plain import same

EPOCH = datetime.fromtimestamp(0, timezone.utc)


THROWN: dict[str, Callable[[], Exception]] = {
    "own": lambda: StepError("mine", name="OwnError", when=EPOCH, nested={"deep": [1, None, None]}),
    "nameless": lambda: StepError("no name", name=""),
    "empty": lambda: StepError(""),
    "aggregate": lambda: StepError("many", name="AggregateError"),
    "abort": lambda: StepError("The operation was aborted", name="AbortError"),
    "date": lambda: Throw(EPOCH),
    "true": lambda: Throw(True),  # noqa: FBT003 -- what is thrown
    "empty_text": lambda: Throw(""),
    "nested_list": lambda: Throw([[1], {"a": 1}]),
}

GIVEN: dict[str, Any] = {
    "date": EPOCH,
    "dates": {"at": datetime.fromtimestamp(86400, timezone.utc), "list": ["1970-01-01T00:00:00.001Z"]},
    "invalid_date": {"at": None},
    "map": {"map": {}, "set": {}},
    "nan": {"nan": float("nan"), "infinite": float("-inf"), "zero": -0.0},
    "huge": {"large": 1e21, "small": 1e-7, "exact": 2**53 + 2, "most": 1.7976931348623157e308},
    "undefined_keys": {"a": UNDEFINED, "b": [UNDEFINED, None], "c": {"d": UNDEFINED}},
    "function": {"g": 2},
    "only_function": None,
    "symbol": {"t": 1},
    "error": {"error": {}},
    "json": {"own": "form"},
    "class": {"x": 1},
    "unicode": {"": 1, "é": 2, "鏡": {"🎈": 3}, "a.b": 4, "a b": 5, "\0": 6, "\u2028": "\u2029"},
    "text": "just text",
    "empty_text": "",
    "zero": 0,
    "false": False,
    "bytes": {"0": 1, "1": 2},
    "regex": {"r": {}, "u": "http://x.test/a?b"},
}


def _ask(id_: str) -> Callable[[Any], Any]:
    return lambda ctx: ctx.resume_data if ctx.resume_data is not None else ctx.suspend({"ask": id_})


def _ask_twice(id_: str) -> Callable[[Any], Any]:
    def run(ctx: Any) -> Any:
        if ctx.resume_data is None:
            return ctx.suspend({"ask": f"{id_} 1"})
        if ctx.resume_data.get("more"):
            return ctx.suspend({"ask": f"{id_} 2", "first": ctx.resume_data})
        return {"last": ctx.resume_data, "asked": ctx.suspend_data}

    return run


def _item(ctx: Any) -> Any:
    item, answer = ctx.input_data, ctx.resume_data
    if item.get("fail") or (answer or {}).get("fail"):
        raise StepError(f"item {item['n']} fails", name="RangeError")
    if item.get("ask") and answer is None:
        return ctx.suspend({"item": item["n"]}, resume_label=f"label-{item['n']}")
    return SparseObject({"n": item["n"], "answer": UNDEFINED if answer is None else answer})


def _count(id_: str) -> Callable[[Any], Any]:
    def run(ctx: Any) -> Any:
        before = ctx.state.get("n", 0)
        ctx.set_state({**ctx.state, "n": before + 1, "seen": [*ctx.state.get("seen", []), id_]})
        return {"n": before}

    return run


def _bails(id_: str) -> Callable[[Any], Any]:
    def run(ctx: Any) -> Any:
        value = ctx.input_data
        return ctx.bail({"from": id_}) if isinstance(value, dict) and value.get("bail") == id_ else value

    return run


def _context(id_: str) -> Callable[[Any], Any]:
    def run(ctx: Any) -> Any:
        before = dict(ctx.request_context)
        ctx.request_context[id_] = {"seen": len(before)}
        return {**(ctx.input_data or {}), id_: before}

    return run


def _flaky(id_: str, failures: int) -> Callable[[Any], Any]:
    def run(ctx: Any) -> Any:
        if ctx.retry_count < failures:
            raise StepError(f"{id_} {ctx.retry_count}")
        return {"id": id_, "retryCount": ctx.retry_count}

    return run


def _carelessly(kind: str) -> Callable[[Any], Any]:
    def run(ctx: Any) -> Any:
        if ctx.resume_data is not None:
            return {"resumed": ctx.resume_data}
        if kind == "nothing":
            return ctx.suspend()
        ctx.suspend({"ask": "first" if kind == "twice" else "anyone?"})
        if kind == "throws":
            raise StepError("after all")
        if kind == "twice":
            return ctx.suspend({"ask": "second"})
        return ctx.bail({"left": True}) if kind == "bails" else {"went": "on"}

    return run


def _sees(names: list[str]) -> Callable[[Any], Any]:
    return lambda ctx: {
        "init": ctx.get_init_data(),
        "got": [ctx.get_step_result(name) for name in names],
        "inputData": ctx.input_data,
    }


def _add_one(ctx: Any) -> Any:
    return {"n": ctx.input_data.get("n", 0) + 1}


def _loop_ask(ctx: Any) -> Any:
    n, answer = ctx.input_data["n"], ctx.resume_data
    if answer is None and n >= 2:
        return ctx.suspend({"at": n})
    return {"n": n + 1, **({} if answer is None else {"answer": answer})}


def _write(ctx: Any) -> Any:
    ctx.writer.write({"item": ctx.input_data})
    ctx.writer.custom({"type": "data-item", "data": ctx.input_data})
    ctx.writer.custom({"type": "note", "payload": {"item": ctx.input_data}})
    return ctx.input_data


class Entry(BaseModel):
    """One of several."""

    a: str = "x"


class Defaults(BaseModel):
    """An input of which all may be left out."""

    n: int = 3
    several: list[Entry] = Field(default_factory=list)


class Extra(BaseModel):
    """What its first step gets."""

    n: float
    extra: bool = True


class Seen(BaseModel):
    """A state with defaults."""

    n: float = 5
    seen: list[str] = Field(default_factory=list)


def _raise(make: Callable[[], Exception]) -> Any:
    raise make()


def _gives(value: Any) -> Callable[[Any], Any]:
    return lambda _: value


def declare(server: FakeMastra) -> None:
    """Declare them."""

    def step(id_: str, run: Any = same, **options: Any) -> Step:
        return server.step(id_, run, **options)

    def arm(name: str) -> Any:
        steps = [step(f"{name}{number}", _ask(f"{name}{number}")) for number in (1, 2)]
        return server.workflow(f"arm-{name}", listed=False).then(steps[0]).then(steps[1]).commit()

    for kind, make in THROWN.items():
        server.workflow(f"fresh-throws-{kind}").then(step("throws", lambda _, make=make: _raise(make))).commit()
    for kind, value in GIVEN.items():
        server.workflow(f"fresh-gives-{kind}").then(step("give", _gives(value))).then(step("last")).commit()
    server.workflow("fresh-arms").parallel([arm("a"), arm("b")]).then(step("join")).commit()
    twice = [step("p", _ask_twice("p")), step("q", _ask_twice("q"))]
    server.workflow("fresh-twice-beside").parallel(twice).then(step("join")).commit()
    item = step("item", _item)
    server.workflow("fresh-items").foreach(item, concurrency=2).then(step("after")).commit()
    kept = server.workflow("fresh-item", listed=False).then(item).then(step("kept")).commit()
    server.workflow("fresh-items-nested").foreach(kept, concurrency=2).then(step("after")).commit()
    nap = server.workflow("fresh-nap", listed=False).sleep(0.001).then(step("counted", _add_one)).commit()
    server.workflow("fresh-until-asleep").dountil(nap, lambda ctx: ctx.input_data["n"] >= 3).then(
        step("after")
    ).commit()
    asked = server.workflow("fresh-round", listed=False).then(step("loop-ask", _loop_ask)).commit()
    server.workflow("fresh-until-asking").dountil(asked, lambda ctx: ctx.input_data["n"] >= 4).then(
        step("after")
    ).commit()
    server.workflow("fresh-none").branch([(lambda _: False, step("one")), (lambda _: None, step("two"))]).then(
        step("after")
    ).commit()
    inside = server.workflow("fresh-bails-inner", listed=False).then(step("inside", _bails("inside")))
    server.workflow("fresh-bails").then(inside.then(step("skipped")).commit()).then(
        step("between", _bails("between"))
    ).parallel([step("left", _bails("left")), step("right", _bails("right"))]).then(step("after")).commit()
    server.workflow("fresh-bails-items").foreach(step("item", _bails("item"))).then(step("after")).commit()
    server.workflow("fresh-bails-loop").dountil(step("round", _bails("round")), lambda _: True).then(
        step("after")
    ).commit()

    def counting(id_: str) -> Step:
        return step(id_, _count(id_), state_schema={})

    state_inner = server.workflow("fresh-state-inner", listed=False, state_schema={}).then(counting("s3")).commit()
    server.workflow("fresh-state", state_schema=Seen).then(counting("s1")).parallel(
        [counting("s2"), step("beside")]
    ).then(state_inner).foreach(step("nothing")).then(counting("s4")).commit()
    server.workflow("fresh-context").then(step("c1", _context("c1"))).then(step("q", _ask("q"))).then(
        step("c2", _context("c2"))
    ).commit()
    context_inner = (
        server.workflow("fresh-context-inner", listed=False)
        .then(step("c2", _context("c2")))
        .then(step("q", _ask("q")))
        .then(step("c3", _context("c3")))
        .commit()
    )
    server.workflow("fresh-context-nested").then(step("c1", _context("c1"))).then(context_inner).then(
        step("c4", _context("c4"))
    ).commit()
    server.workflow("fresh-retries", retry_config={"attempts": 2, "delay": 5}).then(
        step("twice", _flaky("twice", 2))
    ).then(step("own", _flaky("own", 1), retries=1)).then(step("never", _flaky("never", 9), retries=0)).commit()
    server.workflow("fresh-retries-items", retry_config={"attempts": 1, "delay": 1}).foreach(
        step("each", _flaky("each", 1)), concurrency=2
    ).commit()
    past = server.workflow("fresh-past").sleep_until(EPOCH)
    past.sleep_until(lambda _: datetime.fromtimestamp(0.005, timezone.utc)).then(step("after")).commit()
    server.workflow("fresh-sleeps").sleep(0).sleep(lambda _: -0.005).then(step("after")).commit()
    for kind in ("goes-on", "throws", "twice", "bails", "nothing"):
        server.workflow(f"fresh-careless-{kind}").then(step("careless", _carelessly(kind))).then(step("after")).commit()
    sees_inner = server.workflow("fresh-sees-inner", listed=False).then(step("counted", _add_one))
    sees_inner.then(step("inside", _sees(["counted", "taken", "nowhere"]))).commit()
    server.workflow("fresh-sees").then(step("counted", _add_one)).branch(
        [(lambda _: True, step("taken")), (lambda _: False, step("left"))]
    ).then(sees_inner).then(step("outside", _sees(["counted", "taken", "left", "fresh-sees-inner", "inside"]))).commit()
    server.workflow("fresh-defaults", input_schema=Defaults).then(step("first", input_schema=Extra)).then(
        step("last")
    ).commit()
    server.workflow("fresh-nothing").then(step("none", _gives(None))).then(step("after")).commit()
    server.workflow("fresh-nothing-beside").parallel([step("none", _gives(None)), step("null", _gives(NULL))]).then(
        step("after")
    ).commit()
    sides = [step("left", _gives({"v": {"deep": [1, 2]}})), step("right", _gives({"v": "r"}))]
    server.workflow("fresh-mapped").parallel(sides).map(
        lambda ctx: {
            "both": [ctx.input_data["left"]["v"], ctx.input_data["right"]["v"]],
            "left": ctx.get_step_result("left"),
            "init": ctx.get_init_data(),
        },
        id="shape",
    ).then(step("after")).commit()
    written = server.workflow("fresh-writes-inner", listed=False).then(step("write", _write)).commit()
    server.workflow("fresh-writes").foreach(written).commit()
