"""Mermaid, Chrome's traces, OTLP and JSON of the same trace."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mastra_sync.cli.commands import mastra_sync
from mastra_sync.cli.exits import Stop
from pytest_mastra.exports.chrome import chrome_trace
from pytest_mastra.exports.cli import FORMATS, trace
from pytest_mastra.exports.command import WRITERS, mermaid_text
from pytest_mastra.exports.mermaid import flowchart, gantt
from pytest_mastra.exports.otlp import otlp_trace
from pytest_mastra.exports.trace_json import json_trace
from pytest_mastra.page.layouts import Layouts
from pytest_mastra.page.shown_run import ShownRun, shown_runs
from tests.exports.traces import kept_trace, made_trace

NODE = re.compile(r'^  (n\d+)\["([^"\n]*)"\]$')
EDGE = re.compile(r'^  n\d+ -->(\|"[^"\n]*"\|)? n\d+$')
STYLE = re.compile(r"^  (classDef \w+ [\w:#,;-]+|class (n\d+,?)+ \w+|linkStyle [\d,]+ stroke-width:3px)$")
BAR = re.compile(r"^  [\w .-]+ :(done, |crit, |active, )?\d+, \d+$")


@pytest.fixture(scope="module")
def runs() -> dict[str, ShownRun]:
    """The last run of each workflow."""
    return {run.traced.workflow_id: run for run in shown_runs(made_trace(), Layouts())}


def test_a_flowchart(runs: dict[str, ShownRun]) -> None:
    """The path is bold, the failed step red, what was not come to dashed."""
    assert flowchart(runs["steps"]).splitlines() == [
        "flowchart LR",
        '  n0["a"]',
        '  n1["sleep<br/>1.0 s"]',
        "  n0 --> n1",
        '  n2["map<br/>ctx.input_data"]',
        "  n1 --> n2",
        '  n3["b"]',
        "  n2 --> n3",
        f"  classDef success {'fill:#dafbe1,stroke:#1a7f37,color:#0f3d1c'}",
        f"  classDef failed {'fill:#ffebe9,stroke:#cf222e,stroke-width:3px,color:#5c0d13'}",
        "  class n0,n1,n2 success",
        "  class n3 failed",
        "  linkStyle 0,1,2 stroke-width:3px",
    ]


def test_every_flowchart_is_one(runs: dict[str, ShownRun]) -> None:
    """Whatever a name holds, each line is a box, an edge or a style: no name ends what it stands in."""
    for run in runs.values():
        head, *lines = flowchart(run).splitlines()
        assert head == "flowchart LR"
        assert all(NODE.match(line) or EDGE.match(line) or STYLE.match(line) for line in lines), lines
        bars = gantt(run).splitlines()[4:]
        assert len(bars) == sum(len(step.spans) for step in run.steps)
        assert all(map(BAR.match, bars)), bars


def test_untaken_arms_are_dashed(runs: dict[str, ShownRun]) -> None:
    """The last run of the branches took none."""
    lines = flowchart(runs["branches"]).splitlines()
    assert "  class n0,n1 untaken" in lines
    assert not any(line.startswith("  linkStyle") for line in lines)


def test_nested_steps_come_behind_their_workflow(runs: dict[str, ShownRun]) -> None:
    """A box for the workflow, then one for each of its steps."""
    names = [found[2] for line in flowchart(runs["nested"]).splitlines() if (found := NODE.match(line))]
    assert names == ["a", "inner", "first", "ask"]


def test_chrome() -> None:
    """Each request and each stretch of a step is an event with times that are not negative, in rows with names."""
    made = json.loads(json.dumps(chrome_trace(made_trace())))
    events = [event for event in made["traceEvents"] if event["ph"] == "X"]
    named = {(event["pid"], event["tid"]) for event in made["traceEvents"] if event["name"] == "thread_name"}
    assert all(event["ts"] >= 0 and event["dur"] >= 0 and (event["pid"], event["tid"]) in named for event in events)
    sleep = next(event for event in events if event["name"] == "sleep" and event["cat"] == "sleeping")
    assert sleep["dur"] == 1_000_000
    assert {"http", "working", "sleeping", "suspended"} == {event["cat"] for event in events}


def spans_of(made: dict[str, Any]) -> list[dict[str, Any]]:
    spans: list[dict[str, Any]] = made["resourceSpans"][0]["scopeSpans"][0]["spans"]
    return spans


def test_otlp_is_a_tree() -> None:
    """One root, the test's; each other span has a parent that is there, and lies in the test's time."""
    spans = spans_of(otlp_trace(made_trace()))
    ids = [span["spanId"] for span in spans]
    assert len(set(ids)) == len(ids)
    assert len({span["traceId"] for span in spans}) == 1
    (root,) = (span for span in spans if "parentSpanId" not in span)
    assert root["name"] == "tests/test_city.py::test_report"
    assert {span.get("parentSpanId") for span in spans} - {None} <= set(ids)
    within = range(int(root["startTimeUnixNano"]), int(root["endTimeUnixNano"]) + 1)
    assert all(int(span["startTimeUnixNano"]) in within and int(span["endTimeUnixNano"]) in within for span in spans)
    names = {span["spanId"]: span["name"] for span in spans}
    inner = [names[span["parentSpanId"]] for span in spans if span["name"] == "step inner.ask"]
    assert set(inner) == {"step inner"}
    assert [span["status"]["code"] for span in spans if span["name"] == "step b"] == [1, 2]


def test_otlp_is_the_same_each_time() -> None:
    """Ids are made of what is exported, so that a collector takes a trace once."""
    assert otlp_trace(made_trace()) == otlp_trace(made_trace())
    assert otlp_trace(made_trace("live")) != otlp_trace(made_trace())


def test_otlp_fits_the_official_protobuf() -> None:
    """OpenTelemetry's own messages take it, with no field that they do not know."""
    service = pytest.importorskip("opentelemetry.proto.collector.trace.v1.trace_service_pb2")
    json_format = pytest.importorskip("google.protobuf.json_format")
    made = otlp_trace(made_trace())
    for span in spans_of(made):
        # OTLP writes ids in hexadecimal, protobuf's own JSON in base64
        for name in ("traceId", "spanId", "parentSpanId"):
            if name in span:
                span[name] = base64.b64encode(bytes.fromhex(span[name])).decode()
    message = json_format.ParseDict(made, service.ExportTraceServiceRequest())
    assert len(message.resource_spans[0].scope_spans[0].spans) == len(spans_of(made))


