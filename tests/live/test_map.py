"""A batch of runs on threads, processes and a cluster, against a real server."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor

import pytest

from mastra_sync import MastraClient, RunTimeout
from tests.live.http_calls import new_run_id
from tests.live.patience import with_growing_deadlines
from tests.live.server import LiveServer

CITIES = ["NY", "Rome", "Ulm", "Oslo", "Lima", "Bern"]


@pytest.fixture
def client(current_server: LiveServer) -> Iterator[MastraClient]:
    with MastraClient(current_server.base_url) as client:
        yield client


@pytest.fixture(params=["own threads", "threads", "processes", "cluster"])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor | None]:
    """An executor of each kind; None stands for threads of the batch's own."""
    if request.param == "own threads":
        yield None
    elif request.param == "threads":
        with ThreadPoolExecutor(3) as threads:
            yield threads
    elif request.param == "processes":
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as processes:
            yield processes
    else:
        distributed = pytest.importorskip("distributed")
        cluster = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0", "memory_limit": None}
        with distributed.LocalCluster(**cluster) as workers, distributed.Client(workers) as scheduler:
            yield scheduler.get_executor()


def test_a_batch_on_any_executor(executor: Executor | None, client: MastraClient, current_server: LiveServer) -> None:
    """Results come in the inputs' order, and each step of each run has run exactly once."""
    inputs = [{"city": city} for city in CITIES]
    results = list(client.get_workflow("city-workflow").map(inputs, executor=executor))
    assert [result.result for result in results] == [{"text": f"{city}: {len(city)}"} for city in CITIES]
    run_ids = [result.run_id or "" for result in results]
    assert len(set(run_ids)) == len(CITIES)
    for run_id in run_ids:
        assert current_server.executions(run_id, "city-workflow") == {"lookup": 1, "report": 1}


def test_what_went_wrong_comes_back_from_any_executor(
    executor: Executor | None, client: MastraClient, current_server: LiveServer
) -> None:
    """A result that failed, and an exception in its place, cross to this process whole."""
    workflow = client.get_workflow("failing")
    failed, other = workflow.map([{"kind": "error"}, {"kind": "string"}], executor=executor)
    assert (failed.status, str(failed.error)) == ("failed", "Error: outer")
    assert str(other.error) == "Error: just a string"
    gate = new_run_id()

    def given_up(seconds: float) -> RunTimeout | None:
        inputs = [{"gate": gate}]
        (slow,) = client.get_workflow("slow").map(inputs, executor=executor, timeout=seconds, return_exceptions=True)
        return slow if isinstance(slow, RunTimeout) and current_server.executions(slow.run_id) else None

    slow = with_growing_deadlines(given_up)
    current_server.open_gate(gate)
    assert slow.workflow_id == "slow"
    assert client.get_workflow("slow").get_run(slow.run_id).wait().result == {"done": True}


def test_nobody_listens_any_more(client: MastraClient, current_server: LiveServer) -> None:
    """Closing the results leaves the run that has begun alone and begins no other."""
    gates = [new_run_id() for _ in range(3)]
    before = current_server.total_executions().get("slow", {})
    with ThreadPoolExecutor(1) as executor:
        results = client.get_workflow("slow").map([{"gate": gate} for gate in gates], executor=executor)
        current_server.wait_for_gate(gates[0])
        results.close()  # type: ignore[attr-defined]
        current_server.open_gate(gates[0])
    after = current_server.total_executions()["slow"]
    assert {step: after[step] - before.get(step, 0) for step in after} == {"begin": 1, "wait": 1, "end": 1}
