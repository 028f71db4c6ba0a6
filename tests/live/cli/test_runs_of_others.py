"""Commands about runs that others have started, on real servers."""

from __future__ import annotations

import json
import uuid

from tests.live.cli.test_command import mastra_sync
from tests.live.server import LiveServer


def test_watch_time_travel_and_delete(live_server: LiveServer) -> None:
    """A run is watched to its end, executed again from a step with another input, and its record deleted."""
    run_id = f"others-{uuid.uuid4()}"
    mastra_sync(live_server, "run", "city-workflow", "city=NY", "--run-id", run_id)
    watched = mastra_sync(live_server, "watch", "city-workflow", run_id)
    assert (watched.status, json.loads(watched.out)) == (0, {"text": "NY: 2"})
    assert watched.err.count(" succeeded after ") == 2
    again = ["time-travel", "city-workflow", run_id, "report", "city=Rome", "temperature=30"]
    travelled = mastra_sync(live_server, *again)
    assert (travelled.status, json.loads(travelled.out)) == (0, {"text": "Rome: 30"})
    deleted = [mastra_sync(live_server, "delete", "city-workflow", run_id).status for _ in range(2)]
    assert deleted == [0, 2]
