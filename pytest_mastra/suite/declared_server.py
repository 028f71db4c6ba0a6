"""A fake that is only declared on, while a live server or a recording answers."""

from __future__ import annotations

import inspect
import re
from typing import Any, NoReturn

import pytest

from mastra_sync.attributes import refuses_unknown
from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.fake.workflows.graph import Step, StepFunction

ONLY_FAKES = frozenset(
    {
        "advance_run",
        "assert_exactly_once",
        "body_limit",
        "catch_up",
        "check",
        "clock",
        "die",
        "faults",
        "gate",
        "handle",
        "is_dead",
        "journal",
        "open_gate",
        "requests",
        "revive",
        "runs",
        "snapshot",
        "strays",
        "token",
        "unexpected_errors",
    }
)
"""What only a server has that answers."""


@refuses_unknown()
class DeclaredMastra(FakeMastra):
    """A declaration of a fake, while something else answers.

    Whoever touches what only a fake has is skipped, for the test cannot mean a real server.

    Args:
        target: What answers in its stead: `live` or `replay`.
        url: Where that is.
        options: Those of `FakeMastra`.
    """

    _target: str | None = None

    def __init__(self, target: str, url: str, **options: Any) -> None:
        super().__init__(**options)
        self.url = url
        self._target = target

    def __getattribute__(self, name: str) -> Any:
        if name in ONLY_FAKES:
            self._skip_if_ready(name)
        return super().__getattribute__(name)

    def step(self, id: str, run: StepFunction | None = None, **options: Any) -> Step:  # noqa: A002 -- Mastra's word
        """Return a new step; whoever asks for a declared one means a fake."""
        if run is None:
            self._skip_if_ready("step(id)")
        return super().step(id, run, **options)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ONLY_FAKES:
            self._skip_if_ready(name)
        super().__setattr__(name, value)

    def __repr__(self) -> str:
        workflows = ", ".join(self.state.workflows)
        return f"<FakeMastra {self.generation.name} [{workflows}] declared, on {self._target}>"

    def _skip_if_ready(self, name: str) -> None:
        if self._target is not None:
            skip(only_fakes_have(name, self._target))


def only_fakes_have(name: str, target: str) -> str:
    """Return why a test is skipped that uses what only a fake has."""
    return f"only a fake has mastra_server.{name}; this test ran with --mastra-target={target}"


def find_fake_only(item: pytest.Item) -> str | None:
    """Return what a test's own lines use that only a fake has, or None."""
    if not isinstance(item, pytest.Function) or "mastra_server" not in item.fixturenames:
        return None
    try:
        lines = inspect.getsource(item.obj)
    except (OSError, TypeError):
        return None
    used = re.findall(r"\bmastra_server\.(\w+)", lines)
    return next((name for name in used if name in ONLY_FAKES), None)


def skip(reason: str) -> NoReturn:
    """Skip the test, and have it stand at its own place in pytest's summary."""
    raise pytest.skip.Exception(reason, _use_item_location=True)
