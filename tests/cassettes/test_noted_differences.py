"""What differs from a cassette is in the trace: a request that was not recorded, what a server says now."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_mastra.report.trace_reader import Trace, read_trace
from pytest_mastra.text.differences import MISSING
from tests.cassettes.counting_server import Live
from tests.suites_in_folders import RunSuite

SUITE = """
    import pytest

    from mastra_sync import MastraClient

    @pytest.mark.mastra_cassette
    def test_it(mastra_client):
        assert mastra_client.get_workflow("report").execute({"city": "Oslo"}).ok
"""


def trace_in(folder: Path) -> Trace:
    (path,) = (folder / ".mastra-report").glob("*.jsonl")
    return read_trace(path)


def test_a_cassette(run_suite: RunSuite, live: Live, alone: pytest.Pytester) -> None:
    """The closest recorded request, path by path; with --mastra-record=verify what the server says otherwise."""
    run_suite(SUITE, "--mastra-record=once", f"--mastra-url={live.url}").assert_outcomes(passed=1)
    run_suite(SUITE.replace("Oslo", "Rome"), "--mastra-trace=on").assert_outcomes(failed=1)
    trace = trace_in(alone.path)
    (found,) = trace.differences
    assert (found.against, found.name, found.run) == ("cassette", "cassettes/test_suite/test_it.yaml", 0)
    assert found.where.startswith("start of 'report', recorded as exchange ")
    assert (found.difference.path, found.difference.expected, found.difference.actual) == (
        "$.body.inputData.city",
        "Oslo",
        "Rome",
    )
    path = alone.path / found.name
    path.write_text(path.read_text(encoding="utf-8").replace("sunny", "rainy"), encoding="utf-8")
    run_suite(SUITE, "--mastra-record=verify", "--mastra-trace=on", f"--mastra-url={live.url}")
    drifted = trace_in(alone.path).differences
    sides = {(one.difference.expected, one.difference.actual) for one in drifted}
    assert ("rainy", "sunny") in sides
    assert all(one.where for one in drifted)
    assert (MISSING, MISSING) not in sides
