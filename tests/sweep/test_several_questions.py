"""A step that asks twice: what its server's death makes it ask again may be answered again, and nothing else."""

from __future__ import annotations

import re

import pytest

from tests.suites_in_folders import RunSuite

CONFTEST = """
import pytest

@pytest.fixture(autouse=True)
def workflows(mastra_server):
    server = mastra_server

    def ask(ctx):
        if not ctx.resume_data:
            return ctx.suspend({"ask": "who"})
        return ctx.suspend({"ask": "why"}) if "who" in ctx.resume_data else {"told": True}

    def go_round(ctx):
        n = (ctx.input_data or {}).get("n", 0)
        return {"n": n + 1} if ctx.resume_data else ctx.suspend({"ask": "who"})

    last = server.step("last", lambda ctx: {"done": True})
    asks = server.step("asks", ask)
    server.workflow("twice").then(asks).then(last).commit()
    inner = server.workflow("inner").then(asks).then(server.step("work", lambda ctx: {})).commit()
    server.workflow("nested").then(inner).then(last).commit()
    rounds = server.workflow("rounds").dountil(server.step("asks", go_round), lambda ctx: ctx.input_data["n"] > 1)
    rounds.then(last).commit()
"""

SCRIPTS = """
import os

import pytest
import requests

ANSWERS = {"who": {"who": "Ines"}, "why": {"why": "a sofa"}}

def answers_what_is_asked(client, workflow, given):
    run = client.get_workflow(workflow).create_run("r")
    result = run.start_async(given, if_started="join")
    while result.suspensions:
        suspension = result.suspensions[0]
        answer = ANSWERS[suspension.payload["ask"]]
        result = run.resume_async(answer, step=suspension, if_answered="join")
    assert result.raise_for_status().result == {"done": True}

def answers_in_order(client, workflow, given):
    run = client.get_workflow(workflow).create_run("r")
    result = run.start_async(given, if_started="join")
    for answer in ({"who": "Ines"}, {"why": "a sofa"}):
        if result.suspensions:
            result = run.resume_async(answer, step=result.suspensions[0], if_answered="join")
    assert result.raise_for_status().result == {"done": True}

def post(verb, workflow, body, server):
    for _ in range(5):
        try:
            url = f"{os.environ['MASTRA_BASE_URL']}/api/workflows/{workflow}/{verb}?runId=r"
            reply = requests.post(url, json=body, timeout=60)
            if reply.status_code < 500:
                return reply.json()
        except requests.RequestException:
            pass
        server.clock.sleep(2)
    raise RuntimeError(f"gave up {verb}")

def sends_again(server, workflow, given):
    post("start-async", workflow, {"inputData": given}, server)
    for answer in ({"who": "Ines"}, {"why": "a sofa"}):
        result = post("resume-async", workflow, {"resumeData": answer}, server)
    assert result["status"] == "success"
"""

RIGHT = (
    SCRIPTS
    + """
@pytest.mark.mastra_sweep
@pytest.mark.parametrize("workflow", ["twice", "nested"])
def test_right(mastra_client, workflow):
    answers_what_is_asked(mastra_client, workflow, {})
"""
)

WRONG = (
    SCRIPTS
    + """
@pytest.mark.mastra_sweep
def test_in_order(mastra_client):
    answers_in_order(mastra_client, "twice", {})

@pytest.mark.mastra_sweep(faults=["lost", "refused", "silence", "nonsense", "server_died"])
@pytest.mark.parametrize("workflow", ["twice", "nested", "rounds"])
def test_sent_again(mastra_server, workflow):
    sends_again(mastra_server, workflow, {})
"""
)


LOST = ("lost", "silence", "nonsense")

IN_ORDER = [
    *(f"resume_async#1:{fault}" for fault in ("killed_after", "killed_at_work", "server_died", "unreachable")),
    *(f"run_by_id#3:{fault}" for fault in ("nonsense", "killed_before", "killed_after", "server_died")),
    "resume_async#2:refused",
    "resume_async#2:killed_before",
]

SENT_AGAIN = [
    f"{request}:{fault}" for request in ("start_async#1", "resume_async#1", "resume_async#2") for fault in LOST
]
SENT_AGAIN.append("start_async#1:server_died")


def failed_points(result: pytest.RunResult) -> dict[str, set[str]]:
    """Return the points that failed, by the name of the test: the one told in full is in the last line."""
    found = {}
    for told in re.split(r"^_{5,} (?=test_)", result.stdout.str(), flags=re.MULTILINE)[1:]:
        first = re.search(r"--mastra-point='(\S+)'", told)
        others = re.findall(r"^  (\w+#\d:\w+)  ", told, re.MULTILINE)
        found[told.split()[0]] = {*others, *([first[1]] if first else [])}
    return found


@pytest.mark.parametrize(
    ("generation", "lost"), [("current", ["resume_async#1", "resume_async#2"]), ("1.2", []), ("1.0-beta", [])]
)
def test_who_answers_what_is_asked_survives(run_suite: RunSuite, generation: str, lost: list[str]) -> None:
    """At each point, though both answers are given again; current servers fail such a run of a nested workflow."""
    result = run_suite(RIGHT, "-v", "--mastra-generation", generation, conftest=CONFTEST)
    expected = {"test_right[nested]": {f"{request}:server_died" for request in lost}} if lost else {}
    assert failed_points(result) == expected
    result.assert_outcomes(passed=2 - len(expected), failed=len(expected))
    if lost:
        result.stdout.fnmatch_lines(
            ["  what to do: accept it: current servers cannot go on with such a run after a restart"]
        )


def test_who_does_not_look_at_the_question_is_found(run_suite: RunSuite) -> None:
    """At each point where a question is asked anew, or an answer meets the next one, and at no other."""
    result = run_suite(WRONG, conftest=CONFTEST)
    assert failed_points(result) == {
        "test_in_order": set(IN_ORDER),
        "test_sent_again[twice]": {*SENT_AGAIN, "resume_async#2:server_died"},
        "test_sent_again[nested]": {*SENT_AGAIN, "resume_async#1:server_died", "resume_async#2:server_died"},
        "test_sent_again[rounds]": set(SENT_AGAIN),
    }
    result.stdout.fnmatch_lines(
        [
            "  'twice' asked {\"ask\": \"why\"} at 'asks', and was given what is meant for",
            '  another question: {"who": "Ines"} (run r)',
        ]
    )
