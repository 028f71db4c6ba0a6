"""A fake Mastra server: declare workflows in Python, and have them served over HTTP.

Names are imported when they are first used, so that pytest's start costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mastra_sync.lazily import lazy_names

if TYPE_CHECKING:
    from pytest_mastra.fake.clock import RealClock, VirtualClock
    from pytest_mastra.fake.context import StepContext
    from pytest_mastra.fake.definition import RetryConfig, Workflow
    from pytest_mastra.fake.failures import NonRetryable, StepError, Throw, TripWire, UnstubbedStep
    from pytest_mastra.fake.faults import Fault, Faults
    from pytest_mastra.fake.graph import Step
    from pytest_mastra.fake.in_process import InProcess
    from pytest_mastra.fake.journal import Request, RunView
    from pytest_mastra.fake.lanes import Gate
    from pytest_mastra.fake.pace import AS_TIMED, AT_ONCE, BY_HAND, Polls, Seconds
    from pytest_mastra.fake.server import FakeMastra
    from pytest_mastra.fake.serving import serve
    from pytest_mastra.fake.socket import OnSocket
    from pytest_mastra.fake.values import NULL
    from pytest_mastra.fake.world import UnexpectedError

_HOMES = {
    "AS_TIMED": "pace",
    "AT_ONCE": "pace",
    "BY_HAND": "pace",
    "FakeMastra": "server",
    "Fault": "faults",
    "Faults": "faults",
    "Gate": "lanes",
    "InProcess": "in_process",
    "NULL": "values",
    "NonRetryable": "failures",
    "OnSocket": "socket",
    "Polls": "pace",
    "RealClock": "clock",
    "Request": "journal",
    "RetryConfig": "definition",
    "RunView": "journal",
    "Seconds": "pace",
    "Step": "graph",
    "StepContext": "context",
    "StepError": "failures",
    "Throw": "failures",
    "TripWire": "failures",
    "UnexpectedError": "world",
    "UnstubbedStep": "failures",
    "VirtualClock": "clock",
    "Workflow": "definition",
    "serve": "serving",
}
"""Where the names live."""

__all__ = [
    "AS_TIMED",
    "AT_ONCE",
    "BY_HAND",
    "NULL",
    "FakeMastra",
    "Fault",
    "Faults",
    "Gate",
    "InProcess",
    "NonRetryable",
    "OnSocket",
    "Polls",
    "RealClock",
    "Request",
    "RetryConfig",
    "RunView",
    "Seconds",
    "Step",
    "StepContext",
    "StepError",
    "Throw",
    "TripWire",
    "UnexpectedError",
    "UnstubbedStep",
    "VirtualClock",
    "Workflow",
    "serve",
]


__getattr__, __dir__ = lazy_names(__name__, __all__, _HOMES)
