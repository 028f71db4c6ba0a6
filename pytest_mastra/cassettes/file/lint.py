"""`pytest --mastra-check-cassettes`: looks for what should not be in cassettes. Runs no test."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_mastra.cassettes.file.errors import Unreadable
from pytest_mastra.cassettes.file.read_write import exchanges_in, parts_of
from pytest_mastra.redact.places import find_places, masked
from pytest_mastra.redact.scrubber import Scrubber, scrubber_of
from pytest_mastra.redact.summary import Summary
from pytest_mastra.suite import settings

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

    from pytest_mastra.http.exchanges import Exchange

SHAPES = {
    "a JSON Web Token": r"eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}",
    "a key of OpenAI's or Anthropic's": r"\bsk-[A-Za-z0-9_-]{20,}",
    "a key of Stripe's": r"\b[sr]k_live_[A-Za-z0-9]{16,}",
    "a token of GitHub's": r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{22,})",
    "a token of GitLab's": r"\bglpat-[\w-]{20,}",
    "a key of AWS's": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a key of Google's": r"\bAIza[\w-]{35}",
    "a token of Slack's": r"\bxox[abeoprs]-[\w-]{10,}",
    "a token of npm's": r"\bnpm_[A-Za-z0-9]{36}",
    "a token of Hugging Face's": r"\bhf_[A-Za-z0-9]{30,}",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
}
"""What looks like a secret wherever it stands: what to call it, and how it looks."""

_SHAPE = re.compile("|".join(f"({pattern})" for pattern in SHAPES.values()))
_SHAPE_NAMES = tuple(SHAPES)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that should not be in a cassette.

    Attributes:
        path: The file.
        line: Which line, from 1; None if no line can be named.
        what: What was found; never a secret.
    """

    path: Path
    line: int | None
    what: str


