"""A failure to reach a Mastra server says which fixture, or which line, the test lacks."""

from __future__ import annotations

import re
import socket
import urllib.error
from pathlib import Path

import pytest

from mastra_sync import APIConnectionError, MastraClient
from pytest_mastra.explain.unreached import explain_unreached
from tests.suites_in_folders import RunSuite

SHOP = """
import requests

from mastra_sync import MastraClient

client = MastraClient(retries=0)
ADDRESS = "http://localhost:4111/api"

class Shop:
    client = MastraClient(retries=0)

    def quote(self):
        return self.client.get_workflow("quote").execute({})

class Service:
    def __init__(self):
        self.workflow = MastraClient(retries=0).get_workflow("quote")

service = Service()

def quote():
    return client.get_workflow("quote").execute({})

def quote_raw():
    return requests.get(ADDRESS + "/workflows").json()

def quote_inside():
    return MastraClient(retries=0).get_workflow("quote").execute({})

def quote_elsewhere():
    return MastraClient("http://127.0.0.1:4111", retries=0).get_workflow("quote").execute({})
"""

SUITE = """
import subprocess
import sys
import threading
import unittest
import urllib.request

import pytest
import requests
import responses
import shop
from mastra_sync import APIConnectionError, MastraClient

own = MastraClient(retries=0)

@pytest.fixture
def fake(mastra_server):
    mastra_server.workflow("quote").returns(1)

@pytest.fixture(scope="module")
def wide():
    with MastraClient(retries=0) as client:
        yield client

class TestBare:
    def test_global(self, tmp_path):
        shop.quote()

    def test_raw(self):
        shop.quote_raw()

    def test_urllib(self):
        urllib.request.urlopen("http://localhost:4111/api/workflows")

    def test_inside(self):
        shop.quote_inside()

    def test_wrapped(self):
        try:
            shop.quote_inside()
        except APIConnectionError as error:
            raise ValueError("no quote") from error

    def test_swallowed(self):
        try:
            shop.quote()
        except APIConnectionError as error:
            print(error)
        assert False

    def test_unrelated(self):
        assert 1 == 2

    def test_elsewhere(self):
        requests.get("http://127.0.0.1:1/api/workflows")

class Bare(unittest.TestCase):
    def test_case(self):
        shop.quote()

class TestWithFake:
    def test_global(self, fake):
        shop.quote()

    def test_class(self, fake):
        shop.Shop().quote()

    def test_object(self, fake):
        shop.service.workflow.execute({})

    def test_own(self, fake):
        own.list_workflows()

    def test_wide(self, wide, fake):
        wide.list_workflows()

    def test_fixed(self, fake):
        shop.quote_elsewhere()

    def test_thread(self, fake):
        failures = []
        def work():
            try:
                shop.quote()
            except APIConnectionError as error:
                failures.append(error)
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        raise failures[0]

    def test_responses(self, fake):
        with responses.RequestsMock():
            requests.get("http://mastra.test/api/workflows")

    def test_fault(self, fake, mastra_server, mastra_client):
        mastra_server.faults.on("list_workflows").reset()
        mastra_client.list_workflows()
"""

NO_FIXTURE = "No fixture of pytest_mastra is active in this test: what it sends goes where it goes outside of tests."
ELSEWHERE = "What this test runs against is at http://mastra.test, and this went elsewhere."
BEFORE = "That was before this test's fixtures, and it keeps its address. Let the test put another in its place:"
AS_OTHERS = [
    "test_global of this file does; for all tests of the file:",
    '    pytestmark = pytest.mark.usefixtures("mastra_server")',
]
INSIDE = [
    "MASTRA_BASE_URL has the address while a fixture is active. Make the client in the function that needs it,",
    "as MastraClient(), without an address; or hand over what the fixture mastra_client gives.",
]
TAKE = "Let the test take the fake:"
OF_CLIENT = [
    '        monkeypatch.setattr("shop.client", mastra_client)',
    '        monkeypatch.setattr("shop.Shop.client", mastra_client)',
    '        monkeypatch.setattr("shop.service.workflow", mastra_client.get_workflow("quote"))',
]
SAID = {
    "TestBare.test_global": [
        NO_FIXTURE,
        "The client was made at shop.py:5.",
        TAKE,
        "    def test_global(self, tmp_path, mastra_server, mastra_client, monkeypatch):",
        OF_CLIENT[0],
        *AS_OTHERS,
    ],
    "TestBare.test_raw": [
        NO_FIXTURE,
        TAKE,
        "    def test_raw(self, mastra_server, monkeypatch):",
        '        monkeypatch.setattr("shop.ADDRESS", mastra_server.url + "/api")',
        *AS_OTHERS,
    ],
    "TestBare.test_urllib": [
        NO_FIXTURE,
        TAKE,
        "    def test_urllib(self, mastra_socket_server, monkeypatch):",
        '        monkeypatch.setattr("shop.ADDRESS", mastra_socket_server.url + "/api")',
        *AS_OTHERS,
    ],
    "TestBare.test_inside": [
        NO_FIXTURE,
        "The client was made at shop.py:27.",
        TAKE,
        "    def test_inside(self, mastra_server):",
        *AS_OTHERS,
    ],
    "TestBare.test_wrapped": [
        NO_FIXTURE,
        "The client was made at shop.py:27.",
        TAKE,
        "    def test_wrapped(self, mastra_server):",
        *AS_OTHERS,
    ],
    "TestBare.test_swallowed": [
        NO_FIXTURE,
        TAKE,
        "    def test_swallowed(self, mastra_server, mastra_client, monkeypatch):",
        *OF_CLIENT,
        "If another process sent it: mastra_socket_server, and hand it the environment.",
        *AS_OTHERS,
    ],
    "Bare.test_case": [
        NO_FIXTURE,
        "The client was made at shop.py:5.",
        TAKE,
        "    @pytest.fixture(autouse=True)",
        "    def fake(self, mastra_server, mastra_client, monkeypatch):",
        OF_CLIENT[0],
        *AS_OTHERS,
    ],
    "TestWithFake.test_global": [
        ELSEWHERE,
        "The client was made at shop.py:5.",
        BEFORE,
        "    def test_global(self, fake, mastra_client, monkeypatch):",
        OF_CLIENT[0],
    ],
    "TestWithFake.test_class": [
        ELSEWHERE,
        "The client was made at shop.py:9.",
        BEFORE,
        "    def test_class(self, fake, mastra_client, monkeypatch):",
        OF_CLIENT[1],
    ],
    "TestWithFake.test_object": [
        ELSEWHERE,
        "The client was made at shop.py:16.",
        BEFORE,
        "    def test_object(self, fake, mastra_client, monkeypatch):",
        OF_CLIENT[2],
    ],
    "TestWithFake.test_own": [
        ELSEWHERE,
        "The client was made at test_suite.py:13.",
        BEFORE,
        "    def test_own(self, fake, mastra_client, monkeypatch):",
        '        monkeypatch.setitem(globals(), "own", mastra_client)',
    ],
    "TestWithFake.test_wide": [ELSEWHERE, "The client was made at test_suite.py:21.", *INSIDE],
    "TestWithFake.test_fixed": [ELSEWHERE, "The client was made at shop.py:30.", *INSIDE],
    "TestWithFake.test_thread": [
        ELSEWHERE,
        "The client was made at shop.py:5.",
        BEFORE,
        "    def test_thread(self, fake, mastra_client, monkeypatch):",
        OF_CLIENT[0],
    ],
    "TestWithFake.test_responses": [
        "responses keeps what is sent to http://mastra.test to itself; let it through:",
        '    mock.add_passthru("http://mastra.test")',
    ],
}
SILENT = {"TestBare.test_unrelated", "TestBare.test_elsewhere", "TestWithFake.test_fault"}

