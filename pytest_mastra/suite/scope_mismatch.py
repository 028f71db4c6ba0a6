"""What to write where a fixture of one test is asked for by a wider one."""

from __future__ import annotations

import re

import pytest

_OF_ONE_TEST = "mastra_(?:server|socket_server|client|target|cassette|replay_run)"

_BY_PYTEST = re.compile(
    rf"ScopeMismatch: You tried to access the function scoped fixture ({_OF_ONE_TEST}) with a (\w+) scoped request"
)
_BY_HYPOTHESIS = re.compile(rf"uses (?:a function-scoped fixture '|the ')({_OF_ONE_TEST})'")


def advise(error: BaseException) -> None:
    """Have a refusal of pytest or hypothesis name the fixture for servers of any scope.

    Args:
        error: What was raised; another one stays as it is.
    """
    by_pytest, by_hypothesis = _BY_PYTEST.search(str(error)), _BY_HYPOTHESIS.search(str(error))
    if by_pytest is not None and isinstance(error, pytest.fail.Exception):
        error.msg = f"{error.msg}\n\n{_for_fixture(*by_pytest.groups())}"
    elif by_hypothesis is not None:
        error.args = (f"{error}\n\n{_for_examples(by_hypothesis[1])}",)


def _for_fixture(name: str, scope: str) -> str:
    made = "mastra_server_factory(on_socket=True)" if name == "mastra_socket_server" else "mastra_server_factory()"
    return f"""\
{name} belongs to one test. Servers for a whole {scope}, each at an address of its own, come from mastra_server_factory:

    @pytest.fixture(scope="{scope}")
    def server(mastra_server_factory):
        server = {made}
        server.workflow("report").returns({{"text": "sunny"}})
        return server                   # server.client() is a client of it, server.url where it answers"""


def _for_examples(name: str) -> str:
    return f"""\
{name} belongs to one test, and so to all examples of it. mastra_server_factory makes a server for each example:

    @given(...)
    def test_it(mastra_server_factory, ...):
        with mastra_server_factory() as server:
            server.workflow("report").returns({{"text": "sunny"}})
            client = server.client()"""
