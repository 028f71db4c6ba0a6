"""Two scripts that join one pending run at the same moment: what real servers make of two starts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from mastra_sync import MastraClient, Run
from mastra_sync.run_api import RunApi
from tests.live.server import LiveServer


class Late(Run):
    """A handle that looks how its run stands, and goes on when the other one has looked too."""

    def __init__(self, api: RunApi, both_have_looked: threading.Barrier) -> None:
        super().__init__(api, fresh=False)
        self._both_have_looked: threading.Barrier | None = both_have_looked

    def _start_command(self, *arguments: Any) -> Any:
        command = super()._start_command(*arguments)
        both_have_looked, self._both_have_looked = self._both_have_looked, None
        if both_have_looked is not None:
            both_have_looked.wait(60)
        return command


def start(run: Run) -> bool:
    return run.start_async({"n": 1}, if_started="join").ok


def stream(run: Run) -> bool:
    return run.stream({"n": 1}, if_started="join").result().ok


@pytest.mark.parametrize("join", [start, stream])
def test_both_start_it(client: MastraClient, live_server: LiveServer, join: Callable[[Run], bool]) -> None:
    """Servers take both starts, and execute the run twice; current ones execute the first stream only."""
    run = client.get_workflow("three").create_run()
    both_have_looked = threading.Barrier(2)
    handles = [Late(run.api, both_have_looked) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        assert all(pool.map(join, handles))
    times = 1 if join is stream and live_server.generation == "current" else 2
    assert live_server.executions(run.run_id) == {"t1": times, "t2": times, "t3": times}
