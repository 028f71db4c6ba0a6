"""`mastra-sync workflows`, `show` and `runs`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from mastra_sync.cli.listing import outline_lines
from mastra_sync.cli.mermaid import flowchart
from mastra_sync.cli.schemas import in_words
from mastra_sync.graph_outline import outline
from mastra_sync.workflow_graph import read_graph
from tests.cli.fake_server import served
from tests.cli.processes import Ended
from tests.cli.stub_server import Script, StubServer

Command = Callable[..., Ended]

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city"],
}


def test_workflows_as_a_table(stub: StubServer, mastra_sync: Command) -> None:
    """Each workflow is one line: id, number of steps, input, description."""
    stub.script = Script(
        details={"inputSchema": json.dumps({"json": SCHEMA}), "description": "says hello", "steps": {"a": {"id": "a"}}}
    )
    title, line = mastra_sync("workflows").out.splitlines()
    assert title.split() == ["WORKFLOW", "STEPS", "INPUT", "DESCRIPTION"]
    assert line.split("  ")[0] == "scripted"
    assert " ".join(line.split()) == "scripted 1 city: string, days?: integer says hello"


def test_workflows_as_json(stub: StubServer, mastra_sync: Command) -> None:
    """`--json` has the schemas whole."""
    stub.script = Script(details={"inputSchema": json.dumps({"json": SCHEMA})})
    (workflow,) = json.loads(mastra_sync("workflows", "--json").out)
    assert (workflow["id"], workflow["key"], workflow["inputSchema"]) == ("scripted", "scriptedKey", SCHEMA)
    assert workflow["input"] == {"city": "string", "days?": "integer"}


def test_runs_as_a_table(stub: StubServer, mastra_sync: Command) -> None:
    """Each run is one line, with what matters most about it; ids are never cut."""
    long_id = "r" * 200
    error = {"name": "Error", "message": "boom"}
    stub.runs = {
        long_id: {"runId": long_id, "workflowName": "scripted", "status": "success", "result": {"n": 1}},
        "r2": {"runId": "r2", "workflowName": "scripted", "status": "failed", "error": error},
    }
    lines = [" ".join(line.split()) for line in mastra_sync("runs", "scripted").out.splitlines()]
    assert lines[1:] == [f'{long_id} success {{"n": 1}}', "r2 failed Error: boom"]


def test_runs_are_limited_and_filtered(stub: StubServer, mastra_sync: Command) -> None:
    """No more runs are printed than asked for, however many that may be."""
    stub.runs = {f"r{n}": {"runId": f"r{n}", "workflowName": "scripted", "status": "success"} for n in range(5)}
    printed = json.loads(mastra_sync("runs", "scripted", "--limit", "3", "--json").out)
    assert [run["runId"] for run in printed] == ["r0", "r1", "r2"]
    assert len(json.loads(mastra_sync("runs", "scripted", "--limit", "9" * 40, "--json").out)) == len(stub.runs)


def test_no_runs(stub: StubServer, mastra_sync: Command) -> None:
    """An empty list is nothing on stdout, and is said on stderr."""
    assert mastra_sync("runs", "scripted") == Ended(0, "", "no runs of 'scripted'\n")


def test_show(stub: StubServer, mastra_sync: Command) -> None:
    """A workflow is shown with its input, its output and its steps."""
    stub.script = Script(
        details={
            "description": "says hello",
            "inputSchema": json.dumps({"json": SCHEMA}),
            "stepGraph": [{"type": "step", "step": {"id": "greet", "canSuspend": True}}],
        }
    )
    assert mastra_sync("show", "scripted").out.splitlines() == [
        "scripted: says hello",
        "  input   city: string, days?: integer",
        "  output  any",
        "  steps",
        "    greet (may suspend)",
    ]


@pytest.mark.parametrize(
    ("entry", "lines"),
    [
        ({"type": "step", "step": {"id": "a", "description": "does a"}}, ["a: does a"]),
        (
            {"type": "parallel", "steps": [{"type": "step", "step": {"id": name}} for name in "ab"]},
            ["at the same time:", "  a", "  b"],
        ),
        (
            {"type": "conditional", "steps": [{"type": "step", "step": {"id": "a"}}]},
            ["each of these whose condition holds:", "  a"],
        ),
        (
            {"type": "loop", "step": {"type": "step", "step": {"id": "a"}}, "loopType": "dountil"},
            ["until a condition holds:", "  a"],
        ),
        ({"type": "loop", "step": {"id": "a"}, "loopType": "dowhile"}, ["while a condition holds:", "  a"]),
        (
            {"type": "loop", "step": {"id": "a"}, "loopType": "dountil", "serializedCondition": {"fn": "n\n >= 3"}},
            ["until n >= 3:", "  a"],
        ),
        (
            {
                "type": "conditional",
                "steps": [{"type": "step", "step": {"id": name}} for name in "ab"],
                "serializedConditions": [{"id": "a-condition", "fn": "n > 9"}],
            },
            ["each of these whose condition holds:", "  if n > 9:", "    a", "  b"],
        ),
        (
            {"type": "loop", "step": {"id": "a"}, "loopType": "dowhile", "serializedCondition": {"fn": "x" * 1000}},
            [f"while {'x' * 97}...:", "  a"],
        ),
        (
            {"type": "foreach", "step": {"id": "a"}, "opts": {"concurrency": 3}},
            ["for each item, 3 at a time:", "  a"],
        ),
        ({"type": "sleep", "id": "sleep_2da4ff61-4a38-4957-951e-8933c72ef371", "duration": 4000}, ["sleep 4.0 s"]),
        ({"type": "sleepUntil", "id": "sleep_x", "fn": "() => soon"}, ["sleep until () => soon"]),
        (
            {"type": "workflow", "id": "inner", "serializedStepFlow": [{"type": "step", "step": {"id": "a"}}]},
            ["inner, a workflow", "  a"],
        ),
        (
            {"type": "step", "step": {"id": "inner", "serializedStepFlow": [{"type": "step", "step": {"id": "a"}}]}},
            ["inner, a workflow", "  a"],
        ),
        ({"type": "newer"}, ["newer"]),
    ],
)
def test_the_graph_in_words(entry: dict[str, Any], lines: list[str]) -> None:
    """Every kind of entry is shown, in the forms of all generations."""
    assert outline_lines(outline(read_graph([entry], keep_unknown=True))) == lines


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        (None, "any"),
        ({}, "any"),
        ({"type": "array", "items": {"type": "number"}}, "number[]"),
        ({"type": "array", "items": {"type": ["number", "null"]}}, "(number|null)[]"),
        ({"type": "object"}, "object"),
        ({"type": "object", "properties": {"a": {"enum": ["x", 1]}}}, 'a?: "x"|1'),
        ({"type": "object", "properties": {"a": {"anyOf": [{"type": "string"}, {}]}}}, "a?: string|any"),
        ({"type": "object", "properties": {"a": {"const": "x"}}, "required": ["a"]}, 'a: "x"'),
        ({"type": "object", "properties": {"a": {"type": "string", "default": ""}}, "required": ["a"]}, "a?: string"),
        ({"type": "object", "properties": {"a": True}}, "a?: any"),
    ],
)
def test_schemas_in_words(schema: dict[str, Any] | None, words: str) -> None:
    """A field's type is short, and one that may be left out is marked."""
    assert in_words(schema) == words


