"""Dynamic workflows as a client sends and reads them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mastra_sync import BadRequestError, InvalidArgument, ResponseFormatError, UnsupportedByServer, WorkflowNotFound
from mastra_sync.error_replies import Reply
from mastra_sync.request import Request
from tests.client.scripted import client_of, reply

GRAPH = [{"type": "sleep", "id": "s", "duration": 5}]
STORED = {
    "id": "dyn",
    "inputSchema": {"type": "object"},
    "outputSchema": {},
    "graph": GRAPH,
    "status": "active",
    "source": "storage",
    "createdAt": "2026-01-01T00:00:00.000Z",
}


def test_each_verb_has_its_route() -> None:
    """A definition goes as it is given, and comes back so."""

    def answer(request: Request) -> Any:
        if request.method == "POST":
            return {"ok": True, "id": "dyn", "dependencyIds": ["helper"]}
        if request.method == "DELETE":
            return {"success": True, "message": "Workflow dyn deleted"}
        return {"workflows": [STORED], "total": 1} if request.url.endswith("/workflows") else STORED

    client, sent = client_of(answer)
    helper = {"id": "helper", "inputSchema": {}, "outputSchema": {}, "graph": []}
    stored = client.upsert_dynamic_workflow(
        "dyn", input_schema={"type": "object"}, output_schema={}, graph=GRAPH, dependencies=[helper]
    )
    assert (stored.id, stored.dependency_ids) == ("dyn", ["helper"])
    assert [one.id for one in client.list_dynamic_workflows(status="archived", author_id="me")] == ["dyn"]
    dynamic = client.get_dynamic_workflow("a/b")
    details = dynamic.details()
    assert (details.graph, details.input_schema, details.status) == (GRAPH, {"type": "object"}, "active")
    assert details.created_at is not None
    assert dynamic.delete() == "Workflow dyn deleted"
    assert sent.routes == [
        "POST /stored/workflows",
        "GET /stored/workflows",
        "GET /stored/workflows/a%2Fb",
        "DELETE /stored/workflows/a%2Fb",
    ]
    assert json.loads(sent.requests[0].body or b"") == {
        "id": "dyn",
        "inputSchema": {"type": "object"},
        "outputSchema": {},
        "graph": GRAPH,
        "dependencies": [helper],
    }
    assert sent.requests[1].query == (("status", "archived"), ("authorId", "me"))


def test_what_is_wrong_with_a_graph_is_told() -> None:
    """Servers answer it with 500; it is the caller's mistake, and is not sent again."""
    message = 'Dynamic workflow "dyn" failed validation with 1 issue(s):\n- [empty-graph] graph: ...'
    client, sent = client_of(lambda _: reply({"error": message}, 500))
    with pytest.raises(BadRequestError, match="empty-graph"):
        client.upsert_dynamic_workflow("dyn", input_schema={}, output_schema={}, graph=[])
    assert len(sent.requests) == 1


def test_a_definition_that_there_is_not_is_a_workflow_that_there_is_not() -> None:
    """The server names the definition; the exception is that of any workflow."""
    client, _ = client_of(lambda _: reply({"error": 'Dynamic workflow "nope" not found'}, 404))
    with pytest.raises(WorkflowNotFound, match="nope"):
        client.get_dynamic_workflow("nope").details()


def test_mistakes_are_refused_before_anything_is_sent() -> None:
    """A status that there is not, and an id that no path can have."""
    client, sent = client_of(lambda _: STORED)
    with pytest.raises(InvalidArgument, match="did you mean 'archived'"):
        client.list_dynamic_workflows(status="archive")  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument, match="dynamic_workflow_id: must not be empty"):
        client.get_dynamic_workflow("")
    assert sent.requests == []


def test_older_servers_have_none() -> None:
    """They serve nothing there."""
    client, _ = client_of(lambda _: Reply(404, {}, b"404 Not Found"))
    with pytest.raises(UnsupportedByServer, match="upsert_dynamic_workflow is not supported"):
        client.upsert_dynamic_workflow("dyn", input_schema={}, output_schema={}, graph=[])


def test_all_active_runs_are_restarted_by_one_request() -> None:
    """It is about the workflow, has no body, and is never sent twice; an answer that says nothing is none."""
    client, sent = client_of(lambda _: {"message": "All active workflow runs restarted"})
    workflow = client.get_workflow("w")
    assert workflow.restart_all_active() == workflow.restart_all_active_async()
    assert sent.routes == [
        "POST /workflows/w/restart-all-active-workflow-runs",
        "POST /workflows/w/restart-all-active-workflow-runs-async",
    ]
    client, sent = client_of(lambda _: reply({"error": "boom"}, 500))
    with pytest.raises(Exception, match="boom"):
        client.get_workflow("w").restart_all_active_async()
    assert len(sent.requests) == 1
    client, _ = client_of(lambda _: {})
    with pytest.raises(ResponseFormatError, match="an object with a message was expected"):
        client.get_workflow("w").restart_all_active()


def test_a_request_context_goes_with_what_is_read() -> None:
    """As base64 of its JSON, in the query."""
    answers = iter([{"runs": [], "total": 0}, {"runId": "r", "status": "success"}, {}])
    client, sent = client_of(lambda _: next(answers))
    workflow = client.get_workflow("w")
    workflow.runs(request_context={"a": 1})
    workflow.run_by_id("r", request_context={"a": 1})
    client.list_workflow_run_counts(request_context={"a": 1})
    assert [dict(request.query)["requestContext"] for request in sent.requests] == ["eyJhIjogMX0="] * 3
