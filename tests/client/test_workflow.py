"""Reading a workflow and its runs: pages, filters, fields, and a deletion whose answer was lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timezone
from typing import Any

import pytest

from mastra_sync import InvalidArgument, ResponseFormatError, RunNotFound, RunResult, Workflow
from mastra_sync.request import Request
from tests.client.captures import capture
from tests.client.scripted import client_of, reply


def asked(**arguments: Any) -> dict[str, str]:
    """Return the query with which runs are asked for."""
    client, transport = client_of(lambda request: {"runs": [], "total": 0})
    client.get_workflow("w").runs(**arguments)
    return dict(transport.requests[0].query)


@pytest.mark.parametrize(
    ("arguments", "query"),
    [
        ({}, {}),
        ({"page": 2, "per_page": 5}, {"page": "2", "perPage": "5"}),
        ({"page": 2}, {"page": "2", "perPage": "50"}),
        ({"per_page": 5}, {"page": "0", "perPage": "5"}),
        ({"limit": 5}, {"page": "0", "perPage": "5"}),
        ({"limit": 5, "offset": 10}, {"page": "2", "perPage": "5"}),
        ({"offset": 100}, {"page": "2", "perPage": "50"}),
        ({"offset": 0}, {"page": "0", "perPage": "50"}),
        ({"status": "failed", "resource_id": "u 1"}, {"status": "failed", "resourceId": "u 1"}),
        ({"from_date": date(2026, 1, 2)}, {"fromDate": "2026-01-02"}),
        ({"to_date": "2026-01-02T03:04:05Z"}, {"toDate": "2026-01-02T03:04:05Z"}),
        ({"to_date": datetime(2026, 1, 2, tzinfo=timezone.utc)}, {"toDate": "2026-01-02T00:00:00+00:00"}),
    ],
)
def test_how_runs_are_asked_for(arguments: dict[str, Any], query: dict[str, str]) -> None:
    """Both numbers or none, for servers ignore one alone; each filter under its name."""
    assert asked(**arguments) == query


@pytest.mark.parametrize("moment", [datetime(2026, 1, 2), "garbage", ""])  # noqa: DTZ001 - that is the mistake
def test_a_moment_that_could_be_any(moment: Any) -> None:
    """A time without a zone would be taken for another one by a server elsewhere."""
    with pytest.raises(InvalidArgument, match=r"^from_date: "):
        asked(from_date=moment)


@pytest.mark.parametrize("value", [1767232800, 1767232800.5, True, ["2026-01-01"], b"2026-01-01", "\ud800"])
@pytest.mark.parametrize("argument", ["from_date", "to_date", "resource_id", "status"])
def test_a_filter_that_cannot_be_one(argument: str, value: Any) -> None:
    """What is no moment, or no text, is named before anything is sent."""
    with pytest.raises(InvalidArgument, match=rf"^{argument}: "):
        asked(**{argument: value})


@pytest.mark.parametrize("fields", [1, True, "steps", b"x", iter(["steps"])])
def test_fields_that_are_no_list(fields: Any) -> None:
    """A single name, or what can be read but once, is no list of fields."""
    client, transport = client_of(lambda request: {})
    with pytest.raises(InvalidArgument, match=r"^fields: "):
        client.get_workflow("w").run_by_id("r", fields=fields)
    assert transport.requests == []


@pytest.mark.parametrize(
    ("argument", "call"),
    [
        ("on_update", lambda workflow: workflow.execute({}, on_update=1)),
        ("on_update", lambda workflow: workflow.get_run("r").wait(on_update="print")),
        ("on_suspend", lambda workflow: workflow.get_run("r").stream({}, on_suspend={"ok": True})),
        ("on_suspend", lambda workflow: workflow.get_run("r").observe(on_suspend=1)),
        ("executor", lambda workflow: workflow.map([{}], executor=8)),
    ],
)
def test_what_would_be_called_too_late(argument: str, call: Callable[[Workflow], Any]) -> None:
    """What cannot be called is named before a run is moved on."""
    client, transport = client_of(lambda request: {})
    with pytest.raises(InvalidArgument, match=rf"^{argument}: "):
        call(client.get_workflow("w"))
    assert transport.requests == []


class Rows:
    """A server with this many runs, newest first, to which one is added with each page that is read."""

    def __init__(self, count: int, *, growing: bool = False) -> None:
        self._names = [f"r{number}" for number in range(count)]
        self._growing = growing

    def __call__(self, request: Request) -> Any:
        query = dict(request.query)
        begin = int(query["page"]) * int(query["perPage"])
        rows = [{"runId": name, "snapshot": {"status": "success"}} for name in self._names]
        answer = {"runs": rows[begin : begin + int(query["perPage"])], "total": len(rows)}
        if self._growing:
            self._names.insert(0, f"new{len(rows)}")
        return answer


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (1, 1), (2, 1), (3, 2), (4, 2), (5, 3)])
def test_all_runs_page_by_page(count: int, pages: int) -> None:
    """Each run once, in as many requests as there are pages."""
    client, transport = client_of(Rows(count))
    found = [run.run_id for run in client.get_workflow("w").iter_runs(per_page=2)]
    assert found == [f"r{number}" for number in range(count)]
    assert len(transport.requests) == pages


def test_a_page_is_asked_for_when_it_is_needed() -> None:
    """Looking at the first run costs one request, looking at none costs none."""
    client, transport = client_of(Rows(10))
    runs: Iterator[RunResult] = client.get_workflow("w").iter_runs(per_page=2)
    assert transport.requests == []
    next(runs)
    next(runs)
    assert len(transport.requests) == 1


def test_runs_that_are_made_meanwhile_double_none() -> None:
    """A new run pushes another one to the next page; it is not given again."""
    client, _ = client_of(Rows(5, growing=True))
    found = [run.run_id for run in client.get_workflow("w").iter_runs(per_page=2)]
    assert found == [f"r{number}" for number in range(5)]


def test_only_some_fields_of_a_run() -> None:
    """The server's parameters, spelled as it wants them."""
    raw = {**capture("success")["current"]["by_id"], "runId": "r1"}
    client, transport = client_of(lambda request: raw)
    client.get_workflow("w").run_by_id("r1", fields=["result", "error"], with_nested_workflows=False)
    assert dict(transport.requests[0].query) == {"fields": "result,error", "withNestedWorkflows": "false"}


