"""Where the traceback of a failed test ends, and what stands beside it: the test's own lines, and no secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from mastra_sync.operations import START
from mastra_sync.request import Request
from mastra_sync.run_api import Command
from pytest_mastra.http.wire import WireRequest
from tests.suites_in_folders import RunSuite

TOKEN = "tok-of-nobody-4711"

MISSING = """
    def ask(client):
        return client.get_workflow("nope").execute({})

    def test_it(mastra_client):
        ask(mastra_client)
"""

INNER = "*/mastra_sync/api.py:*"


@pytest.mark.parametrize("style", ["auto", "short", "long"])
def test_it_ends_where_the_client_was_called(run_suite: RunSuite, style: str) -> None:
    """What the client means is said at the line that called it; none of its own functions are shown."""
    result = run_suite(MISSING, f"--tb={style}")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*return client.get_workflow(*", "E *mastra_sync.WorkflowNotFound: 404 *"])
    result.stdout.no_fnmatch_line(INNER)


def test_all_of_it_can_be_seen(run_suite: RunSuite) -> None:
    """With --full-trace the client's functions are there."""
    run_suite(MISSING, "--full-trace").stdout.fnmatch_lines([INNER])


def test_what_it_came_from_is_said_in_words(run_suite: RunSuite) -> None:
    """Of the exceptions behind it the messages stay."""
    result = run_suite("""
        def test_it(mastra_server, mastra_client):
            mastra_server.workflow("pay").returns({})
            mastra_server.faults.on("start_async").reset()
            mastra_client.get_workflow("pay").create_run().start_async({})
    """)
    result.stdout.fnmatch_lines(
        [
            "mastra_sync.APIConnectionError: POST *: [[]Errno 104] Connection reset by peer",
            "The above exception was the direct cause of the following exception:",
            ">       mastra_client.get_workflow(*",
            "E       mastra_sync.OutcomeUnknown: *",
        ]
    )
    result.stdout.no_fnmatch_line("*/mastra_sync/*")


def test_what_the_client_does_not_mean_is_shown_whole(run_suite: RunSuite) -> None:
    """An error in it, or in a function of the test's that it calls, is found by its lines."""
    result = run_suite("""
        from mastra_sync import RunFailed

        def test_bug(mastra_client, monkeypatch):
            monkeypatch.setattr("mastra_sync.api.is_success", None)
            mastra_client.list_workflows()

        def test_called_back(mastra_server, mastra_client):
            mastra_server.workflow("pay").fails("boom")
            failed = mastra_client.get_workflow("pay").execute({})

            def see(reading):
                raise RunFailed(failed)

            mastra_client.get_workflow("pay").execute({}, on_update=see)
    """)
    result.stdout.fnmatch_lines([INNER, "*TypeError: 'NoneType' object is not callable*", "*raise RunFailed(failed)"])


MISTAKES = {
    "then": 'mastra_server.workflow("a").then("fetch")',
    "verb": 'mastra_server.faults.on("strat")',
    "json": 'mastra_server.workflow("b").returns({"x": {1, 2}})',
    "name": 'mastra_server.faults.on("start").error(500)',
    "keyword": 'mastra_client.get_workflow("c").execute({}, time_out=3)',
    "model": "RunResult().output",
    "runs": 'mastra_server.runs("nope")',
    "twice": "InProcess(mastra_server, mastra_server.url).__enter__()",
}


def test_a_mistake_in_a_declaration_ends_at_its_line(run_suite: RunSuite) -> None:
    """What is refused where it is written shows the line that says it, and none of ours."""
    tests = "".join(
        f"\ndef test_{name}(mastra_server, mastra_client):\n    {line}\n" for name, line in MISTAKES.items()
    )
    result = run_suite("from mastra_sync import RunResult\nfrom pytest_mastra import InProcess\n" + tests)
    result.assert_outcomes(failed=len(MISTAKES))
    result.stdout.no_fnmatch_line("*mastra_sync/*.py:*")
    result.stdout.no_fnmatch_line("*pytest_mastra/*.py:*")
    result.stdout.fnmatch_lines([f">   *{line.replace('[', '[[]')}" for line in MISTAKES.values()])


def test_no_secret_is_shown(run_suite: RunSuite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside what raised, in pytest's comparison, among variables, in the summary: only source may have it."""
    monkeypatch.setenv("MASTRA_API_TOKEN", TOKEN)
    result = run_suite(
        """
        import os

        import requests

        def test_arguments(mastra_server, mastra_client, monkeypatch):
            monkeypatch.setattr("mastra_sync.api.is_success", None)
            mastra_client.get_workflow("pay").create_run().start_async({"password": "sesame-open"})

        def test_values(mastra_server, mastra_client):
            mastra_server.workflow("pay").returns({})
            mastra_client.get_workflow("pay").execute({})
            assert mastra_server.requests[0].headers["Authorization"] == "none"

        def test_variables(mastra_server, mastra_client):
            mine = os.environ["MASTRA_API_TOKEN"]
            mastra_client.list_workflows()
            raise ValueError("refused: " + mine)
        """,
        "--showlocals",
        "-rA",
        "--junit-xml=junit.xml",
    )
    result.assert_outcomes(failed=3)
    result.stdout.no_fnmatch_line(f"*{TOKEN}*")
    result.stdout.fnmatch_lines(["E *refused: [*][*][*]"])
    assert [line for line in result.outlines if "sesame-open" in line and not line.startswith((">  ", "    "))] == []
    assert TOKEN not in Path("junit.xml").read_text(encoding="utf-8")


def test_requests_are_shown_without_what_they_carry() -> None:
    """Query, headers and body may hold secrets: they are in no `repr`."""
    wired = WireRequest("POST", "/api/x?token=sesame", {"Cookie": "sesame"}, b"sesame")
    assert repr(wired) == "<WireRequest POST /api/x>"
    sent = Request("POST", "http://host/api/x", (("token", "sesame"),), b"sesame")
    command = Command(START, b"sesame", None)
    assert "sesame" not in f"{sent!r} {command!r}"
