"""Pages of tests that are acted out in this process."""

from __future__ import annotations

from pathlib import Path

from pytest_mastra.page.page import render
from pytest_mastra.page.session import Session
from pytest_mastra.page.tested import Tested as OneTest
from pytest_mastra.redact.scrubber import learn_secrets
from pytest_mastra.report import trace_records
from pytest_mastra.report.redacted import redact_scene
from pytest_mastra.report.trace_reader import Trace, trace_of_text
from pytest_mastra.suite.scene import Scene


def trace_of(scene: Scene, outcome: str = "failed") -> Trace:
    """Return the trace of a scene."""
    redacted = redact_scene(scene, learn_secrets(scene.log))
    return trace_of_text("".join(f"{line}\n" for line in trace_records.lines_of(scene, redacted, {"call": outcome})))


def page_of(folder: Path, *scenes: Scene, message: str = "AssertionError: assert False") -> Path:
    """Write the page of scenes, each a failed test, and return its path."""
    traces = [trace_of(scene) for scene in scenes]
    tests = [
        OneTest(f"t.py::test_{number}", "failed", 0.1, message, load=lambda trace=trace: trace)  # type: ignore[misc]
        for number, trace in enumerate(traces)
    ]
    path = folder / "page.html"
    path.write_bytes(render(tests, Session()).html)
    return path
