"""Which functions of a traceback are shown: the test's and the tested code's, not the client's."""

from __future__ import annotations

import dis
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING

from pytest_mastra.explain.loaded_classes import loaded_classes

if TYPE_CHECKING:
    import pytest

_INNER = frozenset({"contextlib", "mastra_sync", "pytest_mastra", "requests", "responses", "tenacity", "urllib3"})
"""Packages between the code under test and a server, and what the client's own functions lead through."""

_RUNNERS = frozenset({"_pytest", "pluggy"})

_MEANT = (
    ("mastra_sync.errors", "MastraError"),
    ("pytest_mastra.cassettes.replay.no_match", "NoRecordedReply"),
)
"""Exceptions that say all there is to say, wherever they come from."""

_OURS = frozenset({"mastra_sync", "pytest_mastra"})

_RAISE = dis.opmap["RAISE_VARARGS"]


def shorten_traceback(excinfo: pytest.ExceptionInfo[BaseException], config: pytest.Config) -> None:
    """End a traceback before our functions, if we mean its exception.

    Those are the client's own, and all that a `raise` of ours ends in: a mistake in a declaration, say. It ends at the
    last line that is not ours. Of what such an exception came from only the words stay. `--full-trace` shows all.

    Args:
        excinfo: How a test ended; its traceback is changed.
        config: pytest's.
    """
    if config.getoption("fulltrace", default=False):
        return
    entries = list(_entries(excinfo.tb))
    if not (isinstance(excinfo.value, loaded_classes(*_MEANT)) or (entries and _is_raised_by_us(entries[-1]))):
        return
    count = len(entries)
    while count and _package(entries[count - 1]) in _INNER:
        count -= 1
    if not 0 < count < len(entries) or _package(entries[count - 1]) in _RUNNERS:
        return
    shown = None
    for entry in reversed(entries[:count]):
        shown = TracebackType(shown, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    if shown is not None:
        excinfo.traceback = type(excinfo.traceback)(shown)
    for cause in _causes(excinfo.value):
        if cause.__traceback__ is not None and _package(cause.__traceback__) in _INNER:
            cause.__traceback__ = None


def _entries(traceback: TracebackType | None) -> Iterator[TracebackType]:
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def _is_raised_by_us(entry: TracebackType) -> bool:
    """Return whether a line of ours raised on purpose; of one that failed, ours is shown."""
    return _package(entry) in _OURS and entry.tb_frame.f_code.co_code[entry.tb_lasti] == _RAISE


def _causes(error: BaseException) -> Iterator[BaseException]:
    visited = {id(error)}
    cause = error.__cause__
    while cause is not None and id(cause) not in visited:
        visited.add(id(cause))
        yield cause
        cause = cause.__cause__


def _package(entry: TracebackType) -> str:
    return str(entry.tb_frame.f_globals.get("__name__", "")).partition(".")[0]
