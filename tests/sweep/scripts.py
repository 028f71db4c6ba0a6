"""Scripts for sweeps: a workflow that asks once, and those who call it, well and badly."""

from __future__ import annotations

CONFTEST = """
import pytest

@pytest.fixture(autouse=True)
def expense(mastra_server):
    def ask(ctx):
        return ctx.suspend({"pay": 900}) if ctx.resume_data is None else {"by": ctx.resume_data["by"]}

    server = mastra_server
    pay = server.step("pay", lambda ctx: {"paid": 900})
    server.workflow("expense").then(server.step("ask", ask)).then(pay).commit()
    server.workflow("tea").then(server.step("brew", lambda ctx: {"cups": 1})).commit()
"""
"""Two workflows: `expense` asks in `ask` and then executes `pay`; `tea` executes `brew`."""

TEA = """
import pytest

@pytest.mark.mastra_sweep
def test_tea(mastra_client):
    assert mastra_client.get_workflow("tea").execute({}, run_id="tea-1").ok
"""
"""A start whose script is not made to be run again: the run is there already."""

CAREFUL = """
import pytest

from mastra_sync import RunAlreadyStarted

def careful(client, run_id="e-1"):
    run = client.get_workflow("expense").create_run(run_id)
    try:
        result = run.start_async({})
    except RunAlreadyStarted:
        result = run.wait()
    if result.suspensions:
        result = run.resume_async({"by": "Ines"}, step=result.suspensions[0])
    assert result.raise_for_status().result == {"paid": 900}
"""
"""A script that goes on with what is there."""

NAIVE = """
import os

import pytest
import requests

def post(path, body=None, **query):
    for attempt in range(3):
        try:
            url = f"{os.environ['MASTRA_BASE_URL']}/api/workflows/{path}"
            reply = requests.post(url, json=body or {}, params=query, timeout=60)
        except requests.RequestException:
            continue
        if reply.status_code < 500:
            return reply.json()
    raise RuntimeError(f"gave up {path}")
"""
"""The retry loop that everybody writes."""
