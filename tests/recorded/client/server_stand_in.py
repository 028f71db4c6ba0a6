"""A stand-in for a live server: what tests ask of it besides its API is recorded, or needless on replay."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import requests

from pytest_mastra.suite.scene import Scene
from tests.live.install import GENERATIONS
from tests.live.server import CONTROL_TIMEOUT, LiveServer


class ServerStandIn:
    """Stands in for `LiveServer`. Who counts executions is recorded; gates are real ones on a live server only.

    Args:
        scene: The test.
        generation: What is recorded or replayed.
    """

    def __init__(self, scene: Scene, generation: str) -> None:
        self.generation = generation
        self.kind = GENERATIONS[generation]
        self.base_url = scene.base_url
        self._live = LiveServer(generation, port=urlsplit(scene.url).port or 0) if scene.target == "live" else None

    def executions(self, run_id: str, workflow: str | None = None) -> dict[str, int]:
        """Return how often each step body of a run ran, by step id."""
        query = {"runId": run_id, **({"workflow": workflow} if workflow else {})}
        reply = requests.get(f"{self.base_url}/__control/executions", query, timeout=CONTROL_TIMEOUT)
        counts: dict[str, int] = reply.json()
        return counts

    def open_gate(self, name: str) -> None:
        """Let all steps pass that wait or will ever wait at this gate."""
        if self._live is not None:
            self._live.open_gate(name)

    def wait_for_gate(self, name: str, **options: Any) -> None:
        """Return as soon as steps wait at this gate; on replay they have."""
        if self._live is not None:
            self._live.wait_for_gate(name, **options)
