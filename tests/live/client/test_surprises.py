"""What surprises on the wire: a plain call shows that servers do it, the client shows that its users need not know."""

from __future__ import annotations

import json
import select
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest
import requests

from mastra_sync import (
    InvalidArgument,
    MastraClient,
    RunAlreadyStarted,
    RunNotActive,
    RunNotStarted,
    RunNotSuspended,
    StepNotSuspended,
    UnsupportedByServer,
)
from tests.live.client.listening_session import Listener
from tests.live.http_calls import call, new_run_id, post
from tests.live.install import GENERATIONS
from tests.live.server import LiveServer

TEXT = "été 鏡 🎈 \x85 \u2028 \x1e"


def records(body: bytes) -> list[dict[str, Any]]:
    """Return the records of a stream as they came over the wire."""
    return [json.loads(record) for record in body.split(b"\x1e") if record.startswith(b"{")]


# -- text


def test_streams_of_older_servers_end_in_done(client: MastraClient, live_server: LiveServer, generation: str) -> None:
    """A tail that is no record is no event and no error."""
    tail = post(live_server, "three", "stream", new_run_id(), {"inputData": {}}).body.rpartition(b"\x1e")[2]
    assert tail == (b"" if generation == "current" else b"data: [DONE]\n\n")
    stream = client.get_workflow("three").create_run().stream({})
    assert [event.type for event in stream][-1] == "workflow-finish"
    assert stream.complete


def test_streams_are_text_without_a_charset(client: MastraClient, live_server: LiveServer) -> None:
    """Text that HTTP's default charset would garble, with what others take for line ends, comes back as it went."""
    reply = post(live_server, "unicode", "stream", new_run_id(), {"inputData": {"text": TEXT}})
    assert reply.content_type == "text/plain"
    stream = client.get_workflow("unicode").create_run().stream({"text": TEXT})
    events = list(stream)
    assert [event.step_id for event in events[1:-1]] == ["spiegel-été-鏡"] * 2
    assert events[-2].output == {"text": TEXT}
    assert stream.result().steps["spiegel-été-鏡"].output == {"text": TEXT}


def test_half_a_character_is_a_value(client: MastraClient, live_server: LiveServer) -> None:
    """JavaScript's texts may end in the middle of a character; such a text survives all but Postgres."""
    workflow = client.get_workflow("echo")
    half = ["\ud83c", "\udf88 x"]
    assert workflow.execute(half).result == (["\ufffd", "\ufffd x"] if live_server.kind.in_postgres else half)
    assert list(workflow.create_run().stream(half))[-2].output == half


def test_ids_may_be_any_text(client: MastraClient, live_server: LiveServer) -> None:
    """Ids with slashes, spaces and signs that mean something in a URL name the run that they name, in every verb."""
    run_id = f"r/1 x?#%é;,+&=%2F {new_run_id()}"
    workflow = client.get_workflow("odd id/é")
    run = workflow.create_run(run_id)
    events = list(run.stream({"n": 1}))
    assert list(run.observe()) == events
    assert run.result().result == {"n": 1}
    assert live_server.executions(run_id) == {"only": 1}
    assert run.time_travel_async("only", {"n": 2}).result == {"n": 2}
    assert [row.run_id for row in workflow.iter_runs()].count(run_id) == 1
    assert run.cancel().startswith("Workflow run had already ended")
    workflow.delete_run_by_id(run_id)
    asking = client.get_workflow("asker").create_run(run_id)
    asking.start({}).wait()
    assert asking.resume({"answer": "a"}).wait().result == {"rest": "a"}


def test_numbers_pass_through_javascript(client: MastraClient, live_server: LiveServer) -> None:
    """A whole number that would come back as another is refused, also one that a float holds; others are not."""
    workflow = client.get_workflow("echo")
    for number, rounded in ((12345678901234567890, 12345678901234567000), (2**60, 1152921504606847000)):
        reply = post(live_server, "echo", "start-async", new_run_id(), {"inputData": number})
        assert reply.json()["result"] == rounded
        with pytest.raises(InvalidArgument, match=f"input_data: JavaScript would round {number}"):
            workflow.execute(number)
    exact = [2**53, -(2**53), 10**18, 0.1, -1.5e300]
    assert workflow.execute(exact).result == exact


# -- requests


def test_bodies_are_read_as_json_only(heard: MastraClient, listener: Listener, live_server: LiveServer) -> None:
    """Current and 1.2 servers ignore a body of another content type; the client names the right one."""
    plain = call(live_server, "POST", "/workflows/echo/start-async", {"inputData": 1}, headers={"content-type": "x/y"})
    assert plain.json().get("result") == (1 if live_server.generation == "1.0-beta" else None)
    assert heard.get_workflow("echo").execute(1).result == 1
    posts = [request for request in listener.sent if request.method == "POST"]
    assert {request.headers["Content-Type"] for request in posts} == {"application/json"}


