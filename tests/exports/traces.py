"""Traces of runs through every construct, also with names that are hostile to a format."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from mastra_sync import MastraClient
from pytest_mastra.fake import FakeMastra
from pytest_mastra.redact.scrubber import learn_secrets
from pytest_mastra.report import trace_records
from pytest_mastra.report.redacted import redact_scene
from pytest_mastra.report.trace_reader import Trace, trace_of_text
from tests.coverage.constructs import play_on

HOSTILE = 'a"]; click n0 "x" %% <script> #quot; end | ```\n\u202e:'
"""An id that ends what it stands in, in several formats."""


def play(server: FakeMastra, client: MastraClient) -> None:
    """Go through every construct, in ways that end differently."""
    for workflow, given in (
        ("steps", {}),
        ("steps", {"boom": "b"}),
        ("branches", {"n": 10}),
        ("branches", {"n": 0}),
        ("arms", {}),
        ("rounds", {"n": 0}),
        ("items", [1, 2, 3]),
        ("items", [1, -1]),
        ("nested", {}),
        ("nested-items", [{}]),
    ):
        client.get_workflow(workflow).execute(given)
    hostile = server.step(HOSTILE, lambda ctx: {}, duration=2)
    server.workflow("hostile").branch([(lambda ctx: True, hostile)]).sleep(3600).then(hostile).commit()
    client.get_workflow("hostile").execute({})


@cache  # clients make up other run ids each time
def lines_of_trace(target: str) -> str:
    scene = play_on(target, play)
    redacted = redact_scene(scene, learn_secrets(scene.log))
    return "".join(f"{line}\n" for line in trace_records.lines_of(scene, redacted, {"call": "failed"}))


def made_trace(target: str = "fake") -> Trace:
    return trace_of_text(lines_of_trace(target))


def kept_trace(folder: Path) -> Path:
    path = folder / "trace.jsonl"
    path.write_bytes(lines_of_trace("fake").encode("utf-8", "backslashreplace"))
    return path
