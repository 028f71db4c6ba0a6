"""`--mastra-verify` against real servers of three generations."""

from __future__ import annotations

import pytest

from mastra_sync import MastraClient
from pytest_mastra.verify.findings import Comparison
from tests.conformance.workflows import fake_server
from tests.live.server import LiveServer
from tests.suites_in_folders import RunSuite


def test_the_fakes_of_the_conformance_corpus_agree(live_server: LiveServer) -> None:
    """Each workflow that the corpus declares in Python has the graph of its original, and contradicts no schema."""
    with MastraClient(live_server.base_url, token="") as client:
        comparison = Comparison(client.list_workflows())
    server = fake_server(live_server.generation, None, None)
    workflows = list(server.state.workflows.values())
    found = {one.id: comparison.differences(server, one, with_runs=False) for one in workflows}
    assert len(workflows) > 60
    assert {name: told for name, told in found.items() if told} == {}


SUITE = """
    def ask(ctx):
        return {"ok": True, "n": ctx.input_data["n"]} if ctx.resume_data else ctx.suspend({"ask": "sure?"})

    def test_right(mastra_server, mastra_client):
        lookup = mastra_server.step("lookup", lambda ctx: {"city": "Rome", "temperature": 4})
        report = mastra_server.step("report", lambda ctx: {"text": "Rome: 4"})
        mastra_server.workflow("city-workflow").then(lookup).then(report).commit()
        mastra_server.workflow("approval").then(mastra_server.step("approve", ask)).commit()
        mastra_server.workflow("echo").returns({"anything": 1})
        assert mastra_client.get_workflow("city-workflow").execute({"city": "Rome"}).ok
        run = mastra_client.get_workflow("approval").create_run()
        run.start_async({"n": 3})
        assert run.resume_async({"ok": True}).ok

    def test_graphs(mastra_server):
        step = lambda name: mastra_server.step(name, lambda ctx: None)
        mastra_server.workflow("parallel").parallel([step("left"), step("rihgt")]).then(step("join")).commit()
        mastra_server.workflow("three").then(step("t1")).then(step("t3")).then(step("t2")).commit()
        mastra_server.workflow("dowhile").dountil(step("increment"), lambda ctx: True).commit()
        mastra_server.workflow("sleep").then(step("before")).then(step("after")).commit()
        mastra_server.workflow("cty-workflow").returns({})

    def test_schemas(mastra_server, mastra_client):
        approve = mastra_server.step("approve", ask, resume_schema={"type": "object", "properties": {
            "ok": {"type": "string"}}})
        mastra_server.workflow("approval").then(approve).commit()
        run = mastra_client.get_workflow("approval").create_run()
        run.start_async({"n": "three"})
        run.resume_async({"ok": "yes"})

        accept = mastra_server.step("accept", lambda ctx: {**ctx.input_data, "level": "middle"})
        mastra_server.workflow("strict-input").then(accept).commit()
        person = {"name": "", "age": 1.5, "address": {"city": "Rome"}}
        mastra_client.get_workflow("strict-input").execute(person)
"""


_SEEN = " (in test_suite.py::test_schemas)"

FOUND = [
    "approval, used by test_suite.py::test_right and 1 more",
    f"  resume schema of step 'approve': $.ok: the live server requires it, the fake does not{_SEEN}",
    f"  resume schema of step 'approve': $.ok: the fake says string, the live server boolean{_SEEN}",
    f"  input: $.n: Invalid input: expected number, received string{_SEEN}",
    f"  input of step 'approve': $.n: Invalid input: expected number, received string{_SEEN}",
    f"  resume data of step 'approve': $.ok: Invalid input: expected boolean, received string{_SEEN}",
    f"  result: $.n: Invalid input: expected number, received string{_SEEN}",
    "cty-workflow, used by test_suite.py::test_graphs",
    "  the live server has no such workflow; did you mean 'city-workflow'?",
    "dowhile, used by test_suite.py::test_graphs",
    "  at the beginning the fake has dountil of step 'increment', the live server has dowhile of step 'increment'",
    "parallel, used by test_suite.py::test_graphs",
    "  step 'rihgt' is not there; did you mean 'right'?",
    "sleep, used by test_suite.py::test_graphs",
    "  after step 'before' the live server has a sleep, the fake has not",
    "strict-input, used by test_suite.py::test_schemas",
    *(
        f"  {what}: {fault}"
        for what in ("input", "input of step 'accept'", "output of step 'accept'", "result")
        for fault in (
            "$.name: Too small: expected string to have >=1 characters",
            "$.age: Invalid input: expected int, received number",
            "$.tags: Invalid input: expected array, received undefined",
            *(['$.level: Invalid option: expected one of "low"|"high"'] if not what.startswith("input") else ()),
        )
    ),
    "three, used by test_suite.py::test_graphs",
    "  the order differs: the fake has step 't1', step 't3', step 't2', "
    "the live server has step 't1', step 't2', step 't3'",
]


def test_a_suite_with_right_and_wrong_fakes(live_server: LiveServer, run_suite: RunSuite) -> None:
    """What is right is not told; each thing that is wrong is, in the words of the server, and nothing is run there."""
    before = live_server.total_executions()
    result = run_suite(SUITE, "--mastra-verify", f"--mastra-url={live_server.base_url}", "-q")
    result.assert_outcomes(passed=3)
    lines = result.stdout.lines
    begin = next(index for index, line in enumerate(lines) if "fakes and the live server" in line) + 1
    end = next(index for index, line in enumerate(lines) if "workflows of fakes held against" in line)
    assert lines[begin:end] == FOUND
    assert lines[end] == f"9 workflows of fakes held against {live_server.base_url}: 7 differ"
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert live_server.total_executions() == before
