"""Records streams of real servers: `python -m tests.faults.record_streams` writes `recordings/*.bin` anew."""

from __future__ import annotations

from typing import Any

from tests.faults.recordings import folder
from tests.live.http_calls import new_run_id, post
from tests.live.install import GENERATIONS
from tests.live.server import LiveServer

STREAMS: dict[str, tuple[str, Any]] = {
    "writer": ("writer", {"events": 3}),
    "equal": ("foreach", [1, 1, 1]),
    "nested": ("nested", {"n": 1}),
    "parallel": ("parallel", {"n": 1}),
    "asking": ("asker", {"n": 1}),
    "evented": ("evented", {"n": 1}),
}
"""Workflow and input of each recording; `resumed` is what `asking` goes on with."""


def record(server: LiveServer) -> None:
    for name, (workflow, input_data) in STREAMS.items():
        if name == "evented" and not GENERATIONS[server.generation].evented:
            continue
        run_id = new_run_id()
        save(server, name, post(server, workflow, "stream", run_id, {"inputData": input_data}).body)
        if name == "asking":
            answer = {"step": "q", "resumeData": {"answer": "yes"}}
            save(server, "resumed", post(server, workflow, "resume-stream", run_id, answer).body)


def save(server: LiveServer, name: str, body: bytes) -> None:
    (folder() / f"{server.generation}-{name}.bin").write_bytes(body)


if __name__ == "__main__":
    for generation in GENERATIONS:
        with LiveServer(generation) as running:
            record(running)
