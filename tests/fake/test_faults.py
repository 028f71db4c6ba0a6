"""Declaring faults: which requests they meet, when they are due, and what is said of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mastra_sync import operations
from mastra_sync.operations import Operation
from pytest_mastra.fake.api.fault_target import Target
from pytest_mastra.fake.api.faults import Faults, FaultySurface
from pytest_mastra.fake.virtual_time.clock import VirtualClock
from pytest_mastra.http.framing import frame
from pytest_mastra.http.verbs import VERBS, RouteMatch, call_of
from pytest_mastra.http.wire import Cut, Pause, WireReply, WireRequest
from tests.fake.client_outcomes import Scripted

FINE = WireReply(200, (("content-type", "application/json"),), b"{}")
OPERATIONS = [value for value in vars(operations).values() if isinstance(value, Operation)]


def ask(surface: FaultySurface, path: str, method: str = "POST") -> int:
    """Send a request and return the status."""
    return surface.handle(WireRequest(method, f"/api/workflows/{path}")).status


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
@pytest.mark.parametrize("prefix", ["", "/api", "/deep/prefix"])
def test_every_verb_is_known_by_its_route(operation: Operation, prefix: str) -> None:
    """The routes of the client's verbs are recognised, with the ids in them, under any prefix."""
    path = operation.path.replace("{workflow}", "odd%20id%2Fx").replace("{run}", "r%231")
    subject = "odd s/x" if re.search("{schedule}|{definition}", path) else None
    path = re.sub("{schedule}|{definition}", "odd%20s%2Fx", path)
    target = prefix + path + ("" if "{run}" in operation.path else "?runId=r%231")
    call = call_of(WireRequest(operation.method, target))
    assert call == RouteMatch(operation.name, "odd id/x" if "{workflow}" in operation.path else None, "r#1", subject)


@pytest.mark.parametrize(
    ("method", "target", "call"),
    [
        ("HEAD", "/api/workflows", RouteMatch("list_workflows")),
        ("GET", "/api/workflows/workflows", RouteMatch("details", "workflows")),
        ("GET", "/api/workflows/workflows/runs/runs", RouteMatch("run_by_id", "workflows", "runs")),
        ("POST", "/api/workflows/w/stream-legacy?runId=r", RouteMatch("stream_legacy", "w", "r")),
        ("GET", "/api/stored/workflows", RouteMatch("list_dynamic_workflows")),
        ("GET", "/api/workflows/stored/runs", RouteMatch("runs", "stored")),
        ("POST", "/schedules/api/schedules/run/run", RouteMatch()),
        ("POST", "/api/schedules/run/run", RouteMatch("run_schedule", None, None, "run")),
        ("PUT", "/api/workflows", RouteMatch()),
        ("GET", "/api/agents", RouteMatch()),
        ("GET", "/", RouteMatch()),
    ],
)
def test_other_requests(method: str, target: str, call: RouteMatch) -> None:
    """HEAD is GET; ids may look like routes; what is no verb has no name."""
    assert call_of(WireRequest(method, target)) == call


def test_without_faults_nothing_changes() -> None:
    """The surface's own reply comes through, the same object."""
    assert FaultySurface(Scripted(FINE), Faults()).handle(WireRequest("GET", "/")) is FINE


def test_only_what_is_meant() -> None:
    """A fault meets requests of its verb, workflow and run alone."""
    faults = Faults()
    faults.on("start", workflow="w", run="r").status(500)
    surface = FaultySurface(Scripted(FINE), faults)
    assert ask(surface, "w/start-async?runId=r") == 200
    assert ask(surface, "other/start?runId=r") == 200
    assert ask(surface, "w/start?runId=other") == 200
    assert ask(surface, "w/start") == 200
    assert ask(surface, "w/start?runId=r") == 500


def test_the_nth_request() -> None:
    """Requests that are meant are counted, others are not."""
    faults = Faults()
    fault = faults.on("start", nth=[2, 4]).status(503)
    surface = FaultySurface(Scripted(FINE), faults)
    statuses = []
    for _ in range(5):
        ask(surface, "w/create-run")
        statuses.append(ask(surface, "w/start"))
    assert statuses == [200, 503, 200, 503, 200]
    assert (fault.calls, fault.fired) == (5, 2)


