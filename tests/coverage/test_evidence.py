"""What runs reached of their graphs."""

from __future__ import annotations

from typing import Any

import pytest

from mastra_sync import MastraClient, MastraError
from pytest_mastra.coverage import ObservedRun, RunRequest
from pytest_mastra.coverage.evidence import evidence_of
from pytest_mastra.coverage.graph import Graph
from pytest_mastra.fake import FakeMastra, StepError
from pytest_mastra.http.verbs import Effect
from tests.coverage.constructs import verdicts

GENERATIONS = ["current", "1.2", "1.0-beta"]


def executed(workflow: str, *inputs: Any) -> Any:
    def play(_: FakeMastra, client: MastraClient) -> None:
        for given in inputs:
            client.get_workflow(workflow).execute(given)

    return play


def answered(workflow: str, given: Any, **how: Any) -> Any:
    """A run of a workflow that is answered once."""

    def play(_: FakeMastra, client: MastraClient) -> None:
        run = client.get_workflow(workflow).create_run()
        result = run.start_async(given)
        run.resume_async({"ok": True}, **(how or {"step": result.suspensions[0]}))

    return play


CASES = {
    "all steps": (executed("steps", {}), {"a succeeded", "sleep#1 passed", "b succeeded", "the run succeeded"}),
    "a step fails": (executed("steps", {"boom": "b"}), {"a succeeded", "b failed", "the run failed"}),
    "one branch": (executed("branches", {"n": 1}), {"positive taken", "positive succeeded"}),
    "no branch": (executed("branches", {"n": 0}), {"branch#1: no branch taken"}),
    "two branches": (executed("branches", {"n": 10}), {"large taken", "branch#1: two or more branches taken"}),
    "one round": (executed("rounds", {"n": 2}), {"more: one round"}),
    "more rounds": (executed("rounds", {"n": 0}), {"more: two or more rounds"}),
    "a later round": (executed("rounds", {"n": 0, "boom_at": 1}), {"more failed", "more: failed in a later round"}),
    "no items": (executed("items", []), {"item: no items"}),
    "one item": (executed("items", [1]), {"item: one item"}),
    "three items": (
        executed("items", [1, 2, 3]),
        {"item: two or more items", "item: more items than are at work at once"},
    ),
    "a bad item": (executed("items", [1, -1]), {"item: an item failed"}),
    "a question": (
        executed("arms", {}),
        {"right suspended", "parallel#1: one suspended, another ended", "the run ended suspended"},
    ),
    "an answer": (answered("arms", {}), {"right answered", "right succeeded", "the run succeeded"}),
    "nested": (executed("nested", {}), {"inner entered", "inner.first succeeded", "inner.ask suspended"}),
    "a nested answer": (answered("nested", {}), {"inner.ask answered", "inner succeeded"}),
}
NEVER = {
    "one branch": {"branch#1: no branch taken", "branch#1: two or more branches taken"},
    "one round": {"more: two or more rounds"},
    "more rounds": {"more: one round"},
    "one item": {"item: no items", "item: two or more items"},
    "a bad item": {"item: one item", "item: more items than are at work at once"},
    "a question": {"right answered", "right succeeded"},
}


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("target", ["fake", "live"])
@pytest.mark.parametrize("case", CASES)
def test_what_a_run_reaches(case: str, target: str, generation: str) -> None:
    """Whether a fake tells it or only what went over the wire, and whichever generation answered."""
    play, expected = CASES[case]
    found = verdicts(play, target, generation)
    assert expected <= set(found["reached"])
    assert not NEVER.get(case, set()) & set(found["reached"])


def test_items_beside_one_that_failed() -> None:
    """They are counted where it is told how many there were; older servers tell of the failed one only."""
    play, _ = CASES["a bad item"]
    assert "item: two or more items" in verdicts(play, "live")["reached"]
    assert "item: two or more items" in verdicts(play, "live", "1.2")["cannot tell"]


def test_an_item_is_answered_by_its_index() -> None:
    """An answer to the whole foreach is another thing."""

    def by_index(_: FakeMastra, client: MastraClient) -> None:
        run = client.get_workflow("asked-items").create_run()
        result = run.start_async([1, 2])
        run.resume_async({"ok": True}, step="item", for_each_index=result.suspensions[0].for_each_index)

    assert "item: an item answered by its index" in verdicts(by_index)["reached"]
    assert "item: an item answered by its index" in verdicts(executed("asked-items", [1]))["missed"]


@pytest.mark.parametrize("target", ["fake", "live"])
def test_an_answer_tells_of_a_step_within_an_item(target: str) -> None:
    """Servers tell nothing else of the steps of an item's workflow, of which the rest cannot be told."""

    def by_index(server: FakeMastra, client: MastraClient) -> None:
        asks = server.step("confirm", lambda ctx: ctx.resume_data or ctx.suspend({"ask": 1}))
        ship = server.workflow("ship", listed=False).then(asks).then(server.step("send", lambda ctx: 1)).commit()
        server.workflow("shipped-items").foreach(ship).commit()
        run = client.get_workflow("shipped-items").create_run()
        result = run.start_async([1])
        assert run.resume_async({"ok": True}, step=result.suspensions[0]).ok

    found = verdicts(by_index, target)
    assert {"ship.confirm entered", "ship.confirm suspended", "ship.confirm answered"} <= set(found["reached"])
    assert {"ship.confirm succeeded", "ship.send entered", "ship.send failed"} <= set(found["cannot tell"])


