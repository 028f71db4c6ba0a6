"""The tests of `expenses.py`, as its authors would write them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mastra_sync import MastraClient, RunFailed
from pytest_mastra import FakeMastra, assert_run

from .expenses import main, pay


def test_a_small_expense_is_paid(mastra_client: MastraClient) -> None:
    """Nobody is asked about less than 100."""
    result = pay(mastra_client, 40, "a train to Porto")
    assert result.result == {"paid": 40, "approvedBy": "rule"}
    assert_run(result).visited("check", "approve-small", "pay").never_ran("ask-manager")


def test_a_large_expense_is_approved(mastra_client: MastraClient) -> None:
    """The script answers for the manager."""
    result = pay(mastra_client, 900, "a sofa for the office")
    assert_run(result).succeeded(output={"paid": 900, "approvedBy": "Ines"}).visited("check", "ask-manager", "pay")


def test_what_is_too_much_for_the_manager_is_not_paid(mastra_client: MastraClient) -> None:
    """The workflow ends early, with nothing paid."""
    result = pay(mastra_client, 12_000, "a car")
    assert result.result == {"paid": 0}
    assert result.steps["ask-manager"].output["approved"] is False


def test_what_the_manager_is_asked(mastra_client: MastraClient) -> None:
    """The question names amount and purpose."""
    result = mastra_client.get_workflow("expense").execute({"amount": 700, "purpose": "a desk"})
    assert_run(result).suspended(step="ask-manager", payload={"question": "Pay 700 for a desk?"})


def test_nonsense_is_refused(mastra_client: MastraClient) -> None:
    """The reason comes from the workflow."""
    with pytest.raises(RunFailed) as caught:
        pay(mastra_client, -5, "nothing")
    assert_run(caught.value.result).failed(step="check", error="an expense of -5 cannot be paid")


def test_what_a_watcher_sees(mastra_client: MastraClient) -> None:
    """Events come in the order in which the steps run."""
    with mastra_client.get_workflow("expense").create_run().stream({"amount": 8, "purpose": "tea"}) as events:
        started = [event.step_id for event in events if event.type == "workflow-step-start"]
    assert [step for step in started if step in ("check", "approve-small", "pay")] == ["check", "approve-small", "pay"]
    assert events.result().ok


def test_the_outcome_is_what_it_was(mastra_client: MastraClient, mastra_snapshot: object) -> None:
    """Every step's input and output, held against what was reviewed once."""
    assert pay(mastra_client, 900, "a sofa for the office") == mastra_snapshot


def test_the_script_says_what_it_paid(mastra_client: MastraClient, capsys: pytest.CaptureFixture[str]) -> None:
    """It makes a client of its own, which finds this test's server by MASTRA_BASE_URL."""
    assert main(["40", "a train to Porto"]) == 0
    assert capsys.readouterr().out == "paid 40 for a train to Porto\n"


@pytest.mark.mastra(fake_only=True)
def test_a_lost_answer_does_not_pay_twice(mastra_server: FakeMastra, mastra_client: MastraClient) -> None:
    """The connection dies after the server has started the run."""
    mastra_server.faults.on("start", nth=1).reset(after_effect=True)
    assert pay(mastra_client, 40, "a train to Porto", number="expense-17").ok
    assert len(mastra_server.runs("expense")[0].starts) == 1


@pytest.mark.mastra(fake_only=True)
def test_the_script_in_a_process_of_its_own(mastra_socket_server: FakeMastra) -> None:
    """Other processes, in whatever language, reach the same fake by MASTRA_BASE_URL."""
    script = Path(__file__).with_name("expenses.py")
    done = subprocess.run(
        [sys.executable, str(script), "900", "a sofa"], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "paid 900 for a sofa\n"
    assert [run.status for run in mastra_socket_server.runs("expense")] == ["success"]
