"""A workflow that a real server does not have: the error says which of its own may be meant."""

from __future__ import annotations

import pytest

from mastra_sync import MastraClient, WorkflowNotFound


def test_an_unknown_workflow_that_comes_near(client: MastraClient) -> None:
    """The server's own ids say which one may be meant."""
    known = min(client.list_workflows())
    with pytest.raises(WorkflowNotFound) as caught:
        client.get_workflow(known + "x").details()
    assert known in (caught.value.near or ())
    assert f"Did you mean {known!r}" in str(caught.value)
