"""The fixture `mastra_server`: a fake server of the test's own, which code under test meets without being told."""

from __future__ import annotations

from tests.suites_in_folders import RunSuite


def test_clients_that_know_nothing_reach_it(run_suite: RunSuite) -> None:
    """Code that makes its own client, with no address and no clock, meets the fake and waits for nothing."""
    result = run_suite(
        """
        import os
        import time

        from mastra_sync import MastraClient

        def script():
            with MastraClient() as client:
                return client.get_workflow("report").execute({"city": "Paris"}).result

        def test_script(mastra_server):
            mastra_server.workflow("report").sleep(24 * 3600).returns(lambda ctx: {"of": ctx.get_init_data()["city"]})
            began = time.monotonic()
            assert script() == {"of": "Paris"}
            assert time.monotonic() - began < 10
            (run,) = mastra_server.runs("report")
            assert run.input_data == {"city": "Paris"}
            assert mastra_server.url == os.environ["MASTRA_BASE_URL"] == "http://mastra.test"
    """,
        "-W",
        "default::pytest_mastra.VirtualTimeWarning",
    )
    # the script would wait for an hour
    result.assert_outcomes(passed=1, warnings=1)


def test_each_test_has_its_own(run_suite: RunSuite) -> None:
    """Nothing that one test declares or does is seen by another; ids that the server makes begin anew."""
    result = run_suite("""
        import pytest

        SEEN = set()

        @pytest.mark.parametrize("number", [1, 2])
        def test_it(mastra_server, mastra_client, number):
            assert mastra_server.requests == [] and not mastra_server.state.workflows
            mastra_server.workflow(f"w{number}").returns({})
            assert mastra_client.get_workflow(f"w{number}").execute({}).ok
            SEEN.add(mastra_server.state.new_id())
            assert len(SEEN) == 1
    """)
    result.assert_outcomes(passed=2)


def test_afterwards_everything_is_as_before(run_suite: RunSuite) -> None:
    """The variable, the clock of clients and the ways of `requests` are what they were before the test."""
    result = run_suite("""
        import os

        import pytest
        from requests.adapters import HTTPAdapter

        from mastra_sync import deadline

        BEFORE = HTTPAdapter.send, deadline.default_clock

        @pytest.fixture
        def around(monkeypatch):
            monkeypatch.setenv("MASTRA_BASE_URL", "http://mine:1")

        def test_with(around, mastra_server):
            assert os.environ["MASTRA_BASE_URL"] == "http://mastra.test"
            assert deadline.default_clock is not BEFORE[1]
            assert HTTPAdapter.send is not BEFORE[0]

        def test_without(around):
            assert os.environ["MASTRA_BASE_URL"] == "http://mine:1"
            assert (HTTPAdapter.send, deadline.default_clock) == BEFORE

        def test_without_anything():
            assert "MASTRA_BASE_URL" not in os.environ
    """)
    result.assert_outcomes(passed=3)


def test_a_conftest_declares_for_all(run_suite: RunSuite) -> None:
    """A fixture of the same name adds to the server; `mastra_client` and code under test meet what it declared."""
    result = run_suite(
        """
        from mastra_sync import MastraClient

        def test_client(mastra_client):
            assert mastra_client.get_workflow("report").execute({}).result == {"text": "sunny"}

        def test_own_client(mastra_server):
            with MastraClient() as client:
                assert client.get_workflow("report").execute({}).result == {"text": "sunny"}
        """,
        conftest="""
        import pytest

        @pytest.fixture
        def mastra_server(mastra_server):
            mastra_server.workflow("report").returns({"text": "sunny"})
            return mastra_server
        """,
    )
    result.assert_outcomes(passed=2)


def test_threads_reach_it_too(run_suite: RunSuite) -> None:
    """Clients in threads meet the same server; what it skips for one of them takes no patience of the others."""
    result = run_suite("""
        from concurrent.futures import ThreadPoolExecutor

        from mastra_sync import MastraClient

        def call(number):
            with MastraClient() as client:
                return client.get_workflow("double").execute({"n": number}).result

        def test_it(mastra_server):
            mastra_server.workflow("double").sleep(60).returns(lambda ctx: ctx.get_init_data()["n"] * 2)
            with ThreadPoolExecutor(8) as pool:
                assert list(pool.map(call, range(40))) == [2 * number for number in range(40)]
            assert len(mastra_server.runs("double")) == 40
    """)
    result.assert_outcomes(passed=1)


def test_the_generation_is_an_option(run_suite: RunSuite) -> None:
    """`--mastra-generation` says what fakes behave like; a test that is about another one says so."""
    code = """
        import pytest

        def test_usual(mastra_server):
            assert mastra_server.generation.name == "1.2"

        @pytest.mark.mastra(generation="1.0-beta")
        def test_old(mastra_server):
            assert mastra_server.generation.name == "1.0-beta"

        @pytest.mark.mastra(generation=["current", "1.2"])
        def test_either(mastra_server):
            assert mastra_server.generation.name == "1.2"
    """
    run_suite(code, "--mastra-generation=1.2").assert_outcomes(passed=3)
    run_suite(code, "-o", "mastra_generation=1.2").assert_outcomes(passed=3)


def test_the_scene_knows_what_was_said(run_suite: RunSuite) -> None:
    """`mastra_target` has the address, the target and the log of exchanges, streams with their chunks."""
    result = run_suite("""
        def test_it(mastra_target, mastra_server, mastra_client):
            mastra_server.workflow("report").returns({"text": "sunny"})
            with mastra_client.get_workflow("report").create_run().stream({}) as events:
                seen = [event.type for event in events]
            assert (mastra_target.target, mastra_target.url) == ("fake", "http://mastra.test")
            assert mastra_target.servers == [mastra_server]
            create, stream = mastra_target.log
            assert [create.call.verb, stream.call.verb] == ["create_run", "stream"]
            assert stream.is_stream and len(stream.chunks) >= len(seen) > 2
            assert repr(mastra_target) == "<Scene test_suite.py::test_it on fake http://mastra.test>"
    """)
    result.assert_outcomes(passed=1)


def test_other_addresses_are_left_alone(run_suite: RunSuite) -> None:
    """What code under test sends elsewhere goes there."""
    result = run_suite("""
        import requests
        import responses

        def test_it(mastra_server):
            with responses.RequestsMock() as mock:
                mock.get("http://elsewhere.test/", body="hello")
                assert requests.get("http://elsewhere.test/").text == "hello"
    """)
    result.assert_outcomes(passed=1)
