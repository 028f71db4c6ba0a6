"""What the terminal that pytest writes to can show; workers of xdist are told, for they have none."""

from __future__ import annotations

from typing import Any

import pytest

_TOLD = "mastra_terminal"


def of(config: pytest.Config) -> tuple[str, int | None, bool]:
    """Return its encoding, its width in cells if that is known, and whether it takes escape codes."""
    told = getattr(config, "workerinput", {}).get(_TOLD)
    if told is not None:
        return told[0], told[1], told[2]
    if not config.pluginmanager.has_plugin("terminalreporter"):
        return "utf-8", None, config.getoption("color", "auto") == "yes"
    writer: Any = config.get_terminal_writer()
    # pytest asks itself in no other way
    encoding = getattr(writer._file, "encoding", None)  # noqa: SLF001
    return encoding or "ascii", writer.fullwidth, writer.hasmarkup


def tell(config: pytest.Config, workerinput: dict[str, Any]) -> None:
    """Tell a worker what the terminal of its controller can show."""
    workerinput[_TOLD] = of(config)
