"""Hypothesis strategies: what servers, proxies and steps may say that nobody has foreseen."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from pytest_mastra.http.exchanges import Ending
from pytest_mastra.suite.scene import Scene
from tests.run_history.acted_scenes import empty_scene, said

_KEYS = st.sampled_from(
    [
        *("status", "steps", "result", "error", "payload", "snapshot", "context", "runId", "workflowName", "id"),
        *("stepName", "startedAt", "endedAt", "suspendedAt", "resumedAt", "suspendPayload", "suspended", "output"),
        *("metadata", "iterationCount", "workflowStatus", "type", "completedCount", "totalCount", "name", "message"),
        *("suspendedPaths", "resumeLabels", "__workflow_meta", "path", "foreachOutput", "serializedStepGraph", "a.b"),
    ]
)
_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        ["success", "failed", "suspended", "running", "a", "sleep_1", "漢字", "e\u0301", "\x1b[2J", "\ud800"]
    )
)
JSON = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=5), max_leaves=25
)

_KINDS = st.sampled_from(["start", "result", "suspended", "waiting", "progress", "output", "new", "finish"])
_TIMES = st.integers(0, 100_000) | st.sampled_from([None, "soon", -1, float("nan"), 1e300, True])
_STEPS = st.sampled_from(["a", "b", "a.b", "a[0].b", "a.b.c", "漢字漢字漢字漢字", "x" * 60, "", 3])


@st.composite
def events(draw: st.DrawFn) -> Any:
    """An event about a step, more or less."""
    kind = draw(_KINDS)
    payload = draw(
        st.fixed_dictionaries(
            {"id": _STEPS},
            optional={
                "startedAt": _TIMES,
                "endedAt": _TIMES,
                "suspendedAt": _TIMES,
                "resumedAt": _TIMES,
                "status": st.sampled_from(["success", "failed", "suspended", "odd", 7, None]),
                "error": JSON,
                "suspendPayload": JSON,
                "metadata": JSON,
                "workflowStatus": JSON,
            },
        )
    )
    prefix = "workflow-" if kind == "finish" else "workflow-step-"
    return {"type": prefix + kind, "runId": "r1", "payload": payload}


_PATHS = st.sampled_from(
    [
        ("POST", "/workflows/w/create-run?runId=r1"),
        ("POST", "/workflows/w/create-run"),
        ("POST", "/workflows/w/start?runId=r1"),
        ("POST", "/workflows/w/start-async?runId=r1"),
        ("POST", "/workflows/w/resume-async?runId=r1"),
        ("POST", "/workflows/w/time-travel-async?runId=r1"),
        ("GET", "/workflows/w/runs/r1"),
        ("GET", "/workflows/w/runs/r1/execution-result"),
        ("GET", "/workflows"),
        ("GET", "/workflows/w"),
        ("POST", "/workflows/w/runs/r1/cancel"),
    ]
)
_STREAMS = st.sampled_from(
    [f"/workflows/w/{name}?runId=r1" for name in ("stream", "observe", "resume-stream", "time-travel-stream")]
)


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """A scene in which anything was said."""
    scene = empty_scene()
    for at in range(draw(st.integers(1, 6))):
        parts: dict[str, Any] = {
            "at": at,
            "status": draw(st.sampled_from([0, 200, 200, 200, 400, 404, 500])),
            "ending": draw(st.sampled_from(list(Ending))),
            "failure": draw(st.sampled_from([None, None, "cut"])),
            "headers": draw(st.sampled_from([(), (("Content-Encoding", "gzip"),), (("content-encoding", "x"),)])),
        }
        if draw(st.booleans()):
            method, target = draw(_PATHS)
            answer = draw(JSON | st.binary(max_size=40))
            said(scene, method, target, _encoded(answer), body=draw(JSON.map(_encoded)), **parts)
        else:
            records = draw(st.lists((events() | JSON).map(_encoded) | st.binary(max_size=10), max_size=12))
            whole = b"".join(record + b"\x1e" for record in records)
            cuts = sorted(draw(st.lists(st.integers(0, len(whole)), max_size=3)))
            chunks = [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
            said(scene, "POST", draw(_STREAMS), chunks=chunks, **parts)
    return scene


def _encoded(value: Any) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()