def test_chance_is_the_same_each_time() -> None:
    """A seed decides when a fault with a probability comes about; another seed decides otherwise."""

    def statuses(seed: int) -> list[int]:
        faults = Faults(seed=seed)
        faults.on(probability=0.5).status(503)
        surface = FaultySurface(Scripted(FINE), faults)
        return [ask(surface, "w/start") for _ in range(40)]

    assert statuses(1) == statuses(1)
    assert statuses(1) != statuses(2)
    assert 5 < statuses(1).count(503) < 35


def test_one_fault_throws_its_own_dice() -> None:
    """A fault that is added does not change when another one comes about."""

    def statuses(*, with_another: bool) -> list[int]:
        faults = Faults(seed=7)
        faults.on("start", probability=0.5).status(503)
        if with_another:
            faults.on("details", probability=0.5).status(500)
        surface = FaultySurface(Scripted(FINE), faults)
        statuses = []
        for _ in range(20):
            ask(surface, "w", "GET")
            statuses.append(ask(surface, "w/start"))
        return statuses

    assert statuses(with_another=True) == statuses(with_another=False)


def test_faults_do_not_come_in_step() -> None:
    """Two faults that are equally likely come about at different requests."""
    faults = Faults()
    faults.on("start", probability=0.5).status(503)
    faults.on("resume", probability=0.5).status(503)
    surface = FaultySurface(Scripted(FINE), faults)
    statuses = [(ask(surface, "w/start"), ask(surface, "w/resume")) for _ in range(40)]
    assert any(first != second for first, second in statuses)


def test_a_request_meets_one_fault() -> None:
    """Of two that are due, the one that was declared first happens; the other waits for its next turn."""
    faults = Faults()
    first = faults.on("start", nth=1).status(500)
    second = faults.on("start").status(503)
    surface = FaultySurface(Scripted(FINE), faults)
    assert [ask(surface, "w/start"), ask(surface, "w/start")] == [500, 503]
    assert (first.fired, second.fired) == (1, 1)


def test_latency_comes_on_top() -> None:
    """A reply that another fault made is late as well."""
    faults = Faults(clock=VirtualClock())
    faults.on().status(503)
    faults.on().latency(2)
    reply = FaultySurface(Scripted(FINE), faults).handle(WireRequest("GET", "/"))
    pause, head = list(frame(reply))
    assert isinstance(pause, Pause)
    assert pause.seconds == 2
    assert isinstance(head, bytes)
    assert head.startswith(b"HTTP/1.1 503 ")


EFFECTS: dict[str, Callable[[Target, bool], object]] = {
    "status": lambda on, after: on.status(503, after_effect=after),
    "reset": lambda on, after: on.reset(after_effect=after),
    "hang_up": lambda on, after: on.hang_up(after_effect=after),
    "not_http": lambda on, after: on.not_http(after_effect=after),
}


@pytest.mark.parametrize("after_effect", [False, True])
@pytest.mark.parametrize("name", EFFECTS)
def test_before_or_after_the_request_took_effect(name: str, after_effect: bool) -> None:  # noqa: FBT001 - a parameter
    """The surface sees the request only if the fault comes after its effect."""
    faults = Faults()
    EFFECTS[name](faults.on(), after_effect)
    inner = Scripted(FINE)
    list(frame(FaultySurface(inner, faults).handle(WireRequest("POST", "/"))))
    assert len(inner.requests) == after_effect


def test_a_late_request_takes_effect_though_nobody_waits() -> None:
    """A request that is held up on its way arrives, also if its client has given up."""
    faults = Faults(clock=VirtualClock())
    faults.on().latency(60, after_effect=False)
    inner = Scripted(FINE)
    pieces = frame(FaultySurface(inner, faults).handle(WireRequest("POST", "/")))
    assert isinstance(next(pieces), Pause)
    assert inner.requests == []
    pieces.close()  # type: ignore[attr-defined]
    assert len(inner.requests) == 1


