"""What pytest's terminal can show; workers of xdist are told, for they have none."""

from __future__ import annotations

from typing import Any

import pytest

_KEY = "mastra_terminal"
"""Under what a worker is told."""


def terminal_of(config: pytest.Config) -> tuple[str, int | None, bool]:
    """Return its encoding, its width in cells if known, and whether it takes escape codes."""
    controller = getattr(config, "workerinput", {}).get(_KEY)
    if controller is not None:
        return controller[0], controller[1], controller[2]
    if not config.pluginmanager.has_plugin("terminalreporter"):
        return "utf-8", None, config.getoption("color", "auto") == "yes"
    writer: Any = config.get_terminal_writer()
    # pytest asks itself in no other way
    encoding = getattr(writer._file, "encoding", None)  # noqa: SLF001
    return encoding or "ascii", writer.fullwidth, writer.hasmarkup


def tell_worker(config: pytest.Config, workerinput: dict[str, Any]) -> None:
    """Tell a worker what the terminal of its controller can show."""
    workerinput[_KEY] = terminal_of(config)
