"""The fixture `mastra_socket_server`: the same fake, on a socket, for other processes."""

from __future__ import annotations

import os

import pytest

from tests.suites_in_folders import RunSuite

PROXY_SETTINGS = ("http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY")


def test_another_process_reaches_it(run_suite: RunSuite) -> None:
    """A process that the code under test starts inherits the address, and talks to the server of this test."""
    result = run_suite("""
        import subprocess
        import sys

        SCRIPT = (
            "from mastra_sync import MastraClient\\n"
            "with MastraClient() as client:\\n"
            "    print(client.get_workflow('report').execute({'city': 'Oslo'}).result['text'])"
        )

        def test_it(mastra_socket_server):
            mastra_socket_server.workflow("report").sleep(3600).returns({"text": "rain"})
            done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
            assert done.stdout == "rain\\n"
            (run,) = mastra_socket_server.runs("report")
            assert run.input_data == {"city": "Oslo"}
    """)
    result.assert_outcomes(passed=1)


def test_it_is_the_same_server_at_another_address(run_suite: RunSuite) -> None:
    """Both fixtures give one object; its `url`, the variable and `mastra_client` are the socket's, in any order."""
    result = run_suite("""
        import os

        import requests

        def check(server, client):
            assert server.url == os.environ["MASTRA_BASE_URL"]
            assert server.url.startswith("http://127.0.0.1:")
            assert client.base_url == server.url + "/api"
            server.workflow("report").sleep(3600).returns({})
            assert client.get_workflow("report").execute({}).ok
            # the address in this process goes on to answer
            assert list(requests.get("http://mastra.test/api/workflows").json()) == ["report"]

        def test_client_first(mastra_client, mastra_server, mastra_socket_server):
            assert mastra_server is mastra_socket_server
            check(mastra_server, mastra_client)

        def test_client_last(mastra_socket_server, mastra_client):
            check(mastra_socket_server, mastra_client)
    """)
    result.assert_outcomes(passed=2)


@pytest.mark.parametrize("excepted", [None, "intranet.example", "*"])
@pytest.mark.parametrize("name", ["no_proxy", "NO_PROXY"])
def test_a_proxy_of_the_machine_is_not_asked(
    run_suite: RunSuite, monkeypatch: pytest.MonkeyPatch, name: str, excepted: str | None
) -> None:
    """The server is reached past a proxy: by clients, by a session that was lent, and by other processes."""
    for variable in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    for variable in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    if excepted is not None:
        monkeypatch.setenv(name, excepted)
    before = [os.environ.get(variable) for variable in PROXY_SETTINGS]
    result = run_suite("""
        import subprocess
        import sys

        import requests
        from mastra_sync import MastraClient

        SCRIPT = "from mastra_sync import MastraClient; print(list(MastraClient(retries=0).list_workflows()))"

        def test_it(mastra_socket_server, mastra_client):
            mastra_socket_server.workflow("report").returns({})
            assert mastra_client.get_workflow("report").execute({}).ok
            with requests.Session() as session:
                assert MastraClient(session=session, retries=0).get_workflow("report").execute({}).ok
            done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
            assert done.stdout == "['report']\\n", done.stderr
    """)
    result.assert_outcomes(passed=1)
    assert [os.environ.get(variable) for variable in PROXY_SETTINGS] == before


def test_it_is_logged_under_its_address(run_suite: RunSuite) -> None:
    """The scene's log has what came over the socket."""
    result = run_suite("""
        def test_it(mastra_target, mastra_socket_server, mastra_client):
            mastra_client.list_workflows()
            (listed,) = mastra_target.log
            assert listed.url == mastra_target.url == mastra_socket_server.url
            assert listed.status == 200
    """)
    result.assert_outcomes(passed=1)


def test_its_port_is_free_afterwards(run_suite: RunSuite) -> None:
    """The server stops with its test, and the address is what it was before."""
    result = run_suite("""
        import os
        import socket

        import pytest

        URLS = []

        @pytest.fixture
        def afterwards(mastra_server):
            yield
            assert mastra_server.url == os.environ["MASTRA_BASE_URL"] == "http://mastra.test"

        def test_it(afterwards, mastra_socket_server):
            URLS.append(mastra_socket_server.url)

        def test_stopped():
            (url,) = URLS
            with pytest.raises(OSError):
                socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=5)
    """)
    result.assert_outcomes(passed=2)


def test_its_client_goes_to_other_processes(run_suite: RunSuite) -> None:
    """The client of the fixture makes its runs from worker processes, which have real time."""
    result = run_suite("""
        import concurrent.futures
        import multiprocessing

        def test_it(mastra_socket_server, mastra_client):
            mastra_socket_server.workflow("double").sleep(3600).returns(lambda context: context.input_data * 2)
            spawn = multiprocessing.get_context("spawn")
            with concurrent.futures.ProcessPoolExecutor(1, mp_context=spawn) as pool:
                results = list(mastra_client.get_workflow("double").map([1, 2], executor=pool))
            assert [result.result for result in results] == [2, 4]
            assert len(mastra_socket_server.runs("double")) == 2
    """)
    result.assert_outcomes(passed=1)
