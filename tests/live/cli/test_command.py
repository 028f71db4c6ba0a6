"""The command against real servers: from a command line to a result, on every generation."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import uuid
from typing import Any

import pytest

from tests.cli.processes import COMMAND, INTERRUPTIBLE, PROCESS_TIMEOUT, Ended, interrupted
from tests.live.conftest import StartServer
from tests.live.server import LiveServer


def environment(server: LiveServer, **more: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MASTRA_")}
    return {**inherited, "MASTRA_BASE_URL": server.base_url, "PYTHONIOENCODING": "utf-8", **more}


def mastra_sync(server: LiveServer, *arguments: str, **more: str) -> Ended:
    """Run the command with the server in its environment."""
    ended = subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        encoding="utf-8",
        env=environment(server, **more),
        timeout=PROCESS_TIMEOUT,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def suggested(ended: Ended, command: str) -> list[str]:
    """Return the arguments of the first command line that the output suggests."""
    lines = (line.strip() for line in ended.err.splitlines())
    return shlex.split(next(line for line in lines if line.startswith(f"mastra-sync {command}")))[1:]


@pytest.fixture
def run_id() -> str:
    """An id that no other test has."""
    return f"cli-{uuid.uuid4()}"


# (workflow, arguments, exit status, result)
RUNS: list[tuple[str, list[str], int, Any]] = [
    ("city-workflow", ["city=New York"], 0, {"text": "New York: 8"}),
    ("echo", ["--input", '[1, null, "é"]'], 0, [1, None, "é"]),
    ("odd id/é", ["n=1"], 0, {"n": 1}),
    ("nested", ["n=1"], 0, {"after": 4}),
    ("foreach-nested", ["--input", '[{"n": 1}, {"n": 2}]'], 0, [{"n": 4}, {"n": 6}]),
    ("dowhile", ["n=0"], 0, {"n": 3}),
    ("sleep", ["ms=1"], 0, {"slept": True}),
    ("writer", ["events=2"], 0, {"written": 12}),
    ("unicode", ["text=鏡"], 0, {"text": "鏡"}),
    ("slow", [], 0, {"done": True}),
    ("failing", ["kind=error"], 1, None),
    ("tripwire", [], 1, None),
    ("city-workflow", ["city=3"], 2, None),
    ("asker", ["n=1"], 3, None),
]


@pytest.mark.parametrize(("workflow", "arguments", "status", "result"), RUNS)
def test_run(live_server: LiveServer, workflow: str, arguments: list[str], status: int, result: Any) -> None:
    """Each run ends with the exit status that belongs to it; a result is on stdout, nothing else."""
    ended = mastra_sync(live_server, "run", workflow, *arguments)
    assert ended.status == status
    assert ended.out == "" if status else json.loads(ended.out) == result


@pytest.mark.parametrize(
    ("workflow", "reason"),
    [
        ("failing", "failed in step 'boom': Error: outer: inner"),
        ("nested-failing", "failed in step 'inner-failing.explode': Error: inner boom"),
        ("tripwire", "was stopped by a tripwire: not allowed"),
    ],
)
def test_a_run_that_fails_says_why(live_server: LiveServer, workflow: str, reason: str) -> None:
    """The innermost step, its error and the innermost cause are in the last line; 1.0 beta sends no cause."""
    ended = mastra_sync(live_server, "run", workflow, "kind=error", "n=1")
    if live_server.generation == "1.0-beta":
        reason = reason.removesuffix(": inner")
    assert ended.err.splitlines()[-1].endswith(reason)


def test_the_steps_are_shown(live_server: LiveServer) -> None:
    """Each step of the run, nested ones too, is on stderr, in order."""
    ended = mastra_sync(live_server, "run", "nested", "n=1")
    ended_steps = [line.split()[3] for line in ended.err.splitlines() if " succeeded after " in line]
    assert ended_steps == ["inner.increment", "inner.double", "inner", "after"]


def test_a_run_is_started_once(live_server: LiveServer, run_id: str) -> None:
    """The same command line twice executes the run once."""
    statuses = [mastra_sync(live_server, "run", "echo", "--run-id", run_id).status for _ in range(2)]
    assert (statuses, live_server.executions(run_id)) == ([0, 2], {"echo": 1})


@pytest.mark.parametrize(
    ("workflow", "values", "result"),
    [
        ("approval n=3", {"BOOLEAN": "true"}, {"ok": True, "n": 3}),
        ("nested-ask", {"STRING": "a"}, {"after": "a"}),
        ("deep-ask", {"STRING": "a"}, {"after": "a"}),
        ("parallel-ask", {"STRING": "a"}, {"p1": "a", "p2": "a"}),
        ("ask-loose", {"JSON": "7"}, {"answered": 7}),
        ("foreach-suspend --input [1,2]", {"NUMBER": "5"}, [6, 7]),
    ],
)
def test_the_suggested_line_resumes_the_run(
    live_server: LiveServer, workflow: str, values: dict[str, str], result: Any
) -> None:
    """Following what a suspended run suggests, with values for the types, leads to its result."""
    ended = mastra_sync(live_server, "run", *workflow.split())
    for _ in range(3):
        if ended.status != 3:
            break
        arguments = suggested(ended, "resume")
        for placeholder, value in values.items():
            arguments[-1] = arguments[-1].replace(placeholder, value)
        ended = mastra_sync(live_server, *arguments)
    assert (ended.status, json.loads(ended.out)) == (0, result)


def test_a_wrong_answer_leaves_the_run_suspended(live_server: LiveServer, run_id: str) -> None:
    """An answer that the step's schema rejects is a usage error, and a right one still works."""
    mastra_sync(live_server, "run", "approval", "n=3", "--run-id", run_id)
    answers = [mastra_sync(live_server, "resume", "approval", run_id, f"ok={answer}") for answer in ("maybe", "true")]
    assert [ended.status for ended in answers] == [2, 0]
    assert "the run is still suspended" in answers[0].err