class Checking:
    """The plugin of a check: collects tests, runs none, and says what it found.

    Args:
        config: pytest's.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._folder = settings.folder(config, "cassette_dir")
        self._checked = 0
        self._findings: list[Finding] = []
        self._orphans: list[Path] | None = None
        self._why_no_orphans = ""
        self._tests: list[pytest.Item] = []
        self._skipped: list[str] = []
        # the tests are collected here, whoever else would have run them
        config.option.dist = "no"
        config.option.tx = []
        if config.pluginmanager.hasplugin("dsession"):
            config.pluginmanager.unregister(name="dsession")

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: Sequence[pytest.Item]) -> None:
        """Note all tests there are, before some are deselected."""
        self._tests = list(items)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note what was skipped as a whole: its tests are there, but nobody sees them."""
        if report.skipped:
            self._skipped.append(report.nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Look through the files instead of running tests."""
        given = _given_folders(self._config, self._folder)
        files = sorted({path for folder in given or [self._folder] for path in cassettes_in(folder)})
        scrubber = scrubber_of(self._config)
        self._checked = len(files)
        self._findings = [finding for path in files for finding in findings_in(path, scrubber)]
        self._why_no_orphans = _is_partial(self._config, session)
        if not self._why_no_orphans:
            self._orphans = self._without_test(files)
        return True

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail if there was anything."""
        if session.exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED if self._findings else pytest.ExitCode.OK

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        """Say what was found."""
        summary = Summary(terminalreporter, scrubber_of(self._config))
        summary.begin("cassettes")
        summary.lines(self._report_lines())

    def _without_test(self, files: Iterable[Path]) -> list[Path]:
        from pytest_mastra.cassettes.file.paths import cassette_path, module_folder  # noqa: PLC0415 -- for this only

        used = {self._below(cassette_path(item)) for item in self._tests}
        unseen = [self._below(module_folder(self._config, node)) for node in self._skipped]

        def has_test(path: Path) -> bool:
            parts = self._below(path)
            # a suite that is recorded of several servers has a folder for each
            tails = [parts[start:] for start in range(len(parts))]
            return any(tail in used or any(tail[: len(folder)] == folder for folder in unseen) for tail in tails)

        return [path for path in files if not has_test(path)]

    def _below(self, path: Path) -> tuple[str, ...]:
        """Return a path's parts below the folder of all cassettes."""
        whole, folder = path.resolve(), self._folder.resolve()
        return (whole.relative_to(folder) if whole.is_relative_to(folder) else whole).parts

    def _report_lines(self) -> Iterator[str]:
        folder = self._shown(self._folder)
        bad = len({finding.path for finding in self._findings})
        yield f"{self._checked} in {folder}: " + (f"{bad} with findings" if bad else "no findings")
        for finding in self._findings:
            where = "" if finding.line is None else f":{finding.line}"
            yield f"  {self._shown(finding.path)}{where}: {finding.what}"
        if self._orphans:
            yield f"{len(self._orphans)} without a test of this suite:"
            yield from (f"  {self._shown(path)}" for path in self._orphans)
        elif self._why_no_orphans:
            yield f"cassettes without a test were not looked for: {self._why_no_orphans}"

    def _shown(self, path: Path) -> str:
        return str(path.relative_to(self._config.rootpath) if path.is_relative_to(self._config.rootpath) else path)


def cassettes_in(folder: Path) -> Iterator[Path]:
    """Give the cassettes in a folder and those below it."""
    return (path for path in folder.rglob("*.y*ml") if path.suffix in {".yaml", ".yml"} and path.is_file())


def findings_in(path: Path, scrubber: Scrubber) -> list[Finding]:
    """Return what should not be in a cassette: secrets, and what makes it unreadable."""
    data = path.read_bytes()
    try:
        exchanges = exchanges_in(data)
    except Unreadable as error:
        return [Finding(path, error.line, error.problem), *_in_the_rest(path, data, scrubber, set())]
    text = data.decode("utf-8")
    found: dict[str, Finding] = {}
    known: set[str] = set()
    for number, exchange in enumerate(exchanges, 1):
        for where, name in _secret_names_in(exchange, scrubber):
            what = f"interaction {number}, {where}: a secret stands under {name!r}"
            found.setdefault(what, Finding(path, None, what))
        for where, content in parts_of(exchange):
            for name in scrubber.survivors(content):
                known.add(name)
                what = f"interaction {number}, {where}: the value of {name}"
                found.setdefault(what, Finding(path, None, what))
            for shape in _SHAPE.finditer(content.decode("latin-1")):
                line = _line_of(text, shape[0])
                what = f"interaction {number}, {where}: what looks like {_SHAPE_NAMES[(shape.lastindex or 1) - 1]}"
                found.setdefault(what, Finding(path, line, what))
    return [*found.values(), *_in_the_rest(path, data, scrubber, known)]


def _in_the_rest(path: Path, data: bytes, scrubber: Scrubber, known: set[str]) -> Iterator[Finding]:
    """Find known secrets that are in no exchange: in a comment, say."""
    for name in scrubber.survivors(data):
        if name not in known:
            yield Finding(path, None, f"the value of {name}")


def _secret_names_in(exchange: Exchange, scrubber: Scrubber) -> Iterator[tuple[str, str]]:
    """Give where something stands under a sensitive name, and which name."""
    for headers in (exchange.request.headers.items(), exchange.headers):
        for name, value in headers:
            if name in scrubber.names and masked(name, value) != value:
                yield "its headers", name
    for where, content in parts_of(exchange):
        if where.startswith("header "):
            continue
        text = content.decode("latin-1")
        for place in find_places(text, scrubber.names):
            if text[place.start : place.end] != place.replacement:
                yield from ((where, name) for name, _ in place.secrets)


def _line_of(text: str, secret: str) -> int | None:
    offset = text.find(secret)
    return None if offset < 0 else text.count("\n", 0, offset) + 1


def _given_folders(config: pytest.Config, folder: Path) -> list[Path]:
    """Return the folders given on the command line that are the cassettes' or lie in it."""
    given = [(config.invocation_params.dir / argument.partition("::")[0]).resolve() for argument in config.args]
    return [path for path in given if path.is_dir() and path.is_relative_to(folder.resolve())]


def _is_partial(config: pytest.Config, session: pytest.Session) -> str:
    """Return why not all tests of the suite are known; empty if they are."""
    if session.testsfailed:
        return f"{session.testsfailed} errors while the tests were collected"
    if config.args_source is pytest.Config.ArgsSource.ARGS:
        return "the command line names some tests"
    for option, spelled in {"lf": "--lf", "ignore": "--ignore", "ignore_glob": "--ignore-glob"}.items():
        if config.getoption(option, default=None):
            return f"{spelled} leaves some tests out"
    return ""
