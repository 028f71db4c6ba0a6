"""What is handed to a fake, its faults, fronts, clocks and errors is of its kind, or refused in words of ours."""

from __future__ import annotations

import linecache
import math
import traceback
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

import mastra_sync
import pytest_mastra
from pytest_mastra import FakeMastra, InProcess, NonRetryable, OnSocket, StepError, TripWire, VirtualClock

OURS = tuple(str(Path(str(package.__file__)).parent) for package in (mastra_sync, pytest_mastra))

VALUES: dict[str, Any] = {
    "None": None,
    "no-text": "",
    "text": "x",
    "0": 0,
    "-1": -1,
    "1": 1,
    "2.5": 2.5,
    "nan": math.nan,
    "inf": math.inf,
    "huge": 10**400,
    "True": True,
    "False": False,
    "no-list": [],
    "list": ["x"],
    "lists": [["x"]],
    "no-mapping": {},
    "mapping": {"x": 1},
    "by-number": {1: 2},
    "tuple": (1, 2),
    "set": {1},
    "bytes": b"x",
    "object": object(),
    "exception": ValueError("x"),
    "function": lambda ctx: ctx,
    "date": datetime(2026, 1, 1, tzinfo=timezone.utc),
}

SWITCH = "True False"
SECONDS = "0 1 2.5 inf"
SCHEMA = "None no-mapping by-number"
COUNT = "0 1 huge"
OBJECT = "None no-mapping mapping by-number"
JSON = "None no-text text 0 -1 1 2.5 nan inf huge True False no-list list lists no-mapping mapping by-number tuple date"

Call = Callable[[FakeMastra, Any], object]


def on_stream(fake: FakeMastra) -> Any:
    """Return the target of faults in streams."""
    return fake.faults.on("stream")


