"""What `mastra-sync report` does: traces in, a page out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from mastra_sync.cli.exits import Exit, Stop
from mastra_sync.extras import describe_missing, missing_libraries
from mastra_sync.suggest import did_you_mean
from mastra_sync.terminal.writing import complain, print_text, printable
from pytest_mastra.page.page_file import find_problem, write_page
from pytest_mastra.page.session import Session
from pytest_mastra.page.tested import Tested, tested_of_trace
from pytest_mastra.redact.scrubber import learn_secrets
from pytest_mastra.report.trace_reader import Trace, TraceError, read_trace
from pytest_mastra.report.trace_writer import SUFFIX

PROGRAM = "mastra-sync"
_OWN_FOLDER = ".mastra-report"
"""Where traces go by default."""


def write_report(paths: Sequence[Path], page: Path) -> Exit:
    """Write the page of some traces, say where it is, and return the exit status.

    Args:
        paths: Traces, and folders of traces.
        page: Where the page belongs.

    Raises:
        Stop: A trace cannot be read, or the page cannot be written; says why.
    """
    missing = missing_libraries("report")
    if missing:
        raise Stop(Exit.USAGE, describe_missing("report needs", missing, "cli", "report"))
    tests = _told_apart(_in_time(paths))
    problem = find_problem(page)
    if problem:
        raise Stop(Exit.USAGE, f"--out: {problem}")
    written = write_page(page, tests, Session(), learn_secrets(()))
    if written.problem:
        raise Stop(Exit.FAILED, written.words)
    complain(f"{PROGRAM}: {written.words.rpartition(': ')[0]}")
    print_text(printable(str(page)))
    return Exit.SUCCESS


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found = sorted(path.glob(f"*{SUFFIX}"))
        if not found:
            own = path / _OWN_FOLDER
            hint = did_you_mean(str(own) if own.is_dir() else None, shown=str)
            raise Stop(Exit.USAGE, f"there is no trace in {path}: pytest --mastra-trace=on writes some{hint}")
        yield from found


def _in_time(paths: Sequence[Path]) -> list[Tested]:
    """Return the tests of traces, the oldest first."""
    # a file that is named twice, or in its folder too, would be compared with itself
    files = {path.resolve(): path for path in _files(paths)}.values()
    read = sorted(((path, _read(path)) for path in files), key=lambda item: item[1].epoch)
    return [tested_of_trace(trace, str(path)) for path, trace in read]


def _read(path: Path) -> Trace:
    try:
        return read_trace(path)
    except TraceError as error:
        raise Stop(Exit.USAGE, str(error)) from None
    except OSError as error:
        raise Stop(Exit.USAGE, f"{path} cannot be read: {error.strerror or error}") from None


def _told_apart(tests: Sequence[Tested]) -> list[Tested]:
    """Return tests that name their file only where they are there several times."""
    times = Counter(test.name for test in tests)
    return [test if times[test.name] > 1 else replace(test, source="") for test in tests]
