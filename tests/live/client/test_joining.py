"""Going on with what was started or answered before, on real servers: what their records tell, and what not."""

from __future__ import annotations

from typing import Any

import pytest

from mastra_sync import (
    InputMismatch,
    InvalidArgument,
    MastraClient,
    Run,
    RunAlreadyStarted,
    RunResult,
    StreamInterrupted,
)
from tests.live.http_calls import new_run_id
from tests.live.server import LiveServer

CHANGED = {"amount": "12", "name": "  Ann ", "tag": "x", "extra": 1, "options": {"notes": ["a"], "odd": 2}}
"""An input of which the schema changes nearly everything."""


@pytest.fixture
def run_id() -> str:
    """An id of one's own."""
    return new_run_id()


@pytest.mark.parametrize("verb", ["execute", "start", "start_async", "stream", "map"])
@pytest.mark.parametrize(
    ("workflow", "given", "status"), [("asker", {"n": 1}, "suspended"), ("failing", {"kind": "error"}, "failed")]
)
def test_a_run_is_started_once(
    live_server: LiveServer,
    client: MastraClient,
    run_id: str,
    verb: str,
    workflow: str,
    given: Any,
    status: str,
) -> None:
    """Each verb starts a pending run, and hands back one that has settled."""
    handle = client.get_workflow(workflow)

    def join() -> RunResult:
        if verb == "execute":
            return handle.execute(given, run_id=run_id, if_started="join")
        if verb == "map":
            return next(handle.map([given], run_ids=[run_id]))
        run = handle.create_run(run_id)
        if verb == "start":
            return run.start(given, if_started="join").wait()
        if verb == "start_async":
            return run.start_async(given, if_started="join")
        return run.stream(given, if_started="join").result()

    assert [join().status, join().status] == [status, status]
    assert set(live_server.executions(run_id).values()) == {1}


def test_a_running_run_is_waited_for(live_server: LiveServer, client: MastraClient, run_id: str, gate: str) -> None:
    """The wait is this caller's, the start was another's."""
    run = client.get_workflow("slow").create_run(run_id)
    run.start({"gate": gate})
    live_server.wait_for_gate(gate)
    joined = client.get_workflow("slow").get_run(run_id).start({"gate": gate}, if_started="join")
    live_server.open_gate(gate)
    assert joined.wait().ok
    assert set(live_server.executions(run_id).values()) == {1}


def test_what_a_schema_changed_is_the_same_input(client: MastraClient, run_id: str) -> None:
    """Defaults, conversions, trimming, transformations and dropped properties; what is another input is told."""
    workflow = client.get_workflow("changing")
    stored = workflow.execute(CHANGED, run_id=run_id, if_started="join")
    assert stored.input_data == {
        "amount": 12,
        "name": "ann",
        "tag": "#x",
        "size": 3,
        "options": {"fast": True, "notes": ["a"]},
    }
    for same in (CHANGED, {**CHANGED, "size": 3}, {**CHANGED, "amount": 12, "name": "ANN"}, stored.input_data):
        assert workflow.execute(same, run_id=run_id, if_started="join").ok
    others: list[tuple[dict[str, Any], list[str]]] = [
        ({**CHANGED, "amount": 13}, ["amount"]),
        ({**CHANGED, "name": "Bob", "size": 4}, ["name", "size"]),
        ({**CHANGED, "options": {"fast": False, "notes": ["a", "b"]}}, ["options.fast", "options.notes"]),
        ({**CHANGED, "either": 1}, ["either"]),
    ]
    for other, paths in others:
        with pytest.raises(InputMismatch) as caught:
            workflow.execute(other, run_id=run_id, if_started="join")
        assert caught.value.paths == paths


