"""Runs in Postgres, which sorts the keys of what it stores: the client tells them in the order of their beginning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mastra_sync import MastraClient
from tests.live.conftest import StartServer

pytestmark = pytest.mark.hosts

ORDERS: list[tuple[str, Any, list[str]]] = [
    ("nested", {"n": 1}, ["inner", "inner.increment", "inner.double", "after"]),
    ("parallel", {"n": 1}, ["left", "right", "join"]),
    ("conf-map", {"tag": "a"}, ["lookup", "shape", "last"]),
    ("conf-state-nested", {}, ["first", "conf-state-inner", "conf-state-inner.inside", "left", "right", "last"]),
    (
        "deep-ask",
        {},
        ["middle-ask", "middle-ask.inner-ask", "middle-ask.inner-ask.prepare", "middle-ask.inner-ask.inner-q"],
    ),
]


@pytest.fixture
def client(shared_server: StartServer) -> Iterator[MastraClient]:
    """A client of a server that keeps its runs in Postgres."""
    with MastraClient(shared_server("postgres").base_url, token="") as client:
        yield client


@pytest.mark.parametrize(("workflow", "input_data", "order"), ORDERS, ids=[name for name, *_ in ORDERS])
def test_steps(client: MastraClient, workflow: str, input_data: Any, order: list[str]) -> None:
    """By whichever route they are read, steps come in the order in which they began, nested ones behind theirs."""
    run = client.get_workflow(workflow).create_run()
    told = run.start_async(input_data)
    top = [name for name in order if name in told.steps]
    assert list(told.steps) == top
    assert list(client.get_workflow(workflow).run_by_id(run.run_id).steps) == order
    (listed,) = client.get_workflow(workflow).runs(per_page=1).runs
    assert list(listed.steps) == top


def test_suspensions(client: MastraClient) -> None:
    """What was asked first comes first, though its name is the longer one."""
    workflow = client.get_workflow("conf-parallel-questions")
    run = workflow.create_run()
    order = [["conf-question", "inner-q"], ["outer-q"]]
    assert [one.path for one in run.start_async({}).suspensions] == order
    assert [one.path for one in workflow.run_by_id(run.run_id).suspensions] == order
