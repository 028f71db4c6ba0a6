"""Which traces are kept, where, and what happens if they cannot be."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_mastra.report.trace_writer import Trace, read_trace
from tests.suites_in_folders import RunSuite

SUITE = """
    import pytest

    @pytest.fixture
    def ran(mastra_server, mastra_client):
        mastra_server.workflow("city").returns(1)
        yield mastra_client.get_workflow("city").execute({})

    @pytest.fixture
    def breaks(ran):
        assert not ran.ok

    @pytest.fixture
    def breaks_after(ran):
        yield
        ran.raise_for_status()
        raise ValueError

    def test_pass(ran):
        assert ran.ok

    def test_fail(ran):
        assert not ran.ok

    def test_setup(breaks):
        pass

    def test_teardown(breaks_after):
        pass

    def test_skip(ran):
        pytest.skip("no")

    @pytest.mark.xfail(strict=True)
    def test_xfail(ran):
        assert not ran.ok

    def test_other():
        pass
"""
OUTCOMES = {
    "test_pass": "passed",
    "test_fail": "failed",
    "test_setup": "error",
    "test_teardown": "error",
    "test_skip": "skipped",
    "test_xfail": "skipped",
}
FAILED = {"test_fail", "test_setup", "test_teardown"}


def traces(folder: Path) -> dict[str, Trace]:
    """Return the traces in a folder by the test's name."""
    found = [read_trace(path) for path in sorted(folder.glob("*.jsonl"))]
    return {trace.test.rpartition("::")[2]: trace for trace in found}


@pytest.fixture
def folder(pytester: pytest.Pytester) -> Path:
    return pytester.path / ".mastra-report"


def test_off_is_the_default(run_suite: RunSuite, folder: Path) -> None:
    """Nothing is written, and no folder made, unless it is asked for."""
    run_suite(SUITE)
    assert not folder.exists()


@pytest.mark.parametrize(
    ("arguments", "kept"),
    [
        (["--mastra-trace=on"], OUTCOMES.keys()),
        (["--mastra-trace=retain-on-failure"], FAILED),
        (["-o", "mastra_trace=on"], OUTCOMES.keys()),
        (["-o", "mastra_trace=on", "--mastra-trace=retain-on-failure"], FAILED),
        (["-o", "mastra_trace=on", "--mastra-trace=off"], set()),
    ],
)
def test_which_are_kept(run_suite: RunSuite, folder: Path, arguments: list[str], kept: set[str]) -> None:
    """`on` keeps each test that has to do with Mastra, `retain-on-failure` those that failed in any phase."""
    result = run_suite(SUITE, *arguments)
    result.assert_outcomes(passed=3, failed=1, errors=2, skipped=1, xfailed=1)
    found = traces(folder)
    assert {name: trace.outcome for name, trace in found.items()} == {name: OUTCOMES[name] for name in kept}
    assert all(trace.runs[0].status == "success" and trace.exchanges for trace in found.values())


def test_workers_write_side_by_side(run_process: RunSuite, folder: Path) -> None:
    """Each worker of pytest-xdist writes the traces of its tests, and nothing temporary is left."""
    result = run_process(SUITE, "--mastra-trace=on", "-p", "xdist", "-n", "2")
    result.assert_outcomes(passed=3, failed=1, errors=2, skipped=1, xfailed=1)
    assert traces(folder).keys() == OUTCOMES.keys()
    assert len(list(folder.iterdir())) == len(OUTCOMES) + 1


def test_the_file_has_all_phases(run_suite: RunSuite, folder: Path) -> None:
    """A trace that was written when the test failed is completed when it is over."""
    run_suite(
        """
        import pytest

        @pytest.fixture
        def late(mastra_client):
            yield
            mastra_client.list_workflows()

        def test_it(late, mastra_client):
            mastra_client.list_workflows()
            assert not 1
        """,
        "--mastra-trace=retain-on-failure",
    )
    trace = traces(folder)["test_it"]
    assert trace.phases == {"setup": "passed", "call": "failed", "teardown": "passed"}
    assert [exchange.verb for exchange in trace.exchanges] == ["list_workflows"] * 2


def test_the_section_says_where(run_suite: RunSuite, folder: Path) -> None:
    """A failed test shows the path of its trace, from the root directory."""
    result = run_suite(SUITE, "--mastra-trace=retain-on-failure")
    for name in FAILED:
        (path,) = folder.glob(f"*-{name}-*")
        assert result.stdout.str().count(f"\ntrace: .mastra-report/{path.name}\n") == 1
    assert result.stdout.str().count("\ntrace: ") == len(FAILED)


def test_a_test_without_runs_shows_it_too(run_suite: RunSuite) -> None:
    """Where no run was touched the trace is still named."""
    result = run_suite("def test_it(mastra_client):\n    assert not mastra_client.list_workflows", "--mastra-trace=on")
    result.stdout.fnmatch_lines(["*- Mastra runs -*", "trace: .mastra-report/*.jsonl"], consecutive=True)


def test_another_folder(run_suite: RunSuite, pytester: pytest.Pytester) -> None:
    """The ini key names the folder; one outside the root directory is shown whole."""
    elsewhere = pytester.path.parent / f"{pytester.path.name}-elsewhere" / "deep"
    result = run_suite(SUITE, "--mastra-trace=on", "-o", f"mastra_trace_dir={elsewhere}", "-k", "test_fail")
    assert traces(elsewhere).keys() == {"test_fail"}
    result.stdout.fnmatch_lines([f"trace: {elsewhere}/*.jsonl"])


