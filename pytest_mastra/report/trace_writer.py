"""The trace of a test on disk: its runs, their events and the HTTP exchanges behind them, as JSON lines."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import threading
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_mastra.report.trace_reader import Trace, TraceError, read_trace
from pytest_mastra.suite import settings

if TYPE_CHECKING:
    from pytest_mastra.redact.scrubber import Scrubber
    from pytest_mastra.suite.scene import Scene

__all__ = ["Trace", "TraceError", "keep", "kept_at", "path_of", "read_trace"]

SUFFIX = ".jsonl"
_LONGEST_NAME = 100
_UNSAFE = re.compile(r"[^A-Za-z0-9._]+")


@dataclass(slots=True)
class _Keeping:
    """What is known of one test that is running.

    Attributes:
        phases: The outcome of each of its phases so far.
        path: Where its trace has been written, as it is shown.
        is_over: Whether it has come to its end.
    """

    phases: dict[str, str] = field(default_factory=dict)
    path: str | None = None
    is_over: bool = False


_RUNNING = pytest.StashKey["dict[str, _Keeping]"]()
_WARNED = pytest.StashKey["set[str]"]()


def keep(scene: Scene, report: pytest.TestReport, config: pytest.Config, *, scrubber: Scrubber | None = None) -> None:
    """Write a test's trace, if it is to be kept: with `on` at the test's end, and whenever a phase of it fails.

    With `retain-on-failure` a trace that an earlier session left of a test that passes now is removed. Never raises: a
    folder that cannot be written to is a warning.

    Args:
        scene: The test's.
        report: The report of the phase that has ended.
        config: pytest's; `--mastra-trace`, `mastra_trace` and `mastra_trace_dir` say what is kept, and where.
        scrubber: Takes secrets out; by default one that has learned from the scene.
    """
    mode = settings.setting(config, "trace").value
    if mode == "off":
        return
    keeping = _keeping(scene.test, config)
    keeping.phases[str(report.when)] = report.outcome
    keeping.is_over = report.when == "teardown"
    has_failed = "failed" in keeping.phases.values()
    if report.failed or (keeping.is_over and (has_failed or mode == "on")):
        _write(scene, keeping, config, scrubber)
    elif keeping.is_over:
        with contextlib.suppress(OSError):
            path_of(scene.test, config).unlink()


def _keeping(test: str, config: pytest.Config) -> _Keeping:
    running = config.stash.setdefault(_RUNNING, {})
    for other in [name for name, keeping in running.items() if keeping.is_over]:
        del running[other]
    return running.setdefault(test, _Keeping())


def kept_at(report: pytest.TestReport, config: pytest.Config) -> str | None:
    """Return where the trace of a test that has just run stands, from the root directory; None if it has none."""
    keeping = config.stash.get(_RUNNING, {}).get(report.nodeid)
    return keeping.path if keeping is not None else None


def path_of(test: str, config: pytest.Config, shown: str | None = None) -> Path:
    """Return where the trace of a test belongs: a name that every file system takes, another one for each test.

    Args:
        test: The node id.
        config: pytest's.
        shown: The node id without secrets, if it has any.
    """
    safe = _UNSAFE.sub("-", test if shown is None else shown).strip("-.")[-_LONGEST_NAME:].lstrip("-.")
    digest = hashlib.sha256(test.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    return settings.folder(config, "trace_dir") / f"{safe}-{digest}{SUFFIX}"


def _write(scene: Scene, keeping: _Keeping, config: pytest.Config, scrubber: Scrubber | None) -> None:
    # few tests are traced
    from pytest_mastra.redact.scrubber import learn_secrets  # noqa: PLC0415
    from pytest_mastra.report.redacted import clean  # noqa: PLC0415
    from pytest_mastra.report.trace_records import lines_of  # noqa: PLC0415

    cleaned = clean(scene, scrubber or learn_secrets(scene.log, config))
    path = path_of(scene.test, config, cleaned.scrubber.text(scene.test))
    data = "".join(f"{line}\n" for line in lines_of(scene, cleaned, keeping.phases)).encode("utf-8", "backslashreplace")
    left = cleaned.scrubber.survivors(data)
    if left:
        _warn(config, scene.test, f"the trace of {path.stem} is not written: {', '.join(left)} would stand in it")
        return
    try:
        _replace(path, data)
    except OSError as error:
        _warn(config, scene.test, f"no trace is written to {path.parent}: {error.strerror or error}")
        return
    keeping.path = _from_root(path, config)


def _replace(path: Path, data: bytes) -> None:
    """Write a file, whole or not at all.

    Raises:
        OSError: It cannot be written.
    """
    _make(path.parent)
    # two workers may run the same test
    temporary = path.with_name(f".{path.stem}-{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def _make(folder: Path) -> None:
    """Make the folder if it is not there, hidden from git; a folder of others is left as it is."""
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        if not folder.is_dir():
            raise
        return
    (folder / ".gitignore").write_text("*\n", encoding="utf-8", newline="\n")


def _from_root(path: Path, config: pytest.Config) -> str:
    try:
        return path.relative_to(config.rootpath).as_posix()
    except ValueError:
        return str(path)


def _warn(config: pytest.Config, test: str, text: str) -> None:
    """Have the summary of warnings say it, once; whatever becomes of other warnings, it fails no test."""
    warned = config.stash.setdefault(_WARNED, set())
    if text in warned:
        return
    warned.add(text)
    message = warnings.WarningMessage(pytest.PytestWarning(f"mastra: {text}"), pytest.PytestWarning, __file__, 0)
    config.hook.pytest_warning_recorded.call_historic(
        kwargs={"warning_message": message, "nodeid": test, "when": "runtest", "location": None}
    )
