"""Settings under names that nobody reads: ini keys, environment variables."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

import pytest

from mastra_sync.suggest import did_you_mean, nearest_name
from pytest_mastra.suite import settings

VARIABLE_PREFIX = "MASTRA_"
OPTION_PREFIX = "--mastra-"
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


def check_options(parser: pytest.Parser, args: Sequence[str], names: Sequence[str], keys: Sequence[str]) -> None:
    """Refuse an unknown option that is spelled nearly as one of ours.

    Any other is left to pytest.

    Args:
        parser: pytest's, with all that plugins and conftests have declared.
        args: What pytest was called with.
        names: Our options, as in `mastra_NAME`.
        keys: Our ini keys that are no options.

    Raises:
        UsageError: There is no such option; says which may be meant.
    """
    try:
        asked, unknown = parser.parse_known_and_unknown_args(args)
    except pytest.UsageError:
        # which pytest comes to itself
        return
    for given in unknown:
        hint = _option_meant(given.partition("=")[0].replace("_", "-"), names, keys)
        if hint and not asked.help:
            raise settings.usage_error(f"unrecognized arguments: {given}{hint}")


def _option_meant(option: str, names: Sequence[str], keys: Sequence[str]) -> str:
    key = option.removeprefix("--").replace("-", "_")
    if key in keys:
        return f"; {key} is an ini key: -o {key}=..."
    options = [f"{OPTION_PREFIX}{name.replace('_', '-')}" for name in names]
    if option.startswith(OPTION_PREFIX):
        own = nearest_name(option.removeprefix(OPTION_PREFIX), [each.removeprefix(OPTION_PREFIX) for each in options])
        return did_you_mean(own and f"{OPTION_PREFIX}{own}", shown=str)
    return did_you_mean(nearest_name(option, options), shown=str)


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
