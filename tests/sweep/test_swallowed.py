"""Scripts that swallow what goes wrong, or their own end: a sweep that showed nothing would pass them."""

from __future__ import annotations

from mastra_sync import MastraClient
from pytest_mastra import FakeMastra, InProcess
from pytest_mastra.sweep.invariants import allowance_of, find_undone
from tests.suites_in_folders import RunSuite
from tests.sweep.scripts import CAREFUL, CONFTEST

SWALLOWING = (
    CAREFUL
    + """
import asyncio
import threading

def quietly(errors, client):
    try:
        careful(client)
    except errors:
        pass

@pytest.mark.mastra_sweep(faults="refused")
def test_1_errors(mastra_client):
    quietly(Exception, mastra_client)

@pytest.mark.mastra_sweep(faults="killed")
def test_2_its_own_end(mastra_client):
    quietly(BaseException, mastra_client)

@pytest.mark.mastra_sweep(faults="killed")
def test_3_in_a_thread(mastra_client):
    done = []
    thread = threading.Thread(target=lambda: done.append(careful(mastra_client)))
    thread.start()
    thread.join()
    assert done

@pytest.mark.mastra_sweep(faults=["killed", "refused"])
def test_4_in_a_thread_that_is_waited_for(mastra_client):
    async def main():
        await asyncio.to_thread(careful, mastra_client)

    asyncio.run(main())

@pytest.mark.mastra_sweep(faults="refused", accept="*:refused")
def test_5_on_purpose(mastra_client):
    quietly(Exception, mastra_client)

@pytest.mark.mastra_sweep(faults="server_died")
def test_6_an_answer_that_dies_with_its_server(mastra_client):
    run = mastra_client.get_workflow("expense").create_run("e-1")
    with run.stream({}, if_started="join", on_gap="follow") as events:
        result = events.result()
    if result.suspensions:
        answer = run.resume_stream({"by": "Ines"}, step=result.suspensions[0], if_answered="join", on_gap="follow")
        with answer as events:
            events.result().raise_for_status()
"""
)


def test_what_was_left_undone_is_told(run_suite: RunSuite) -> None:
    """A start that came to nothing fails the point; a script that was killed is run again."""
    result = run_suite(SWALLOWING, "-v", "-W", "ignore", conftest=CONFTEST)
    result.assert_outcomes(passed=5, failed=1)
    said = result.stdout.str()
    assert "test_1_errors" in said
    assert "'expense' was not started, and the script ended as if all were well" in said
    assert said.count("'expense' was not answered") == 1
    assert "resume_async#1:refused  'expense' was not answered, and the script ended as..." in said
    result.stdout.fnmatch_lines(["  killed_before * passed when run again", "  killed_after * passed when run again"])
    assert said.count("  killed_before  ") == 3
    assert "passed, " not in "".join(line for line in said.splitlines() if line.startswith("  killed_"))


def test_how_much_was_left_undone() -> None:
    """Counted by workflow, for ids may be made up anew; what is done more often is told elsewhere."""

    def done(starts: int) -> FakeMastra:
        server = FakeMastra()
        server.workflow("tea").returns({})
        with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as client:
            for _ in range(starts):
                client.get_workflow("tea").execute({})
        return server

    one, three = (allowance_of([done(starts)], 0) for starts in (1, 3))
    assert list(find_undone(one, three)) == ["'tea' was started 1 of 3 times, and the script ended as if all were well"]
    assert list(find_undone(three, one)) == []
