"""Random graphs, moved in random orders: no run gets stuck, no event gets lost, no status goes back."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.fake.virtual_time.pace import AS_TIMED, AT_ONCE, Pace, Polls, Seconds
from pytest_mastra.fake.workflows.definition import Workflow
from pytest_mastra.fake.workflows.errors import StepError
from pytest_mastra.fake.workflows.graph import Step
from tests.fake.http_calls import call, post, run_state
from tests.properties import examples

AT_WORK = {"running", "waiting", "canceled"}
"""What a run may be while a step is at work: one that was cancelled lets it end."""

ENDED = {"success", "failed", "canceled"}
KINDS = ("gives", "gives", "gives", "asks", "fails", "retries", "lasts", "writes", "bails")

Shape = Any
"""How an entry is drawn: its kind and what is inside."""

steps = st.sampled_from(KINDS)
entries: st.SearchStrategy[Shape] = st.one_of(
    st.tuples(st.just("then"), steps),
    st.tuples(st.just("sleep"), st.integers(0, 3)),
    st.tuples(st.just("map"), st.none()),
    st.tuples(st.just("parallel"), st.lists(steps, min_size=1, max_size=3)),
    st.tuples(st.just("branch"), st.lists(st.tuples(st.booleans(), steps), min_size=1, max_size=3)),
    st.tuples(st.just("loop"), steps),
    st.tuples(st.just("foreach"), st.tuples(steps, st.integers(0, 3), st.integers(1, 3))),
)
flat = st.lists(entries, min_size=1, max_size=4)
graphs = st.lists(st.one_of(entries, st.tuples(st.just("nested"), flat)), min_size=1, max_size=4)
actions = st.lists(
    st.sampled_from(("resume-async", "resume-stream", "resume", "cancel", "poll", "poll", "observe", "wait")),
    max_size=8,
)
paces: st.SearchStrategy[Pace] = st.sampled_from([AT_ONCE, AS_TIMED, Polls(2), Seconds(1.5)])
starts = st.sampled_from(("start", "start-async", "stream"))


class Builder:
    """Declares drawn workflows."""

    def __init__(self, server: FakeMastra) -> None:
        self._server = server
        self._count = 0

    def workflow(self, shape: list[Shape], *, listed: bool = True) -> Workflow:
        self._count += 1
        workflow = self._server.workflow(f"w{self._count}", listed=listed)
        for kind, inside in shape:
            self._add(workflow, kind, inside)
        return workflow.commit()

    def _add(self, workflow: Workflow, kind: str, inside: Any) -> None:
        if kind == "then":
            workflow.then(self._step(inside))
        elif kind == "sleep":
            workflow.sleep(inside)
        elif kind == "map":
            workflow.map(lambda ctx: {"mapped": True})
        elif kind == "parallel":
            workflow.parallel([self._step(one) for one in inside])
        elif kind == "branch":
            workflow.branch([(_constant(holds), self._step(one)) for holds, one in inside])
        elif kind == "loop":
            workflow.dountil(self._step(inside), lambda ctx: ctx.iteration_count >= 3)
        elif kind == "foreach":
            step, count, concurrency = inside
            workflow.map(lambda ctx: list(range(count))).foreach(self._step(step), concurrency=concurrency)
        else:
            workflow.then(self.workflow(inside, listed=False))

    def _step(self, kind: str) -> Step:
        self._count += 1
        return self._server.step(
            f"{kind}{self._count}", BODIES[kind], retries=2, duration=2.0 if kind == "lasts" else 0.0
        )


def _constant(value: Any) -> Any:
    return lambda _: value


def _asks(ctx: Any) -> Any:
    return {"answered": True} if ctx.resume_data else ctx.suspend({"ask": "?"})


def _fails(ctx: Any) -> Any:
    raise StepError("meant")


def _retries(ctx: Any) -> Any:
    if ctx.retry_count < 2:
        raise StepError("again")
    return {"tries": ctx.retry_count}


def _writes(ctx: Any) -> Any:
    ctx.writer.write({"some": "thing"})
    return {"written": True}


BODIES: dict[str, Any] = {
    "gives": lambda ctx: {"given": True},
    "lasts": lambda ctx: {"lasted": True},
    "asks": _asks,
    "fails": _fails,
    "retries": _retries,
    "writes": _writes,
    "bails": lambda ctx: ctx.bail({"left": True}),
}


def check_stream(records: list[dict[str, Any]], *, was_at_work: bool) -> None:
    """A stream begins and ends; whatever begins in it comes to something, as may what was at work before."""
    types = [record["type"] for record in records]
    assert types[0] == "workflow-start"
    assert types[-1] == "workflow-finish"
    begun = [
        r["payload"]["stepCallId"]
        for r in records
        if r["type"] == "workflow-step-start" and "stepCallId" in r["payload"]
    ]
    over = [
        r["payload"]["stepCallId"]
        for r in records
        if r["type"] in ("workflow-step-result", "workflow-step-suspended") and "stepCallId" in r["payload"]
    ]
    assert not Counter(begun) - Counter(over)
    assert was_at_work or len(begun) == len(over)


class Mover:
    """Moves one run and looks at it after each move."""

    def __init__(self, server: FakeMastra, workflow: Workflow) -> None:
        self._server = server
        self._workflow = workflow.id
        self._streamed: list[dict[str, Any]] = []
        self._seen = "pending"

    def start(self, verb: str) -> None:
        post(self._server, self._workflow, "create-run", "r")
        self._moved(verb, {"inputData": {"n": 1}})

    def act(self, action: str) -> None:
        if action == "wait":
            self._server.clock.advance(1.0)
        elif action == "poll":
            self.look()
        elif action == "cancel":
            call(self._server, "POST", f"/workflows/{self._workflow}/runs/r/cancel", {})
        elif action == "observe":
            self._observe()
        else:
            self._resume(action)

    def _moved(self, verb: str, body: Any) -> None:
        was_at_work = run_state(self._server, self._workflow, "r")["status"] in AT_WORK
        told = post(self._server, self._workflow, verb, "r", body)
        assert told.status in (200, 500), told
        assert told.status == 200 or verb.startswith("resume"), told
        if verb.endswith("stream"):
            records = told.records
            check_stream(records, was_at_work=was_at_work)
            self._streamed += records
            status = records[-1]["payload"]["workflowStatus"]
            if verb == "stream":
                assert self.look() == status

    def _resume(self, verb: str) -> None:
        state = run_state(self._server, self._workflow, "r")
        steps = list(state["suspendedPaths"]) if state["status"] == "suspended" else []
        self._seen = state["status"] if steps else self._seen
        self._moved(verb, {"step": steps[0] if steps else "none", "resumeData": {"yes": 1}})
        if steps:
            self._seen = "running"

    def _observe(self) -> None:
        records = post(self._server, self._workflow, "observe", "r").records
        assert records[: len(self._streamed)] == self._streamed

    def look(self) -> str:
        """Read the run; what has ended stays so, but for a cancel."""
        status: str = run_state(self._server, self._workflow, "r")["status"]
        if self._seen in ENDED:
            assert status in (self._seen, "canceled")
        if self._seen in ("running", "suspended", "waiting"):
            assert status != "pending"
        self._seen = status
        return status

    def settle(self) -> None:
        """Give the run the time and the polls that it needs; then it is settled."""
        for _ in range(40):
            if self.look() in ENDED | {"suspended"}:
                return
            self._server.clock.advance(5.0)
        raise AssertionError(f"stuck: {run_state(self._server, self._workflow, 'r')}")


@settings(max_examples=examples(150))
@given(shape=graphs, pace=paces, start=starts, moves=actions)
def test_no_run_gets_stuck(shape: list[Shape], pace: Pace, start: str, moves: list[str]) -> None:
    """Whatever the graph and the order of moves, the run settles, and each stream is whole."""
    server = FakeMastra(pace=pace, patience=0.0)
    mover = Mover(server, Builder(server).workflow(shape))
    mover.start(start)
    for move in moves:
        mover.act(move)
    mover.settle()
    assert server.unexpected_errors == []


@settings(max_examples=examples(40))
@given(shape=graphs, moves=actions)
def test_the_same_test_gives_the_same_events(shape: list[Shape], moves: list[str]) -> None:
    """Two servers that are asked the same say the same, ids and times included."""
    told = []
    for _ in range(2):
        server = FakeMastra(patience=0.0)
        workflow = Builder(server).workflow(shape)
        mover = Mover(server, workflow)
        mover.start("stream")
        for move in moves:
            mover.act(move)
        told.append((run_state(server, workflow.id, "r"), [view.events for view in server.runs(workflow.id)]))
    assert told[0] == told[1]


@settings(max_examples=examples(60))
@given(shape=graphs, generation=st.sampled_from(("1.2", "1.0-beta")))
def test_older_generations_settle_too(shape: list[Shape], generation: str) -> None:
    """A run ends or asks, whichever generation is faked."""
    server = FakeMastra(generation=generation)
    workflow = Builder(server).workflow(shape)
    told = post(server, workflow.id, "start-async", "r", {"inputData": {"n": 1}})
    assert told.status == 200
    assert told.json()["status"] in ENDED | {"suspended"}
