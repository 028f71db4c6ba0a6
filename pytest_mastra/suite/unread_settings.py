"""Settings under names that nobody reads: ini keys, environment variables."""

from __future__ import annotations

import os
from collections.abc import Iterable

import pytest

from mastra_sync.suggest import did_you_mean, nearest_name
from pytest_mastra.suite import settings

VARIABLE_PREFIX = "MASTRA_"
READ_VARIABLES = (settings.URL_VARIABLE, settings.TOKEN_VARIABLE, "MASTRA_CA_FILE")


def check(config: pytest.Config, given: Iterable[str], keys: Iterable[str]) -> None:
    """Refuse unknown ini keys, and warn of variables that say what options do.

    Args:
        config: pytest's.
        given: The ini keys that were given and begin like those of this plugin.
        keys: Those of this plugin; another one may have declared some that begin alike.

    Raises:
        UsageError: There is no such ini key; says which may be meant.
    """
    for key in given:
        if not _is_known(config, key):
            hint = did_you_mean(nearest_name(key.replace("-", "_"), keys))
            raise settings.usage_error(f"there is no ini key {key!r}{hint}")
    for name, choices in settings.CHOICES.items():
        variable = f"{VARIABLE_PREFIX}{name.upper()}"
        value = os.environ.get(variable)
        if value in choices and config.getoption(f"mastra_{name}") is None and not config.getini(f"mastra_{name}"):
            words = f"{variable}={value} is not read: --mastra-{name}={value} says so, or the ini key mastra_{name}"
            config.issue_config_time_warning(pytest.PytestConfigWarning(words), stacklevel=2)


def near_variables(variable: str) -> str:
    """Return the question whether a variable was meant by one that is set."""
    unread = [name for name in os.environ if name.startswith(VARIABLE_PREFIX) and name not in READ_VARIABLES]
    near = nearest_name(variable, unread)
    return "" if near is None else f"; {near} is set: did you mean {variable}?"


def _is_known(config: pytest.Config, key: str) -> bool:
    try:
        config.getini(key)
    except ValueError:
        return False
    return True
