"""`mastra_snapshot` and `mastra_replay_run`: what is stored of the fake's runs is what real servers do."""

from __future__ import annotations

import pytest

from tests.conformance.workflows import __file__ as declared
from tests.live.server import LiveServer
from tests.suites_in_folders import RunSuite

SUITE = """
    import pytest

    CITY, COUNT, ASK = {"city": "Rome"}, {"n": 3}, {"n": 1}

    @pytest.fixture
    def server(mastra_server, mastra_client):
        from tests.conformance.declared import asking, branching, failing, plain

        for declare in (plain, branching, asking, failing):
            declare.declare(mastra_server)
        return mastra_client

    @pytest.mark.parametrize(("name", "given"), [
        ("city-workflow", CITY), ("mapped", COUNT), ("parallel", COUNT), ("branch", COUNT), ("dowhile", {"n": 0}),
        ("foreach", [1, 2]), ("nested", COUNT), ("nested-failing", COUNT), ("sleep", {"ms": 1}),
        ("failing", {"kind": "error"}), ("tripwire", {}), ("bail", {"bail": True}), ("approval", COUNT),
        ("parallel-ask", ASK), ("nested-ask", ASK), ("deep-ask", ASK),
    ])
    def test_run(server, mastra_snapshot, name, given):
        assert server.get_workflow(name).execute(given) == mastra_snapshot

    def test_held(server, mastra_snapshot):
        assert server.get_workflow("city-workflow").create_run().start_async(CITY) == mastra_snapshot

    def test_resumed(server, mastra_snapshot):
        run = server.get_workflow("asker").create_run()
        run.start_async(ASK)
        assert run.resume_async({"answer": "yes"}) == mastra_snapshot

    def test_stream(server, mastra_snapshot):
        assert server.get_workflow("nested").create_run().stream(COUNT) == mastra_snapshot

    def test_question(server, mastra_snapshot):
        assert list(server.get_workflow("asker").create_run().stream(ASK)) == mastra_snapshot
"""

RECORDING = """
    import json
    import pathlib

    def test_record(mastra_server, mastra_client):
        from tests.conformance.declared import asking, plain

        asking.declare(mastra_server)
        plain.declare(mastra_server)
        run = mastra_client.get_workflow("nested-ask").create_run()
        run.start_async({"n": 1})
        run.resume_async({"answer": "yes"})
        pathlib.Path("asked.json").write_text(json.dumps(run.result().raw), encoding="utf-8")
        result = mastra_client.get_workflow("city-workflow").execute({"city": "Rome"})
        told = result.raw | {"result": {"text": "Rome: 5"}}
        pathlib.Path("city.json").write_text(json.dumps(told), encoding="utf-8")
"""

AGAIN = """
    def test_same(mastra_replay_run):
        assert mastra_replay_run("asked.json")

    def test_other(mastra_replay_run):
        rerun = mastra_replay_run("city.json")
        (found,) = rerun.differences
        assert (found.path, found.expected, found.actual) == ("$.result.text", "Rome: 5", "Rome: 4")
        assert mastra_replay_run("city.json", ignore="$.result")
"""


@pytest.fixture(autouse=True)
def _declarations_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", declared.partition("/tests/live/")[0])


def test_snapshots_of_the_fake_hold_for_real_servers(live_server: LiveServer, run_suite: RunSuite) -> None:
    """What was stored on the current fake is what a server of each generation does: run, held, resumed, streamed."""
    run_suite(SUITE, "--snapshot-update").assert_outcomes(passed=20)
    result = run_suite(None, "--mastra-target=live", f"--mastra-url={live_server.base_url}")
    result.assert_outcomes(passed=20)


def test_a_run_of_the_fake_again_on_a_real_server(live_server: LiveServer, run_suite: RunSuite) -> None:
    """A recorded run's input and answer are given to the real server, which does the same, or differs where it does."""
    run_suite(RECORDING).assert_outcomes(passed=1)
    before = live_server.total_executions().get("city-workflow", {}).get("lookup", 0)
    result = run_suite(AGAIN, "--mastra-target=live", f"--mastra-url={live_server.base_url}")
    result.assert_outcomes(passed=2)
    assert live_server.total_executions()["city-workflow"]["lookup"] == before + 2
