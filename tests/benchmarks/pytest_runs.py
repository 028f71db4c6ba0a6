"""Runs of pytest that take turns in one process, and the least that each kind takes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

PLUGIN = ("-p", "pytest_mastra.plugin")

ORDERS = 100
"""How many tests `write_suite` writes."""

_SUITE = """
import pytest

@pytest.mark.parametrize("number", range({count}))
def test_orders(number, mastra_server, mastra_client):
    price = mastra_server.step("price", lambda ctx: {{"total": ctx.input_data["count"] * 3}})
    pay = mastra_server.step("pay", lambda ctx: {{"paid": ctx.input_data["total"]}})
    mastra_server.workflow("order").then(price).then(pay).commit()
    for count in (number, number + 1):
        assert mastra_client.get_workflow("order").execute({{"count": count}}).result == {{"paid": 3 * count}}
"""

# takes turns between two ways to run pytest, and prints the least CPU seconds of each
IN_TURNS = """
import contextlib, gc, io, json, sys, time
import pytest

def run(arguments):
    gc.collect()
    began = time.process_time()
    with contextlib.redirect_stdout(io.StringIO()):
        assert pytest.main(["-q", "-p", "no:cacheprovider", "-W", "ignore", *arguments]) == 0
    return time.process_time() - began

kinds = json.loads(sys.argv[1])
for kind in kinds:
    run(kind)
print(json.dumps([min(column) for column in zip(*[[run(kind) for kind in kinds] for _ in range(int(sys.argv[2]))])]))
"""


def least_seconds(
    folder: Path, environment: dict[str, str], kinds: Sequence[tuple[str, ...]], count: int
) -> list[float]:
    """Return the least CPU time that each kind of run takes, of runs that take turns in one process."""
    command = [sys.executable, "-c", IN_TURNS, json.dumps(kinds), str(count)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=True, text=True)
    return list(json.loads(done.stdout))


def write_suite(folder: Path) -> str:
    """Write a suite of `ORDERS` tests, of two runs each, which its process executes on a fake; return its name."""
    (folder / "test_orders.py").write_text(_SUITE.format(count=ORDERS), encoding="utf-8")
    return "test_orders.py"
