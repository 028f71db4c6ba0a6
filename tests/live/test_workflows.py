"""The workflows of the test servers do what the README says, on every generation."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.live.http_calls import call, execute, new_run_id, post
from tests.live.server import LiveServer

README = Path(__file__).with_name("README.md").read_text(encoding="utf-8")

# (workflow, input, status, result)
ENDINGS: list[tuple[str, Any, str, Any]] = [
    ("city-workflow", {"city": "NY"}, "success", {"text": "NY: 2"}),
    ("three", {"i": 0}, "success", {"c": 3}),
    ("echo", [1, None, "é"], "success", [1, None, "é"]),
    ("unicode", {"text": "été 鏡 🎈"}, "success", {"text": "été 鏡 🎈"}),
    ("odd id/é", {"n": 1}, "success", {"n": 1}),
    ("mapped", {"n": 2}, "success", {"tripled": 6}),
    ("bail", {"bail": True}, "success", {"left": True}),
    ("bail", {"bail": False}, "success", {"stayed": True}),
    ("parallel", {"n": 1}, "success", {"joined": {"left": {"left": 1}, "right": {"right": 1}}}),
    ("parallel", {"n": 1, "fail": "left"}, "failed", None),
    ("only-parallel", {"n": 1}, "success", {"left": {"left": 1}, "right": {"right": 1}}),
    ("branch", {"n": 100}, "success", {"positive": {"positive": 100}, "large": {"large": 100}}),
    ("branch", {"n": 0}, "success", {}),
    ("dowhile", {"n": 0}, "success", {"n": 3}),
    ("dountil", {"n": 0}, "success", {"n": 3}),
    ("foreach", [1, 2], "success", [10, 20]),
    ("foreach-concurrent", [1, -2], "failed", None),
    ("sleep", {"ms": 1}, "success", {"slept": True}),
    ("sleep-until", {"until": "2020-01-01T00:00:00Z"}, "success", {"slept": True}),
    ("inner", {"n": 1}, "success", {"n": 4}),
    ("nested", {"n": 1}, "success", {"after": 4}),
    ("foreach-nested", [{"n": 1}, {"n": 2}], "success", [{"n": 4}, {"n": 6}]),
    ("nested-failing", {"n": 1}, "failed", None),
    ("slow", {}, "success", {"done": True}),
    ("stubborn", {}, "success", {"stopped": False}),
    ("parallel-gated", {}, "success", {"left": {"left": True}, "right": {"right": True}}),
    ("big-result", {"bytes": 4, "ms": 1}, "success", {"text": "xxxx"}),
    ("big-early", {"bytes": 4}, "success", {"text": "xxxx"}),
    ("writer", {"events": 2}, "success", {"written": 12}),
    ("failing", {"kind": "error"}, "failed", None),
    ("retrying", {"failures": 2}, "success", {"attempts": 3}),
    ("retrying", {"failures": 4}, "failed", None),
    ("tripwire", {}, "tripwire", None),
    ("wrong-step-input", {}, "failed", None),
]

# (workflow, input, [(step, resume data)], result)
ANSWERS: list[tuple[str, Any, list[tuple[str, Any]], Any]] = [
    ("approval", {"n": 3}, [("approve", {"ok": True})], {"ok": True, "n": 3}),
    ("asker", {"n": 1}, [("q", {"answer": "a"})], {"rest": "a"}),
    ("ask-loose", {}, [("q", 7)], {"answered": 7}),
    ("ask-twice", {}, [("q", {"answer": "a"}), ("q", {"answer": "b"})], {"first": "a", "second": "b"}),
    ("parallel-ask", {}, [("p1", {"answer": "a"}), ("p2", {"answer": "b"})], {"p1": "a", "p2": "b"}),
    ("foreach-suspend", [1, 2, 3], [("ask-item", {"add": 5})], [6, 7, 8]),
    ("foreach-suspend-one", [1, 2], [("ask-item", {"add": 5}), ("ask-item", {"add": 6})], [6, 8]),
    ("inner-ask", {}, [("inner-q", {"answer": "a"})], {"answer": "a"}),
    ("nested-ask", {}, [("inner-ask.inner-q", {"answer": "a"})], {"after": "a"}),
    ("deep-ask", {}, [("middle-ask.inner-ask.inner-q", {"answer": "a"})], {"after": "a"}),
    ("ask-slow", {}, [("q", {"answer": "a"})], {"end": "a"}),
]


@pytest.mark.parametrize(("workflow", "input_data", "status", "result"), ENDINGS)
def test_a_workflow_ends_as_described(
    live_server: LiveServer, workflow: str, input_data: Any, status: str, result: Any
) -> None:
    """Each workflow that does not ask ends with the described status and result."""
    ended = execute(live_server, workflow, input_data)
    assert (ended["status"], ended.get("result")) == (status, result)


@pytest.mark.parametrize(("workflow", "input_data", "answers", "result"), ANSWERS)
def test_a_workflow_asks_as_described(
    live_server: LiveServer, workflow: str, input_data: Any, answers: list[tuple[str, Any]], result: Any
) -> None:
    """Each asking workflow suspends once per answer and then ends with the described result."""
    run_id = new_run_id()
    reached = execute(live_server, workflow, input_data, run_id)
    for step, data in answers:
        assert reached["status"] == "suspended"
        reached = post(live_server, workflow, "resume-async", run_id, {"step": step, "resumeData": data}).json()
    assert (reached["status"], reached["result"]) == ("success", result)


def test_the_state_lives_across_a_suspension(live_server: LiveServer) -> None:
    """`stateful` adds to the state before, at and after its question."""
    run_id = new_run_id()
    start = {"inputData": {}, "initialState": {"count": 5, "notes": ["given"]}}
    post(live_server, "stateful", "start-async", run_id, start)
    ended = post(live_server, "stateful", "resume-async", run_id, {"resumeData": {"answer": "a"}}).json()
    assert ended["result"] == {"count": 8, "notes": ["given", "count-before", "q: a", "count-after"]}


def test_steps_see_the_request_context(live_server: LiveServer) -> None:
    """`context` gives the request context back."""
    start = {"inputData": {}, "requestContext": {"tenant": "é"}}
    ended = post(live_server, "context", "start-async", new_run_id(), start).json()
    assert ended["result"] == {"tenant": "é"}


def test_the_context_schema_is_checked_where_it_is_known(live_server: LiveServer) -> None:
    """`context-schema` refuses a start without a tenant, except on 1.0-beta."""
    reply = post(live_server, "context-schema", "start-async", new_run_id(), {"inputData": {}})
    assert reply.status == (200 if live_server.generation == "1.0-beta" else 500)


def test_strict_input_names_every_fault(live_server: LiveServer) -> None:
    """Input that does not fit is refused with one line per fault."""
    faulty = {"name": "", "age": 1.5, "address": {}, "unknown": 1}
    reply = post(live_server, "strict-input", "start-async", new_run_id(), {"inputData": faulty})
    assert reply.status == (400 if live_server.generation == "current" else 500)
    fields = re.findall(r"^- ([\w.]*): ", reply.json()["error"], re.MULTILINE)
    assert fields == ["name", "age", "tags", "address.city", ""]


def test_cancel_reaches_the_step_that_watches_for_it(live_server: LiveServer) -> None:
    """`cancellable` stops at its gate when its run is cancelled."""
    run_id = new_run_id()
    with ThreadPoolExecutor() as pool:
        ending = pool.submit(execute, live_server, "cancellable", {"gate": run_id}, run_id)
        live_server.wait_for_gate(run_id)
        assert call(live_server, "POST", f"/workflows/cancellable/runs/{run_id}/cancel", {}).status == 200
        ended = ending.result()
    assert ended["status"] == "canceled"
    assert ended["steps"]["wait"]["output"] == {"stopped": True}
    assert live_server.executions(run_id) == {"wait": 1}


def test_cancel_waits_for_the_step_that_is_deaf_to_it(live_server: LiveServer) -> None:
    """`stubborn` stays at its gate when its run is cancelled, and nothing starts after it."""
    run_id = new_run_id()
    with ThreadPoolExecutor() as pool:
        ending = pool.submit(execute, live_server, "stubborn", {"gate": run_id}, run_id)
        live_server.wait_for_gate(run_id)
        call(live_server, "POST", f"/workflows/stubborn/runs/{run_id}/cancel", {})
        assert live_server.waiting_at_gate(run_id) == 1
        live_server.open_gate(run_id)
        assert ending.result()["status"] == "canceled"
    assert live_server.executions(run_id) == {"wait": 1}


def test_a_resume_can_be_held_at_a_gate(live_server: LiveServer) -> None:
    """`ask-slow` waits at its gate after the answer."""
    run_id = new_run_id()
    execute(live_server, "ask-slow", {"gate": run_id}, run_id)
    with ThreadPoolExecutor() as pool:
        answer = {"resumeData": {"answer": "a"}}
        ending = pool.submit(post, live_server, "ask-slow", "resume-async", run_id, answer)
        live_server.wait_for_gate(run_id)
        assert live_server.executions(run_id) == {"q": 2, "wait": 1}
        live_server.open_gate(run_id)
        assert ending.result().json()["result"] == {"end": "a"}


def test_a_schedule_means_the_evented_engine(current_server: LiveServer) -> None:
    """`evented` and `evented-ask` end, and their results have no run id, as only that engine leaves it out."""
    ended = execute(current_server, "evented", {"n": 1})
    assert (ended["result"], "runId" in ended) == ({"greeting": "hi 1"}, False)
    run_id = new_run_id()
    assert execute(current_server, "evented-ask", {}, run_id)["suspended"] == [["eq", "eq"]]
    ended = post(current_server, "evented-ask", "resume-async", run_id, {"step": "eq", "resumeData": 7}).json()
    assert ended["result"] == {"answered": 7}


def test_the_writer_writes_what_it_is_told(live_server: LiveServer) -> None:
    """`writer` streams the chosen number and size of events, the assorted values and the customs."""
    start = {"inputData": {"events": 2, "bytes": 10}}
    stream = post(live_server, "writer", "stream", new_run_id(), start).body
    records = [json.loads(record) for record in stream.split(b"\x1e")[:-1]]
    written = [record["payload"]["output"] for record in records if record["type"] == "workflow-step-output"]
    assert written[:2] == [{"index": index, "filler": "x" * 10} for index in range(2)]
    assert written[2:] == ["plain text", 5, None, [1, 2], {"nested": {"deep": True}}, "naïve 鏡 🎈", "a\x1eb\nc"]
    customs = [record["type"] for record in records if not record["type"].startswith("workflow-")]
    assert customs == ["data-progress", "my-event", "no-payload"]


@pytest.mark.parametrize("verb", ["start-async", "stream"])
def test_a_run_belongs_to_whom_it_was_made_for(live_server: LiveServer, verb: str) -> None:
    """What a start says of a run that was made without an owner is dropped: its record and its steps show nobody."""
    run_id = new_run_id()
    assert post(live_server, "older-owned", "create-run", run_id).status == 200
    assert post(live_server, "older-owned", verb, run_id, {"inputData": {}, "resourceId": "ann"}).status == 200
    run = call(live_server, "GET", f"/workflows/older-owned/runs/{run_id}").json()
    assert run["resourceId"] is None
    assert "nobody's" in json.dumps(run)


def test_the_readme_lists_every_workflow(live_server: LiveServer) -> None:
    """The README names exactly the workflows that the server lists, each with its key where it differs."""
    described: dict[str, str] = {}
    tables = README.partition("## Workflows")[2].partition("\n## ")[0]
    if live_server.generation != "current":
        tables = tables.partition("**With a schedule**")[0]
    for row in re.findall(r"^\| (`.+?) \|", tables, re.MULTILINE):
        key = re.search(r"\(key `(.+?)`\)", row)
        for workflow in re.findall(r"`(.+?)`", row.partition(" (key")[0]):
            described[key.group(1) if key else workflow] = workflow
    listed = call(live_server, "GET", "/workflows").json()
    assert described == {key: details["name"] for key, details in listed.items()}