def test_conditions_in_a_flowchart() -> None:
    """An arrow into an arm has the arm's condition, also where the arm is a workflow, and a sleep has its length."""
    inner = {"type": "workflow", "id": "inner", "serializedStepFlow": [{"type": "step", "step": {"id": "deep"}}]}
    graph = [
        {"type": "sleep", "id": "sleep_x", "duration": 4000},
        {
            "type": "conditional",
            "steps": [{"type": "step", "step": {"id": "a"}}, inner],
            "serializedConditions": [{"fn": 'n > "9"'}, {"fn": "true"}],
        },
    ]
    lines = flowchart(read_graph(graph)).splitlines()
    assert '  n1["sleep 4.0 s"]' in lines
    assert lines[-4:] == [
        '  n1 -->|"n #62; #34;9#34;"| n2',
        '  n1 -->|"true"| n4',
        "  n2 --> end_",
        "  n4 --> end_",
    ]


def test_show_as_mermaid(mastra_sync_process: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """The graph is a flowchart: branches leave and meet, loops and nested workflows are boxes, names are harmless."""
    with served() as (_, client):
        monkeypatch.setenv("MASTRA_BASE_URL", client.base_url.removesuffix("/api"))
        ended = mastra_sync_process("show", "graph", "--mermaid")
        both = mastra_sync_process("show", "graph", "--mermaid", "--json")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.splitlines() == [
        "flowchart TD",
        '  start(["start"])',
        '  n1["a #34;quoted#34; #60;step#62;"]',
        '  n2["left"]',
        '  n3["right"]',
        '  subgraph n4["until True"]',
        '    n5["again"]',
        "  end",
        '  subgraph n6["booking"]',
        '    n7["approve"]',
        "  end",
        '  end_(["end"])',
        "  start --> n1",
        "  n1 --> n2",
        "  n1 --> n3",
        "  n2 --> n5",
        "  n3 --> n5",
        "  n5 --> n7",
        "  n7 --> end_",
    ]
    assert (both.status, both.err) == (2, "mastra-sync: give either --json or --mermaid, not both\n")
