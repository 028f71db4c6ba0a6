"""What the reports of failed tests have of the runs that the tests touched."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from tests.suites_in_folders import RunSuite

FAILING = """
    import pytest
    from pytest_mastra import StepError

    def book(server, client, runs=1):
        def fail(ctx):
            raise StepError("no seats left", name="SoldOut")

        look = server.step("look", lambda ctx: 1, duration=1)
        server.workflow("city").then(look).then(server.step("book", fail, duration=3)).commit()
        for number in range(runs):
            run = client.get_workflow("city").create_run(f"r{number}")
            run.start_async({"city": "Oslo"})
        return run.result()

    def test_it(mastra_server, mastra_client):
        assert book(mastra_server, mastra_client).status == "success"
"""

SHOWN = [
    "*- Mastra runs -*",
    "✗ city failed after 4.0 s, run r0",
    "  ✓ look ━━━━━━━━━━━━━━━━                                                  1.0 s",
    "  ✗ book                 ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 3.0 s",
    "  book failed: SoldOut: no seats left",
]


def test_a_failed_test_shows_its_runs(run_suite: RunSuite) -> None:
    """Each run that a failed test touched stands below its traceback."""
    result = run_suite(FAILING)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(SHOWN, consecutive=True)


def test_a_passing_test_shows_none(run_suite: RunSuite) -> None:
    """A test that passes, and one that touched no run, have nothing to show."""
    result = run_suite(
        FAILING.replace('== "success"', '== "failed"')
        + """
    def test_other(mastra_client):
        assert mastra_client.list_workflows() == 1
        """,
        "-rA",
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.no_fnmatch_line("*Mastra runs*")


def test_quiet(run_suite: RunSuite) -> None:
    """With -q a run is one line."""
    result = run_suite(FAILING, "-q")
    result.stdout.fnmatch_lines([*SHOWN[:2], "*short test summary*"], consecutive=True)


def test_many_runs(run_suite: RunSuite) -> None:
    """Of many runs five are drawn and the others counted."""
    result = run_suite(FAILING.replace("mastra_client).status", "mastra_client, runs=8).status"))
    assert result.stdout.str().count("✗ city failed after 4.0 s") == 5
    result.stdout.fnmatch_lines(["... and 3 more runs: 3 failed"])


@pytest.mark.parametrize(("colour", "is_there"), [("yes", True), ("no", False), ("auto", False)])
def test_colour(run_suite: RunSuite, colour: str, is_there: bool) -> None:  # noqa: FBT001
    """`--color` counts; where there is no terminal there is no colour by itself."""
    result = run_suite(FAILING, f"--color={colour}")
    text = result.stdout.str()
    assert ("\x1b[1;31m✗ city failed after 4.0 s, run r0\x1b[0m" in text) is is_there
    assert ("\x1b" in text) is is_there
    assert "✗ city failed after 4.0 s, run r0" in text


@pytest.mark.parametrize("arguments", [(), ("-n", "1", "-p", "xdist")])
def test_a_terminal_that_has_ascii_only(
    run_process: RunSuite, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    """Where the output's encoding is ASCII the timeline is, also if it comes from a worker."""
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    result = run_process(FAILING, *arguments)
    result.stdout.fnmatch_lines(
        [
            "x city failed after 4.0 s, run r0",
            "  + look ================                                                  1.0 s",
        ],
        consecutive=True,
    )


def test_a_narrow_terminal(run_suite: RunSuite, monkeypatch: pytest.MonkeyPatch) -> None:
    """No line is wider than the terminal."""
    monkeypatch.setenv("COLUMNS", "50")
    result = run_suite(FAILING)
    lines = result.stdout.lines
    start = next(index for index, line in enumerate(lines) if "Mastra runs" in line)
    assert lines[start + 1] == "✗ city failed after 4.0 s, run r0"
    assert max(map(len, lines[start : start + 5])) <= 50


@pytest.mark.parametrize("arguments", [(), ("-n", "1", "-p", "xdist"), ("--color=yes",)])
def test_junit(
    run_suite: RunSuite, run_process: RunSuite, pytester: pytest.Pytester, arguments: tuple[str, ...]
) -> None:
    """A junit file has the runs as properties and the timeline in the failure's text, without escape codes."""
    run = run_process if "xdist" in arguments else run_suite
    result = run(FAILING, "--junit-xml=report.xml", *arguments)
    assert "✗ city failed after 4.0 s, run r0" in result.stdout.str()
    text = (pytester.path / "report.xml").read_text(encoding="utf-8")
    (case,) = ET.fromstring(text).iter("testcase")
    assert [(found.get("name"), found.get("value")) for found in case.iter("property")] == [
        ("mastra_run", "city r0 failed"),
        ("mastra_failing_step", "city.book: SoldOut: no seats left"),
    ]
    failure = case.find("failure")
    assert failure is not None
    assert failure.text is not None
    plain = re.sub("#x1B\\[[0-9;]*m", "", failure.text)
    assert "\n".join(SHOWN[1:]) in plain
    shown = failure.text[failure.text.index("Mastra runs") :]
    assert "#x1B" not in shown


