"""The command's words for a run that may have died with its server."""

from __future__ import annotations

from mastra_sync import MastraClient, RunTimeout
from mastra_sync.cli.exits import Exit
from mastra_sync.cli.failures import CommandContext, explain
from mastra_sync.cli.server import Server
from mastra_sync.outages import ADVICE


def test_a_server_that_was_away() -> None:
    """The line says what is known, and what goes on with the run; how to wait for it comes last, as ever."""
    server = Server("http://h", "/api", ())
    with MastraClient("http://h") as client:
        context = CommandContext(server, client, "w", "r1", has_begun=True)
        late = RunTimeout(workflow_id="w", run_id="r1", last_status="running", waited=60, advice=ADVICE)
        stop = explain(late, context)
    assert stop.status is Exit.TIMEOUT
    first, second = str(stop).splitlines()
    assert first == f"run r1 of 'w' has not ended after 1 min 00 s. {ADVICE} It was left as it is; wait for it with"
    assert second.strip() == "mastra-sync result w r1 --wait --url http://h"
