"""Runs whose end Postgres cannot store: they stay `running`, and look like one whose step takes long."""

from __future__ import annotations

import pytest

from mastra_sync import MastraClient, RunTimeout, ServerError
from tests.live.client.hurried_clock import HurriedClock
from tests.live.conftest import StartServer

pytestmark = pytest.mark.hosts


def test_a_wait_says_what_may_be(shared_server: StartServer) -> None:
    """Whoever waits is told where the reason stands; whoever starts and waits at once is told the reason."""
    with MastraClient(shared_server("postgres").base_url, token="", clock=HurriedClock()) as client:
        workflow = client.get_workflow("unwritable")
        run = workflow.create_run()
        run.start({})
        with pytest.raises(RunTimeout, match=r"so does a run whose end could not be stored \(a BigInt, say\)"):
            run.wait(timeout=60)
        with pytest.raises(ServerError, match="BigInt"):
            workflow.create_run().start_async({})
