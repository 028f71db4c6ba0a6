"""`--mastra-coverage`: what tests have tried is gathered when they end, and told when all have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_mastra.coverage import declarations, kept_file, report
from pytest_mastra.coverage.folded import Coverage, WorkflowCoverage
from pytest_mastra.coverage.goals import FAMILIES, Key, family_of
from pytest_mastra.coverage.observed_run import example_of_input, input_of, runs_of_scene
from pytest_mastra.coverage.wishes import WishError, Wishes
from pytest_mastra.redact.scrubber import learn_secrets, scrubber_of
from pytest_mastra.redact.summary import Summary
from pytest_mastra.report import hooks as reporting
from pytest_mastra.suite import worker_text
from pytest_mastra.suite.scene import SCENE, Scene
from pytest_mastra.suite.settings import usage_error

if TYPE_CHECKING:
    from pytest_mastra.redact.scrubber import Scrubber

PROPERTY = "mastra_coverage"
"""Name of the user property that a test has for each workflow that it has run."""

COVERAGE = pytest.StashKey[Coverage]()
"""Where pytest's config keeps what the suite has tried, for others who tell of it."""

_NAME = "mastra-coverage"
_FROM_WORKER = "mastra_coverage"


def begin(config: pytest.Config) -> None:
    """Have coverage gathered, if it was asked for.

    Raises:
        UsageError: Something was asked for that there is not.
    """
    reports = _given(config, "coverage")
    least = _given(config, "coverage_fail_under")
    # a threshold out of a variable that is not set must not pass for none
    holds = bool(least) or config.getoption("mastra_coverage_fail_under") is not None
    if not reports and not holds:
        return
    try:
        wishes = Wishes.parse(
            (reports or None, _origin(config, "coverage")),
            (least if holds else None, _origin(config, "coverage_fail_under")),
            (config.getini("mastra_coverage_omit"), "ini key mastra_coverage_omit"),
        )
    except WishError as error:
        raise usage_error(str(error)) from None
    config.pluginmanager.register(Covering(config, wishes), _NAME)


def _given(config: pytest.Config, name: str) -> str:
    option = config.getoption(f"mastra_{name}")
    return str(config.getini(f"mastra_{name}") if option is None else option)


def _origin(config: pytest.Config, name: str) -> str:
    on_command_line = config.getoption(f"mastra_{name}") is not None
    return f"--mastra-{name.replace('_', '-')}" if on_command_line else f"ini key mastra_{name}"


def coverage_in_a_line(config: pytest.Config) -> str:
    """Return the three numbers as the terminal tells them; empty without any run."""
    covering = config.pluginmanager.get_plugin(_NAME)
    return covering.total_line() if isinstance(covering, Covering) and covering.coverage.runs else ""


