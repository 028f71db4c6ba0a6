"""What the command line leaves out of a suite: deselected tests, folders not looked into."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

_DESELECTED = pytest.StashKey[list[pytest.Item]]()
_IS_NARROWED = pytest.StashKey[bool]()
_BY_LAST_OUTCOME = pytest.StashKey[bool]()
_FIXTURES = frozenset({"mastra_server_factory", "request"})
"""What a test has that may use a server of a fixture of a wider scope, by name or by `request.getfixturevalue`."""


def note(config: pytest.Config, items: Iterable[pytest.Item]) -> None:
    """Remember tests that were collected, and do not run because others were chosen."""
    # what --deselect names is left out for good, and no choice of others
    named = tuple(config.getoption("deselect", default=None) or ())
    not_chosen = [item for item in items if not item.nodeid.startswith(named)]
    config.stash[_IS_NARROWED] = bool(not_chosen) or config.stash.get(_IS_NARROWED, False)
    # the others pytest forgets
    ours = [item for item in not_chosen if not _FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))]
    config.stash.setdefault(_DESELECTED, []).extend(ours)


def deselected(config: pytest.Config) -> list[pytest.Item]:
    """Return the tests that might use a server of several, and were not chosen."""
    return config.stash.get(_DESELECTED, [])


def is_narrowed(config: pytest.Config) -> bool:
    """Return whether only some tests were chosen: by their names, words, markers or last outcome.

    What `--deselect` and `--ignore` name is no choice of the others: a suite is run without it, time after time.
    """
    by_name = any("::" in argument for argument in config.args)
    return config.stash.get(_IS_NARROWED, False) or by_name or _is_narrowed_by_last_outcome(config)


def is_collected(path: Path, config: pytest.Config) -> bool:
    """Return whether pytest was to collect all that is in a folder, or a file."""
    if config.getoption("lf", default=False):
        return False
    ignored = [config.getoption(name, default=None) for name in ("ignore", "ignore_glob")]
    if path.is_dir() and any(ignored):
        return False
    if config.args_source is pytest.Config.ArgsSource.TESTPATHS:
        return True
    started_in = config.invocation_params.dir
    return any("::" not in argument and path.is_relative_to(started_in / argument) for argument in config.args)


def _is_narrowed_by_last_outcome(config: pytest.Config) -> bool:
    if _BY_LAST_OUTCOME not in config.stash:
        # as the run began: `--lf` after a run without failures chooses none, and pytest writes anew which have failed
        cache = config.cache if config.getoption("lf", default=False) else None
        config.stash[_BY_LAST_OUTCOME] = cache is not None and bool(cache.get("cache/lastfailed", {}))
    return config.stash[_BY_LAST_OUTCOME]
