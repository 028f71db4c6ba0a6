"""Traces that reports carry, and what becomes of them in the process that sums up."""

from __future__ import annotations

import pytest

from pytest_mastra.redact.scrubber import learn_secrets
from pytest_mastra.report.carried_trace import ATTRIBUTE, TakenTraces, carry_trace
from tests.run_history.acted_scenes import empty_scene, said


def report() -> pytest.TestReport:
    made = pytest.TestReport("test", ("", None, ""), {}, "passed", None, "teardown")
    scene = empty_scene()
    said(scene, "GET", "/workflows/city/runs/r1", {"runId": "r1", "status": "success", "result": "é\ud800"})
    carry_trace(scene, made, {"call": "passed"}, learn_secrets(scene.log))
    return made


def test_there_is_room_for_some() -> None:
    """The first traces are kept as they are, further ones packed; all are read alike, and no report has one then."""
    reports = [report() for _ in range(3)]
    size = len(getattr(reports[0], ATTRIBUTE))
    taken = TakenTraces(room=2 * size)
    traces = [taken.take(one) for one in reports]
    assert [type(trace.data) for trace in traces if trace is not None] == [str, bytes, bytes]
    assert len({trace().test for trace in traces if trace is not None}) == 1
    assert [taken.take(one) for one in reports] == [None] * 3
