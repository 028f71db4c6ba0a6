"""Options and fixtures of the conformance tests."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from functools import cache
from typing import Any

import pytest

from tests.conformance.corpus import SCENARIOS
from tests.conformance.summary import summary_of
from tests.conftest import IS_WORKER
from tests.live.conformance.dying_together import play_all_once
from tests.live.conftest import StartServer


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
def told_by_the_dying(
    module_server: StartServer, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, str], list[Any]]:
    """A function from a generation and a scenario in which the server dies to its transcript."""
    folder = tmp_path_factory.mktemp("mortal")
    of_all_workers = tmp_path_factory.getbasetemp().parent if IS_WORKER else folder

    @cache
    def play_those_of(generation: str) -> dict[str, Future[list[Any]]]:
        return play_all_once(
            lambda: module_server(generation, database=folder / f"{generation}.db"),
            [each for each in SCENARIOS if each.dies and generation in each.generations],
            of_all_workers / f"told-by-the-dying-{generation}.json",
        )

    return lambda generation, name: play_those_of(generation)[name].result()
