"""Pays expenses as `expenses.py` does, the naive way: plain `requests`, and whatever fails is sent again.

It is what is written first, and it pays twice: a start whose answer was lost has started all the same.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

import requests

MOST_WITHOUT_THE_BOARD = 5_000
"""What the manager pays without asking the board."""

ATTEMPTS = 4
PAUSE = 0.01
"""Seconds between two of them."""


def pay(amount: float, purpose: str) -> Any:
    """Have an expense paid, and return what the server says of its run.

    Args:
        amount: In euros.
        purpose: What it was spent on.

    Raises:
        RuntimeError: The expense cannot be paid.
        requests.RequestException: No attempt was answered well.
    """
    run = _post("create-run", {})["runId"]
    result = _post(f"start-async?runId={run}", {"inputData": {"amount": amount, "purpose": purpose}})
    if result["status"] == "suspended":
        answer = {"approved": amount <= MOST_WITHOUT_THE_BOARD, "manager": "Ines"}
        result = _post(f"resume-async?runId={run}", {"step": result["suspended"][0], "resumeData": answer})
    if result["status"] != "success":
        raise RuntimeError(f"not paid: {result['error']}")
    return result


def _post(verb: str, body: dict[str, Any]) -> Any:
    url = f"{os.environ['MASTRA_BASE_URL']}/api/workflows/expense/{verb}"
    for attempt in range(ATTEMPTS):
        try:
            reply = requests.post(url, json=body, timeout=10)
            reply.raise_for_status()
            return reply.json()
        except requests.RequestException:  # noqa: PERF203 - the loop is what is naive
            if attempt == ATTEMPTS - 1:
                raise
            time.sleep(PAUSE)
    raise AssertionError("the last attempt returns or raises")


def main(arguments: list[str]) -> int:
    """Pay one expense, say what became of it, and return the exit status."""
    amount, purpose = arguments
    print(f"paid {pay(float(amount), purpose)['result']['paid']} for {purpose}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
