"""Workflows that a fake is given over HTTP: stored, run as far as their steps are known, and taken away again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from mastra_sync import BadRequestError, MastraClient, ServerError, WorkflowNotFound
from pytest_mastra.fake import FakeMastra, InProcess

ANYTHING: dict[str, Any] = {}
NUMBER = {"type": "object", "properties": {"n": {"type": "number"}}, "required": ["n"]}
PICK = {"type": "mapping", "id": "pick", "mapConfig": json.dumps({"n": {"initData": True, "path": "n"}})}


@pytest.fixture
def server() -> FakeMastra:
    """A server with one workflow that is declared in code."""
    server = FakeMastra()
    server.workflow("double").returns(lambda ctx: {"n": ctx.input_data["n"] * 2})
    return server


@pytest.fixture
def client(server: FakeMastra) -> Iterator[MastraClient]:
    """A client of that server."""
    with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as client:
        yield client


def stored(client: MastraClient, graph: list[Any], *, as_id: str = "dyn", **more: Any) -> Any:
    """Store a definition and return what comes of a function that runs it."""
    schemas = {"input_schema": NUMBER, "output_schema": ANYTHING}
    client.upsert_dynamic_workflow(as_id, graph=graph, **{**schemas, **more})
    return lambda n: client.get_workflow(as_id).execute({"n": n})


def test_a_definition_is_told_as_it_was_given(client: MastraClient) -> None:
    """With when it was stored, and when it was changed; its workflow says that it is dynamic."""
    stored(client, [PICK], description="d", metadata={"a": 1})
    first = client.get_dynamic_workflow("dyn").details()
    stored(client, [PICK, {"type": "sleep", "id": "rest", "duration": 60_000}])
    (told,) = client.list_dynamic_workflows()
    assert (first.description, first.metadata, first.graph) == ("d", {"a": 1}, [PICK])
    assert (told.description, len(told.graph), told.created_at) == (None, 2, first.created_at)
    assert told.updated_at is not None
    assert first.updated_at is not None
    assert told.updated_at > first.updated_at
    assert client.list_dynamic_workflows(status="archived") == []
    details = client.get_workflow("dyn").details()
    assert (details.model_extra or {})["origin"] == "dynamic"


def test_a_definition_nests_what_the_server_has(client: MastraClient) -> None:
    """A workflow under an id of the entry's own, and one that is stored with it."""
    helper = {"id": "helper", "inputSchema": NUMBER, "outputSchema": NUMBER, "graph": [PICK]}
    graph = [
        {"type": "workflow", "id": "twice", "workflowId": "double"},
        {"type": "workflow", "id": "again", "workflowId": "double"},
        {"type": "workflow", "id": "inner", "workflowId": "helper"},
        {"type": "mapping", "id": "both", "mapConfig": json.dumps({"a": {"step": "twice", "path": "n"}})},
    ]
    result = stored(client, graph, dependencies=[helper])(3)
    assert result.result == {"a": 6}
    assert result.steps["again"].output == result.steps["inner"].output == {"n": 12}


def test_conditions_are_data(client: MastraClient) -> None:
    """Branches, loops, blocks and foreach take what the real ones take."""
    big = {"op": "gt", "left": {"path": "inputData.n"}, "right": {"literal": 10}}
    even = {"op": "in", "value": {"path": "${initData.n}"}, "set": [0, 2, 4, 20]}
    double = {"type": "workflow", "workflowId": "double"}
    branch = {"type": "conditional", "predicates": [big, even], "steps": [{**double, "id": "a"}, {**double, "id": "b"}]}
    run = stored(client, [branch])
    assert [run(n).result for n in (1, 4, 20)] == [{}, {"b": {"n": 8}}, {"a": {"n": 40}, "b": {"n": 40}}]
    loop = {"type": "loop", "loopType": "dountil", "step": {**double, "id": "more"}, "predicate": big}
    assert stored(client, [loop])(3).result == {"n": 12}
    either = {"op": "or", "args": [{"op": "not", "arg": big}, {"op": "falsy", "value": {"path": "state.x"}}]}
    missing = {"op": "notExists", "path": "stepResults.nobody"}
    both = {"op": "and", "args": [either, missing, {"op": "ne", "left": {"literal": 1}, "right": {"literal": True}}]}
    always = {"type": "conditional", "predicates": [both], "steps": [{**double, "id": "a"}]}
    assert stored(client, [always])(1).result == {"a": {"n": 2}}
    block = {"type": "parallel", "steps": [{**double, "id": "a"}, {**double, "id": "b"}]}
    assert stored(client, [block])(1).result == {"a": {"n": 2}, "b": {"n": 2}}