def test_the_folder_hides_from_git(run_suite: RunSuite, folder: Path) -> None:
    """A folder that was made is hidden from git; one that was there is left as it was."""
    run_suite(SUITE, "--mastra-trace=on", "-k", "test_pass")
    assert (folder / ".gitignore").read_bytes() == b"*\n"
    (folder / ".gitignore").unlink()
    run_suite(SUITE, "--mastra-trace=on", "-k", "test_pass")
    assert not (folder / ".gitignore").exists()


def test_nothing_else_is_touched(run_suite: RunSuite, folder: Path) -> None:
    """Files that are in the folder stay, also traces of tests that do not run now, and nothing temporary is left."""
    folder.mkdir()
    (folder / "mine.txt").write_text("mine", encoding="utf-8")
    run_suite(SUITE, "--mastra-trace=on")
    before = {path.name for path in folder.iterdir()}
    assert "mine.txt" in before
    assert len(before) == len(OUTCOMES) + 1
    run_suite(SUITE, "--mastra-trace=retain-on-failure", "-k", "test_fail")
    assert {path.name for path in folder.iterdir()} == before


def test_a_test_that_passes_again_loses_its_trace(run_suite: RunSuite, folder: Path) -> None:
    """With `retain-on-failure` the trace that an earlier failure left goes when the test passes; others stay."""
    run_suite(SUITE, "--mastra-trace=retain-on-failure")
    run_suite(
        SUITE.replace("assert not ran.ok", "assert ran.ok"), "--mastra-trace=retain-on-failure", "-k", "test_fail"
    )
    assert traces(folder).keys() == FAILED - {"test_fail"}


def test_the_file_itself(run_suite: RunSuite, folder: Path) -> None:
    """A file is UTF-8 with LF alone, whatever the locale is."""
    run_suite(
        """
        def test_it(mastra_server, mastra_client):
            mastra_server.workflow("city").returns({"größe": "漢\\ud800"})
            mastra_client.get_workflow("city").execute({"a": "\\r\\n"})
        """,
        "--mastra-trace=on",
    )
    (path,) = folder.glob("*.jsonl")
    data = path.read_bytes()
    assert b"\r" not in data
    assert "größe".encode() in data
    assert b"\\ud800" in data
    assert traces(folder)["test_it"].runs[0].account["result"] == {"größe": "漢\ud800"}


def test_names_are_safe_and_apart(run_suite: RunSuite, folder: Path) -> None:
    """Parameters with anything in them make names that every file system takes, each test another one."""
    run_suite(
        """
        import pytest

        VALUES = ["a/b", "a\\\\b", "a:b", "A/B", "..", "x" * 300, "漢", " ", "con", "a*?<>|b", "a\\x00b"]

        @pytest.mark.parametrize("value", VALUES)
        def test_it(mastra_client, value):
            mastra_client.list_workflows()
        """,
        "--mastra-trace=on",
    )
    names = [path.name for path in folder.glob("*.jsonl")]
    assert len(names) == len({name.lower() for name in names}) == 11
    assert all(len(name) < 130 and name.isascii() and not set(name) & set('/\\:*?"<>| ') for name in names)
    assert all(not name.startswith((".", "-")) for name in names)


@pytest.mark.parametrize("arguments", [[], ["-W", "error"]])
def test_a_folder_that_cannot_be_written_to(run_suite: RunSuite, folder: Path, arguments: list[str]) -> None:
    """It is one warning that names it; no test fails by it, and no path is shown."""
    folder.write_text("a file", encoding="utf-8")
    result = run_suite(SUITE, "--mastra-trace=on", *arguments)
    result.assert_outcomes(passed=3, failed=1, errors=2, skipped=1, xfailed=1, warnings=1)
    result.stdout.fnmatch_lines([f"*PytestWarning: mastra: no trace is written to {folder}: File exists"])
    result.stdout.no_fnmatch_line("trace: *")
    assert folder.read_text(encoding="utf-8") == "a file"


def test_workers_warn_too(run_process: RunSuite, folder: Path) -> None:
    """A worker's warning comes to the summary."""
    folder.write_text("a file", encoding="utf-8")
    result = run_process(SUITE, "--mastra-trace=on", "-p", "xdist", "-n", "1")
    result.assert_outcomes(passed=3, failed=1, errors=2, skipped=1, xfailed=1, warnings=1)
    result.stdout.fnmatch_lines([f"*PytestWarning: mastra: no trace is written to {folder}: File exists"])


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission(run_suite: RunSuite, folder: Path) -> None:
    """A folder that is there and may not be written to is a warning too."""
    folder.mkdir(mode=0o500)
    result = run_suite(SUITE, "--mastra-trace=on", "-k", "test_pass")
    result.stdout.fnmatch_lines([f"*no trace is written to {folder}: Permission denied"])


def test_an_unknown_mode(run_suite: RunSuite) -> None:
    """A mode that there is not is refused before any test runs."""
    result = run_suite(SUITE, "--mastra-trace=always")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--mastra-trace: 'always'*off, on, retain-on-failure*"])