def test_optional_fields_are_left_out(heard: MastraClient, listener: Listener, live_server: LiveServer) -> None:
    """Servers refuse null; None stands for "not given", but in the input, where it is a value."""
    assert post(live_server, "echo", "start-async", new_run_id(), {"requestContext": None}).status == 400
    nothing: dict[str, Any] = {"initial_state": None, "request_context": None, "tracing_options": None}
    run = heard.get_workflow("echo").create_run(resource_id=None, disable_scorers=None)
    assert run.start_async(None, per_step=None, resource_id=None, **nothing).result is None
    assert run.time_travel_async("echo", context=None, nested_steps_context=None, **nothing).ok
    ask = heard.get_workflow("ask-loose").create_run()
    list(ask.stream({}, close_on_suspend=None))
    assert ask.resume_async("a", step=None, for_each_index=None, label=None, per_step=None).ok
    sent = [(name, value) for body in listener.bodies() for name, value in body.items()]
    assert [name for name, value in sent if value is None] == ["inputData"]


def test_idle_connections_are_closed(shared_server: Callable[[str], LiveServer]) -> None:
    """A verb over a connection that the server has closed meanwhile arrives, once; tried on all servers at a time."""
    with ExitStack() as sessions:
        runs, idle = [], []
        for server in map(shared_server, GENERATIONS):
            session = sessions.enter_context(requests.Session())
            workflow = MastraClient(server.base_url, token="", session=session).get_workflow("three")
            runs.append((server, workflow.create_run()))
            adapter: Any = session.get_adapter(server.base_url)
            pools = adapter.poolmanager.pools
            idle += [connection.sock for key in [*pools.keys()] for connection in pools[key].pool.queue if connection]
        for connection in idle:
            # servers say so after five seconds
            assert select.select([connection], [], [], 30)[0]
        for server, run in runs:
            assert run.start_async({}).ok
            assert server.executions(run.run_id) == {"t1": 1, "t2": 1, "t3": 1}
    assert len(idle) == len(GENERATIONS)


def test_one_number_alone_does_not_page(client: MastraClient, live_server: LiveServer) -> None:
    """Servers give all rows; the client always sends both numbers."""
    workflow = client.get_workflow("three")
    for _ in range(3):
        workflow.create_run()
    assert len(call(live_server, "GET", "/workflows/three/runs?perPage=2").json()["runs"]) > 2
    assert len(workflow.runs(per_page=2)) == 2


# -- runs


def test_bad_input_is_accepted(client: MastraClient, live_server: LiveServer) -> None:
    """A start with input that the schema rejects answers 200; `wait` gives up on it early, and knows why."""
    run_id = new_run_id()
    run = client.get_workflow("city-workflow").create_run(run_id).start({"city": 3})
    with pytest.raises(RunNotStarted) as caught:
        run.wait(start_grace=0.2)
    assert f"run {run_id} of 'city-workflow' is still pending" in str(caught.value)
    assert '"city" must be string, not ' in str(caught.value)
    assert (caught.value.operation, caught.value.status) == ("start", "pending")
    assert live_server.executions(run_id) == {}
    assert run.start({"city": "NY"}).wait().ok


def test_a_cancel_overwrites_what_has_ended(client: MastraClient, live_server: LiveServer, generation: str) -> None:
    """Servers turn a success into canceled; the client looks first."""
    workflow = client.get_workflow("three")
    for cancel, status in (
        (lambda run: call(live_server, "POST", f"/workflows/three/runs/{run.run_id}/cancel", {}), "canceled"),
        (lambda run: run.cancel(), "success"),
    ):
        run = workflow.create_run()
        run.start_async({})
        cancel(run)
        assert run.result().status == ("success" if generation == "1.0-beta" else status)


def test_a_falsy_answer_is_none(client: MastraClient, live_server: LiveServer) -> None:
    """Servers run the step again and suspend again; such answers are refused, others that are empty are not."""
    workflow = client.get_workflow("ask-loose")
    run = workflow.create_run()
    run.start_async({})
    for answer in (0, False, "", None):
        again = post(live_server, "ask-loose", "resume-async", run.run_id, {"step": "q", "resumeData": answer})
        assert again.json()["status"] == "suspended"
        with pytest.raises(InvalidArgument, match=r"resume_data: Mastra takes .* for no answer"):
            run.resume_async(answer)
    assert live_server.executions(run.run_id) == {"q": 5}
    assert run.resume_async({}).result == {"answered": {}}


def test_steps_stand_still_while_a_resume_runs(
    client: MastraClient, live_server: LiveServer, generation: str, gate: str
) -> None:
    """Current servers go on calling the step suspended; the status says that the run is going, and `wait` waits."""
    run = client.get_workflow("ask-slow").create_run()
    run.start_async({"gate": gate})
    run.resume({"answer": "a"})
    live_server.wait_for_gate(gate)
    now = run.result()
    frozen = ("suspended", False) if generation == "current" else ("success", True)
    assert (now.steps["q"].status, "wait" in now.steps) == frozen
    assert (now.status, now.suspensions, now.settled) == ("running", [], False)
    with ThreadPoolExecutor(1) as pool:
        ending = pool.submit(run.wait)
        live_server.open_gate(gate)
        assert ending.result().result == {"end": "a"}