_HEADING = re.compile(r"^_{3,} (\S+) _{3,}$", re.MULTILINE)
_SECTION = re.compile(r"^-+ mastra: nobody answers at (\S+) -+\n((?:  .*\n)+)", re.MULTILINE)


@pytest.fixture(scope="module", autouse=True)
def _nobody_listens() -> None:
    """Nobody has the usual port on this machine."""
    with socket.socket() as other:
        if other.connect_ex(("127.0.0.1", 4111)) == 0:
            pytest.skip("a server listens at the usual port")


def test_each_failure_names_the_line_that_is_missing(run_process: RunSuite, pytester: pytest.Pytester) -> None:
    """Whatever sent the request, wherever its client is kept; failures of another kind are left alone."""
    pytester.makepyfile(shop=SHOP)
    output = str(run_process(SUITE).stdout)
    _, *parts = _HEADING.split(output)
    told = {name: _SECTION.findall(text) for name, text in zip(parts[::2], parts[1::2], strict=True)}
    assert set(told) == {*SAID, *SILENT}
    for name, lines in SAID.items():
        ((_, text),) = told[name]
        assert [line.removeprefix("  ") for line in text.splitlines()] == lines, name
    assert {name for name, sections in told.items() if not sections} == SILENT


def test_a_client_that_outlives_its_fake(run_suite: RunSuite) -> None:
    """One that an earlier test made, and a process or a library that the fake in this process cannot answer."""
    result = run_suite("""
        import urllib.request

        from mastra_sync import MastraClient

        kept = []

        def test_first(mastra_server):
            kept.append(MastraClient(retries=0, timeout=1))

        def test_second():
            kept[0].list_workflows()

        def test_urllib(mastra_server):
            urllib.request.urlopen(mastra_server.url)
    """)
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            "*- mastra: nobody answers at http://mastra.test -*",
            "  The client was made at test_suite.py:*.",
            "      def test_second(mastra_server):",
            "*- mastra: nobody answers at http://mastra.test -*",
            "  The fake answers there what is sent by `requests` in this process. *",
            "      def test_urllib(mastra_server, mastra_socket_server):",
        ]
    )


def test_a_junit_file_has_it(run_suite: RunSuite, pytester: pytest.Pytester) -> None:
    """As it has all that a report says."""
    run_suite(
        """
        from mastra_sync import MastraClient

        def test_it():
            MastraClient(retries=0).list_workflows()
        """,
        "--junit-xml=junit.xml",
    )
    assert "def test_it(mastra_server):" in (pytester.path / "junit.xml").read_text(encoding="utf-8")


def test_an_exception_knows_where_its_client_was_made() -> None:
    """The line that made it, also of a copy's original."""
    client = MastraClient("http://127.0.0.1:1", retries=0)
    with pytest.raises(APIConnectionError) as caught:
        client.list_workflows()
    path, _, line = caught.value.made_at.rpartition(":")
    assert path == __file__
    assert "MastraClient(" in Path(path).read_text(encoding="utf-8").splitlines()[int(line) - 1]


def test_whatever_goes_wrong_the_failure_comes_through(request: pytest.FixtureRequest) -> None:
    """An exception that cannot be looked at has no section."""

    class Odd(OSError):
        def __str__(self) -> str:
            raise RuntimeError("no words")

    assert explain_unreached(request.node, Odd(), "") is None
    assert explain_unreached(request.node, urllib.error.URLError("refused"), "") is None
