"""The fixtures `mastra_client` and `mastra_config`: a client of what the test runs against, made as a conftest says."""

from __future__ import annotations

import dataclasses

import pytest

from pytest_mastra import MastraConfig
from tests.suites_in_folders import RunSuite


def test_the_client_is_made_as_the_config_says(run_suite: RunSuite) -> None:
    """Headers, token, timeout and API prefix of `mastra_config` are the client's; the fake has the same prefix."""
    result = run_suite(
        """
        def test_it(mastra_server, mastra_client):
            assert mastra_client.base_url == "http://mastra.test/mastra"
            mastra_client.list_workflows()
            (request,) = mastra_server.requests
            assert request.path == "/mastra/workflows" and request.status == 200
            assert request.headers["X-Tenant"] == "acme"
            assert request.headers["Authorization"] == "Bearer tok-1"
            assert mastra_client.api.timeouts.read == 7
        """,
        conftest="""
        import dataclasses

        import pytest

        @pytest.fixture(scope="session")
        def mastra_config(mastra_config):
            return dataclasses.replace(
                mastra_config, headers={"X-Tenant": "acme"}, token="tok-1", timeout=7, api_prefix="/mastra"
            )
        """,
    )
    result.assert_outcomes(passed=1)


def test_a_module_or_a_test_may_have_another_config(run_suite: RunSuite) -> None:
    """The config is looked up where the test stands, in any scope."""
    result = run_suite("""
        import pytest

        from pytest_mastra import MastraConfig

        @pytest.fixture(params=["a", "b"])
        def mastra_config(request):
            return MastraConfig(headers={"X-Name": request.param})

        def test_it(mastra_server, mastra_client, mastra_config):
            mastra_client.list_workflows()
            assert mastra_server.requests[0].headers["X-Name"] == mastra_config.headers["X-Name"]
    """)
    result.assert_outcomes(passed=2)


def test_the_client_is_closed_afterwards(run_suite: RunSuite) -> None:
    """A client that is kept beyond its test cannot be used."""
    result = run_suite("""
        import pytest

        KEPT = []

        def test_keeps(mastra_server, mastra_client):
            KEPT.append(mastra_client)

        def test_is_closed(mastra_server):
            with pytest.raises(RuntimeError, match="this client is closed"):
                KEPT[0].list_workflows()
    """)
    result.assert_outcomes(passed=2)


def test_the_client_alone_is_enough(run_suite: RunSuite) -> None:
    """A test that asks for the client only has an empty fake behind it."""
    result = run_suite("""
        def test_it(mastra_client):
            assert mastra_client.list_workflows() == {}
    """)
    result.assert_outcomes(passed=1)


def test_a_config_shows_no_secret() -> None:
    """Neither token nor headers nor the address's password stand in its `repr`, which pytest shows."""
    config = MastraConfig(url="http://me:pw@localhost:4111/x", token="sk-1", headers={"Cookie": "c-1"})
    assert repr(config) == "<MastraConfig http://localhost:4111/x /api current>"


def test_a_config_is_replaced_and_not_changed() -> None:
    """It is one for the session."""
    config = MastraConfig()
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.token = "sk-2"  # type: ignore[misc]
    assert dataclasses.replace(config, token="sk-2").token == "sk-2"
