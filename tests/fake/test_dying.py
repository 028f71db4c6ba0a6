"""A fake server that dies and comes back: what is gone, what is kept, what its clients meet."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from mastra_sync import APIConnectionError, MastraClient, MastraError, RunTimeout, StreamInterrupted
from pytest_mastra.fake import AS_TIMED, BY_HAND, FakeMastra, InProcess, StepContext, VirtualClock
from pytest_mastra.fake.api.faults import Faults
from pytest_mastra.http.wire import WireRequest


class Scene:
    """A server with one workflow of three steps, `first`, `second` and `asks`, and a client of its time.

    Attributes:
        executions: How often each step ran.
    """

    def __init__(self, generation: str = "current") -> None:
        self.executions: Counter[str] = Counter()
        self.server = FakeMastra(generation=generation, patience=5)
        self.workflow = self.server.workflow("trip")
        for name in ("first", "second", "asks"):
            self.workflow.then(self.server.step(name, self._step(name)))
        self.workflow.commit()
        self.front = InProcess(self.server)
        self.front.start()
        self.client = MastraClient(self.front.url, clock=self.server.clock)
        self.trip = self.client.get_workflow("trip")

    def _step(self, name: str) -> Callable[[StepContext], Any]:
        def act(ctx: StepContext) -> Any:
            self.executions[name] += 1
            start = ctx.get_init_data()
            if start.get("die_in") == name and self.executions[name] == 1:
                self.server.die(back_after=start["back_after"])
            if name == "asks" and ctx.resume_data is None:
                return ctx.suspend({"ask": "?"})
            return {"did": name}

        return act

    def stored(self, run_id: str) -> str:
        return str(self.server.snapshot("trip", run_id)["status"])

    def observed(self, run_id: str) -> bytes:
        """Return what `observe` sends of a run."""
        return requests.post(f"{self.front.url}/api/workflows/trip/observe?runId={run_id}", timeout=5).content

    def close(self) -> None:
        self.client.close()
        self.front.stop()


@pytest.fixture(params=["current", "1.2", "1.0-beta"])
def scene(request: pytest.FixtureRequest) -> Iterator[Scene]:
    made = Scene(request.param)
    yield made
    made.close()


def test_a_run_at_work_stays_as_it_was(scene: Scene) -> None:
    """A run whose server dies in a step is `running`, nobody moves it on, and a restart does that step again."""
    run = scene.trip.create_run()
    run.start({"die_in": "second", "back_after": 0.2})
    scene.server.clock.advance(3600)
    assert (run.result().status, scene.stored(run.run_id)) == ("running", "running")
    assert scene.executions == {"first": 1, "second": 1}
    run.restart()
    assert run.wait(60).status == "suspended"
    assert scene.executions == {"first": 1, "second": 2, "asks": 1}


def test_what_is_stored_is_kept(scene: Scene) -> None:
    """Runs that are pending, suspended or done are so afterwards, and can be started, resumed and read."""
    pending, suspended, done = (scene.trip.create_run() for _ in range(3))
    suspended.start_async({})
    done.start_async({})
    done.resume_async({}, step="asks")
    scene.server.die()
    scene.server.revive()
    assert [run.result().status for run in (pending, suspended, done)] == ["pending", "suspended", "success"]
    assert suspended.resume_async({}, step="asks").status == "success"
    assert pending.start_async({}).status == "suspended"


def test_all_active_runs_are_restarted(scene: Scene) -> None:
    """`restart-all-active-workflow-runs` moves on what a death left."""
    runs = [scene.trip.create_run() for _ in range(2)]
    scene.workflow.pace = BY_HAND
    for run in runs:
        run.start({})
    scene.server.die()
    scene.server.revive()
    scene.workflow.pace = None
    requests.post(f"{scene.front.url}/api/workflows/trip/restart-all-active-workflow-runs", timeout=5)
    assert [run.wait(60).status for run in runs] == ["suspended", "suspended"]


def test_a_sleep_does_not_go_on(scene: Scene) -> None:
    """A run that slept when its server died sleeps for ever; what was due before has happened."""
    nap = scene.server.workflow("nap", pace=AS_TIMED)
    nap.sleep(10).then(scene.server.step("between", lambda _: {})).sleep(10).commit()
    run = scene.client.get_workflow("nap").create_run()
    run.start({})
    scene.server.clock.advance(15)
    scene.server.die()
    scene.server.revive()
    scene.server.clock.advance(3600)
    assert run.result().status in ("running", "waiting")
    assert run.result().steps["between"].status == "success"


def test_streams_are_gone(scene: Scene) -> None:
    """A stream is cut when its server dies, and afterwards nothing can be observed; the run is not ended."""
    run = scene.trip.create_run()
    scene.server.faults.on("stream").server_dies(after_events=3, back_after=0.2)
    seen = run.stream({})
    with pytest.raises(StreamInterrupted, match="the last event seen was 'workflow-step-result', number 3"):
        list(seen)
    assert b"\x1e" not in scene.observed(run.run_id)
    assert scene.stored(run.run_id) == "running"


def test_a_stream_in_another_thread_is_cut(scene: Scene) -> None:
    """A reader that waits for the next event when the server dies does not wait for ever."""
    scene.workflow.pace = BY_HAND
    run = scene.trip.create_run()
    has_begun = threading.Event()
    ended: list[str] = []

    def read() -> None:
        url = f"{scene.front.url}/api/workflows/trip/stream?runId={run.run_id}"
        try:
            # without a timeout: the fake's clock would come to it before the server dies, now and then
            with requests.post(url, json={"inputData": {}}, stream=True, timeout=None) as reply:
                for _ in reply.iter_content(None):
                    has_begun.set()
        except requests.exceptions.RequestException as error:
            ended.append(str(error))

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    assert has_begun.wait(10)
    scene.server.die()
    reader.join(10)
    assert not reader.is_alive()
    assert "reset" in ended[0]


def test_a_request_in_another_thread_is_cut(scene: Scene) -> None:
    """A request that waits for a run when the server dies is reset at once."""
    gate = scene.server.gate("held")

    def wait(_: StepContext) -> Iterator[Any]:
        yield gate

    scene.server.workflow("held").then(scene.server.step("wait", wait)).commit()
    replies: list[Any] = []

    def ask() -> None:
        url = f"{scene.front.url}/api/workflows/held/start-async?runId=r"
        try:
            replies.append(requests.post(url, json={"inputData": {}}, timeout=60).status_code)
        except requests.exceptions.ConnectionError as error:
            replies.append(str(error))

    asking = threading.Thread(target=ask)
    asking.start()
    with scene.server.state.driver.lock:
        while not gate.waiting:
            assert scene.server.state.driver.wait_for_change()
    scene.server.die()
    asking.join(10)
    assert not asking.is_alive()
    assert "reset" in replies[0]


def test_connections_are_refused(scene: Scene) -> None:
    """A dead server refuses connections, as where nobody listens, and hears of no request."""
    heard = len(scene.server.requests)
    scene.server.die()
    with pytest.raises(requests.exceptions.ConnectionError, match=r"Failed to establish a new connection.*refused"):
        requests.get(f"{scene.front.url}/api/workflows", timeout=5)
    assert scene.server.is_dead
    assert len(scene.server.requests) == heard
    scene.server.revive()
    assert not scene.server.is_dead
    assert "trip" in requests.get(f"{scene.front.url}/api/workflows", timeout=5).json()


def test_back_on_the_servers_clock() -> None:
    """The server is back once `back_after` virtual seconds have passed, however they passed."""
    server = FakeMastra()
    server.die(back_after=1000)
    server.clock.advance(999)
    assert server.is_dead
    server.clock.advance(1)
    assert not server.is_dead


def test_back_in_real_time() -> None:
    """Who really waits finds the server back as well."""
    server = FakeMastra()
    server.die(back_after=0.05)
    waited = threading.Event()
    assert any(not server.is_dead for _ in range(1000) if not waited.wait(0.01))
    assert server.clock.now() == VirtualClock().now()


def test_waiting_survives_an_outage(scene: Scene) -> None:
    """`wait` goes on through an outage that is shorter than its timeout, and starts nothing twice."""
    scene.workflow.pace = AS_TIMED
    run = scene.trip.create_run()
    run.start({})
    scene.server.die(back_after=30)
    assert run.wait(120).status == "suspended"
    assert scene.executions == {"first": 1, "second": 1, "asks": 1}
    assert len(scene.server.runs("trip")[0].starts) == 1


def test_waiting_ends_with_its_timeout(scene: Scene) -> None:
    """A server that stays dead costs `wait` its timeout, and no more."""
    run = scene.trip.create_run()
    run.start({})
    scene.server.die()
    began = scene.server.clock.monotonic()
    with pytest.raises((RunTimeout, APIConnectionError)):
        run.wait(20)
    assert scene.server.clock.monotonic() - began < 60


@pytest.mark.parametrize("verb", ["start", "start_async", "stream"])
@pytest.mark.parametrize("after_effect", [False, True])
def test_nothing_is_started_twice(scene: Scene, verb: str, *, after_effect: bool) -> None:
    """A server that dies before or after the effect of a start gets it once at most."""
    fault = scene.server.faults.on(verb).server_dies(back_after=0.3, after_effect=after_effect)  # type: ignore[arg-type]
    run = scene.trip.create_run()
    with contextlib.suppress(MastraError):
        outcome = getattr(run, verb)({})
        if verb == "stream":
            outcome.result(30)
    assert fault.fired == 1
    assert len(scene.server.runs("trip")[0].starts) == int(after_effect)
    assert max(scene.executions.values(), default=0) <= 1


def test_a_step_that_dies_does_no_more() -> None:
    """What a step would do after `server.die()` is not done, and no `except Exception` keeps it alive."""
    server = FakeMastra()
    done: list[str] = []

    def act(_: StepContext) -> None:
        try:
            server.die()
        except Exception:  # noqa: BLE001 -- as steps do it
            done.append("caught")
        done.append("went on")

    server.workflow("w").then(server.step("act", act)).commit()
    server.handle(WireRequest("POST", "/api/workflows/w/start-async?runId=r", {}, b"{}"))
    assert done == []
    assert server.is_dead
    server.revive()
    assert server.snapshot("w", "r")["status"] == "running"
    assert server.unexpected_errors == []


def test_a_step_may_die_while_the_test_moves_it() -> None:
    """What a test calls to move runs on returns when a step has the server die."""
    server = FakeMastra(pace=BY_HAND)
    server.workflow("w").then(server.step("act", lambda _: server.die())).commit()
    server.handle(WireRequest("POST", "/api/workflows/w/create-run?runId=r", {}, b"{}"))
    server.handle(WireRequest("POST", "/api/workflows/w/start?runId=r", {}, b"{}"))
    server.runs("w")[0].advance()
    assert server.is_dead


def test_gates_forget_who_waited() -> None:
    """Steps of a process that died wait at no gate any more; those of the next one do."""
    server = FakeMastra()

    def act(_: StepContext) -> Iterator[Any]:
        yield server.gate("g")

    server.workflow("w").then(server.step("act", act)).commit()
    server.handle(WireRequest("POST", "/api/workflows/w/create-run?runId=r", {}, b"{}"))
    server.handle(WireRequest("POST", "/api/workflows/w/start?runId=r", {}, b"{}"))
    assert server.gate("g").waiting == 1
    server.die()
    server.revive()
    assert server.gate("g").waiting == 0
    server.handle(WireRequest("POST", "/api/workflows/w/restart?runId=r", {}, b"{}"))
    assert server.gate("g").waiting == 1


def test_dying_twice() -> None:
    """A dead server cannot die, and says since when it is dead; one that lives may be revived."""
    server = FakeMastra()
    server.revive()
    server.die()
    with pytest.raises(RuntimeError, match=r"dead already, since .*test_dying\.py:\d+; it takes a revive"):
        server.die()


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (lambda faults: faults.on().server_dies(back_after=-1), "back_after, in seconds, is a number of at least 0"),
        (lambda faults: faults.on("start").server_dies(after_events=1), "not answered with events"),
        (lambda faults: faults.on("stream").server_dies(after_events=1, in_step="a"), "after_events or in_step"),
        (lambda faults: faults.on().delivered_twice(answer="secnd"), "did you mean 'second'"),
    ],
)
def test_what_cannot_be_meant(declare: Callable[[Faults], object], message: str) -> None:
    """A death or a repeat that could never come about is refused where it is declared."""
    with pytest.raises(ValueError, match=message):
        declare(FakeMastra().faults)


def test_a_step_that_nobody_declared() -> None:
    """A death in a step that no workflow has is refused where it is declared; steps of nested workflows are steps."""
    server = FakeMastra()
    server.faults.on("start").server_dies(in_step="pay")
    inner = server.workflow("inner", listed=False).then(server.step("pay", lambda _: None)).commit()
    server.workflow("outer").then(inner).commit()
    server.faults.on("start").server_dies(in_step="pay")
    with pytest.raises(ValueError, match="no workflow has a step 'pya': did you mean 'pay'"):
        server.faults.on("start").server_dies(in_step="pya")


def test_the_page_is_right() -> None:
    """What docs/faults.md shows of deaths does what it says beside it."""
    page = (Path(__file__).parents[2] / "docs" / "faults.md").read_text(encoding="utf-8")
    fault, die, revive = page.partition("## A server that dies")[2].split("```")[1].strip().splitlines()[1:]
    server = FakeMastra()
    server.workflow("w").then(server.step("pay", lambda _: None)).commit()
    exec(fault, {"server": server})
    assert server.faults.declared[0].rule.text == "faults.on('start').server_dies(back_after=2, in_step='pay')"
    exec(die, {"server": server})
    assert server.is_dead
    exec(revive, {"server": server})
    assert not server.is_dead


def test_faults_without_a_server_cannot_kill_it() -> None:
    """Faults of no fake server say that they have none that could die."""
    with pytest.raises(ValueError, match="no server that could die"):
        Faults().on().server_dies()


def test_a_death_that_never_came_is_unused() -> None:
    """A fault that waited for a step says that the step was not executed, and where it was declared."""
    server = FakeMastra()
    server.workflow("w").then(server.step("act", lambda _: None)).commit()
    server.workflow("other").then(server.step("pay", lambda _: None)).commit()
    server.faults.on("start_async").server_dies(in_step="pay", back_after=2)
    server.handle(WireRequest("POST", "/api/workflows/w/start-async?runId=r", {}, b"{}"))
    with pytest.raises(AssertionError) as failure:
        server.check()
    assert "faults.on('start_async').server_dies(in_step='pay', back_after=2)" in str(failure.value)
    assert "1 start_async came, and the step was not executed after it: the server dies in step 'pay'" in str(
        failure.value
    )


@pytest.mark.parametrize("answer", ["first", "second"])
def test_delivered_twice(answer: str) -> None:
    """Both deliveries take effect, and the answer comes back that was chosen."""
    server = FakeMastra()
    rounds: list[int] = []

    def count(_: StepContext) -> int:
        rounds.append(len(rounds) + 1)
        return rounds[-1]

    server.workflow("w").then(server.step("count", count)).commit()
    fault = server.faults.on("start_async", nth=1).delivered_twice(answer=answer)  # type: ignore[arg-type]
    reply = server.handle(WireRequest("POST", "/api/workflows/w/start-async?runId=r", {}, b"{}"))
    assert isinstance(reply.body, bytes)
    assert f'"result":{1 if answer == "first" else 2}'.encode() in reply.body
    assert rounds == [1, 2]
    assert [request.verb for request in server.requests] == ["start_async", "start_async"]
    assert (fault.calls, fault.fired) == (1, 1)


@pytest.mark.parametrize("answer", ["first", "second"])
def test_a_stream_delivered_twice(answer: str) -> None:
    """The client reads one whole stream, whichever of the two it gets; the run is one that was joined."""
    server = FakeMastra()
    rounds: list[int] = []
    server.workflow("w").then(server.step("count", lambda _: rounds.append(1))).commit()
    server.faults.on("stream").delivered_twice(answer=answer)  # type: ignore[arg-type]
    with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as client:
        events = client.get_workflow("w").create_run().stream({})
        types = [event.type for event in events]
        assert events.result(10).status == "success"
    assert types[0] == "workflow-start"
    assert types[-1] == "workflow-finish"
    assert rounds == [1]