def test_json() -> None:
    """All that `read_trace` gives, as JSON."""
    kept = made_trace()
    made = json.loads(json.dumps(json_trace(kept)))
    assert (made["test"], len(made["runs"]), len(made["events"])) == (kept.test, len(kept.runs), len(kept.events))
    assert made["exchanges"][0]["verb"] == "create_run"


def call(*arguments: str) -> Any:
    # click keeps the names with which a command's help was first asked for, as `mastra-sync` has them
    names = mastra_sync.context_settings["help_option_names"]
    return CliRunner().invoke(trace, ("export", *arguments), standalone_mode=False, help_option_names=names)


def test_the_command(tmp_path: Path) -> None:
    """Each format goes to stdout, or to a file."""
    kept = kept_trace(tmp_path)
    assert set(FORMATS) == set(WRITERS)
    assert call(str(kept), "--to", "mermaid").stdout == mermaid_text(made_trace())
    for wanted in ("chrome", "otlp", "json"):
        json.loads(call(str(kept), "--to", wanted).stdout)
    out = tmp_path / "a" / "b.json"
    result = call(str(kept), "--to", "otlp", "--out", str(out))
    assert (result.return_value, result.stdout, result.stderr) == (0, "", f"written to {out}\n")
    assert json.loads(out.read_text("utf-8")) == otlp_trace(made_trace())


def test_charts_are_blocks_of_markdown() -> None:
    """Each stands in a block of its own below the name of its run: a document of Mermaid has one chart only."""
    blocks = re.split(r"^```(mermaid)?\n", mermaid_text(made_trace()), flags=re.MULTILINE)
    charts = [text for kind, text in zip(blocks[1::2], blocks[2::2], strict=True) if kind]
    between = [text for kind, text in zip(blocks[1::2], blocks[2::2], strict=True) if not kind]
    assert {chart.splitlines()[0] for chart in charts} == {"flowchart LR", "gantt"}
    assert blocks[0].startswith("#### steps ")
    assert sum(text.strip().startswith("#### ") for text in between) == len(made_trace().runs) - 1


def test_nothing_to_draw(tmp_path: Path) -> None:
    """A trace without a run has no chart: nothing is written, and it is said why."""
    header = kept_trace(tmp_path).read_text("utf-8").partition("\n")[0]
    (tmp_path / "none.jsonl").write_text(f"{header}\n", "utf-8")
    result = call(str(tmp_path / "none.jsonl"), "--to", "mermaid", "--out", str(tmp_path / "out.md"))
    assert isinstance(result.exception, Stop)
    assert "has no run of which a graph or a time is known" in result.exception.message
    assert not (tmp_path / "out.md").exists()
    assert call(str(tmp_path / "none.jsonl"), "--to", "json").return_value == 0


@pytest.mark.parametrize(
    ("name", "more", "said"),
    [
        ("trace.jsonl", ["--out", "./trace.jsonl"], "--out: trace.jsonl is the trace itself, which would be lost"),
        (".", [], ". is a folder: name one of the traces in it"),
        ("gone.jsonl", [], "gone.jsonl cannot be read: No such file or directory"),
        ("broken.jsonl", [], "broken.jsonl:1: not JSON in UTF-8"),
        ("trace.jsonl", ["--out", "trace.jsonl/x"], "trace.jsonl/x cannot be written"),
    ],
)
def test_files_that_are_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, more: list[str], said: str
) -> None:
    """It is said which, and why."""
    kept_trace(tmp_path)
    (tmp_path / "broken.jsonl").write_text("{\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    result = call(name, "--to", "otlp", *more)
    assert isinstance(result.exception, Stop)
    assert result.exception.message.startswith(said)


def test_the_command_as_a_process(tmp_path: Path) -> None:
    """What was made goes to stdout, what is wrong to stderr, and the exit status says which it was."""
    kept_trace(tmp_path)
    # not found by its entry point, which an environment that was installed before has not
    own = "from mastra_sync.cli.commands import mastra_sync; from pytest_mastra.exports.cli import trace"
    code = f"{own}; mastra_sync.add_command(trace); import sys; from mastra_sync.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "trace", "export", "trace.jsonl", "--to"]
    done = subprocess.run([*command, "chrome"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["displayTimeUnit"] == "ms"
    done = subprocess.run([*command, "svg"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "'svg' is not one of 'chrome', 'otlp', 'mermaid', 'json'" in done.stderr
