"""Tests of code that calls Mastra's workflows: what a test names; `pytest_mastra.fake` has the rest.

Names are imported when they are first used, so that pytest's start costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mastra_sync.lazy import lazy_names

if TYPE_CHECKING:
    from pytest_mastra.cassettes.mastra_cassette import MastraCassette
    from pytest_mastra.fake import (
        AS_TIMED,
        AT_ONCE,
        BY_HAND,
        NULL,
        FakeMastra,
        InProcess,
        NonRetryable,
        OnSocket,
        Polls,
        RealClock,
        Request,
        RunView,
        Seconds,
        StepContext,
        StepError,
        TripWire,
        VirtualClock,
    )
    from pytest_mastra.regression.replay_run import Rerunner
    from pytest_mastra.run_assertion import assert_run
    from pytest_mastra.suite.problems import VirtualTimeWarning
    from pytest_mastra.suite.scene import Scene
    from pytest_mastra.suite.served_server import ServedMastra
    from pytest_mastra.suite.server_factory import MastraServerFactory
    from pytest_mastra.suite.settings import MastraConfig

_HOMES = {
    "MastraCassette": "cassettes.mastra_cassette",
    "MastraConfig": "suite.settings",
    "MastraServerFactory": "suite.server_factory",
    "Rerunner": "regression.replay_run",
    "Scene": "suite.scene",
    "ServedMastra": "suite.served_server",
    "VirtualTimeWarning": "suite.problems",
    "assert_run": "run_assertion",
}
"""Where the names live that are not the fake's."""

__all__ = [
    "AS_TIMED",
    "AT_ONCE",
    "BY_HAND",
    "NULL",
    "FakeMastra",
    "InProcess",
    "MastraCassette",
    "MastraConfig",
    "MastraServerFactory",
    "NonRetryable",
    "OnSocket",
    "Polls",
    "RealClock",
    "Request",
    "Rerunner",
    "RunView",
    "Scene",
    "Seconds",
    "ServedMastra",
    "StepContext",
    "StepError",
    "TripWire",
    "VirtualClock",
    "VirtualTimeWarning",
    "assert_run",
]


__getattr__, __dir__ = lazy_names(__name__, __all__, _HOMES, others="fake", extra="pytest")