@pytest.mark.parametrize("verb", ["execute", "start_async", "wait", "run_by_id", "run_execution_result"])
def test_an_answer_of_another_run(verb: str) -> None:
    """A proxy or cache that hands out somebody else's answer is believed by no verb."""
    theirs = {"runId": "theirs", "status": "success", "result": 1, "steps": {}}
    client, transport = client_of(lambda request: {"runId": "r1"} if "create-run" in request.url else theirs)
    workflow = client.get_workflow("w")
    calls: dict[str, Callable[[], object]] = {
        "execute": lambda: workflow.execute({}, run_id="r1"),
        "start_async": lambda: workflow.get_run("r1").start_async({}),
        "wait": lambda: workflow.get_run("r1").wait(),
        "run_by_id": lambda: workflow.run_by_id("r1"),
        "run_execution_result": lambda: workflow.run_execution_result("r1"),
    }
    with pytest.raises(ResponseFormatError, match="this tells of the run 'theirs', and 'r1' was asked for") as raised:
        calls[verb]()
    assert (raised.value.run_id, raised.value.answered_run) == ("r1", "theirs")
    assert len(transport.requests) < 20


def test_a_result_from_the_route_that_the_server_has() -> None:
    """On 1.0 beta from execution-result, found out by the first reading and remembered."""
    shapes = capture("success")["1.0-beta"]
    client, transport = client_of(
        lambda request: shapes["execution_result" if request.url.endswith("execution-result") else "by_id"]
    )
    for _ in range(2):
        result = client.get_workflow("w").run_execution_result("r1")
        assert (result.run_id, result.workflow_id, result.result) == ("r1", "w", {"text": "NY: 2"})
    by_id = "GET /workflows/w/runs/r1"
    assert transport.routes == [by_id, f"{by_id}/execution-result", f"{by_id}/execution-result"]


def test_a_server_that_was_upgraded_in_between() -> None:
    """The route is gone: the result is read as from any newer server, and that is remembered."""
    old, new = capture("success")["1.0-beta"], capture("success")["current"]
    upgraded = False

    def server(request: Request) -> Any:
        if request.url.endswith("execution-result"):
            return reply("404 Not Found", 404) if upgraded else old["execution_result"]
        return {**(new if upgraded else old)["by_id"], "runId": "r1"}

    client, transport = client_of(server)
    workflow = client.get_workflow("w")
    workflow.run_execution_result("r1")
    upgraded = True
    assert workflow.run_execution_result("r1").result == {"text": "NY: 2"}
    workflow.run_execution_result("r1")
    assert [route.rpartition("/")[2] for route in transport.routes] == [
        *("r1", "execution-result"),
        *("execution-result", "r1"),
        "r1",
    ]


def test_a_deletion_whose_answer_was_lost() -> None:
    """The second attempt finds nothing left to delete: that is what was wanted. The first one does not."""
    not_found = reply({"error": "Workflow run not found"}, 404)
    answers = iter([reply({"error": "x"}, 503), not_found, not_found])
    client, _ = client_of(lambda request: next(answers))
    assert client.get_workflow("w").delete_run_by_id("r1") == "Workflow run deleted"
    with pytest.raises(RunNotFound):
        client.get_workflow("w").delete_run_by_id("r1")


def test_schemas_of_a_workflow() -> None:
    """Input, output and state, without the rest of the details."""
    client, _ = client_of(lambda request: {"name": "w", "inputSchema": '{"json":{"type":"object"}}'})
    assert client.get_workflow("w").get_schema().input_schema == {"type": "object"}


def test_handles_in_one_line() -> None:
    """They name what they stand for."""
    client, _ = client_of(lambda request: {})
    workflow = client.get_workflow("w")
    assert repr(workflow) == "<Workflow 'w' of http://mastra.test/api>"
    assert repr(workflow.get_run("r1")) == "<Run r1 of 'w'>"
