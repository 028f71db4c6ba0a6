"""Pays expenses: a blocking script around the workflow `expense`. Run as `expenses.py AMOUNT PURPOSE [NUMBER]`.

With a number it may be killed anywhere and run again: the expense is paid once.
"""

from __future__ import annotations

import sys

from mastra_sync import MastraClient, RunFailed, RunResult

MOST_WITHOUT_THE_BOARD = 5_000
"""What the manager pays without asking the board."""


def pay(client: MastraClient, amount: float, purpose: str, *, number: str | None = None) -> RunResult:
    """Have an expense paid, and answer the workflow's question about a large one.

    Args:
        client: Of the server that pays.
        amount: In euros.
        purpose: What it was spent on.
        number: The expense's own number; an expense with a number is never paid twice, however often this is called.

    Raises:
        RunFailed: The expense cannot be paid.
    """
    run = client.get_workflow("expense").create_run(number)
    result = run.start({"amount": amount, "purpose": purpose}, if_started="join").wait(timeout=30)
    if result.suspensions:
        answer = {"approved": amount <= MOST_WITHOUT_THE_BOARD, "manager": "Ines"}
        result = run.resume_async(answer, step=result.suspensions[0], if_answered="join")
    return result.raise_for_status()


def main(arguments: list[str]) -> int:
    """Pay one expense, say what became of it, and return the exit status."""
    amount, purpose, *number = arguments
    with MastraClient() as client:
        try:
            result = pay(client, float(amount), purpose, number=number[0] if number else None)
        except RunFailed as error:
            print(f"not paid: {error.result.error}", file=sys.stderr)
            return 1
    print(f"paid {result.result['paid']} for {purpose}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