class Covering:
    """Gathers what each test has tried, and tells it when all have ended.

    Args:
        config: pytest's.
        wishes: What is asked for.
    """

    def __init__(self, config: pytest.Config, wishes: Wishes) -> None:
        self.coverage = config.stash[COVERAGE] = Coverage()
        self._config = config
        self._wishes = wishes
        self._problems: list[str] = []
        self._documents: list[str] = []
        self._asked: set[str] = set()

    # -- gathering

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        """Look at a test's runs once nothing more can happen to them."""
        scene = item.stash.get(SCENE, None)
        try:
            return (yield)
        finally:
            if scene is not None and not scene.is_quiet:
                self._gather(scene, item)

    def _gather(self, scene: Scene, item: pytest.Item) -> None:
        """Add what a test has tried; never raises."""
        try:
            scrubber = reporting.scrubber_of_test(item) or learn_secrets(scene.log, self._config)
            known = len(self.coverage.rows())
            if scene.target == "live":
                self._ask_server(scene, item)
            declarations.note_declarations(self.coverage, scene)
            test, fixtures = scrubber.text(scene.test), fixtures_of(item)
            reached: dict[str, set[Key]] = {}
            for run in runs_of_scene(scene):
                name = f"{run.workflow_id} {run.origin}"
                run.test, run.fixtures = test, fixtures
                run.example = example_of_input(scrubber.data(input_of(run)))
                reached.setdefault(name, set()).update(self.coverage.add_run(run))
            for row in self.coverage.rows()[known:]:
                _take_out_secrets(row, scrubber)
            for name, keys in reached.items():
                item.user_properties.append((PROPERTY, scrubber.text(f"{name}: {_by_family(keys)}")))
        except Exception as error:  # noqa: BLE001 -- the test's own outcome counts, and the tests after it
            # not the message, which may hold what nobody has scrubbed
            self._problems.append(f"what {item.name} has tried is not known: {type(error).__name__}")

    def _ask_server(self, scene: Scene, item: pytest.Item) -> None:
        """Ask a live server once which workflows it has."""
        if scene.base_url in self._asked:
            return
        self._asked.add(scene.base_url)
        listed = declarations.ask_server(scene, getattr(item, "funcargs", {}).get("mastra_config"))
        if listed is None:
            self._problems.append("the server did not tell which workflows it has, so which no test runs is not known")
        else:
            declarations.note_listed(self.coverage, listed, "server")

    # -- workers of pytest-xdist

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:  # noqa: ARG002 -- the hook's
        """Add what a worker gathered."""
        found = getattr(node, "workeroutput", {}).get(_FROM_WORKER)
        if found is None:
            self._problems.append(f"worker {node.gateway.id} crashed; what its tests have tried is lost")
            return
        told = worker_text.from_text(found)
        self.coverage.merge(kept_file.from_json(told["coverage"]))
        self._problems += [problem for problem in told["problems"] if problem not in self._problems]

    # -- telling

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write what was gathered, and hold it to the thresholds; from a worker hand it on."""
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            found = {"coverage": kept_file.as_json(self.coverage), "problems": self._problems}
            output[_FROM_WORKER] = worker_text.as_text(found)
            return
        if self._config.getoption("collectonly"):
            return
        self._write(session)
        self._problems += self._wishes.problems(self.coverage)
        if self._problems and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _write(self, session: pytest.Session) -> None:
        """Write the files; one that cannot be written fails the session."""
        scrubber = scrubber_of(self._config)
        root = session.config.rootpath
        kept = root / self._config.getini("mastra_coverage_file")
        self._write_one(kept, kept_file.as_text(self.coverage))
        for path, text in self._wishes.documents(self.coverage):
            if self._write_one(root / path, scrubber.text(text)):
                self._documents.append(str(root / path))

    def _write_one(self, path: Path, text: str) -> bool:
        problem = kept_file.try_to_write(path, text)
        if problem:
            self._problems.append(problem)
        return not problem

    def total_line(self) -> str:
        """Return the three numbers in one line."""
        return report.total_line(self.coverage, self._wishes.omissions.reason)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Tell what the suite has tried."""
        if self._config.getoption("collectonly"):
            return
        forms = {wished.form for wished in self._wishes.reports}
        summary = Summary(terminalreporter, scrubber_of(self._config))
        summary.begin("mastra coverage", red=bool(self._problems))
        if forms & {"term", "term-missing"}:
            omit = self._wishes.omissions.reason
            summary.lines(report.lines_of(self.coverage, omit, with_advice="term-missing" in forms))
        else:
            summary.line(self.total_line())
        summary.lines(f"written to {path}" for path in self._documents)
        for problem in self._problems:
            summary.line(problem, red=True)


def _by_family(keys: Iterable[Key]) -> str:
    """Return how many goals of each family were reached: `structure 5, trouble 1`."""
    found = Counter(family_of(kind) for _, kind in keys)
    return ", ".join(f"{family} {found[family]}" for family in FAMILIES if found[family]) or "nothing"


def fixtures_of(item: pytest.Item) -> tuple[str, ...]:
    """Return the fixtures that a test function asks for by name, but those of this plugin."""
    code = getattr(getattr(item, "function", None), "__code__", None)
    arguments = () if code is None else code.co_varnames[: code.co_argcount]
    named = [*(str(name) for mark in item.iter_markers("usefixtures") for name in mark.args), *arguments]
    given = getattr(getattr(item, "callspec", None), "params", {})
    known = getattr(item, "fixturenames", ())
    return tuple(
        name for name in dict.fromkeys(named) if name in known and name not in given and not name.startswith("mastra_")
    )


def _take_out_secrets(row: WorkflowCoverage, scrubber: Scrubber) -> None:
    """Take the secrets out of what a server told of a workflow: conditions are code."""
    declared = row.declared
    row.graph = scrubber.data(row.graph)
    row.declared = replace(
        declared,
        input_schema=scrubber.data(declared.input_schema),
        resume_schemas=scrubber.data(dict(declared.resume_schemas)),
    )
