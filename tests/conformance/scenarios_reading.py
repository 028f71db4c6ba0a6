"""What can be read without moving anything."""

from __future__ import annotations

from tests.conformance.conversation import Talk
from tests.conformance.corpus import CURRENT, scenario


@scenario()
def details_of_each_workflow(talk: Talk) -> None:
    """Steps, graphs and schemas, by id and by key."""
    for workflow in (
        "city-workflow",
        "three",
        "echo",
        "odd%20id%2F%C3%A9",
        "oddId",
        "parallel",
        "branch",
        "dowhile",
        "dountil",
        "foreach",
        "foreach-concurrent",
        "nested",
        "foreach-nested",
        "nested-failing",
        "innerAsk",
        "inner-ask",
        "deepAsk",
        "asker",
        "foreach-suspend",
        "stateful",
        "context-schema",
        "strict-input",
        "failing",
        "writer",
    ):
        talk.call("GET", f"/workflows/{workflow}")


@scenario()
def details_with_made_up_ids(talk: Talk) -> None:
    """Sleeps and mappings."""
    talk.call("GET", "/workflows/mapped")
    talk.call("GET", "/workflows/sleep")
    talk.call("GET", "/workflows/sleep-until")


@scenario()
def head_is_get_without_body(talk: Talk) -> None:
    """HEAD works wherever GET does."""
    talk.call("HEAD", "/workflows/three")
    talk.call("HEAD", "/workflows/nope")


@scenario("current", "1.2")
def fields_of_a_run(talk: Talk) -> None:
    """Run-by-id gives the fields that are asked for."""
    run_id, failed, pending = talk.run_id(), talk.run_id(), talk.run_id()
    talk.post("stateful", "start-async", run_id, {"inputData": {}, "initialState": {"count": 1, "notes": []}})
    talk.post("failing", "start-async", failed, {"inputData": {"kind": "string"}})
    talk.post("three", "create-run", pending)
    for query in (
        "?fields=result",
        "?fields=result,error",
        "?fields=steps,%20payload",
        "?fields=",
        "?fields=status",
        "?fields=result,",
        "?fields=activeStepsPath,serializedStepGraph",
        "?fields=result&withNestedWorkflows=false",
        "?withNestedWorkflows=no",
        "?withNestedWorkflows=",
        "?fields=nope&withNestedWorkflows=no",
    ):
        talk.by_id("stateful", run_id, query)
    talk.by_id("failing", failed, "?fields=error")
    talk.by_id("failing", failed, "?fields=result,payload")
    talk.by_id("three", pending, "?fields=result,steps,payload")


@scenario("current", "1.2")
def pages_of_runs(talk: Talk) -> None:
    """A page needs its number and its size."""
    owner = talk.run_id()
    for number in range(3):
        talk.post("echo", "start-async", talk.run_id(), {"inputData": number, "resourceId": owner})
    for query in (
        "perPage=2&page=0",
        "perPage=2&page=1",
        "perPage=2&page=5",
        "limit=2&offset=2",
        "limit=2&offset=1",
    ):
        talk.call("GET", f"/workflows/echo/runs?resourceId={owner}&{query}")
    for query in ("perPage=2", "page=1", "limit=1", "offset=1"):
        talk.call("GET", f"/workflows/echo/runs?resourceId={owner}&{query}")


@scenario()
def pages_refused(talk: Talk) -> None:
    """Numbers that are none, or too small, are refused."""
    for query in (
        "perPage=0&page=0",
        "perPage=",
        "limit=0",
        "page=-1&perPage=1",
        "perPage=abc",
        "page=abc&perPage=x",
        "perPage=2.5",
        "perPage=-1",
        "limit=-2",
        "fromDate=garbage",
        "status=bogus",
        "status=",
        "status=success&status=failed",
    ):
        talk.call("GET", f"/workflows/tripwire/runs?{query}")


@scenario("current", "1.2")
def filters_of_runs(talk: Talk) -> None:
    """Runs by status, owner and date."""
    owner = talk.run_id()
    ended, suspended, pending = talk.run_id(), talk.run_id(), talk.run_id()
    talk.post("asker", "start-async", suspended, {"inputData": {"n": 1}, "resourceId": owner})
    talk.post("asker", "start-async", ended, {"inputData": {"n": 2}, "resourceId": owner})
    talk.post("asker", "resume-async", ended, {"resumeData": {"answer": "a"}})
    talk.post("asker", "create-run", pending, {"resourceId": owner})
    for query in (
        "status=suspended",
        "status=success",
        "status=pending",
        "status=canceled",
        "status=bailed",
        "fromDate=2020-01-01T00:00:00Z",
        "toDate=2020-01-01T00:00:00Z",
        "toDate=2020-01-01",
    ):
        talk.call("GET", f"/workflows/asker/runs?resourceId={owner}&{query}")


@scenario("1.0-beta")
def execution_results(talk: Talk) -> None:
    """1.0 beta tells of a run in a route of its own."""
    ended, failed, suspended, pending = talk.run_id(), talk.run_id(), talk.run_id(), talk.run_id()
    talk.post("three", "start-async", ended, {"inputData": {"i": 1}})
    talk.call("GET", f"/workflows/three/runs/{ended}/execution-result")
    talk.post("failing", "start-async", failed, {"inputData": {"kind": "error"}})
    talk.call("GET", f"/workflows/failing/runs/{failed}/execution-result")
    talk.post("nested-ask", "start-async", suspended, {"inputData": {}})
    talk.call("GET", f"/workflows/nested-ask/runs/{suspended}/execution-result")
    talk.post("three", "create-run", pending)
    talk.call("GET", f"/workflows/three/runs/{pending}/execution-result")
    talk.call("GET", f"/workflows/three/runs/{talk.run_id()}/execution-result")
    talk.call("GET", f"/workflows/nope/runs/{ended}/execution-result")


@scenario("1.2")
def no_execution_results(talk: Talk) -> None:
    """Later servers have no such route."""
    talk.call("GET", "/workflows/three/runs/x/execution-result")
    talk.call("GET", "/workflows/run-counts")


@scenario(*CURRENT)
def no_old_routes(talk: Talk) -> None:
    """Current servers have no route of 1.0 beta's own."""
    talk.call("GET", "/workflows/three/runs/x/execution-result")
    talk.call("POST", "/workflows/three/streamVNext?runId=x", {})


@scenario()
def legacy_stream(talk: Talk) -> None:
    """The streams of old."""
    talk.post("city-workflow", "stream-legacy", talk.run_id(), {"inputData": {"city": "NY"}})
    talk.post("parallel", "stream-legacy", talk.run_id(), {"inputData": {"n": 1}})
    talk.post("writer", "stream-legacy", talk.run_id(), {"inputData": {"events": 1}})
    talk.post("failing", "stream-legacy", talk.run_id(), {"inputData": {"kind": "error"}})
    talk.post("nested", "stream-legacy", talk.run_id(), {"inputData": {"n": 1}})
    talk.post("foreach", "stream-legacy", talk.run_id(), {"inputData": [1, 2]})


@scenario("1.0-beta")
def streams_by_their_first_name(talk: Talk) -> None:
    """1.0 beta has a second name for streams."""
    run_id = talk.run_id()
    talk.post("echo", "streamVNext", run_id, {"inputData": 1})
    talk.post("echo", "observe-streamVNext", run_id)
