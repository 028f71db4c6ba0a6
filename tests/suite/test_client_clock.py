"""A fake's time as one client of it has it."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from mastra_sync import MastraClient
from mastra_sync.deadline import Clock
from pytest_mastra import VirtualClock
from pytest_mastra.suite.client_clock import ClientClock
from tests.suites_in_folders import RunSuite


def test_a_wait_moves_the_fake() -> None:
    """What a client waits passes for it and for the fake."""
    fake = VirtualClock()
    began = fake.now()
    client = ClientClock(fake)
    assert client.monotonic() == began
    client.sleep(30)
    assert (client.monotonic() - began, fake.now() - began) == (30, 30)


def test_what_others_wait_for_is_not_waited_for() -> None:
    """Neither what runs skip nor what another client waits for is this client's time."""
    fake = VirtualClock()
    began = fake.now()
    one, other = ClientClock(fake), ClientClock(fake)
    other.sleep(30)
    fake.advance(3600)
    assert (one.monotonic() - began, other.monotonic() - began, fake.now() - began) == (0, 30, 3630)


def test_a_wait_for_bytes_is_waited_for_by_who_reads() -> None:
    """A socket that lets the fake's time pass takes of the patience of the thread that reads from it, and no other."""
    fake = VirtualClock()
    client = ClientClock(fake)
    began = client.monotonic()
    fake.sleep(60)
    assert client.monotonic() - began == 60
    with ThreadPoolExecutor(1) as other:
        assert other.submit(client.monotonic).result() == began
    assert ClientClock(fake).monotonic() == fake.now()


COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda value: pickle.loads(pickle.dumps(value)),
}
OF_A_WORKER = "import pickle, sys; print(type(pickle.load(sys.stdin.buffer).api.clock).__name__)"


@pytest.mark.parametrize("make", [ClientClock, lambda fake: fake], ids=["of a fixture", "of a server"])
@pytest.mark.parametrize("way", COPIES)
def test_a_copied_client_is_on_the_same_fake(way: str, make: Callable[[VirtualClock], Clock]) -> None:
    """A client that is copied or pickled within a process waits in the same virtual time."""
    fake = VirtualClock()
    again = COPIES[way](MastraClient("http://mastra.test", clock=make(fake)))
    before = fake.now()
    again.api.clock.sleep(30)
    assert fake.now() - before == 30


@pytest.mark.parametrize("make", [ClientClock, lambda fake: fake], ids=["of a fixture", "of a server"])
def test_a_client_in_another_process_has_real_time(make: Callable[[VirtualClock], Clock]) -> None:
    """There is no fake there whose time it could move."""
    data = pickle.dumps(MastraClient("http://mastra.test", clock=make(VirtualClock())))
    done = subprocess.run([sys.executable, "-c", OF_A_WORKER], input=data, capture_output=True, check=False)
    assert (done.stdout.strip(), done.stderr) == (b"SystemClock", b"")


def test_clients_wait_in_virtual_time(run_suite: RunSuite) -> None:
    """A run that goes on for longer than a script is patient ends the script's wait, at once in reality."""
    result = run_suite("""
        import time

        import pytest

        from mastra_sync import MastraClient, RunTimeout
        from pytest_mastra import Seconds

        def wait(timeout):
            with MastraClient() as client:
                run = client.get_workflow("slow").create_run()
                run.start({})
                return run.wait(timeout=timeout)

        def test_it(mastra_server):
            mastra_server.workflow("slow", pace=Seconds(600)).returns({})
            began = time.monotonic()
            assert wait(timeout=3600).ok
            with pytest.raises(RunTimeout):
                wait(timeout=300)
            assert time.monotonic() - began < 60
    """)
    result.assert_outcomes(passed=1)