def test_a_reply_that_is_late_was_made_in_time() -> None:
    """Latency after the effect delays the reply alone."""
    faults = Faults(clock=VirtualClock())
    faults.on().latency(60)
    inner = Scripted(FINE)
    pieces = frame(FaultySurface(inner, faults).handle(WireRequest("POST", "/")))
    assert isinstance(next(pieces), Pause)
    assert len(inner.requests) == 1


class Body:
    """A stream that knows whether it was given up."""

    def __init__(self) -> None:
        self.closed = False
        self.items = iter([b'{"n":1}\x1e', b'{"n":2}\x1e', b'{"n":3}\x1e'])

    def __iter__(self) -> Body:
        return self

    def __next__(self) -> bytes:
        return next(self.items)

    def close(self) -> None:
        self.closed = True


STREAM_FAULTS: dict[str, Callable[[Target], object]] = {
    "late": lambda on: on.latency(1),
    "cut": lambda on: on.cut(after_events=1),
    "stall": lambda on: on.stall(after_events=1, seconds=1),
    "drip": lambda on: on.drip(3),
    "half_record": lambda on: on.half_record(after_events=1),
    "double_event": lambda on: on.double_event(1),
    "garbage": lambda on: on.garbage(after_events=1),
    "content_type": lambda on: on.content_type(),
    "reset after": lambda on: on.reset(after_effect=True),
    "status after": lambda on: on.status(503, after_effect=True),
}


@pytest.mark.parametrize("name", STREAM_FAULTS)
@pytest.mark.parametrize("pieces", [1, 100])
def test_a_disturbed_stream_is_given_up_properly(name: str, pieces: int) -> None:
    """However a stream is disturbed, and whether its reader stays or goes, its run hears that nobody reads it."""
    faults = Faults(clock=VirtualClock())
    STREAM_FAULTS[name](faults.on())
    body = Body()
    reply = FaultySurface(Scripted(WireReply(200, (), body)), faults).handle(WireRequest("POST", "/"))
    sent = frame(reply)
    for _, _ in zip(range(pieces), sent, strict=False):
        pass
    sent.close()  # type: ignore[attr-defined]
    assert body.closed


@pytest.mark.parametrize("position", range(26))
def test_a_cut_anywhere(position: int) -> None:
    """A cut after any number of bytes leaves exactly these bytes of the body."""
    faults = Faults()
    faults.on().cut(after_bytes=position)
    reply = FaultySurface(Scripted(WireReply(200, (), Body())), faults).handle(WireRequest("POST", "/"))
    *sent, last = frame(reply)
    wire = b"".join(piece for piece in sent if isinstance(piece, bytes)).partition(b"\r\n\r\n")[2]
    content = re.sub(rb"8\r\n|\r\n", b"", wire)
    if position <= 24:
        assert last is Cut.CLOSED
        assert content == b'{"n":1}\x1e{"n":2}\x1e{"n":3}\x1e'[:position]
    else:
        assert last == b"0\r\n\r\n"
        assert len(faults.unused) == 1


@pytest.mark.parametrize("name", ["cut", "stall", "half_record", "double_event", "garbage"])
def test_a_fault_that_comes_too_late(name: str) -> None:
    """A fault after more events than there are never came about."""
    faults = Faults(clock=VirtualClock())
    on = faults.on("stream")
    fault = on.double_event(9) if name == "double_event" else getattr(on, name)(after_events=9)
    inner = Scripted(lambda _: WireReply(200, (), Body()))
    surface = FaultySurface(inner, faults)
    disturbed = list(frame(surface.handle(WireRequest("POST", "/api/workflows/w/stream?runId=r"))))
    faults.clear()
    undisturbed = list(frame(surface.handle(WireRequest("POST", "/api/workflows/w/stream?runId=r"))))
    assert disturbed == undisturbed
    assert (fault.calls, fault.fired) == (1, 0)


