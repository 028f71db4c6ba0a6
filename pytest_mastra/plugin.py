"""The pytest plugin: options, ini keys, markers, fixtures, hooks.

It imports nothing heavy; each function imports what it needs.

Everybody who runs pytest where this package is installed loads this module, whether or not a test is about Mastra.
It holds no assertion that pytest would have to rewrite: PYTEST_DONT_REWRITE.
"""

# ruff: noqa: PLC0415 -- what is imported above the functions, every start of pytest pays for

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

    from mastra_sync import MastraClient
    from pytest_mastra.cassettes.mastra_cassette import MastraCassette
    from pytest_mastra.fake import FakeMastra
    from pytest_mastra.regression.replay_run import Rerunner
    from pytest_mastra.suite.scene import Scene
    from pytest_mastra.suite.server_factory import MastraServerFactory
    from pytest_mastra.suite.settings import MastraConfig

OPTIONS: tuple[tuple[str, str, str], ...] = (
    ("target", "fake|live|replay", "what tests run against (default: fake)"),
    ("url", "URL", "where the live server is (default: MASTRA_BASE_URL)"),
    ("ca_file", "FILE", "whom to trust over TLS where the live server is https:// (default: MASTRA_CA_FILE)"),
    ("generation", "GENERATION", "what the fakes behave like: current, 1.2, 1.0-beta (default: current)"),
    ("zod", "RELEASE", "whose words the fakes have for what does not fit: 4.6, 4.3 (default: the generation's)"),
    (
        "record",
        "MODE",
        "what becomes of cassettes: none, once, new_episodes, rewrite, verify (default: none on CI, else once)",
    ),
    ("trace", "off|on|retain-on-failure", "write events and exchanges of each test to a file (default: off)"),
    ("html", "PATH", "write a page that shows what the runs of each test did"),
    ("summary", "PATH", "write what broke as Markdown, for the page of a CI job (default: GITHUB_STEP_SUMMARY)"),
    ("sweep", "off|quick|full", "how tests with the marker mastra_sweep are swept (default: full)"),
    ("coverage", "FORM,...", "tell what was tried of workflows: term (default), term-missing, html, json, markdown"),
    ("coverage_fail_under", "FAMILY:PERCENT,...", "fail if less was tried, as in structure:90,trouble:50"),
)
"""Options with a value: name, placeholder, help; each has an ini key."""

DEFAULTS_OF_NO_VALUE = {"coverage": "term"}
"""What the options mean that may be given without a value."""

SWITCHES: tuple[tuple[str, str], ...] = (
    ("verify", "hold each fake of the suite against the live server; nothing is written"),
    ("check_cassettes", "look for secrets in the cassettes, and for cassettes without a test; no test is run"),
)
"""Options without a value; each has an ini key."""

INI_KEYS: tuple[tuple[str, Any, Any, str], ...] = (
    ("mastra_cassette_dir", "string", "cassettes", "folder of the cassettes, below the root directory"),
    ("mastra_cassette_outside", "bool", False, "let path= of mastra_cassette lead out of that folder"),
    ("mastra_trace_dir", "string", ".mastra-report", "folder of the traces, below the root directory"),
    ("mastra_coverage_file", "string", ".mastra-coverage.json", "where coverage is kept, to be combined"),
    (
        "mastra_coverage_omit",
        "linelist",
        [],
        "goals that are not counted, and why: 'report.* -- nobody runs it in tests'",
    ),
    ("mastra_secret_names", "linelist", [], "further names under which secrets stand: headers, JSON keys, ..."),
    ("mastra_secret_variables", "linelist", [], "further environment variables whose values are secrets"),
)
"""Ini keys that are no options: name, type, default, help."""

