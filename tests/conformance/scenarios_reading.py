"""What can be read without moving anything."""

from __future__ import annotations

from tests.conformance.conversation import Conversation
from tests.conformance.corpus import CURRENT, scenario


@scenario()
def details_of_each_workflow(conversation: Conversation) -> None:
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
        conversation.call("GET", f"/workflows/{workflow}")


@scenario()
def details_with_made_up_ids(conversation: Conversation) -> None:
    """Sleeps and mappings."""
    conversation.call("GET", "/workflows/mapped")
    conversation.call("GET", "/workflows/sleep")
    conversation.call("GET", "/workflows/sleep-until")


@scenario()
def head_is_get_without_body(conversation: Conversation) -> None:
    """HEAD works wherever GET does."""
    conversation.call("HEAD", "/workflows/three")
    conversation.call("HEAD", "/workflows/nope")


@scenario("current", "1.2")
def fields_of_a_run(conversation: Conversation) -> None:
    """Run-by-id gives the fields that are asked for."""
    run_id, failed, pending = conversation.run_id(), conversation.run_id(), conversation.run_id()
    conversation.post("stateful", "start-async", run_id, {"inputData": {}, "initialState": {"count": 1, "notes": []}})
    conversation.post("failing", "start-async", failed, {"inputData": {"kind": "string"}})
    conversation.post("three", "create-run", pending)
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
        conversation.read_run("stateful", run_id, query)
    conversation.read_run("failing", failed, "?fields=error")
    conversation.read_run("failing", failed, "?fields=result,payload")
    conversation.read_run("three", pending, "?fields=result,steps,payload")


@scenario("current", "1.2")
def pages_of_runs(conversation: Conversation) -> None:
    """A page needs its number and its size."""
    owner = conversation.run_id()
    for number in range(3):
        conversation.post("echo", "start-async", conversation.run_id(), {"inputData": number, "resourceId": owner})
    for query in (
        "perPage=2&page=0",
        "perPage=2&page=1",
        "perPage=2&page=5",
        "limit=2&offset=2",
        "limit=2&offset=1",
    ):
        conversation.call("GET", f"/workflows/echo/runs?resourceId={owner}&{query}")
    for query in ("perPage=2", "page=1", "limit=1", "offset=1"):
        conversation.call("GET", f"/workflows/echo/runs?resourceId={owner}&{query}")


@scenario()
def pages_refused(conversation: Conversation) -> None:
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
        conversation.call("GET", f"/workflows/tripwire/runs?{query}")


@scenario("current", "1.2")
def filters_of_runs(conversation: Conversation) -> None:
    """Runs by status, owner and date."""
    owner = conversation.run_id()
    ended, suspended, pending = conversation.run_id(), conversation.run_id(), conversation.run_id()
    conversation.post("asker", "start-async", suspended, {"inputData": {"n": 1}, "resourceId": owner})
    conversation.post("asker", "start-async", ended, {"inputData": {"n": 2}, "resourceId": owner})
    conversation.post("asker", "resume-async", ended, {"resumeData": {"answer": "a"}})
    conversation.post("asker", "create-run", pending, {"resourceId": owner})
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
        conversation.call("GET", f"/workflows/asker/runs?resourceId={owner}&{query}")


@scenario("1.0-beta")
def execution_results(conversation: Conversation) -> None:
    """1.0 beta tells of a run in a route of its own."""
    ended, failed, suspended, pending = (
        conversation.run_id(),
        conversation.run_id(),
        conversation.run_id(),
        conversation.run_id(),
    )
    conversation.post("three", "start-async", ended, {"inputData": {"i": 1}})
    conversation.call("GET", f"/workflows/three/runs/{ended}/execution-result")
    conversation.post("failing", "start-async", failed, {"inputData": {"kind": "error"}})
    conversation.call("GET", f"/workflows/failing/runs/{failed}/execution-result")
    conversation.post("nested-ask", "start-async", suspended, {"inputData": {}})
    conversation.call("GET", f"/workflows/nested-ask/runs/{suspended}/execution-result")
    conversation.post("three", "create-run", pending)
    conversation.call("GET", f"/workflows/three/runs/{pending}/execution-result")
    conversation.call("GET", f"/workflows/three/runs/{conversation.run_id()}/execution-result")
    conversation.call("GET", f"/workflows/nope/runs/{ended}/execution-result")


@scenario("1.2")
def no_execution_results(conversation: Conversation) -> None:
    """Later servers have no such route."""
    conversation.call("GET", "/workflows/three/runs/x/execution-result")
    conversation.call("GET", "/workflows/run-counts")


@scenario(*CURRENT)
def no_old_routes(conversation: Conversation) -> None:
    """Current servers have no route of 1.0 beta's own."""
    conversation.call("GET", "/workflows/three/runs/x/execution-result")
    conversation.call("POST", "/workflows/three/streamVNext?runId=x", {})


@scenario()
def legacy_stream(conversation: Conversation) -> None:
    """The streams of old."""
    conversation.post("city-workflow", "stream-legacy", conversation.run_id(), {"inputData": {"city": "NY"}})
    conversation.post("parallel", "stream-legacy", conversation.run_id(), {"inputData": {"n": 1}})
    conversation.post("writer", "stream-legacy", conversation.run_id(), {"inputData": {"events": 1}})
    conversation.post("failing", "stream-legacy", conversation.run_id(), {"inputData": {"kind": "error"}})
    conversation.post("nested", "stream-legacy", conversation.run_id(), {"inputData": {"n": 1}})
    conversation.post("foreach", "stream-legacy", conversation.run_id(), {"inputData": [1, 2]})


@scenario("1.0-beta")
def streams_by_their_first_name(conversation: Conversation) -> None:
    """1.0 beta has a second name for streams."""
    run_id = conversation.run_id()
    conversation.post("echo", "streamVNext", run_id, {"inputData": 1})
    conversation.post("echo", "observe-streamVNext", run_id)
