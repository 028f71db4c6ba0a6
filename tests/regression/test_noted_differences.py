"""What differs from a snapshot, or from a recorded run, is in the test's trace, with run and step."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from mastra_sync import MastraClient
from pytest_mastra.cassettes import write_cassette
from pytest_mastra.fake import FakeMastra
from pytest_mastra.report.trace_reader import read_trace, trace_schema
from pytest_mastra.text.differences import MISSING
from tests.run_history.acted_scenes import acted
from tests.suites_in_folders import run_with_syrupy

SUITE = """
import os

import pytest

PRICE = int(os.environ["PRICE"])


@pytest.fixture
def pay(mastra_server, mastra_client):
    inner = mastra_server.workflow("inner").map(lambda ctx: {"net": PRICE}).commit()
    flow = mastra_server.workflow("pay").map(lambda ctx: {"price": PRICE})
    flow.then(mastra_server.step("charge", lambda ctx: {"paid": PRICE, "token": f"tok-{PRICE}"})).then(inner)
    flow.then(mastra_server.step("mail", lambda ctx: {} if PRICE == 5 else {"sent": None})).commit()
    return mastra_client.get_workflow("pay")


def test_snapshot(pay, mastra_snapshot):
    assert [pay.execute({}), pay.execute({})] == mastra_snapshot


def test_recorded(pay, mastra_replay_run):
    account = {"status": "success", "workflowName": "pay", "runId": "r1", "input": {}, "result": {},
               "steps": {"charge": {"status": "success", "output": {"paid": 5}}}}
    assert mastra_replay_run(account, ignore=["$.path", "$.steps.mail", "$.steps.inner", "$.steps[\\"mapping 1\\"]"])


def test_on_a_fake(pay):
    assert [pay.execute({"n": n}).result for n in (2, 1)] == [{}, {}]
"""


def record(server: FakeMastra, client: MastraClient) -> None:
    server.workflow("pay").then(server.step("charge", lambda ctx: {"paid": ctx.input_data["n"]})).commit()
    for number in (1, 2, 3):
        assert client.get_workflow("pay").execute({"n": number}).ok


def test_where_runs_differ(alone: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each difference says from what, of which run and step, path, old and new; nothing and null are told apart."""
    alone.makepyfile(test_pay=SUITE)
    monkeypatch.setenv("PRICE", "5")
    run_with_syrupy(alone, "--snapshot-update", "-k", "snapshot").assert_outcomes(passed=1)
    monkeypatch.setenv("PRICE", "6")
    cassette = alone.path / "cassettes" / "test_pay" / "test_on_a_fake.yaml"
    write_cassette(cassette, acted(record).log)
    run_with_syrupy(alone, "--mastra-trace=on").assert_outcomes(failed=3)
    found: dict[str, list[Any]] = {}
    for path in (alone.path / ".mastra-report").glob("*.jsonl"):
        for line in path.read_text(encoding="utf-8").splitlines():
            Draft202012Validator(trace_schema()).validate(json.loads(line))
        trace = read_trace(path)
        found[trace.test.rpartition("::")[2]] = [
            (one.against, one.run, one.step, one.difference.path, one.difference.expected, one.difference.actual)
            for one in trace.differences
        ]
    of_run = [
        (None, '.steps["mapping 1"].output.price', 5, 6),
        ("charge", ".steps.charge.output.paid", 5, 6),
        ("inner", ".steps.inner.output.net", 5, 6),
        ("mail", ".steps.mail.output.sent", MISSING, None),
    ]
    for run in (0, 1):
        told = [one for one in found["test_snapshot"] if one[1] == run]
        assert {one[0] for one in told} == {"snapshot"}
        for step, place, was, now in of_run:
            wanted = step or "mapping_pay_0"
            assert ("snapshot", run, wanted, f"$[{run}]{place}", was, now) in told
    assert ("recorded run", 0, "charge", "$.steps.charge.output.paid", 5, 6) in found["test_recorded"]
    # a fake's runs are held against those of its cassette that had the same input
    charged = {one for one in found["test_on_a_fake"] if one[3].endswith("output.paid")}
    assert charged == {("recorded server", run, "charge", "$.steps.charge.output.paid", 2 - run, 6) for run in (0, 1)}
    assert "tok-6" not in str(found)
