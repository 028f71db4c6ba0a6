"""What waits on real servers, over all workflows."""

from __future__ import annotations

import json
import uuid

from tests.live.cli.test_command import mastra_sync
from tests.live.server import LiveServer


def test_the_inbox_of_a_real_server(live_server: LiveServer) -> None:
    """A run that waits in a nested workflow is listed once, as the outermost workflow's; the given line answers it."""
    run_id = f"inbox-{uuid.uuid4()}"
    mastra_sync(live_server, "run", "deep-ask", "--run-id", run_id)
    (record,) = json.loads(mastra_sync(live_server, "inbox", run_id, "--json").out)
    assert (record["workflowId"], record["step"]) == ("deep-ask", "middle-ask.inner-ask.inner-q")
    arguments = record["command"].replace("STRING", "a").split()[1:]
    assert json.loads(mastra_sync(live_server, *arguments).out) == {"after": "a"}
