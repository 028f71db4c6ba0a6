"""The trace of a test on disk: runs, their events and HTTP exchanges, as JSON lines."""

from __future__ import annotations

import contextlib
import hashlib
import re
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mastra_sync.whole_files import write_whole
from pytest_mastra.report.trace_reader import Trace, TraceError, read_trace
from pytest_mastra.suite import settings

if TYPE_CHECKING:
    from pytest_mastra.redact.scrubber import Scrubber
    from pytest_mastra.suite.scene import Scene

__all__ = ["Trace", "TraceError", "path_of", "read_trace", "shown_path", "write_trace"]

SUFFIX = ".jsonl"
_LONGEST_NAME = 100
_UNSAFE = re.compile(r"[^A-Za-z0-9._]+")


@dataclass(slots=True)
class _Progress:
    """How far a test that is running has come.

    Attributes:
        phases: The outcome of each of its phases so far.
        path: Where its trace has been written, as it is shown.
        is_over: Whether it has come to its end.
    """

    phases: dict[str, str] = field(default_factory=dict)
    path: str | None = None
    is_over: bool = False


_RUNNING = pytest.StashKey["dict[str, _Progress]"]()
_WARNED = pytest.StashKey["set[str]"]()


def write_trace(
    scene: Scene, report: pytest.TestReport, config: pytest.Config, *, scrubber: Scrubber | None = None
) -> None:
    """Write a test's trace, if it is to be kept.

    With `on` that is at the test's end, and whenever a phase of it fails. With `retain-on-failure` a trace that an
    earlier session left of a test that passes now is removed. Never raises: a folder that cannot be written to is a
    warning.

    Args:
        scene: The test's.
        report: The report of the phase that has ended.
        config: pytest's; `--mastra-trace`, `mastra_trace` and `mastra_trace_dir` say what is kept, and where.
        scrubber: Takes secrets out; by default one that has learned from the scene.
    """
    mode = settings.setting(config, "trace").value
    if mode == "off":
        return
    progress = _progress_of(scene.test, config)
    # the report of a test comes after those of its subtests, and passes though they failed
    if progress.phases.get(str(report.when)) != "failed":
        progress.phases[str(report.when)] = report.outcome
    progress.is_over = report.when == "teardown"
    has_failed = "failed" in progress.phases.values()
    if report.failed or (progress.is_over and (has_failed or mode == "on")):
        _write(scene, progress, config, scrubber)
    elif progress.is_over:
        with contextlib.suppress(OSError):
            path_of(scene.test, config).unlink()


def _progress_of(test: str, config: pytest.Config) -> _Progress:
    running = config.stash.setdefault(_RUNNING, {})
    for ended in [name for name, progress in running.items() if progress.is_over]:
        del running[ended]
    return running.setdefault(test, _Progress())


def shown_path(report: pytest.TestReport, config: pytest.Config) -> str | None:
    """Return the path of a test's trace, from the root directory; None if it has none."""
    progress = config.stash.get(_RUNNING, {}).get(report.nodeid)
    return progress.path if progress is not None else None


def path_of(test: str, config: pytest.Config, shown: str | None = None) -> Path:
    """Return where the trace of a test belongs.

    Its name is one that every file system takes, another one for each test.

    Args:
        test: The node id.
        config: pytest's.
        shown: The node id without secrets, if it has any.
    """
    safe = _UNSAFE.sub("-", test if shown is None else shown).strip("-.")[-_LONGEST_NAME:].lstrip("-.")
    digest = hashlib.sha256(test.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    return settings.folder(config, "trace_dir") / f"{safe}-{digest}{SUFFIX}"


def _write(scene: Scene, progress: _Progress, config: pytest.Config, scrubber: Scrubber | None) -> None:
    # few tests are traced
    from pytest_mastra.redact.scrubber import learn_secrets  # noqa: PLC0415
    from pytest_mastra.report.trace_text import trace_text  # noqa: PLC0415

    scrubber = scrubber or learn_secrets(scene.log, config)
    data = trace_text(scene, scrubber, progress.phases)
    path = path_of(scene.test, config, scrubber.text(scene.test))
    left = scrubber.survivors(data)
    if left:
        _warn(config, scene.test, f"the trace of {path.stem} is not written: {', '.join(left)} would stand in it")
        return
    try:
        _make_folder(path.parent)
        write_whole(path, data)
    except OSError as error:
        _warn(config, scene.test, f"no trace is written to {path.parent}: {error.strerror or error}")
        return
    progress.path = _from_root(path, config)


def _make_folder(folder: Path) -> None:
    """Make the folder, hidden from git, if there is none; others' folders stay as they are."""
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
    """Have the summary of warnings say it, once; it fails no test."""
    warned = config.stash.setdefault(_WARNED, set())
    if text in warned:
        return
    warned.add(text)
    message = warnings.WarningMessage(pytest.PytestWarning(f"mastra: {text}"), pytest.PytestWarning, __file__, 0)
    config.hook.pytest_warning_recorded.call_historic(
        kwargs={"warning_message": message, "nodeid": test, "when": "runtest", "location": None}
    )
