"""A fake Mastra server: declare workflows in Python, and have them served over HTTP.

Names are imported when they are first used, so that pytest's start costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mastra_sync.lazy import lazy_names

if TYPE_CHECKING:
    from pytest_mastra.fake.api.fault import Fault
    from pytest_mastra.fake.api.faults import Faults
    from pytest_mastra.fake.api.journal import Request
    from pytest_mastra.fake.api.seen_runs import RunView
    from pytest_mastra.fake.engine.state import UnexpectedError
    from pytest_mastra.fake.fronts.in_process import InProcess
    from pytest_mastra.fake.fronts.socket import OnSocket, serve
    from pytest_mastra.fake.server import FakeMastra
    from pytest_mastra.fake.virtual_time.clock import RealClock, VirtualClock
    from pytest_mastra.fake.virtual_time.pace import AS_TIMED, AT_ONCE, BY_HAND, Polls, Seconds
    from pytest_mastra.fake.virtual_time.scheduler import Gate
    from pytest_mastra.fake.workflows.definition import Workflow
    from pytest_mastra.fake.workflows.errors import NonRetryable, StepError, Throw, TripWire, UnstubbedStep
    from pytest_mastra.fake.workflows.graph import Step
    from pytest_mastra.fake.workflows.javascript import NULL
    from pytest_mastra.fake.workflows.step_context import StepContext
    from pytest_mastra.fake.workflows.workflow_options import RetryConfig

_HOMES = {
    "AS_TIMED": "virtual_time.pace",
    "AT_ONCE": "virtual_time.pace",
    "BY_HAND": "virtual_time.pace",
    "FakeMastra": "server",
    "Fault": "api.fault",
    "Faults": "api.faults",
    "Gate": "virtual_time.scheduler",
    "InProcess": "fronts.in_process",
    "NULL": "workflows.javascript",
    "NonRetryable": "workflows.errors",
    "OnSocket": "fronts.socket",
    "Polls": "virtual_time.pace",
    "RealClock": "virtual_time.clock",
    "Request": "api.journal",
    "RetryConfig": "workflows.workflow_options",
    "RunView": "api.seen_runs",
    "Seconds": "virtual_time.pace",
    "Step": "workflows.graph",
    "StepContext": "workflows.step_context",
    "StepError": "workflows.errors",
    "Throw": "workflows.errors",
    "TripWire": "workflows.errors",
    "UnexpectedError": "engine.state",
    "UnstubbedStep": "workflows.errors",
    "VirtualClock": "virtual_time.clock",
    "Workflow": "workflows.definition",
    "serve": "fronts.socket",
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


__getattr__, __dir__ = lazy_names(__name__, __all__, _HOMES, extra="pytest")