@pytest.mark.parametrize(
    ("given", "other", "paths"),
    [
        ({"day": "2026-11-27T10:00:00.000001+01:00"}, {"day": "2026-11-27T10:00:00Z"}, ["day"]),
        ({"day": "2026-11-27", "grade": "c"}, {"day": "2026-11-28", "grade": "b"}, ["day", "grade"]),
        (
            {"length": "four", "amount": 0.1 + 0.2, "note": "naïve \u2028 😀"},
            {"length": "four", "amount": 0.3, "note": None},
            ["amount", "note"],
        ),
        ({"note": None}, {}, ["note"]),
        ({"pays": {"by": "cash"}}, {"pays": {"by": "card", "number": "1"}}, ["pays.by"]),
        (
            {"rows": [{"sku": " a1"}, {"sku": "B", "count": 2.0}], "pair": [" x", "3"]},
            {"rows": [{"sku": " a1", "count": 3}, {"sku": "B", "count": 2}], "pair": [" y", "3"]},
            ["rows[0].count", "pair[0]"],
        ),
    ],
    ids=["moment", "day", "numbers and texts", "null", "union", "nested"],
)
def test_what_a_schema_changed_deep_down_is_the_same_input(
    client: MastraClient, run_id: str, given: dict[str, Any], other: dict[str, Any], paths: list[str]
) -> None:
    """Dates, what was caught, members of a union, rows and pairs; what is another input is told."""
    workflow = client.get_workflow("changing-much")
    assert [workflow.execute(given, run_id=run_id, if_started="join").ok for _ in range(2)] == [True, True]
    with pytest.raises(InputMismatch) as caught:
        workflow.execute(other, run_id=run_id, if_started="join")
    assert caught.value.paths == paths


@pytest.mark.parametrize("workflow", ["asker", "changing-much"])
def test_a_run_is_joined_by_its_workflow_and_id(client: MastraClient, run_id: str, workflow: str) -> None:
    """The same id is another run in another workflow; one that was canceled is handed back, and started by nobody."""
    asked = client.get_workflow("ask-loose")
    asked.execute({"n": 1}, run_id=run_id)
    asked.get_run(run_id).cancel()
    # servers of 1.0 beta leave it suspended
    left = asked.get_run(run_id).result().status
    other = client.get_workflow(workflow)
    assert {other.execute({}, run_id=run_id, if_started="join").status for _ in range(2)} < {"success", "suspended"}
    assert asked.execute({"n": 1}, run_id=run_id, if_started="join").status == left


def test_without_a_schema_the_input_is_the_same_or_not(client: MastraClient, run_id: str) -> None:
    """Nothing was changed by it."""
    workflow = client.get_workflow("ask-loose")
    workflow.execute({"a": [1, {"b": 2}]}, run_id=run_id)
    assert workflow.execute({"a": [1, {"b": 2.0}]}, run_id=run_id, if_started="join").status == "suspended"
    with pytest.raises(InputMismatch) as caught:
        workflow.execute({"a": [1, {"b": 3}]}, run_id=run_id, if_started="join")
    assert caught.value.paths == ["a[1].b"]
    with pytest.raises(RunAlreadyStarted):
        workflow.execute({"a": [1, {"b": 2}]}, run_id=run_id)


def test_a_joined_stream_replays_the_run(client: MastraClient, run_id: str, generation: str) -> None:
    """All events that the first saw, while the servers hold them; none of a run begun without a stream."""
    workflow = client.get_workflow("asker")
    first = [event.raw for event in workflow.create_run(run_id).stream({"n": 1}, if_started="join")]
    again = [event.raw for event in workflow.create_run(run_id).stream({"n": 1}, if_started="join")]
    assert again == first
    other = workflow.create_run()
    other.start_async({"n": 1})
    with pytest.raises(StreamInterrupted, match="holds no events of it"):
        list(workflow.get_run(other.run_id).stream({"n": 1}, if_started="join"))
    assert list(workflow.get_run(other.run_id).stream({"n": 1}, if_started="join", on_gap="follow")) == []
    list(other.resume_stream({"answer": "a"}))
    with pytest.raises(StreamInterrupted, match="no events of its beginning"):
        list(workflow.get_run(other.run_id).stream({"n": 1}, if_started="join"))


# -- answers

