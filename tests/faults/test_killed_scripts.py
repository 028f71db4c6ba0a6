"""`expenses.py` killed around each of its requests, and run again; and what its naive twin does then."""

from __future__ import annotations

import subprocess
import sys

import pytest
import requests

from mastra_sync import InputMismatch, MastraClient
from pytest_mastra import FakeMastra
from tests.examples import expenses, naive_expenses
from tests.examples.conftest import expense  # noqa: F401 - the workflow, declared for each test
from tests.examples.expenses import pay
from tests.faults.killed import Kill, Killed

SOFA = (900, "a sofa")
REQUESTS = 7
"""How many requests it takes to pay an expense that somebody is asked about."""

PLACES = [(number, side) for number in range(1, REQUESTS + 1) for side in ("before", "after")]


def test_these_are_all_places(mastra_server: FakeMastra) -> None:
    """The script makes as many requests as the places below are before and after."""
    with MastraClient(adapter=(kill := Kill())) as client:
        assert pay(client, *SOFA, number="e-1").ok
    assert kill.sent == REQUESTS


@pytest.mark.parametrize(("number", "side"), PLACES)
def test_killed_anywhere_and_run_again_it_pays_once(
    mastra_client: MastraClient, mastra_server: FakeMastra, number: int, side: str
) -> None:
    """The run is started once and answered once, and every step of it is executed once."""
    kill = Kill(number, side == "after")
    with pytest.raises(Killed), MastraClient(adapter=kill) as client:
        pay(client, *SOFA, number="e-1")
    result = pay(mastra_client, *SOFA, number="e-1")
    assert result.result == {"paid": 900, "approvedBy": "Ines"}
    [run] = mastra_server.runs("expense")
    assert (len(run.starts), len(run.resumes)) == (1, 1)


def test_the_number_of_another_expense_is_refused(mastra_client: MastraClient) -> None:
    """It would go on with an expense that is not meant."""
    assert pay(mastra_client, *SOFA, number="e-1").ok
    with pytest.raises(InputMismatch) as caught:
        pay(mastra_client, 90, "a lamp", number="e-1")
    assert caught.value.paths == ["amount", "purpose"]


KILLED = """
import sys
from mastra_sync import MastraClient
from tests.examples.expenses import pay
from tests.faults.killed import Kill, kill_this_process

with MastraClient(adapter=Kill(int(sys.argv[1]), sys.argv[2] == "after", kill_this_process)) as client:
    pay(client, 900, "a sofa", number="e-1")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal")
@pytest.mark.parametrize(("number", "side"), [(2, "after"), (3, "after"), (7, "before"), (7, "after")])
def test_a_process_that_is_killed_and_run_again_pays_once(
    mastra_socket_server: FakeMastra, number: int, side: str
) -> None:
    """A process that is killed by the system recovers as one that an exception ended."""
    done = subprocess.run([sys.executable, "-c", KILLED, str(number), side], timeout=60, check=False)
    assert done.returncode == -9
    again = subprocess.run(
        [sys.executable, expenses.__file__, "900", "a sofa", "e-1"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert again.stdout == "paid 900 for a sofa\n"
    [run] = mastra_socket_server.runs("expense")
    assert (len(run.starts), len(run.resumes)) == (1, 1)


def test_the_naive_twin_pays_too(mastra_server: FakeMastra) -> None:
    """Where nothing goes wrong, both scripts do the same."""
    assert naive_expenses.pay(*SOFA)["result"] == {"paid": 900, "approvedBy": "Ines"}


def test_the_naive_twin_starts_twice(mastra_server: FakeMastra) -> None:
    """An answer that was lost is an error to it, and it sends the start once more."""
    mastra_server.faults.on("start_async", nth=1).reset(after_effect=True)
    assert naive_expenses.pay(*SOFA)["result"] == {"paid": 900, "approvedBy": "Ines"}
    [run] = mastra_server.runs("expense")
    assert len(run.starts) == 2


def test_the_naive_twin_gives_up_what_is_done(mastra_server: FakeMastra) -> None:
    """The answer that it sends again is refused, for the expense is paid."""
    mastra_server.faults.on("resume_async", nth=1).reset(after_effect=True)
    with pytest.raises(requests.HTTPError):
        naive_expenses.pay(*SOFA)
    [run] = mastra_server.runs("expense")
    assert (run.status, len(run.resumes)) == ("success", naive_expenses.ATTEMPTS)
