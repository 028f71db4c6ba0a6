"""A plugin (`-p tests.recorded.offline`) under which no test reaches any network: to try to is a failure."""

from __future__ import annotations

import socket
from typing import Any, NoReturn

import pytest


def refuse(_socket: socket.socket, address: Any) -> NoReturn:
    """Fail the test that wants to be connected."""
    pytest.fail(f"a replayed test went to the network, to {address}")


def pytest_configure() -> None:
    """Cut this process off."""
    socket.socket.connect = refuse  # type: ignore[method-assign, assignment]
    socket.socket.connect_ex = refuse  # type: ignore[method-assign, assignment]