@pytest.mark.parametrize(
    "declare",
    [
        lambda on: on.double_event(1),
        lambda on: on.cut(after_events=0),
        lambda on: on.stall(after_events=0),
        lambda on: on.half_record(),
        lambda on: on.garbage(),
    ],
)
def test_an_error_in_a_streams_stead_has_no_events(declare: Callable[[Target], object]) -> None:
    """A fault of a stream leaves a refusal alone, and has not come about."""
    faults = Faults()
    declare(faults.on("stream"))
    refusal = WireReply(404, (), b'{"error":"Workflow not found"}')
    assert FaultySurface(Scripted(refusal), faults).handle(WireRequest("POST", "/workflows/w/stream")) is refusal
    assert len(faults.unused) == 1


def test_what_was_not_used() -> None:
    """A fault whose turn never came is reported, and says how often it was asked."""
    faults = Faults()
    used = faults.on("start", nth=1).reset(after_effect=True)
    unused = faults.on("start", nth=3, workflow="w").cut(after_bytes=4)
    surface = FaultySurface(Scripted(FINE), faults)
    ask(surface, "w/start")
    ask(surface, "w/start")
    assert faults.unused == (unused,)
    assert repr(used) == "<Fault start nth=1: reset after it took effect; fired 1 of 2 times>"
    assert repr(unused) == "<Fault start workflow='w' nth=3: closed after 4 bytes; fired 0 of 2 times>"
    assert repr(faults) == f"<Faults: {used}; {unused}>"


def test_threads_count_together() -> None:
    """Eight threads meet a fault for the hundredth request exactly once."""
    faults = Faults()
    fault = faults.on("start", nth=100).status(503)
    surface = FaultySurface(Scripted(FINE), faults)
    with ThreadPoolExecutor(8) as threads:
        statuses = list(threads.map(lambda _: ask(surface, "w/start"), range(400)))
    assert statuses.count(503) == 1
    assert (fault.calls, fault.fired) == (400, 1)


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (lambda faults: faults.on("strat"), r"no verb 'strat': did you mean 'start'\?"),
        (lambda faults: faults.on("start-async"), r"did you mean 'start_async'\?"),
        (lambda faults: faults.on("zzz"), r"no verb 'zzz': there are cancel, create_run"),
        (lambda faults: faults.on(nth=0), "nth counts from 1"),
        (lambda faults: faults.on(nth=[]), "nth counts from 1"),
        (lambda faults: faults.on(probability=0), "above 0 and at most 1"),
        (lambda faults: faults.on(probability=1.5), "above 0 and at most 1"),
        (lambda faults: faults.on().cut(), "say after_bytes or after_events"),
        (lambda faults: faults.on().cut(after_bytes=1, after_events=1), "not both"),
        (lambda faults: faults.on().cut(after_bytes=-1), "not before the beginning"),
        (lambda faults: faults.on("start").cut(after_events=1), "start is not answered with events; only observe"),
        (lambda faults: faults.on("start").half_record(), "not answered with events"),
        (lambda faults: faults.on().double_event(0), "counted from 1"),
        (lambda faults: faults.on().drip(0), "at least 1 byte"),
        (lambda faults: faults.on().latency(0), "must be more than 0"),
    ],
)
def test_what_cannot_be_meant(declare: Callable[[Faults], object], message: str) -> None:
    """A fault that could never come about is refused when it is declared."""
    with pytest.raises(ValueError, match=message):
        declare(Faults())


def test_every_fault_is_in_the_table() -> None:
    """The documentation has one row for each method, and names all verbs that stream."""
    text = (Path(__file__).parents[2] / "docs" / "faults.md").read_text(encoding="utf-8")
    methods = {name for name in vars(Target) if not name.startswith("_")}
    assert set(re.findall(r"^\| `(\w+)\(", text, re.MULTILINE)) == methods
    assert all(f"`{verb}`" in text for verb, row in VERBS.items() if row.streams)


def test_verbs_are_those_of_the_client() -> None:
    """Every verb of the client can be named, by its own name."""
    assert {operation.name for operation in OPERATIONS} <= set(VERBS)
