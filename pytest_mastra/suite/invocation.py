"""How pytest was called: what cannot come to anything is told once, before any test."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pytest_mastra.suite import left_out, live_server, settings
from pytest_mastra.suite.markers import asks_for_cassette, needs_of, refuse_usage

IN_VAIN = {"rewrite": "records", "new_episodes": "records", "verify": "compares"}
"""What modes do for which a server must be asked; the others have the cassettes that are there."""

_OUR_PLUGIN = "pytest_mastra.plugin"


def check_invocation(config: pytest.Config, items: Sequence[pytest.Item]) -> None:
    """Refuse what every test would fail of, or what would do nothing.

    Args:
        config: pytest's.
        items: The tests that are to run.

    Raises:
        UsageError: A record mode was given, and there is nothing to record; an address, and nobody asks there; or a
            live server is asked, and nobody says where it is, or it cannot be used.
    """
    if config.getoption("collectonly") or settings.is_on(config, "check_cassettes"):
        return
    target = settings.setting(config, "target").value
    runnable = [item for item in items if needs_of(item).missing_target(target) is None]
    with_cassette = [item for item in runnable if asks_for_cassette(item)]
    mode = settings.setting(config, "record")
    try:
        if runnable and mode.origin == "command line":
            _check_mode(config, mode.value, has_cassettes=bool(with_cassette))
        if target == "fake" and any(map(_uses_server, runnable)) and not with_cassette:
            _check_server_is_asked(config)
        on_server = [item for item in runnable if _uses_server(item)] if target == "live" else []
        if on_server and not any(_has_own_config(item) for item in on_server):
            live_server.check_usable(config, settings.config_of(config))
    except pytest.UsageError as error:
        refuse_usage(config, items[0], error)


def _check_mode(config: pytest.Config, mode: str, *, has_cassettes: bool) -> None:
    target = settings.setting(config, "target")
    why = {
        "fake": "" if has_cassettes else "tests run on fakes, and none has the marker or the fixture mastra_cassette",
        "replay": "cassettes answer the tests, and no server is asked",
    }.get(target.value)
    # tests that were chosen for something else need not have any
    is_excused = mode == "verify" and target.value == "fake" and left_out.is_narrowed(config)
    if mode in IN_VAIN and why and not is_excused:
        raise settings.usage_error(
            f"--mastra-record={mode} {IN_VAIN[mode]} nothing with target {target.value} ({target.origin}): {why}; "
            "what asks a server is --mastra-target=live --mastra-url=URL"
        )


def _check_server_is_asked(config: pytest.Config) -> None:
    """Refuse what the command line says of a server that no test asks."""
    target = settings.setting(config, "target")
    given = [name for name in ("url", "ca_file") if config.getoption(f"mastra_{name}") is not None]
    if given and not settings.is_on(config, "verify"):
        flag = f"--mastra-{given[0].replace('_', '-')}"
        raise settings.usage_error(
            f"{flag} does nothing with target {target.value} ({target.origin}): tests run on fakes, and none has a "
            "cassette; to ask that server: --mastra-target=live"
        )


def _uses_server(item: pytest.Item) -> bool:
    return "mastra_target" in getattr(item, "fixturenames", ())


def _has_own_config(item: pytest.Item) -> bool:
    """Return whether a test's fixtures, not all the plugin's, may say what options do not."""
    manager = item.session._fixturemanager  # noqa: SLF001 -- there is no other way
    known = [manager.getfixturedefs(name, item) or () for name in ("mastra_config", "mastra_target")]
    return any(definition.func.__module__ != _OUR_PLUGIN for definitions in known for definition in definitions)
