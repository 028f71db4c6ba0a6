"""`expenses.py` at everything that may go wrong with each of its requests."""

from __future__ import annotations

import pytest

from mastra_sync import MastraClient
from pytest_mastra import FakeMastra
from tests.examples.conftest import expense  # noqa: F401 - the workflow, declared for each test
from tests.examples.expenses import pay


@pytest.mark.mastra_sweep
@pytest.mark.parametrize(("amount", "by"), [(40, "rule"), (900, "Ines")])
def test_an_expense_is_paid_once_whatever_happens(mastra_client: MastraClient, amount: int, by: str) -> None:
    """Whether or not somebody is asked about it."""
    result = pay(mastra_client, amount, "a sofa", number="e-1")
    assert result.result == {"paid": amount, "approvedBy": by}


@pytest.mark.mastra_sweep(faults="all", pairs=True, limit=60)
def test_an_expense_is_paid_once_whatever_happens_twice(mastra_client: MastraClient, mastra_server: FakeMastra) -> None:
    """A second fault comes while the script recovers from the first."""
    assert pay(mastra_client, 900, "a sofa", number="e-1").ok
    assert len(mastra_server.runs("expense")) == 1