CALLS: dict[str, tuple[Call, str]] = {
    "workflow(id)": (lambda fake, value: fake.workflow(value), "text"),
    "workflow(key)": (lambda fake, value: fake.workflow("n", key=value), "None text"),
    "workflow(listed)": (lambda fake, value: fake.workflow("n", listed=value), SWITCH),
    "workflow(schedule)": (lambda fake, value: fake.workflow("n", schedule=value), "None no-list"),
    "workflow(description)": (lambda fake, value: fake.workflow("n", description=value), "None no-text text"),
    "workflow(metadata)": (lambda fake, value: fake.workflow("n", metadata=value), OBJECT),
    "workflow(retry_config)": (lambda fake, value: fake.workflow("n", retry_config=value), "None no-mapping"),
    "workflow(validate_inputs)": (lambda fake, value: fake.workflow("n", validate_inputs=value), SWITCH),
    "workflow(input_schema)": (lambda fake, value: fake.workflow("n", input_schema=value), SCHEMA),
    "workflow(pace)": (lambda fake, value: fake.workflow("n", pace=value), "None"),
    "workflow(engine)": (lambda fake, value: fake.workflow("n", engine=value), ""),
    "step(id)": (lambda fake, value: fake.step(value, lambda ctx: ctx), "text"),
    "step(run)": (lambda fake, value: fake.step("n", value), "function"),
    "step(workflow)": (lambda fake, value: fake.step("s", workflow=value), "None"),
    "step(description)": (lambda fake, value: fake.step("n", print, description=value), "None no-text text"),
    "step(metadata)": (lambda fake, value: fake.step("n", print, metadata=value), OBJECT),
    "step(retries)": (lambda fake, value: fake.step("n", print, retries=value), f"None {COUNT}"),
    "step(duration)": (lambda fake, value: fake.step("n", print, duration=value), SECONDS),
    "step(stops_on_abort)": (lambda fake, value: fake.step("n", print, stops_on_abort=value), SWITCH),
    "step(resume_schema)": (lambda fake, value: fake.step("n", print, resume_schema=value), SCHEMA),
    "stub(id)": (lambda fake, value: fake.stub(value, 1), "text"),
    "stub(run)": (lambda fake, value: fake.stub("later", value), f"{JSON} function"),
    "stub(workflow)": (lambda fake, value: fake.stub("later", 1, workflow=value), "None text"),
    "stub(retries)": (lambda fake, value: fake.stub("later", 1, retries=value), f"None {COUNT}"),
    "then": (lambda fake, value: fake.workflow("n").then(value), ""),
    "parallel": (lambda fake, value: fake.workflow("n").parallel(value), "no-list"),
    "parallel(id)": (lambda fake, value: fake.workflow("n").parallel([fake.step("s")], id=value), "None text"),
    "branch": (lambda fake, value: fake.workflow("n").branch(value), "no-list"),
    "branch(condition)": (lambda fake, value: fake.workflow("n").branch([(value, fake.step("s"))]), "function"),
    "dowhile": (lambda fake, value: fake.workflow("n").dowhile(fake.step("s"), value), "function"),
    "dountil(step)": (lambda fake, value: fake.workflow("n").dountil(value, bool), ""),
    "foreach": (lambda fake, value: fake.workflow("n").foreach(value), ""),
    "foreach(concurrency)": (
        lambda fake, value: fake.workflow("n").foreach(fake.step("s"), concurrency=value),
        f"-1 {COUNT} function",
    ),
    "map": (lambda fake, value: fake.workflow("n").map(value), "no-mapping function"),
    "map(key)": (lambda fake, value: fake.workflow("n").map({"key": value}), ""),
    "map(id)": (lambda fake, value: fake.workflow("n").map({}, id=value), "None text"),
    "sleep": (lambda fake, value: fake.workflow("n").sleep(value), f"-1 {SECONDS} function"),
    "sleep(id)": (lambda fake, value: fake.workflow("n").sleep(1, id=value), "None text"),
    "sleep(description)": (lambda fake, value: fake.workflow("n").sleep(1, description=value), "None no-text text"),
    "sleep_until": (lambda fake, value: fake.workflow("n").sleep_until(value), f"-1 {SECONDS} function date"),
    "sleep_until(id)": (lambda fake, value: fake.workflow("n").sleep_until(1, id=value), "None text"),
    "suspends": (lambda fake, value: fake.workflow("n").suspends(value), "text"),
    "suspends(payload)": (lambda fake, value: fake.workflow("n").suspends("q", value), JSON),
    "fails": (lambda fake, value: fake.workflow("n").fails(value), "no-text text exception"),
    "fails(step)": (lambda fake, value: fake.workflow("n").fails("x", step=value), "text"),
    "returns": (lambda fake, value: fake.workflow("n").returns(value), f"{JSON} function"),
    "Step.fails": (lambda fake, value: fake.step("s").fails(value), "no-text text exception"),
    "gate": (lambda fake, value: fake.gate(value), "text"),
    "open_gate": (lambda fake, value: fake.open_gate(value), "text"),
    "advance_run": (lambda fake, value: fake.advance_run(value), ""),
    "check(allow)": (lambda fake, value: fake.check(allow=value), "no-list no-mapping"),
    "die(back_after)": (lambda fake, value: fake.die(back_after=value), SECONDS),
    "load": (lambda fake, value: fake.load(value), "no-mapping"),
    "runs": (lambda fake, value: fake.runs(value), ""),
    "snapshot": (lambda fake, value: fake.snapshot("w", value), "text"),
    "FakeMastra(generation)": (lambda _, value: FakeMastra(generation=value), ""),
    "FakeMastra(zod)": (lambda _, value: FakeMastra(zod=value), "None"),
    "FakeMastra(clock)": (lambda _, value: FakeMastra(clock=value), "None"),
    "FakeMastra(token)": (lambda _, value: FakeMastra(token=value), "None text"),
    "FakeMastra(api_prefix)": (lambda _, value: FakeMastra(api_prefix=value), "no-text"),
    "FakeMastra(body_limit)": (lambda _, value: FakeMastra(body_limit=value), f"None {COUNT}"),
    "FakeMastra(patience)": (lambda _, value: FakeMastra(patience=value), f"None {SECONDS}"),
    "FakeMastra(seed)": (lambda _, value: FakeMastra(seed=value), f"-1 {COUNT}"),
    "VirtualClock(start)": (lambda _, value: VirtualClock(value), "-1 0 1 2.5"),
    "VirtualClock(per_request)": (lambda _, value: VirtualClock(per_request=value), "0 1 2.5"),
    "VirtualClock.advance": (lambda _, value: VirtualClock().advance(value), "0 1 2.5"),
    "VirtualClock.sleep": (lambda _, value: VirtualClock().sleep(value), "0 1 2.5"),
    "InProcess": (lambda _, value: InProcess(value), ""),
    "InProcess(url)": (InProcess, ""),
    "InProcess(shadow)": (lambda fake, value: InProcess(fake, shadow=value), SWITCH),
    "OnSocket": (lambda _, value: OnSocket(value), ""),
    "OnSocket(host)": (lambda fake, value: OnSocket(fake, host=value), ""),
    "OnSocket(port)": (lambda fake, value: OnSocket(fake, port=value), "0 1"),
    "OnSocket(idle_limit)": (lambda fake, value: OnSocket(fake, idle_limit=value), SECONDS),
    "OnSocket(request_limit)": (lambda fake, value: OnSocket(fake, request_limit=value), SECONDS),
    "StepError": (lambda _, value: StepError(value), "no-text text"),
    "StepError(name)": (lambda _, value: StepError("x", name=value), "no-text text"),
    "StepError(cause)": (lambda _, value: StepError("x", cause=value), f"{JSON} exception"),
    "StepError(code)": (lambda _, value: NonRetryable("x", code=value), JSON),
    "TripWire": (lambda _, value: TripWire(value), "no-text text"),
    "TripWire(retry)": (lambda _, value: TripWire("x", retry=value), f"None {SWITCH}"),
    "TripWire(metadata)": (lambda _, value: TripWire("x", metadata=value), JSON),
    "TripWire(processor_id)": (lambda _, value: TripWire("x", processor_id=value), "None text"),
    "on(verb)": (lambda fake, value: fake.faults.on(value), "None"),
    "on(nth)": (lambda fake, value: fake.faults.on(nth=value), "None 1 huge tuple set"),
    "on(workflow)": (lambda fake, value: fake.faults.on(workflow=value), "None"),
    "on(run)": (lambda fake, value: fake.faults.on(run=value), "None text"),
    "on(probability)": (lambda fake, value: fake.faults.on(probability=value), "1"),
    "latency": (lambda fake, value: on_stream(fake).latency(value), "1 2.5 inf"),
    "latency(after_effect)": (lambda fake, value: on_stream(fake).latency(1, after_effect=value), SWITCH),
    "status": (lambda fake, value: on_stream(fake).status(value), ""),
    "status(body)": (lambda fake, value: on_stream(fake).status(500, value), f"{JSON} bytes"),
    "status(retry_after)": (lambda fake, value: on_stream(fake).status(429, retry_after=value), f"None {SECONDS}"),
    "status(html)": (lambda fake, value: on_stream(fake).status(500, html=value), SWITCH),
    "reset(after_effect)": (lambda fake, value: on_stream(fake).reset(after_effect=value), SWITCH),
    "cut(after_bytes)": (lambda fake, value: on_stream(fake).cut(after_bytes=value), COUNT),
    "cut(after_events)": (lambda fake, value: on_stream(fake).cut(after_events=value), COUNT),
    "cut(reset)": (lambda fake, value: on_stream(fake).cut(after_events=1, reset=value), SWITCH),
    "stall(seconds)": (lambda fake, value: on_stream(fake).stall(seconds=value), "1 2.5 inf"),
    "drip": (lambda fake, value: on_stream(fake).drip(value), "1 huge"),
    "drip(seconds)": (lambda fake, value: on_stream(fake).drip(seconds=value), "1 2.5 inf"),
    "half_record": (lambda fake, value: on_stream(fake).half_record(after_events=value), COUNT),
    "double_event": (lambda fake, value: on_stream(fake).double_event(value), "1 huge"),
    "garbage": (lambda fake, value: on_stream(fake).garbage(after_events=value), COUNT),
    "content_type": (lambda fake, value: on_stream(fake).content_type(value), "text"),
    "delivered_twice": (lambda fake, value: on_stream(fake).delivered_twice(answer=value), ""),
    "server_dies(back_after)": (lambda fake, value: on_stream(fake).server_dies(back_after=value), SECONDS),
    "server_dies(in_step)": (lambda fake, value: on_stream(fake).server_dies(in_step=value), "None"),
}


