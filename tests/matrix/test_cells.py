"""Every verb meets every fault, and is right each time."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest

from tests.matrix.cells import FakeServer, cells_of
from tests.matrix.faults import FAULTS, Fault
from tests.matrix.judge import try_all

pytestmark = pytest.mark.matrix


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer() as server:
        yield server


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault(
    fault: Fault, server: FakeServer, matrix_part: float, record_property: Callable[[str, object], None]
) -> None:
    """In each cell of a fault the call ends in time, rightly, with one effect at most, and shows no secret."""
    cells = cells_of(fault)
    chosen = random.Random(fault.name).sample(cells, round(len(cells) * matrix_part))
    wrong = try_all(server, chosen, record_property)
    assert not wrong, f"{len(wrong)} things are wrong in {len(chosen)} cells:\n" + "\n".join(wrong)