def test_a_label_names_an_item(current_server: LiveServer, run_id: str) -> None:
    """A label resumes its item alone."""
    mastra_sync(current_server, "run", "foreach-suspend", "--input", "[1, 2]", "--run-id", run_id)
    ended = mastra_sync(current_server, "resume", "foreach-suspend", run_id, "add=5", "--label", "item-2", "-q")
    assert ended.status == 3
    assert "ask-item[0]" in ended.err
    assert "ask-item[1]" not in ended.err


def test_after_a_timeout_the_run_can_be_waited_for(live_server: LiveServer, run_id: str) -> None:
    """The run that was given up goes on, and the suggested line gets its result."""
    gate, started = str(uuid.uuid4()), ["run", "slow", "--run-id", run_id]
    # the time of a start may be up before a busy machine has begun the run; that of one who joins it is not
    with subprocess.Popen(
        [*COMMAND, *started, f"gate={gate}"], stderr=subprocess.DEVNULL, env=environment(live_server)
    ) as first:
        live_server.wait_for_gate(gate)
        first.kill()
    ended = mastra_sync(live_server, *started, f"gate={gate}", "--join", "--timeout", "3")
    assert (ended.status, ended.out) == (4, "")
    live_server.open_gate(gate)
    waited = mastra_sync(live_server, *suggested(ended, "result"))
    assert (waited.status, json.loads(waited.out)) == (0, {"done": True})
    assert live_server.executions(run_id) == {"begin": 1, "wait": 1, "end": 1}


def test_ctrl_c_leaves_the_run(live_server: LiveServer, run_id: str) -> None:
    """The run that was left goes on to its result."""
    gate = str(uuid.uuid4())
    with subprocess.Popen(
        [*INTERRUPTIBLE, "run", "slow", f"gate={gate}", "--run-id", run_id],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=environment(live_server),
    ) as process:
        live_server.wait_for_gate(gate)
        out, err = interrupted(process)
    left = Ended(process.returncode, out, err)
    live_server.open_gate(gate)
    assert (left.status, left.out) == (130, "")
    assert json.loads(mastra_sync(live_server, *suggested(left, "result")).out) == {"done": True}


