"""`iter_suspended`: the runs of all workflows that wait, each once."""

from __future__ import annotations

import pickle
from collections.abc import Iterator

import pytest

from mastra_sync import (
    APIStatusError,
    MastraClient,
    PermissionDeniedError,
    RunResult,
    RunsNotListed,
    ServerError,
)
from pytest_mastra import FakeMastra, StepContext
from pytest_mastra.fake.fronts.in_process import InProcess

WORKFLOWS = ("inner", "middle", "a-done", "other", "outer", "each")


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


# -- workflows whose runs cannot be listed


def read(runs: Iterator[RunResult], into: list[str | None]) -> None:
    into.extend(run.workflow_id for run in runs)


def test_the_others_are_given(client: MastraClient, server: FakeMastra) -> None:
    """A workflow that cannot be listed does not hide the others; the end says which, and why."""
    for workflow in ("inner", "other"):
        client.get_workflow(workflow).execute({}, run_id=f"r-{workflow}")
    server.faults.on("runs", workflow="other").status(500, body={"error": "no such table"})
    given: list[str | None] = []
    with pytest.raises(RunsNotListed) as caught:
        read(client.iter_suspended(), given)
    assert given == ["inner"]
    assert list(caught.value.failures) == ["other"]
    assert isinstance(caught.value.failures["other"], ServerError)
    assert (caught.value.withheld, caught.value.__cause__) == ([], caught.value.failures["other"])
    first, second, *rest = str(caught.value).splitlines()
    assert first == "the suspended runs of 1 of 6 workflows could not be listed; those of the others were given."
    assert second.startswith("  'other': 500 no such table  [GET http://")
    assert rest == ["  Ask for them again: client.get_workflow('other').iter_runs(status=\"suspended\")"]


def test_parts_of_what_cannot_be_listed_are_withheld(client: MastraClient, server: FakeMastra) -> None:
    """A record of a nested workflow may be a part of a run that could not be listed, and must not be answered then."""
    for workflow in ("inner", "outer", "other"):
        client.get_workflow(workflow).execute({}, run_id=f"r-{workflow}")
    server.faults.on("runs", workflow="outer").status(403, body={"error": "not yours"})
    given: list[str | None] = []
    with pytest.raises(RunsNotListed, match=r"'outer': 403 not yours") as caught:
        read(client.iter_suspended(), given)
    assert given == ["other"]
    assert caught.value.withheld == ["middle", "inner"]
    assert "Nor were runs of 'middle', 'inner' given: they may be parts of runs of 'outer'." in str(caught.value)
    assert not [asked for asked in server.requests if asked.verb == "runs" and asked.workflow_id in {"middle", "inner"}]


def test_a_page_that_cannot_be_had(client: MastraClient, server: FakeMastra) -> None:
    """The pages before it were given; that the rest is missing is said."""
    for number in range(3):
        client.get_workflow("other").execute({}, run_id=f"r{number}")
    server.faults.on("runs", workflow="other", nth=range(2, 9)).status(500)
    given: list[str | None] = []
    with pytest.raises(RunsNotListed):
        read(client.iter_suspended(per_page=2), given)
    assert given == ["other"] * 2


@pytest.mark.parametrize("status", [401, 429, 502, 503])
def test_what_is_wrong_with_the_server_ends_it(client: MastraClient, server: FakeMastra, status: int) -> None:
    """A server that lets nobody in, or is away, is not asked for each workflow."""
    refused = [server.faults.on("runs", workflow=workflow).status(status) for workflow in WORKFLOWS]
    with pytest.raises(APIStatusError) as caught:
        list(client.iter_suspended())
    assert caught.value.status_code == status
    assert [bool(fault.fired) for fault in refused] == [workflow == "outer" for workflow in WORKFLOWS]


def test_none_can_be_listed(client: MastraClient, server: FakeMastra) -> None:
    """What is wrong with all of them is raised as it is."""
    server.faults.on("runs").status(403, body={"error": "not yours"})
    with pytest.raises(PermissionDeniedError, match="not yours"):
        list(client.iter_suspended())


def test_the_error_can_be_sent_elsewhere(client: MastraClient, server: FakeMastra) -> None:
    """It crosses to another process with what went wrong."""
    server.faults.on("runs", workflow="outer").status(403)
    with pytest.raises(RunsNotListed) as caught:
        list(client.iter_suspended())
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (str(copy), copy.withheld) == (str(caught.value), caught.value.withheld)
    assert isinstance(copy.failures["outer"], PermissionDeniedError)
