"""JSON objects that are not what was asked for: no run, no workflow, no list of runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mastra_sync import MastraClient, ResponseFormatError, Workflow
from tests.faults.scripted_runs import RUN_ID, WORKFLOW
from tests.faults.wire_server import WireServer, json_reply

OBJECTS: list[dict[str, Any]] = [{}, {"ok": True}, {"error": "no"}, {"data": {"status": "success"}}]

READS: dict[str, Callable[[Workflow], Any]] = {
    "details": lambda workflow: workflow.details(),
    "get_schema": lambda workflow: workflow.get_schema(),
    "runs": lambda workflow: workflow.runs(),
    "iter_runs": lambda workflow: list(workflow.iter_runs()),
    "run_by_id": lambda workflow: workflow.run_by_id(RUN_ID),
    "run_by_id of fields": lambda workflow: workflow.run_by_id(RUN_ID, fields=["result"]),
    "run_execution_result": lambda workflow: workflow.run_execution_result(RUN_ID),
}


@pytest.mark.parametrize("answer", OBJECTS, ids=repr)
@pytest.mark.parametrize("name", READS)
def test_what_reads_takes_no_other_object(
    server: WireServer, client: MastraClient, name: str, answer: dict[str, Any]
) -> None:
    """Neither an empty run, nor a workflow without a name, nor an empty list is made of it."""
    server.on("GET", "", json_reply(answer))
    with pytest.raises(ResponseFormatError, match="not what Mastra answers here"):
        READS[name](client.get_workflow(WORKFLOW))


@pytest.mark.parametrize("row", [{}, {"runId": "r"}, {"snapshot": {}}, {"snapshot": "{}", "runId": "r"}], ids=repr)
def test_a_row_that_is_no_run(server: WireServer, client: MastraClient, row: dict[str, Any]) -> None:
    """Each row of a list must tell of a run."""
    server.on("GET", "/runs", json_reply({"runs": [row], "total": 1}))
    with pytest.raises(ResponseFormatError, match=r"runs\.0: .*no run"):
        client.get_workflow(WORKFLOW).runs()


def test_a_workflow_in_a_list_that_is_none(server: WireServer, client: MastraClient) -> None:
    """A list of workflows may be empty; what is in it must be workflows."""
    server.on("GET", "/workflows", json_reply({}), json_reply({"w": {}}))
    assert client.list_workflows() == {}
    with pytest.raises(ResponseFormatError, match=r"w: .*no workflow"):
        client.list_workflows()
