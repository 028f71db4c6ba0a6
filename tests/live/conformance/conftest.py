"""Options and fixtures of the conformance tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conformance.summary import summary_of
from tests.live.conftest import StartServer
from tests.live.server import LiveServer


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the option that records real servers anew."""
    parser.addoption(
        "--mastra-refresh",
        action="store_true",
        help="write down what the real servers say",
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many scenarios agree."""
    if summary := summary_of(terminalreporter):
        terminalreporter.write_line(f"fake and real servers: {summary}")


@pytest.fixture(scope="module")
def mortal_server(module_server: StartServer, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], LiveServer]:
    """A function from a generation to a running server of it whose runs are in a file, and outlive it."""
    folder = tmp_path_factory.mktemp("mortal")

    def give(generation: str) -> LiveServer:
        server = module_server(generation, database=folder / f"{generation}.db")
        if not server.is_running:
            # a scenario has failed after its death
            server.start()
        return server

    return give