@pytest.mark.parametrize("target", ["fake", "live"])
@pytest.mark.parametrize("verb", ["start_async", "start", "stream"])
def test_refused_input(verb: str, target: str) -> None:
    """However it was to be started: a refused run reached nothing but that it was refused."""

    def play(server: FakeMastra, client: MastraClient) -> None:
        schema = {"type": "object", "properties": {"n": {"type": "number"}}, "required": ["n"]}
        server.workflow("strict", input_schema=schema).then(server.step("a", lambda ctx: 1)).commit()
        run = client.get_workflow("strict").create_run()
        begin = {
            "start_async": lambda: run.start_async({}),
            "start": lambda: run.start({}).wait(timeout=20),
            "stream": lambda: run.stream({}).result().raise_for_status(),
        }
        with pytest.raises(MastraError):
            begin[verb]()

    found = verdicts(play, target)
    assert found["reached"] == ["input refused"]
    assert "cannot tell" not in found


def test_events_remember_what_states_forget() -> None:
    """A step that bailed looks in a run's state as if it had succeeded."""

    def play(server: FakeMastra, client: MastraClient) -> None:
        server.workflow("leaves").then(server.step("leave", lambda ctx: ctx.bail({}))).commit()
        client.get_workflow("leaves").execute({})

    assert {"leave bailed", "leave succeeded", "the run succeeded"} == {
        label for label in verdicts(play)["reached"] if label != "leave entered"
    }


@pytest.mark.parametrize("depth", [1, 2])
def test_a_retry_that_helped(depth: int) -> None:
    """Only a fake knows of it; a step of a nested workflow is found where it stands."""

    def play(server: FakeMastra, client: MastraClient) -> None:
        def flaky(ctx: Any) -> Any:
            if not ctx.retry_count:
                raise StepError("once")
            return {}

        flow = server.workflow("w1").then(server.step("flaky", flaky, retries=1)).commit()
        for level in range(2, depth + 1):
            flow = server.workflow(f"w{level}").then(flow).commit()
        client.get_workflow(f"w{depth}").execute({})

    label = "flaky succeeded after a retry" if depth == 1 else "w1.flaky succeeded after a retry"
    assert label in verdicts(play)["reached"]


def test_steps_that_nobody_told_of() -> None:
    """Of a nested workflow whose steps an answer leaves out nobody can tell what was missed."""

    def play(_: FakeMastra, client: MastraClient) -> None:
        client.get_workflow("nested-items").create_run().start_async([{}])

    found = verdicts(play)
    assert "inner entered" in found["reached"]
    assert {"inner.first failed", "inner.ask answered"} <= set(found["cannot tell"])
    assert "inner failed" not in found["cannot tell"]


GRAPH = [{"type": "step", "step": {"id": "a"}}, {"type": "loop", "step": {"id": "b"}, "loopType": "dowhile"}]


def observed(status: str, state: Any, **more: Any) -> ObservedRun:
    return ObservedRun("w", "t", "server", status, state, **more)


def test_a_canceled_sleep() -> None:
    """A run that is canceled while it sleeps was canceled within."""
    graph = Graph.of([*GRAPH[:1], {"type": "sleep", "id": "nap", "duration": 5}])
    steps = {"a": {"status": "success"}, "nap": {"status": "waiting"}}
    found = evidence_of(observed("canceled", {"status": "canceled", "steps": steps}), graph)
    assert {("nap", "canceled_within"), ("", "run_canceled")} <= found.reached


@pytest.mark.parametrize("status", ["running", "waiting"])
def test_a_run_that_was_left_at_work(status: str) -> None:
    """On a server it goes on when nobody looks any more."""
    graph = Graph.of(GRAPH)
    steps = {"a": {"status": "success"}}
    found = evidence_of(
        observed(status, {"status": status, "steps": steps}, requests=[RunRequest(Effect.START, 200)]), graph
    )
    assert found.unseen == {""}
    assert ("a", "succeeded") in found.reached


def test_a_run_of_which_only_the_status_is_known() -> None:
    """It succeeded; by which way nobody can tell."""
    found = evidence_of(observed("success", {"status": "success"}), Graph.of(GRAPH))
    assert (found.reached, found.unseen) == ({("", "run_succeeded")}, {""})


def test_rounds_that_nobody_counted() -> None:
    """Of a loop without a count it cannot be told how often it went round."""
    state = {"status": "success", "steps": {"a": {"status": "success"}, "b": {"status": "success"}}}
    found = evidence_of(observed("success", state), Graph.of(GRAPH))
    assert found.unseen == {("b", "one_round"), ("b", "more_rounds"), ("b", "later_round_failed")}


@pytest.mark.parametrize(
    "state",
    [
        5,
        [],
        {"steps": 5},
        {"steps": {"a": 5, "b": None}},
        {"steps": {"a": {"status": 5}}},
        {"snapshot": "{"},
        {"steps": {"b": {"metadata": 5, "suspendPayload": 5}}},
    ],
)
def test_states_that_nobody_understands(state: Any) -> None:
    """Never raises; what cannot be understood is no evidence."""
    events: list[Any] = [{}, {"type": 5, "payload": {}}, {"type": "workflow-step-result", "payload": {"id": ["a"]}}]
    found = evidence_of(observed("success", state, events=events), Graph.of(GRAPH))
    assert ("", "run_succeeded") in found.reached
