"""A batch of runs on a real server, killed by the system again and again, and run again each time."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.live.http_calls import new_run_id
from tests.live.server import LiveServer

RUNS = 20
BATCH = """
import sys
from mastra_sync import MastraClient
from tests.faults.killed import Kill, kill_this_process

url, batch, runs, number, side = sys.argv[1:]
kill = Kill(int(number), side == "after", kill_this_process)
with MastraClient(url, adapter=kill) as client:
    inputs = [{"city": f"city {number}"} for number in range(int(runs))]
    results = client.get_workflow("city-workflow").map(inputs, run_ids=lambda given: f"{batch}-{given['city']}")
    print(sum(result.raise_for_status().ok for result in results))
"""

# the first requests make and look at runs, those after them start and wait
KILLS = [(3, "after"), (20, "before"), (45, "after")]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal")
def test_a_batch_that_is_killed_goes_on_where_it_was(current_server: LiveServer) -> None:
    """Each of its runs is executed once, however many attempts it took."""
    batch = new_run_id()

    def attempt(number: int, side: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", BATCH, current_server.base_url, batch, str(RUNS), str(number), side]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    assert [attempt(number, side).returncode for number, side in KILLS] == [-9] * len(KILLS)
    done = attempt(0, "")
    assert (done.returncode, done.stdout) == (0, f"{RUNS}\n"), done.stderr
    executed = [current_server.executions(f"{batch}-city {number}") for number in range(RUNS)]
    assert [set(counts.values()) for counts in executed] == [{1}] * RUNS
