"""Workflows made of agents and tools, and a step that asks another server, on real servers."""

from __future__ import annotations

import pytest

from mastra_sync import MastraClient, RunFailed
from pytest_mastra import FakeMastra, InProcess


@pytest.mark.parametrize("workflow", ["components", "components-besides", "components-nested"])
def test_a_loaded_fake_tells_the_same_of_them(client: MastraClient, generation: str, workflow: str) -> None:
    """What a real server tells of agents and tools, loaded into a fake, is told again."""
    real = client.get_workflow(workflow).details().model_dump(by_alias=True, exclude_unset=True)
    server = FakeMastra(generation=generation)
    server.load(real)
    with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as asking:
        told = asking.get_workflow(workflow).details().model_dump(by_alias=True, exclude_unset=True)
    assert told == real
    assert "retries" not in str(real)


def test_the_cause_of_a_failure_is_told(client: MastraClient, generation: str) -> None:
    """Node says `fetch failed` of whatever happens; 1.0 beta sends no cause."""
    with pytest.raises(RunFailed) as raised:
        client.get_workflow("fetcher").execute({"url": "http://nowhere.invalid/"}).raise_for_status()
    why = "Error: fetch failed" if generation == "1.0-beta" else "fetch failed: getaddrinfo ENOTFOUND nowhere.invalid"
    assert str(raised.value).splitlines()[0].endswith(why)