ANSWERED: list[tuple[str, Any, Any]] = [
    ("approval", {"n": 3}, {"ok": True}),
    ("nestedAsk", {}, {"answer": "a"}),
    ("deepAsk", {}, {"answer": "a"}),
    ("dotted", {}, {"answer": "a"}),
    ("changing-answer", {}, {"ok": True, "odd": 1}),
]


@pytest.mark.parametrize("verb", ["resume", "resume_async", "resume_stream"])
@pytest.mark.parametrize(("workflow", "given", "answer"), ANSWERED, ids=[row[0] for row in ANSWERED])
def test_a_suspension_is_answered_once(
    live_server: LiveServer, client: MastraClient, verb: str, workflow: str, given: Any, answer: Any
) -> None:
    """Named by itself, by its step or not at all, it is joined if the answer is the same, and refused if not."""
    run = client.get_workflow(workflow).create_run()
    [question] = run.start_async(given).suspensions

    def join(data: Any, step: Any) -> RunResult:
        if verb == "resume":
            return run.resume(data, step=step, if_answered="join").wait()
        if verb == "resume_async":
            return run.resume_async(data, step=step, if_answered="join")
        return run.resume_stream(data, step=step, if_answered="join").result()

    assert join(answer, question).ok
    executed = live_server.executions(run.run_id)
    for step in (question, question.path, None):
        assert join(answer, step).ok
        with pytest.raises(InputMismatch) as caught:
            join({name: False if value is True else "other" for name, value in answer.items()}, step)
        assert caught.value.argument == "resume_data"
    assert live_server.executions(run.run_id) == executed


def test_a_step_that_asks_twice(client: MastraClient, generation: str) -> None:
    """Moments tell its suspensions apart; a name does not."""
    run = client.get_workflow("ask-twice").create_run()
    [first] = run.start_async({}).suspensions
    [second] = run.resume_async({"answer": "a"}, step=first, if_answered="join").suspensions
    assert run.resume_async({"answer": "a"}, step=first, if_answered="join").suspensions == [second]
    with pytest.raises(InvalidArgument, match="'q' waits now"):
        run.resume_async({"answer": "a"}, step="q", if_answered="join")
    assert run.resume_async({"answer": "b"}, step=second, if_answered="join").ok
    assert run.resume_async({"answer": "b"}, step=second, if_answered="join").ok
    if generation == "current":
        # the step's record has its last answer, and no longer when it asked
        with pytest.raises(InputMismatch):
            run.resume_async({"answer": "a"}, step=first, if_answered="join")
    else:
        assert run.resume_async({"answer": "a"}, step=first, if_answered="join").ok


def test_an_answer_whose_step_executes(live_server: LiveServer, client: MastraClient, gate: str) -> None:
    """Current servers tell what it was when the step has ended, older ones at once."""
    run = client.get_workflow("slow-answer").create_run()
    [question] = run.start_async({"gate": gate}).suspensions
    run.resume({"ok": True}, step=question)
    live_server.wait_for_gate(gate)
    joined: Run = client.get_workflow("slow-answer").get_run(run.run_id)
    joined.resume({"ok": True}, step=question, if_answered="join")
    live_server.open_gate(gate)
    assert joined.wait().result == {"answered": {"ok": True}}
    assert live_server.executions(run.run_id) == {"ask": 2}


def test_items_of_a_foreach(client: MastraClient, generation: str) -> None:
    """One item's answer is known while others wait."""
    run = client.get_workflow("foreach-suspend").create_run()
    first, *others = run.start_async([1, 2, 3]).suspensions
    if generation != "current":
        # they give all items the same answer
        assert run.resume_async({"add": 1}, step="ask-item", if_answered="join").ok
        assert run.resume_async({"add": 1}, step="ask-item", if_answered="join").ok
        return
    run.resume_async({"add": 10}, step=first, if_answered="join")
    assert run.resume_async({"add": 10}, step=first, if_answered="join").suspensions == others
    with pytest.raises(InputMismatch):
        run.resume_async({"add": 11}, step=first, if_answered="join")
    for other in others:
        run.resume_async({"add": 20}, step=other, if_answered="join")
    assert run.resume_async({"add": 10}, step=first, if_answered="join").result == [11, 22, 23]
