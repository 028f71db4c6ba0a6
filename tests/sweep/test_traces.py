"""The trace of a swept test keeps its points: what became of each, and what was done twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from pytest_mastra.fake.api.exactly_once import Repeated
from pytest_mastra.report.trace_reader import Trace, TraceError, read_trace, trace_schema
from pytest_mastra.suite.swept_point import SweptPoint
from tests.suites_in_folders import RunSuite
from tests.sweep.scripts import CAREFUL, CONFTEST, NAIVE

SUITE = (
    CAREFUL
    + NAIVE
    + """
@pytest.mark.mastra_sweep(faults=["lost", "killed"], pairs=True, limit=8)
def test_careful(mastra_client):
    careful(mastra_client)

@pytest.mark.mastra_sweep(faults=["lost", "refused"])
def test_naive(mastra_server):
    post("tea/start-async", runId="t-1")

@pytest.mark.mastra_sweep(faults="lost")
def test_secret(mastra_server):
    if not post("tea/start-async", {"inputData": {"password": "tr0ub4dor"}}, runId="t-1")["status"]:
        raise ValueError
    assert len(mastra_server.runs("tea")[0].starts) == 1, "tr0ub4dor"
"""
)


@pytest.fixture
def traces(run_suite: RunSuite, alone: pytest.Pytester) -> dict[str, Trace]:
    """The traces of the suite's tests, by their names."""
    run_suite(SUITE, "--mastra-trace=on", conftest=CONFTEST).assert_outcomes(passed=1, failed=2)
    found = [read_trace(path) for path in (alone.path / ".mastra-report").glob("*.jsonl")]
    return {trace.test.rpartition("::")[2]: trace for trace in found}


def test_a_trace_keeps_the_points(traces: dict[str, Trace], alone: pytest.Pytester) -> None:
    """Typed, by the schema, without secrets; the runs beside them are those of the point that is shown."""
    lost, refused = traces["test_naive"].sweep
    twice = Repeated("tea", "t-1", "started", 2, 1, ("brew",))
    reason = "'tea' was started 2 times; executed again: brew (run t-1)"
    expected = ("start_async#1:lost", "start_async", 1, "lost", None, "failed", (reason,), (twice,), True)
    assert lost == SweptPoint(*expected)
    assert (refused.name, refused.outcome, refused.repeated, refused.is_shown) == (
        *("start_async#1:refused", "passed", ()),
        False,
    )
    assert [exchange.ending for exchange in traces["test_naive"].exchanges] == ["none", "whole"]

    careful = traces["test_careful"].sweep
    assert {point.outcome for point in careful} == {"passed", "recovered"}
    assert not any(point.is_shown for point in careful)
    assert len([point for point in careful if "+" in point.name]) == 8

    check = Draft202012Validator(trace_schema())
    for path in (alone.path / ".mastra-report").glob("*.jsonl"):
        text = path.read_text(encoding="utf-8")
        assert "tr0ub4dor" not in text
        for line in text.splitlines():
            check.validate(json.loads(line))
    assert traces["test_secret"].sweep[0].outcome == "failed"
    assert traces["test_secret"].sweep[0].reasons[1].startswith("AssertionError: ***")


def test_a_point_that_is_run_alone_is_kept(run_suite: RunSuite, alone: pytest.Pytester) -> None:
    """As the only one; with its failure where only failures are kept."""
    options = ("--mastra-trace=retain-on-failure", "--mastra-point=start_async#1:lost", "-k", "naive")
    run_suite(SUITE, *options, conftest=CONFTEST).assert_outcomes(failed=1, deselected=2)
    (path,) = (alone.path / ".mastra-report").glob("*.jsonl")
    (point,) = read_trace(path).sweep
    assert (point.name, point.outcome, point.is_shown) == ("start_async#1:lost", "failed", True)

    lines = path.read_text(encoding="utf-8").splitlines()
    broken = [lines[0], lines[1].replace('"failed"', '"fine"'), *lines[2:]]
    Path(path).write_text("".join(f"{line}\n" for line in broken), encoding="utf-8")
    with pytest.raises(TraceError, match=r":2: \$\.outcome: 'fine' is not one of \['passed', 'recovered', "):
        read_trace(path)