def raised_by(call: Call, value: Any) -> Exception | None:
    """Return what a call raises because of an argument; None if it takes it."""
    fake = FakeMastra()
    fake.workflow("w").then(fake.step("s", lambda ctx: ctx.input_data))
    try:
        call(fake, value)
    except (TypeError, ValueError) as error:
        return error
    return None


@pytest.mark.parametrize("name", CALLS)
def test_a_declaration(name: str) -> None:
    """An argument of another kind is a TypeError or a ValueError that the fake itself raises, and says why."""
    call, accepted = CALLS[name]
    raised = {kind: raised_by(call, value) for kind, value in VALUES.items()}
    assert sorted(kind for kind, error in raised.items() if error is None) == sorted(accepted.split())
    for kind, error in raised.items():
        if error is not None:
            last = traceback.extract_tb(error.__traceback__)[-1]
            line = linecache.getline(last.filename, last.lineno or 0).strip()
            assert (last.filename.startswith(OURS), line.partition(" ")[0]) == (True, "raise"), f"{kind}: {error!r}"


def test_a_cassette_is_named_by_a_path() -> None:
    """Anything else is refused in so many words."""
    with pytest.raises(TypeError, match=r"a cassette is named by its path, not by None"):
        FakeMastra.from_cassette(None)  # type: ignore[arg-type]
