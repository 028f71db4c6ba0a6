"""`iter_suspended`: the runs of all workflows that wait, each once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mastra_sync import MastraClient
from pytest_mastra import FakeMastra, StepContext
from pytest_mastra.fake.fronts.in_process import InProcess


def ask(context: StepContext) -> None:
    context.suspend({"question": "ok?"})


@pytest.fixture(params=["current", "1.2", "1.0-beta"])
def server(request: pytest.FixtureRequest) -> FakeMastra:
    """A server on which a workflow that asks stands by itself, in another one, and in that one's."""
    server = FakeMastra(generation=request.param)
    inner = server.workflow("inner").then(server.step("ask", ask)).commit()
    middle = server.workflow("middle").then(inner).commit()
    server.workflow("a-done").returns({})
    server.workflow("other").then(server.step("ask", ask)).commit()
    server.workflow("outer").then(middle).commit()
    server.workflow("each").foreach(inner, concurrency=2).commit()
    return server


@pytest.fixture
def client(server: FakeMastra) -> Iterator[MastraClient]:
    with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as client:
        yield client


def test_each_run_is_given_once(client: MastraClient) -> None:
    """The stored runs of nested workflows are left out, those that were started by themselves are not."""
    for workflow in ("inner", "middle", "outer", "each", "a-done"):
        client.get_workflow(workflow).execute([1, 2] if workflow == "each" else {}, run_id=f"r-{workflow}")
    found = {run.workflow_id: (run.run_id, [item.step for item in run.suspensions]) for run in client.iter_suspended()}
    assert found == {
        "inner": ("r-inner", ["ask"]),
        "middle": ("r-middle", ["inner.ask"]),
        "outer": ("r-outer", ["middle.inner.ask"]),
        "each": ("r-each", ["inner.ask", "inner.ask"]),
    }
    assert len(list(client.iter_suspended())) == 4


def test_one_id_in_two_workflows_is_two_runs(client: MastraClient) -> None:
    """An id that somebody gave to runs of two workflows does not make one the other's."""
    for workflow in ("outer", "other"):
        client.get_workflow(workflow).execute({}, run_id="order-17")
    assert [(run.workflow_id, run.run_id) for run in client.iter_suspended()] == [
        ("outer", "order-17"),
        ("other", "order-17"),
    ]


def test_pages_are_asked_for_when_needed(client: MastraClient, server: FakeMastra) -> None:
    """Looking at the first run costs the list of workflows and one page; nothing is asked before."""
    for number in range(5):
        client.get_workflow("inner").execute({}, run_id=f"r{number}")
    before = len(server.requests)
    runs = client.iter_suspended(per_page=2)
    assert len(server.requests) == before
    assert [run.run_id for run in runs] == ["r4", "r3", "r2", "r1", "r0"]
    pages = [request for request in server.requests[before:] if request.workflow_id == "inner"]
    assert len(pages) == 3


def test_filters_go_to_the_server(client: MastraClient, server: FakeMastra) -> None:
    """Only runs that belong to somebody, only those of a time."""
    client.get_workflow("inner").execute({}, resource_id="ann")
    client.get_workflow("inner").execute({}, resource_id="ben")
    mine = [run.resource_id for run in client.iter_suspended(resource_id="ann")]
    assert mine == ([] if "1.0-beta" in repr(server) else ["ann"])
    assert list(client.iter_suspended(from_date="2999-01-01")) == []
