"""The workflows of real servers, exported and run on a fake."""

from __future__ import annotations

import runpy
from pathlib import Path

from mastra_sync import MastraClient
from pytest_mastra.fake.fronts.in_process import InProcess
from tests.live.cli.test_command import mastra_sync
from tests.live.server import LiveServer


def test_the_fake_of_a_real_server(live_server: LiveServer, tmp_path: Path) -> None:
    """The files that are written are a fake that runs as they are, each step with an example of its output."""
    assert mastra_sync(live_server, "export", "--to", str(tmp_path)).status == 0
    server = runpy.run_path(str(tmp_path / "fakes.py"))["server"]
    with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as client:
        assert client.get_workflow("city-workflow").execute({"city": "NY"}).result == {"text": ""}
