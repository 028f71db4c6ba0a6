"""What one test has to do with Mastra: what it runs against, and what was said."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from pytest_mastra.exchanges import ExchangeLog

if TYPE_CHECKING:
    from mastra_sync.deadline import Clock
    from pytest_mastra.fake import FakeMastra


@dataclass(eq=False)
class Scene:
    """One test's surroundings, made when it first asks for one of this plugin's fixtures.

    Attributes:
        test: The test's node id.
        target: What it runs against: `fake`, `live` or `replay`.
        url: Where that is, scheme, host and port, without a path.
        clock: Where a client of it reads and spends time: virtual on the fake and on replay; None for real time.
        log: What was said over HTTP.
        servers: The fakes of this test.
    """

    test: str
    target: str
    url: str
    clock: Clock | None = None
    log: ExchangeLog = field(default_factory=ExchangeLog)
    servers: list[FakeMastra] = field(default_factory=list)


SCENE = pytest.StashKey[Scene]()
"""Where a test's item keeps its scene: `item.stash.get(SCENE, None)`."""
