"""A fake that serves for long: it forgets the finished runs beyond a limit, and nothing else."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator

import pytest

from mastra_sync import MastraClient, RunNotFound
from pytest_mastra.fake.api.handlers import FINISHED
from pytest_mastra.fake.engine.recent import Recent
from pytest_mastra.fake.fronts.in_process import InProcess
from pytest_mastra.fake.server import FakeMastra

KEEP = 3


@pytest.fixture(params=["current", "1.2", "1.0-beta"])
def server(request: pytest.FixtureRequest) -> FakeMastra:
    server = FakeMastra(generation=request.param)
    server.keep = KEEP
    server.workflow("report").returns(lambda ctx: ctx.input_data)
    server.workflow("broken").fails("boom")
    server.workflow("approval").suspends("ask", {"why": "?"}).then_returns({"ok": True})
    inner = server.workflow("inner", listed=False).returns(1)
    server.workflow("outer").then(inner).commit()
    return server


@pytest.fixture
def client(server: FakeMastra) -> Iterator[MastraClient]:
    with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as client:
        yield client


def ids_of(client: MastraClient, workflow: str) -> list[str | None]:
    return [run.run_id for run in client.get_workflow(workflow).runs()]


def test_the_latest_finished_runs_are_kept(server: FakeMastra, client: MastraClient) -> None:
    """Of all workflows together, by when they ended; one that is forgotten is not found."""
    reports = [client.get_workflow("report").execute({"n": number}).run_id for number in range(5)]
    broken = client.get_workflow("broken").execute({}).run_id
    assert ids_of(client, "report") == [reports[4], reports[3]]
    assert ids_of(client, "broken") == [broken]
    assert [run.run_id for run in server.runs("report")] == reports[3:]
    with pytest.raises(RunNotFound):
        client.get_workflow("report").run_by_id(str(reports[0]))


def test_what_is_not_finished_is_kept(client: MastraClient) -> None:
    """Runs that wait for an answer or for their start are not forgotten, however many others end."""
    approval = client.get_workflow("approval")
    waiting = approval.create_run()
    assert waiting.start_async({}).status == "suspended"
    pending = client.get_workflow("report").create_run()
    for number in range(10):
        client.get_workflow("report").execute({"n": number})
    assert waiting.resume_async({"yes": True}).result == {"ok": True}
    assert pending.start_async({"n": 10}).result == {"n": 10}


def test_a_run_that_goes_on_is_no_finished_one(client: MastraClient) -> None:
    """One that is sent back in time counts again from when it ends again."""
    report = client.get_workflow("report")
    first = report.create_run()
    first.start_async({"n": 0})
    others = [report.execute({"n": number}).run_id for number in (1, 2)]
    first.start_async({"n": 3}, again=True)
    last = report.execute({"n": 4}).run_id
    assert set(ids_of(client, "report")) == {others[1], first.run_id, last}


def test_nested_runs_are_forgotten_too(server: FakeMastra, client: MastraClient) -> None:
    """Nothing of what is kept for a run grows beyond the limit."""
    for _ in range(10):
        client.get_workflow("outer").execute({})
    assert len(server.state.store.with_status(*FINISHED)) == KEEP
    assert len(server.runs("outer")) <= KEEP


def test_requests_are_kept_up_to_the_limit(server: FakeMastra, client: MastraClient) -> None:
    """The latest are there, and how many there were is known."""
    for _ in range(10):
        client.list_workflows()
    assert [request.verb for request in server.requests] == ["list_workflows"] * KEEP
    assert server.journal.requests.total == 10


def test_memory_does_not_grow(client: MastraClient) -> None:
    """Runs that were forgotten leave no room taken, least of all that of what they hold."""
    report = client.get_workflow("report")

    def room_after_fifty_runs() -> int:
        for number in range(50):
            report.execute({"n": number, "text": "x" * 5000})
        gc.collect()  # what nobody keeps takes no room
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        first, second, third = room_after_fifty_runs(), room_after_fifty_runs(), room_after_fifty_runs()
    finally:
        tracemalloc.stop()
    # what is kept for good grows each time; caches of libraries, which have limits, by leaps
    assert min(second - first, third - second) < 50 * 2500


def test_without_a_limit_everything_is_kept(client: MastraClient, server: FakeMastra) -> None:
    """A test looks at all that happened in it."""
    server.keep = None
    for number in range(10):
        client.get_workflow("report").execute({"n": number})
    assert len(server.runs("report")) == 10
    assert len(server.requests) == server.journal.requests.total


@pytest.mark.parametrize(("limit", "known", "news"), [(None, 2, "cde"), (4, 2, "cde"), (2, 2, "de"), (2, 5, "")])
def test_news_of_a_list_that_forgets(limit: int | None, known: int, news: str) -> None:
    """What was added since one looked is given as far as it is there, and never twice."""
    letters: Recent[str] = Recent()
    letters.limit = limit
    for letter in "abcde":
        letters.append(letter)
    assert letters.since(known) == (list(news), 5)


def test_what_is_stored_is_the_same_later_too() -> None:
    """What a current server does not store is not there in a list of many runs either."""
    server = FakeMastra()
    server.workflow("w").then(server.step("echo", lambda ctx: ctx.input_data)).commit()
    with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as client:
        for _ in range(70):
            client.get_workflow("w").create_run().start_async({"__proto__": {"x": 1}, "a": 2})
        rows = client.get_workflow("w").runs().runs
    assert [row.input_data for row in rows] == [{"a": 2}] * 70