def test_a_wrong_answer_inside_a_nested_workflow_is_fatal(client: MastraClient, live_server: LiveServer) -> None:
    """A wrong step would end the whole run, so it is refused; wrong data does end it, and the result says so."""
    workflow = client.get_workflow("nested-ask")
    lost, run = workflow.create_run(), workflow.create_run()
    lost.start_async({})
    run.start_async({})
    body = {"step": ["inner-ask", "nope"], "resumeData": {"answer": "a"}}
    assert post(live_server, "nested-ask", "resume-async", lost.run_id, body).json()["status"] == "failed"
    with pytest.raises(StepNotSuspended):
        run.resume_async({"answer": "a"}, step=["inner-ask", "nope"])
    assert run.result().status == "suspended"
    result = run.resume_async({"answer": 5})
    assert (result.status, "Invalid resume data" in str(result.error)) == ("failed", True)


def test_the_input_of_another_run_shows_through(client: MastraClient, live_server: LiveServer, generation: str) -> None:
    """A pending run shows what its workflow last got as a nested one; it has no input, and must not be restarted."""
    assert client.get_workflow("nested").execute({"n": 77}).ok
    workflow = client.get_workflow("inner")
    run = workflow.create_run()
    raw = call(live_server, "GET", f"/workflows/inner/runs/{run.run_id}").json()
    leaked = raw["snapshot"]["context"]["input"] if generation == "1.0-beta" else raw["payload"]
    assert leaked == {"n": 77}
    assert (run.result().status, run.result().input_data) == ("pending", None)
    for restart in (run.restart, run.restart_async):
        with pytest.raises(RunNotActive, match="the run is pending"):
            restart()
    assert live_server.executions(run.run_id) == {}
    assert run.start_async({"n": 1}).result == {"n": 4}


def test_a_stream_would_join_or_repeat_a_run(client: MastraClient, live_server: LiveServer, gate: str) -> None:
    """A stream of a run that is going joins it or executes it again, as it began; it is refused, `observe` joins."""
    run = client.get_workflow("slow").create_run()
    with run.stream({"gate": gate}) as stream:
        live_server.wait_for_gate(gate)
        with pytest.raises(RunAlreadyStarted, match="the run is running"):
            client.get_workflow("slow").get_run(run.run_id).stream({"gate": gate})
        live_server.open_gate(gate)
        assert stream.result().ok
    assert live_server.executions(run.run_id) == {"begin": 1, "wait": 1, "end": 1}


def test_a_paused_run_is_not_resumed(client: MastraClient, generation: str) -> None:
    """What `per_step` stopped is no suspension; time travel goes on with it. 1.0 beta has no pauses."""
    run = client.get_workflow("three").create_run()
    if generation == "1.0-beta":
        with pytest.raises(UnsupportedByServer):
            run.start_async({}, per_step=True)
    else:
        assert run.start_async({}, per_step=True).status == "paused"
        with pytest.raises(RunNotSuspended, match="the run is paused"):
            run.resume_async({"x": 1})
        assert run.time_travel_async("t2").result == {"c": 3}


# -- streams


def test_a_finish_can_be_wrong_about_the_run(client: MastraClient) -> None:
    """The stream of a resume of one of two steps ends with success; its result knows that the run waits on."""
    run = client.get_workflow("parallel-ask").create_run()
    run.start_async({})
    stream = run.resume_stream({"answer": "a"}, step="p1")
    *_, finish = stream
    assert finish.status == "success"
    assert (stream.result().status, stream.result().suspended) == ("suspended", [["p2"]])


def test_a_finish_of_an_open_stream_is_wrong_about_the_run(client: MastraClient) -> None:
    """A stream that stayed open across a suspension ends with suspended; its result knows that the run succeeded."""
    run = client.get_workflow("asker").create_run()
    stream = run.stream({}, close_on_suspend=False)
    while next(stream).type != "workflow-step-suspended":
        pass
    assert run.resume_async({"answer": "a"}).ok
    *_, finish = stream
    assert finish.status == "suspended"
    assert stream.result().result == {"rest": "a"}


def test_an_observer_is_told_twice(client: MastraClient, live_server: LiveServer) -> None:
    """On the wire the history of a suspended run comes twice, the second time without its finish."""
    run = client.get_workflow("asker").create_run()
    events = [event.raw for event in run.stream({})]
    wire = records(post(live_server, "asker", "observe", run.run_id).body)
    assert wire == events + events[:-1]
    assert [event.raw for event in run.observe()] == events
