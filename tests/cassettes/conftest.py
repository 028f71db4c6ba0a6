"""Fixtures: suites that are run with our plugin, and a live server whose requests are counted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_mastra.fake.fronts.socket import OnSocket
from pytest_mastra.fake.server import FakeMastra
from tests.cassettes.counting_server import Live


@pytest.fixture
def live() -> Iterator[Live]:
    """A server on a port of this machine."""
    server = FakeMastra()
    server.workflow("report").returns({"text": "sunny"})
    server.workflow("approval").suspends("ask", {"why": "?"}).then_returns({"ok": True})
    counting = Live(server)
    with OnSocket(counting) as front:
        counting.url = front.url
        yield counting