def test_cancel(live_server: LiveServer, run_id: str) -> None:
    """A run can be canceled while another command follows it, which ends with 1."""
    gate = str(uuid.uuid4())
    with subprocess.Popen(
        [*COMMAND, "run", "cancellable", f"gate={gate}", "--run-id", run_id],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(live_server),
    ) as process:
        live_server.wait_for_gate(gate)
        canceled = mastra_sync(live_server, "cancel", "cancellable", run_id)
        process.communicate(timeout=PROCESS_TIMEOUT)
    assert (canceled.status, process.returncode) == (0, 1)


def test_events_as_json_lines(live_server: LiveServer) -> None:
    """What a stream sends is on stdout line by line; the last line is the run."""
    ended = mastra_sync(live_server, "run", "city-workflow", "city=NY", "--json-events")
    lines = [json.loads(line) for line in ended.out.splitlines()]
    assert [line["type"] for line in lines] == [
        "workflow-start",
        *["workflow-step-start", "workflow-step-result"] * 2,
        "workflow-finish",
        "watch",
    ]
    assert lines[-1]["payload"]["workflowState"]["result"] == {"text": "NY: 2"}


def test_a_single_step(live_server: LiveServer) -> None:
    """`--per-step` stops after one step, where the server can; else nothing is run."""
    ended = mastra_sync(live_server, "run", "three", "i=0", "--per-step")
    expected = (2, "not supported") if live_server.generation == "1.0-beta" else (3, "is paused after one step")
    assert (ended.status, expected[1] in ended.err) == (expected[0], True)


def test_workflows(live_server: LiveServer) -> None:
    """Every workflow is listed with its input."""
    lines = [line.split() for line in mastra_sync(live_server, "workflows").out.splitlines()]
    assert ["city-workflow", "2", "city:", "string"] in [line[:4] for line in lines]


def test_show(live_server: LiveServer) -> None:
    """Nested workflows are shown with what is in them, the same on every generation."""
    assert mastra_sync(live_server, "show", "deep-ask").out.splitlines() == [
        "deep-ask",
        "  input   n?: number",
        "  output  any",
        "  steps",
        "    middle-ask, a workflow",
        "      inner-ask, a workflow",
        "        prepare",
        "        inner-q (may suspend)",
        "    after",
    ]


def test_runs(live_server: LiveServer, run_id: str) -> None:
    """A suspended run is listed with where it waits."""
    mastra_sync(live_server, "run", "ask-twice", "--run-id", run_id)
    lines = mastra_sync(live_server, "runs", "ask-twice", "--status", "suspended").out.splitlines()
    assert any(line.split()[:2] == [run_id, "suspended"] and line.endswith("at q") for line in lines)


def test_a_name_that_is_nearly_right(live_server: LiveServer) -> None:
    """A slip in the workflow's name is found."""
    ended = mastra_sync(live_server, "run", "city-workflw")
    assert (ended.status, "did you mean 'city-workflow'" in ended.err) == (2, True)


@pytest.mark.parametrize(
    ("token", "said"), [("", "set MASTRA_API_TOKEN"), ("wrong", "the server does not accept it"), ("right-s3cret", "")]
)
def test_a_server_with_a_token(module_server: StartServer, token: str, said: str) -> None:
    """The token comes from the environment; what is wrong with it is said without showing it."""
    server = module_server("current", auth_token="right-s3cret")
    ended = mastra_sync(server, "run", "city-workflow", "city=NY", MASTRA_API_TOKEN=token)
    assert ended.status == (5 if said else 0)
    assert said in ended.err
    assert "s3cret" not in ended.err
