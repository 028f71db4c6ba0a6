"""Beside other plugins: none is disturbed by ours, and ours by none."""

from __future__ import annotations

import importlib.util

import pytest

from tests.suites_in_folders import RunSuite

OURS = """
def test_ours(mastra_server, mastra_client):
    mastra_server.workflow("report").sleep(3600).returns({"text": "sunny"})
    assert mastra_client.get_workflow("report").execute({}).result == {"text": "sunny"}
"""

RECORDING = """
import pytest
import requests

@pytest.mark.vcr
def test_theirs(mastra_server):
    assert requests.get("http://mastra.test/api/workflows").json() == {}
"""

VCR = """
import pytest
import requests

@pytest.mark.vcr
def test_theirs(mastra_socket_server):
    assert requests.get(mastra_socket_server.url + "/api/workflows").json() == {}
"""

HTTPSERVER = """
import requests

def test_theirs(httpserver, mastra_server):
    httpserver.expect_request("/x").respond_with_json({"a": 1})
    assert requests.get(httpserver.url_for("/x")).json() == {"a": 1}
    assert requests.get("http://mastra.test/api/workflows").json() == {}
"""

SYRUPY = """
def test_theirs(snapshot, mastra_server):
    assert {"a": 1} == snapshot
"""

ASYNCIO = """
import asyncio
import pytest
from mastra_sync import MastraClient

def call():
    with MastraClient() as client:
        return client.get_workflow("report").execute({}).result

@pytest.mark.asyncio
async def test_theirs(mastra_server):
    mastra_server.workflow("report").returns({"text": "sunny"})
    assert await asyncio.to_thread(call) == {"text": "sunny"}

@pytest.mark.asyncio
@pytest.mark.mastra(generation="1.2")
async def test_marked():
    assert await asyncio.to_thread(lambda: MastraClient().list_workflows()) == {}
"""

DATABASE = """
import pytest
from django.contrib.auth.models import Group
from mastra_sync import MastraClient

@pytest.mark.django_db
def test_theirs(mastra_server, client, settings):
    Group.objects.create(name="a")
    mastra_server.workflow("report").returns({"count": Group.objects.count()})
    with MastraClient() as mastra:
        assert mastra.get_workflow("report").execute({}).result == {"count": 1}
"""

DJANGO_SETTINGS = """
    from django.conf import settings

    def pytest_configure():
        settings.configure(
            INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"],
            DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
            DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        )
"""

HAS_DJANGO = importlib.util.find_spec("django") is not None
DJANGO = (DATABASE, (), 2, DJANGO_SETTINGS)
# pytest-django does not bring Django, and does nothing without it
WITHOUT_DJANGO = ("def test_theirs(mastra_server): pass", (), 2, "")

OTHERS = {
    "pytest_recording": ("pytest_recording.plugin", RECORDING, ("--block-network",), 2, ""),
    "pytest_vcr": ("pytest_vcr", VCR, (), 2, ""),
    "pytest_httpserver": ("pytest_httpserver.pytest_plugin", HTTPSERVER, (), 2, ""),
    "syrupy": ("syrupy", SYRUPY, ("--snapshot-update",), 2, ""),
    "pytest_asyncio": ("pytest_asyncio.plugin", ASYNCIO, ("-o", "asyncio_default_fixture_loop_scope=function"), 3, ""),
    "pytest_django": ("pytest_django.plugin", *(DJANGO if HAS_DJANGO else WITHOUT_DJANGO)),
    "xdist": ("xdist.plugin", "def test_theirs(worker_id): assert worker_id", ("-n2",), 2, ""),
    "pytest_timeout": ("pytest_timeout", "def test_theirs(mastra_server): pass", ("--timeout=60",), 2, ""),
}


@pytest.mark.parametrize("name", OTHERS)
def test_beside_one(run_process: RunSuite, name: str) -> None:
    """Tests of theirs and of ours, and of both, in one process, with warnings as errors."""
    if importlib.util.find_spec(name) is None:
        pytest.skip(f"{name} is not installed")
    plugin, code, arguments, passed, conftest = OTHERS[name]
    result = run_process(f"{code}\n{OURS}", "-p", plugin, "-W", "error", *arguments, conftest=conftest)
    result.assert_outcomes(passed=passed)


def test_beside_all_at_once(run_process: RunSuite) -> None:
    """All that get along with each other: no option, ini key, marker or fixture has a name of ours."""
    chosen = [name for name in OTHERS if name != "pytest_vcr" and importlib.util.find_spec(name)]
    plugins = [argument for name in chosen for argument in ("-p", OTHERS[name][0])]
    options = ("-o", "asyncio_default_fixture_loop_scope=function", "-n0", "--strict-markers")
    # pytest-django has nothing to do without settings
    result = run_process(f"{HTTPSERVER}\n{OURS}", *plugins, *options)
    result.assert_outcomes(passed=2)


def test_a_test_that_mocks_responses_itself(run_suite: RunSuite) -> None:
    """`responses` may be activated in a test that uses the fake, before or after it, and put back in any order."""
    result = run_suite("""
        import pytest
        import requests
        import responses

        @pytest.fixture
        def mock():
            with responses.RequestsMock() as made:
                made.get("http://other.test/", json=[1])
                yield made

        def both():
            assert requests.get("http://other.test/").json() == [1]
            assert requests.get("http://mastra.test/api/workflows").json() == {}

        def test_before(mock, mastra_server):
            both()

        def test_after(mastra_server, mock):
            # a mock that was activated inside takes what is not its own for a mistake
            mock.add_passthru("http://mastra.test")
            both()

        def test_afterwards(mastra_server):
            assert requests.get("http://mastra.test/api/workflows").json() == {}
    """)
    result.assert_outcomes(passed=3)
