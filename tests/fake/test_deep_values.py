"""Values that nest deeper than the fake can follow are the test's mistake, and said to be."""

from __future__ import annotations

from typing import Any

import pytest

from mastra_sync import MastraClient
from pytest_mastra.fake import FakeMastra


@pytest.mark.mastra(fake_only=True, allow="step_errors")
def test_a_step_gives_a_value_that_nests_too_deep(mastra_server: FakeMastra, mastra_client: MastraClient) -> None:
    """The run fails in words; no RecursionError is told."""
    deep: Any = 1
    for _ in range(20_000):
        deep = [deep]
    mastra_server.workflow("w").then(mastra_server.step("s", lambda ctx: deep)).commit()
    result = mastra_client.get_workflow("w").execute({})
    assert "nests deeper than this fake can follow" in str(result.error)
