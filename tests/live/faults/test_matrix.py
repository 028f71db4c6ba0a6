"""Every verb meets some of the faults of the matrix in front of a real server."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.live.server import LiveServer
from tests.matrix.cells import Cell
from tests.matrix.faults import FAULTS, Fault
from tests.matrix.judge import try_all
from tests.matrix.verbs import VERBS

pytestmark = pytest.mark.matrix

NAMES = (
    *("reset", "silence", "cut in the status line", "closed in the headers", "cut in the body", "cut in a chunk"),
    *("a dripping header line", "a redirect without end", "502 with a page", "503", "504", "429", "302"),
    *("an empty object", "a page", "a gzip bomb", "two lengths that differ", "an error that echoes secrets"),
)

THREADS = 4
"""Cells at a time; the real server has a core of its own to work on."""


class RealServer:
    """A real server with the matrix's workflow."""

    def __init__(self, live: LiveServer) -> None:
        self._live = live
        self.port = live.port

    def executions_of(self, run_id: str) -> int:
        """Return how often the run's step was entered."""
        return self._live.executions(run_id).get("q", 0)

    def open_gate(self, name: str) -> None:
        """Let the run of this id pass that was held."""
        self._live.open_gate(name)


@pytest.fixture(scope="module")
def server(current_server: LiveServer) -> RealServer:
    return RealServer(current_server)


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.name in NAMES], ids=lambda fault: fault.name)
def test_a_fault_in_front_of_a_real_server(
    fault: Fault, server: RealServer, record_property: Callable[[str, object], None]
) -> None:
    """A fault that comes once, before the effect and after it, is met as in front of the fake."""
    cells = [Cell(verb, fault, "once", after) for verb in VERBS for after in (False, True)]
    wrong = try_all(server, cells, record_property, THREADS)
    assert not wrong, f"{len(wrong)} things are wrong in {len(cells)} cells:\n" + "\n".join(wrong)


def test_each_fault_is_one_of_the_matrix() -> None:
    """No name of this module has gone from the matrix."""
    assert {fault.name for fault in FAULTS}.issuperset(NAMES)
