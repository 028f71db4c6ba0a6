"""Scrubbers that know what the settings name, and what was said."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from pytest_mastra.http.content_coding import UnknownCoding
from pytest_mastra.redact.scrubber import Scrubber

if TYPE_CHECKING:
    import pytest

    from pytest_mastra.http.exchanges import Exchange


def scrubber_of(config: pytest.Config) -> Scrubber:
    """Return a scrubber that knows what the ini file says of secrets."""
    return Scrubber(names=config.getini("mastra_secret_names"), environment=config.getini("mastra_secret_variables"))


def learned(exchanges: Iterable[Exchange], config: pytest.Config | None = None) -> Scrubber:
    """Return a scrubber that knows the secrets of these exchanges, and those that the settings name.

    Args:
        exchanges: What was said.
        config: pytest's; without it only the built-in names and variables count.
    """
    scrubber = Scrubber() if config is None else scrubber_of(config)
    for exchange in exchanges:
        with contextlib.suppress(UnknownCoding):
            scrubber.learn(exchange)
    return scrubber
