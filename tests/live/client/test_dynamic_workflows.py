"""Dynamic workflows on real servers, and all active runs restarted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mastra_sync import BadRequestError, MastraClient, UnsupportedByServer, WorkflowNotFound
from tests.live.http_calls import new_run_id
from tests.live.server import LiveServer

NUMBER = {"type": "object", "properties": {"n": {"type": "number"}}, "required": ["n"]}
PICKED: list[dict[str, Any]] = [
    {"type": "mapping", "id": "pick", "mapConfig": json.dumps({"n": {"initData": True, "path": "n"}})},
    {"type": "sleep", "id": "rest", "duration": 1},
]


def test_a_definition_is_stored_run_and_deleted(client: MastraClient, generation: str) -> None:
    """Its workflow is offered at once; what is wrong with a graph is the caller's; older servers have none of it."""
    id_ = new_run_id()
    if generation != "current":
        with pytest.raises(UnsupportedByServer, match="list_dynamic_workflows"):
            client.list_dynamic_workflows()
        return
    helper_id = f"{id_}-helper"
    helper = {"id": helper_id, "inputSchema": NUMBER, "outputSchema": NUMBER, "graph": PICKED[:1]}
    nested = {"type": "workflow", "id": "nested", "workflowId": helper_id}
    stored = client.upsert_dynamic_workflow(
        id_, input_schema=NUMBER, output_schema=NUMBER, graph=[*PICKED, nested], description="d", dependencies=[helper]
    )
    assert (stored.id, stored.dependency_ids) == (id_, [helper_id])
    details = client.get_dynamic_workflow(id_).details()
    assert (details.graph, details.description, details.input_schema) == ([*PICKED, nested], "d", NUMBER)
    assert {one.id for one in client.list_dynamic_workflows()} >= {id_, helper_id}
    assert client.get_workflow(id_).execute({"n": 3}).result == {"n": 3}
    for one in (id_, helper_id):
        assert client.get_dynamic_workflow(one).delete() == f"Workflow {one} deleted"
    with pytest.raises(WorkflowNotFound, match="Dynamic workflow"):
        client.get_dynamic_workflow(id_).details()
    with pytest.raises(WorkflowNotFound, match="Workflow not found"):
        client.get_workflow(id_).details()
    with pytest.raises(BadRequestError, match="is not a registered workflow"):
        client.upsert_dynamic_workflow(id_, input_schema=NUMBER, output_schema=NUMBER, graph=[nested])


def test_all_active_runs_go_on_with_the_next_server(live_server: LiveServer, tmp_path: Path) -> None:
    """What was at work when the server died is executed again, all of it by one call, and waited for."""
    generation, database = live_server.generation, tmp_path / "mastra.db"
    gate = new_run_id()
    with LiveServer(generation, database=database) as server:
        runs = [MastraClient(server.base_url, token="").get_workflow("slow").create_run() for _ in range(2)]
        for run in runs:
            run.start({"gate": gate})
        server.wait_for_gate(gate, count=2)
        server.kill()
    with LiveServer(generation, database=database) as server, MastraClient(server.base_url, token="") as client:
        slow = client.get_workflow("slow")
        server.open_gate(gate)
        assert slow.restart_all_active_async(timeout=60) == "All active workflow runs restarted"
        assert [slow.run_by_id(run.run_id).result for run in runs] == [{"done": True}] * 2
        assert slow.restart_all_active() == "All active workflow runs restarted"
