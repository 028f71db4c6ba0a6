"""Runs of real servers, recorded as tests, and compared."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

from mastra_sync import MastraClient
from tests.live.cli.test_command import mastra_sync
from tests.live.server import LiveServer


def test_a_run_becomes_a_test(live_server: LiveServer, tmp_path: Path) -> None:
    """A run that was answered in a nested workflow makes a test that passes; another answer is a difference."""
    with MastraClient(live_server.base_url) as client:
        workflow = client.get_workflow("payload-nested")
        for number in (1, 2):
            run = workflow.create_run(f"record-{number}")
            run.start_async({})
            run.resume_async({"ok": number})
    recorded = mastra_sync(live_server, "record", "payload-nested", "record-1", "--output", str(tmp_path))
    assert recorded.status == 0, recorded.err
    path = Path(recorded.out.splitlines()[-1])
    runpy.run_path(str(path))[path.stem]()
    compared = mastra_sync(live_server, "diff", "payload-nested", "record-1", "record-2", "--json")
    found = json.loads(compared.out)["differences"]
    assert (compared.status, found[0]["first"], found[0]["second"]) == (1, 1, 2)