def test_junit_has_the_runs_of_a_failure_without_traceback(run_suite: RunSuite, pytester: pytest.Pytester) -> None:
    """Also where the failure is a mere text the timeline is part of it."""
    code = FAILING.replace(
        "assert book(mastra_server, mastra_client)",
        "book(mastra_server, mastra_client); pytest.fail('no', pytrace=False)\n        assert None",
    )
    run_suite(code.replace('\n        assert None.status == "success"', ""), "--junit-xml=report.xml")
    (failure,) = ET.fromstring((pytester.path / "report.xml").read_text(encoding="utf-8")).iter("failure")
    assert "\n".join(SHOWN[1:]) in (failure.text or "")


@pytest.mark.parametrize(
    "arguments", [("-p", "xdist", "-n", "2"), ("--tb=short",), ("-W", "error"), ("--assert=plain",)]
)
def test_other_ways_to_run(run_suite: RunSuite, run_process: RunSuite, arguments: tuple[str, ...]) -> None:
    """Workers, other tracebacks, warnings as errors and plain asserts change nothing."""
    run = run_process if "xdist" in arguments else run_suite
    result = run(FAILING, *arguments)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(SHOWN, consecutive=True)


def test_a_failure_in_teardown(run_suite: RunSuite) -> None:
    """What fails in setup or teardown shows the runs that had been touched by then."""
    result = run_suite(
        FAILING
        + """
    @pytest.fixture
    def before(mastra_server, mastra_client):
        assert book(mastra_server, mastra_client).ok

    @pytest.fixture
    def after(mastra_server, mastra_client):
        yield
        assert book(mastra_server, mastra_client).ok

    def test_setup(before):
        pass

    def test_teardown(after):
        pass
        """,
        "-k",
        "setup or teardown",
    )
    result.assert_outcomes(errors=2, passed=1)
    assert result.stdout.str().count("✗ city failed after 4.0 s, run r0") == 2


def test_secrets_are_not_shown(run_suite: RunSuite, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret that an error, a question, a step's name or a run's id repeats is masked, in every report."""
    monkeypatch.setenv("MASTRA_API_TOKEN", "hush-hush-1")
    monkeypatch.setenv("DATABASE", "hush-hush-2")
    monkeypatch.setenv("SAFE", "hush-hush-3")
    result = run_suite(
        """
        import os
        import pytest
        from pytest_mastra import StepError

        TOKEN, DATABASE, SAFE = (os.environ[name] for name in ("MASTRA_API_TOKEN", "DATABASE", "SAFE"))

        def fail(ctx):
            raise StepError(f"refused {TOKEN}, {DATABASE}, {ctx.input_data['api_key']}")

        def test_it(mastra_server, mastra_client):
            ask = mastra_server.step("ask", lambda ctx: ctx.suspend({"ask": SAFE, "password": "x"}))
            mastra_server.workflow("city").parallel([ask, mastra_server.step(DATABASE, fail)]).commit()
            run = mastra_client.get_workflow("city").create_run(f"of-{TOKEN}")
            run.start_async({"api_key": SAFE})
            pytest.fail("no", pytrace=False)
        """,
        *("-o", "mastra_secret_variables=DATABASE", "--junit-xml=report.xml", "--mastra-trace=on"),
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "✗ city failed after 0 ms, run of-[*][*][*]",
            "  ? ask 0 ms",
            "  ✗ [*][*][*] 0 ms",
            "  [*][*][*] failed: Error: refused [*][*][*], [*][*][*], [*][*][*]",
            '  ask asks {"ask": "[*][*][*]", "password": "[*][*][*]"}',
        ]
    )
    (trace,) = (pytester.path / ".mastra-report").glob("*.jsonl")
    for text in (result.stdout.str(), (pytester.path / "report.xml").read_text("utf-8"), trace.read_text("utf-8")):
        assert "hush-hush" not in text


@pytest.mark.skipif(pytest.version_tuple < (8, 4), reason="pytest itself fails there without its terminal plugin")
def test_without_a_terminal(run_process: RunSuite, pytester: pytest.Pytester) -> None:
    """Reports are complete where nothing is printed."""
    run_process(FAILING, "-p", "no:terminal", "--junit-xml=report.xml")
    assert "✗ city failed after 4.0 s, run r0" in (pytester.path / "report.xml").read_text(encoding="utf-8")


def test_what_cannot_be_shown_fails_nothing(run_suite: RunSuite) -> None:
    """If the timeline itself fails, the test's own failure is there, and a line says what could not be shown."""
    result = run_suite(
        FAILING,
        conftest="""
        import pytest

        @pytest.hookimpl(wrapper=True, tryfirst=True)
        def pytest_runtest_makereport(item, call):
            from pytest_mastra.report import timeline
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(timeline, "draw_runs", lambda *_: 1 / 0)
                return (yield)
        """,
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E       AssertionError: assert 'failed' == 'success'"])