MARKERS = (
    "mastra(*, live_only=False, fake_only=False, replay=True, generation=None, workflows=(), allow=()): what a test "
    "needs to run, and what it means to happen: allow=['strays', 'step_errors', 'unused_faults', 'unused_names']",
    "mastra_cassette(*, path=None, record=None, strict=None, pace=None, every_session=None): replay this test's "
    "requests from a cassette, or record them",
    "mastra_sweep(*, faults='all', rerun=True, pairs=False, limit=200, accept=()): run this test once for each request "
    "and each thing that may go wrong with it; it fails if anything happens twice",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare options and ini keys."""
    group = parser.getgroup("mastra", "Mastra")
    for name, placeholder, text in OPTIONS:
        flag, bare = f"--mastra-{name.replace('_', '-')}", DEFAULTS_OF_NO_VALUE.get(name)
        may_be_bare: dict[str, Any] = {} if bare is None else {"nargs": "?", "const": bare}
        group.addoption(flag, dest=f"mastra_{name}", default=None, metavar=placeholder, help=text, **may_be_bare)
        parser.addini(f"mastra_{name}", text, type="string", default="")
    for name, text in SWITCHES:
        flag = f"--mastra-{name.replace('_', '-')}"
        group.addoption(flag, dest=f"mastra_{name}", action="store_true", default=None, help=text)
        parser.addini(f"mastra_{name}", text, type="bool", default=False)
    point = "run the one test that is chosen, and marked mastra_sweep, at one point of its sweep"
    group.addoption("--mastra-point", dest="mastra_point", default=None, metavar="VERB#N:FAULT", help=point)
    for name, kind, default, text in INI_KEYS:
        parser.addini(name, text, type=kind, default=default)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(parser: pytest.Parser, args: list[str]) -> Generator[None, None, None]:
    """Say which option is meant by one that nobody has declared."""
    yield
    if any(given.startswith("--m") for given in args):
        from pytest_mastra.suite import unread_settings

        names = ["point", *(name for name, *_ in (*OPTIONS, *SWITCHES))]
        unread_settings.check_options(parser, args, names, [key for key, *_ in INI_KEYS])


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Register the markers, and check the options."""
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    keys = [*_given_ini_keys(config)]
    if keys or any(name.startswith("MASTRA_") for name in os.environ):
        from pytest_mastra.suite import unread_settings

        unread_settings.check(config, keys, _ini_keys())
    if os.environ.get("GITHUB_STEP_SUMMARY") or config.getoption("mastra_summary") or config.getini("mastra_summary"):
        _begin_summary(config)
    if not _is_used(config):
        return
    from pytest_mastra.suite import settings

    settings.check(config)
    problem = _missing_libraries()
    if problem:
        raise pytest.UsageError(problem)
    _begin_features(config)


def _begin_features(config: pytest.Config) -> None:
    """Have done what was asked for; each feature brings the hooks that it needs."""
    from pytest_mastra.suite import settings

    if settings.setting(config, "target").value == "replay":
        from pytest_mastra.suite import replayed_tests

        replayed_tests.begin(config)
    if settings.setting(config, "record").value == "verify":
        from pytest_mastra.cassettes.drift import pytest_report

        # in the process that starts the workers of pytest-xdist too, which tells what they have found
        pytest_report.report_of(config)
    if settings.is_on(config, "verify"):
        from pytest_mastra.verify.hooks import Verifying

        config.pluginmanager.register(Verifying(config), "mastra-verify")
    if settings.wants_coverage(config):
        from pytest_mastra.coverage import hooks as coverage_hooks

        coverage_hooks.begin(config)
    page = settings.page_path(config)
    if page is not None or settings.wants_coverage(config):
        from pytest_mastra.exports import outputs

        outputs.refuse_shared(config)
    if page is not None:
        from pytest_mastra.page import hooks as page_hooks

        page_hooks.begin(config, page)
    if settings.is_on(config, "check_cassettes"):
        from pytest_mastra.cassettes.file.lint import Checking

        config.pluginmanager.register(Checking(config), "mastra-check-cassettes")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of xdist what the terminal can show."""
    from pytest_mastra.report import terminal

    terminal.tell_worker(node.config, node.workerinput)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse markers, and arguments of ours, that there are not."""
    marked = [item for item in items if any(mark.name.startswith("mastra") for mark in item.iter_markers())]
    if marked:
        from pytest_mastra.suite import markers

        markers.check_markers(config, marked)
    swept = [item for item in marked if item.get_closest_marker("mastra_sweep") is not None]
    if swept:
        from pytest_mastra.sweep import hooks, marker

        marker.check_sweeps(config, swept)
        hooks.begin(config)


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    """Remember which tests are left out, of which what others show may depend."""
    if items:
        from pytest_mastra.suite import left_out

        left_out.note(items[0].config, items)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse a run that could only fail, or do nothing, for how pytest was called."""
    if session.items and _is_used(session.config):
        from pytest_mastra.suite import invocation

        invocation.check_invocation(session.config, session.items)
    if session.config.getoption("mastra_point") is not None and not session.config.getoption("collectonly"):
        from pytest_mastra.sweep import marker

        marker.check_point(session.config, session.items)


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say what tests run against, if it is not the usual, or at `-v`."""
    if not (_is_used(config) or config.get_verbosity() > 0):
        return None
    from pytest_mastra.suite import settings

    return settings.header_line(config)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say at `-v` what sweeps have tried."""
    if config.get_verbosity() < 1:
        return
    swept = [one for reports in terminalreporter.stats.values() for one in reports if hasattr(one, "mastra_sweep")]
    if swept:
        from pytest_mastra.sweep import summary

        summary.tell_sweeps(terminalreporter, config, swept)


def pytest_assertrepr_compare(config: pytest.Config, op: str, left: object, right: object) -> list[str] | None:
    """Explain comparisons of what `mastra_sync` gives."""
    if "mastra_sync" not in sys.modules:
        return None
    from pytest_mastra.explain import assertions

    return assertions.explain_comparison(config, op, left, right)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test that has passed and called `assert_run`, and asserted nothing by it."""
    __tracebackhide__ = True
    places: list[str] = []
    try:
        result = yield
    finally:
        made = sys.modules.get("pytest_mastra.run_assertion")
        if made is not None:
            places = made.take_unasked(item.nodeid.replace("\x00", "(null)"))
    if made is not None and places:
        pytest.fail(made.explain_unasked(places), pytrace=False)
    return result


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Have a failed assertion explain its run, and show no functions of the client's."""
    # pytest's own hook for unittest, which is tried first, has by now put the exception of a TestCase into the call
    if call.excinfo is None:
        return
    if call.excinfo.typename in _REFUSALS and "mastra_" in str(call.excinfo.value):
        from pytest_mastra.suite import scope_mismatch

        scope_mismatch.advise(call.excinfo.value)
    if call.excinfo.typename == "FixtureLookupError":
        from pytest_mastra.suite import fixture_names

        fixture_names.advise(call.excinfo.value)
    if "mastra_sync.errors" not in sys.modules:
        return
    from pytest_mastra.explain import assertions, documentation_note, other_server, traceback_filter
    from pytest_mastra.suite.scene import SCENE

    assertions.explain_failure(call.excinfo, item.stash.get(SCENE, None), item.config)
    traceback_filter.shorten_traceback(call.excinfo, item.config)
    other_server.add_note_of_other_server(call.excinfo.value, item)
    documentation_note.add_documentation_note(call.excinfo.value)


@pytest.hookimpl(wrapper=True, specname="pytest_runtest_makereport")
def pytest_explain_lost_requests(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say which line a failed test lacks: of requests nobody answered, of exceptions nobody raised."""
    report = yield
    if call.excinfo is None or not report.failed:
        return report
    from pytest_mastra.explain import not_raised, unreached
    from pytest_mastra.report import timeline
    from pytest_mastra.suite.scene import SCENE

    said = timeline.said_meanwhile(report)
    sections = [
        unreached.explain_unreached(item, call.excinfo.value, said),
        not_raised.explain_not_raised(call.excinfo.value, item.stash.get(SCENE, None)),
    ]
    timeline.add_sections([section for section in sections if section is not None], report, item.config)
    return report


@pytest.fixture(scope="session")
def mastra_config(pytestconfig: pytest.Config) -> MastraConfig:
    """How clients reach the server: address, headers, token, timeout, API prefix. Override it in a conftest."""
    from pytest_mastra.suite import settings

    return settings.config_of(pytestconfig)


@pytest.fixture
def mastra_target(request: pytest.FixtureRequest, mastra_config: MastraConfig) -> Iterator[Scene]:
    """What this test runs against: its address, its clock, and what was said over HTTP."""
    _refuse_without_libraries()
    from pytest_mastra.cassettes.fixture import cassette_of
    from pytest_mastra.report import hooks
    from pytest_mastra.suite import settings, targets

    target = settings.setting(request.config, "target").value
    cassette = cassette_of(request.node, target, mastra_config)
    hooks.begin(request.config)
    with targets.open_scene(request, mastra_config, cassette) as scene:
        yield scene
        if scene.target == "fake" and scene.passed is False:
            from pytest_mastra.regression import recorded_server

            recorded_server.note_recorded_server(request.node, scene)


@pytest.fixture
def mastra_server(mastra_target: Scene) -> FakeMastra:
    """A fake Mastra server, which answers at `MASTRA_BASE_URL` in this process; elsewhere only a declaration."""
    return mastra_target.server


@pytest.fixture(scope="session")
def mastra_server_factory(request: pytest.FixtureRequest) -> Iterator[MastraServerFactory]:
    """Makes fake servers for fixtures of any scope, each at an address of its own."""
    _refuse_without_libraries()
    from pytest_mastra.report import hooks
    from pytest_mastra.suite import server_factory

    hooks.begin(request.config)
    with server_factory.open_factory(request) as factory:
        yield factory


@pytest.fixture
def mastra_socket_server(mastra_target: Scene, mastra_server: FakeMastra) -> Iterator[FakeMastra]:
    """The fake server, on a socket for other processes too; `url` is its address."""
    from pytest_mastra.suite import targets

    with targets.serve_on_socket(mastra_target, mastra_server):
        yield mastra_server


@pytest.fixture
def mastra_client(
    request: pytest.FixtureRequest,
    mastra_config: MastraConfig,
    mastra_target: Scene,
    mastra_server: FakeMastra,  # noqa: ARG001 -- what a conftest declares in its place is to be there
) -> Iterator[MastraClient]:
    """A client of what this test runs against."""
    from pytest_mastra.suite import targets

    if "mastra_socket_server" in request.fixturenames:
        # its address is the test's, whichever of the two is asked for first
        request.getfixturevalue("mastra_socket_server")
    with targets.client_of(mastra_target, mastra_config) as client:
        yield client


@pytest.fixture
def mastra_cassette(mastra_target: Scene) -> MastraCassette:
    """The cassette of this test, which answers it or records what is said."""
    cassette: MastraCassette = mastra_target.cassette
    return cassette


@pytest.fixture
def mastra_snapshot(request: pytest.FixtureRequest) -> SnapshotAssertion:
    """Compares a run's outcome with the stored one, by syrupy."""
    from pytest_mastra.regression import snapshot_fixture

    return snapshot_fixture.snapshot_of(request)


@pytest.fixture
def mastra_replay_run(request: pytest.FixtureRequest, mastra_target: Scene, mastra_client: MastraClient) -> Rerunner:
    """Runs a recorded run's input again, and tells what differs."""
    from pytest_mastra.regression import replay_run

    return replay_run.make_rerunner(request, mastra_target, mastra_client)


_REFUSALS = frozenset({"Failed", "FailedHealthCheck"})
"""What pytest and hypothesis raise where a fixture's scope is too narrow, among other things."""


@cache
def _missing_libraries() -> str:
    """Return what to install of what the plugin needs; empty if all is there."""
    from mastra_sync.extras import describe_missing, missing_libraries

    missing = missing_libraries("pytest")
    return describe_missing("the pytest plugin of mastra-sync needs", missing, "pytest") if missing else ""


def _refuse_without_libraries() -> None:
    """Fail a test that asks for a fixture where the libraries are not installed."""
    problem = _missing_libraries()
    if problem:
        pytest.fail(problem, pytrace=False)


def _begin_summary(config: pytest.Config) -> None:
    """Have the summary of a CI job written, where the libraries are installed."""
    from pytest_mastra.suite import settings

    found = settings.summary_setting(config)
    if found is not None and not _missing_libraries():
        from pytest_mastra.exports import hooks

        hooks.begin(config, found.value, is_asked_for=found.origin in settings.EXPLICIT_ORIGINS)


def _given_ini_keys(config: pytest.Config) -> Iterator[str]:
    """Give the ini keys that were given and begin like ours, those of `-o` too."""
    # from pytest 9 on it has another name, and no public one
    of_file = vars(config).get("_inicfg") or vars(config).get("inicfg") or ()
    of_options = (text.partition("=")[0] for text in config.getoption("override_ini") or ())
    return (key for key in (*of_file, *of_options) if key.startswith("mastra"))


def _ini_keys() -> list[str]:
    return [*(f"mastra_{name}" for name, *_ in (*OPTIONS, *SWITCHES)), *(name for name, *_ in INI_KEYS)]


def _is_used(config: pytest.Config) -> bool:
    """Whether any option or ini key of this plugin was given."""
    names = [name for name, *_ in (*OPTIONS, *SWITCHES)]
    return any(config.getoption(f"mastra_{name}") is not None or config.getini(f"mastra_{name}") for name in names)