def test_agents_and_tools_are_stubbed(server: FakeMastra, client: MastraClient) -> None:
    """A server does not know what they do: a stub says it, and without one the run fails and the test is told."""
    graph = [{"type": "tool", "id": "look", "toolId": "lookup"}, {"type": "agent", "id": "say", "agentId": "poet"}]
    run = stored(client, graph)
    server.stub("look", lambda ctx: {"found": ctx.input_data["n"]})
    failed = run(1)
    assert failed.error is not None
    assert "server.stub('say', ...)" in failed.error.message
    server.unexpected_errors.clear()
    server.stub("say", {"text": "a rose"})
    assert run(1).result == {"text": "a rose"}


@pytest.mark.parametrize(
    ("graph", "words"),
    [
        ([], "[empty-graph] graph: Workflow graph must contain at least one step."),
        ([{"type": "workflow", "id": "w", "workflowId": "nope"}], '"nope" which is not a registered workflow.'),
        ([{"type": "parallel", "steps": [PICK]}], "[invalid-map-placement] graph.0.steps.0: Persisted mapping"),
    ],
    ids=["empty", "unknown", "mapping"],
)
def test_what_is_wrong_is_refused_in_the_servers_words(client: MastraClient, graph: list[Any], words: str) -> None:
    """And nothing is stored."""
    with pytest.raises(BadRequestError) as refused:
        stored(client, graph)
    assert words in str(refused.value)
    assert client.list_dynamic_workflows() == []


def test_bodies_are_checked(client: MastraClient) -> None:
    """A type of entry that there is not is found before the graph is looked at."""
    with pytest.raises(BadRequestError, match=r"graph\.0\.type: Invalid discriminator value"):
        stored(client, [{"type": "step", "id": "s"}])


def test_a_definition_replaces_what_is_declared_and_takes_it_along(client: MastraClient) -> None:
    """As on real servers: a deletion takes away the workflow of that id whoever has declared it."""
    assert stored(client, [PICK], as_id="double")(3).result == {"n": 3}
    assert client.get_dynamic_workflow("double").delete() == "Workflow double deleted"
    assert client.get_dynamic_workflow("double").delete() == "Workflow double deleted"
    with pytest.raises(WorkflowNotFound, match='Dynamic workflow "double" not found'):
        client.get_dynamic_workflow("double").details()
    with pytest.raises(WorkflowNotFound, match="Workflow not found"):
        client.get_workflow("double").details()


@pytest.mark.parametrize("date", ["2020", "2020-02-31", "2020-01-01T24:00:00Z", "2020-01-01 00:00:00z"])
def test_a_stored_sleep_ends_at_a_date_that_javascript_reads(client: MastraClient, date: str) -> None:
    """Python's own reader refuses these; real servers take them."""
    run = stored(client, [{"type": "sleepUntil", "id": "rest", "date": date}])
    assert run(3).result == {"n": 3}


@pytest.mark.parametrize("date", ["2020-W01-1", "20200101", "tomorrow", ""])
def test_a_stored_sleep_until_no_date_is_refused(client: MastraClient, date: str) -> None:
    """Python's own reader takes some of these; real servers refuse them, in these words."""
    with pytest.raises(ServerError, match=f'Stored sleepUntil "rest" has an unparseable date: {date}'):
        stored(client, [{"type": "sleepUntil", "id": "rest", "date": date}])
