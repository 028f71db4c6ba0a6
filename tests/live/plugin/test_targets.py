"""One suite on a fake and on real servers, unchanged."""

from __future__ import annotations

from tests.live.server import LiveServer
from tests.suites_in_folders import RunSuite

SUITE = """
    import pytest

    from mastra_sync import MastraClient

    pytestmark = pytest.mark.mastra(workflows=["city-workflow", "approval"])

    @pytest.fixture
    def mastra_server(mastra_server):
        mastra_server.workflow("city-workflow").returns(lambda ctx: {"text": f"{ctx.input_data['city']}: 5"})
        mastra_server.workflow("approval").suspends("approve", {"ask": "approve 3?"})
        return mastra_server

    def test_a_client(mastra_client):
        assert mastra_client.get_workflow("city-workflow").execute({"city": "Paris"}).result == {"text": "Paris: 5"}

    def test_code_with_a_client_of_its_own(mastra_server, mastra_target):
        with MastraClient() as client:
            run = client.get_workflow("approval").create_run()
            with run.stream({"n": 3}) as events:
                assert events.result().suspensions[0].payload == {"ask": "approve 3?"}
            assert run.resume_async({"ok": True, "n": 3}).ok
        verbs = [exchange.call.verb for exchange in mastra_target.log]
        assert verbs[:2] == ["create_run", "stream"]
        streamed = list(mastra_target.log)[1]
        assert streamed.is_stream and len(streamed.chunks) > 2
        assert {exchange.url for exchange in mastra_target.log} == {mastra_target.url}

    def test_an_outage(mastra_server, mastra_client):
        mastra_server.faults.on("start", nth=1).reset(after_effect=True)
        assert mastra_client.get_workflow("city-workflow").execute({"city": "Oslo"}).ok

    @pytest.mark.mastra(generation=["current", "1.2", "1.0-beta"])
    def test_of_any_generation(mastra_client):
        pass

    @pytest.mark.mastra(generation=OTHER)
    def test_of_another_generation(mastra_client):
        pass

    @pytest.mark.mastra(workflows="city-workflows")
    def test_what_is_not_there(mastra_client):
        pass
"""


def test_on_a_fake(run_suite: RunSuite) -> None:
    """What the tests declare answers, and a name that they do not declare is an error."""
    run_suite(SUITE.replace("OTHER", "'1.2'")).assert_outcomes(passed=6, errors=1)


def test_on_a_real_server(run_suite: RunSuite, live_server: LiveServer) -> None:
    """The real workflows answer; what only a fake can do is skipped, and what the server has not."""
    other = "1.2" if live_server.generation == "current" else "current"
    options = ("--mastra-target=live", f"--mastra-url={live_server.base_url}", "-rs")
    result = run_suite(SUITE.replace("OTHER", repr(other)), *options)
    result.assert_outcomes(passed=3, skipped=3)
    reasons = [line.partition(": ")[2] for line in result.outlines if line.startswith("SKIPPED")]
    assert reasons == [
        "only a fake has mastra_server.faults; this test ran with --mastra-target=live",
        f"is about {other}, and {live_server.base_url} is {live_server.generation}",
        f"needs workflow 'city-workflows', which {live_server.base_url} has not: did you mean 'city-workflow'?",
    ]
