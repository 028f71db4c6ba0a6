"""Options and fixtures of the conformance tests."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the option that records real servers anew."""
    parser.addoption(
        "--mastra-refresh", action="store_true", help="write what the real servers say into cassettes/conformance"
    )
