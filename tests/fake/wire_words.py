"""Values and names made of the wire's own words, and runs begun by each verb."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from mastra_sync import RunResult, Workflow

GENERATIONS = ("current", "1.2", "1.0-beta")
STARTS = ("execute", "start_async", "stream")
STEP_IDS = (
    "input",
    "path",
    "status",
    "output",
    "error",
    "steps",
    "result",
    "runId",
    "suspended",
    "payload",
    "snapshot",
    "__state",
    "__workflow_meta",
)
MOMENTS = ("startedAt", "endedAt", "suspendedAt", "resumedAt")
# without `metadata` and `__state`, which servers themselves take out of inputs and of lists that steps give
WORDS = (*(word for word in STEP_IDS if word != "__state"), *MOMENTS, "suspendPayload", "resumePayload")

leaves = st.sampled_from([None, True, 0, 1, 404, "", "success", "suspended", "failed", "input"])
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=6,
)
objects = st.dictionaries(st.sampled_from(WORDS), values, min_size=1, max_size=5)
questions = st.dictionaries(st.sampled_from([word for word in WORDS if word != "__workflow_meta"]), values, min_size=1)


def start_by(workflow: Workflow, start: str, input_data: Any) -> RunResult:
    """Run a workflow by a verb, until it ends or asks."""
    if start == "execute":
        return workflow.execute(input_data)
    run = workflow.create_run()
    if start == "start_async":
        return run.start_async(input_data)
    with run.stream(input_data) as stream:
        for _ in stream:
            pass
    return run.wait()
