"""What waits on real servers, over all workflows."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import uuid
from pathlib import Path

import pytest

from mastra_sync import MastraClient, RunsNotListed, ServerError
from mastra_sync.cli.exits import Exit
from tests.live.cli.test_command import mastra_sync
from tests.live.conftest import StartServer
from tests.live.server import LiveServer


def test_the_inbox_of_a_real_server(live_server: LiveServer) -> None:
    """A run that waits in a nested workflow is listed once, as the outermost workflow's; the given line answers it."""
    run_id = f"inbox-{uuid.uuid4()}"
    mastra_sync(live_server, "run", "deep-ask", "--run-id", run_id)
    (record,) = json.loads(mastra_sync(live_server, "inbox", run_id, "--json").out)
    assert (record["workflowId"], record["step"]) == ("deep-ask", "middle-ask.inner-ask.inner-q")
    arguments = record["command"].replace("STRING", "a").split()[1:]
    assert json.loads(mastra_sync(live_server, *arguments).out) == {"after": "a"}


def test_a_record_that_cannot_be_read(live_server: LiveServer, start_server: StartServer, tmp_path: Path) -> None:
    """One such record has a server list no run of its workflow; those of the others are listed, and it is named."""
    database = tmp_path / "mastra.db"
    server = start_server(live_server.generation, database=database)
    with MastraClient(server.base_url, token="") as client:
        for workflow in ("asker", "deep-ask"):
            client.get_workflow(workflow).execute({}, run_id=f"r-{workflow}")
        with contextlib.closing(sqlite3.connect(database)) as connection, connection:
            connection.execute("UPDATE mastra_workflow_snapshot SET snapshot = '{' WHERE workflow_name = 'asker'")
        runs = client.iter_suspended()
        assert next(runs).workflow_id == "deep-ask"
        with pytest.raises(RunsNotListed) as caught:
            next(runs)
    assert (list(caught.value.failures), caught.value.withheld) == (["asker"], [])
    assert isinstance(caught.value.failures["asker"], ServerError)
    ended = mastra_sync(server, "inbox", "--json")
    assert (ended.status, [record["runId"] for record in json.loads(ended.out)]) == (Exit.SERVER, ["r-deep-ask"])
    assert "'asker': " in ended.err
    assert "malformed JSON" in ended.err
