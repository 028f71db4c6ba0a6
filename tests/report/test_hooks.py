"""What reports have of a test's runs: sections, properties; in this process, on workers, and where that goes wrong."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from tests.suites_in_folders import RunSuite

SUITE = """
    import contextlib

    from mastra_sync import NotFoundError

    def test_passes(mastra_server, mastra_client):
        mastra_server.workflow("report").returns({})
        assert mastra_client.get_workflow("report").execute({}, run_id="run-1").ok

    def test_fails(mastra_server, mastra_client):
        mastra_server.workflow("report").fails("no such city", step="lookup")
        assert mastra_client.get_workflow("report").execute({}, run_id="run-2").ok

    def test_strays(mastra_server, mastra_client):
        with contextlib.suppress(NotFoundError):
            mastra_client.get_workflow("reprot").create_run()

    def test_else():
        pass
"""


def junit_of(pytester: pytest.Pytester) -> dict[str, ET.Element]:
    """Return the test cases of the file that junit's reporter wrote."""
    cases = ET.parse(pytester.path / "junit.xml").getroot().iter("testcase")
    return {str(case.get("name")): case for case in cases}


def properties_of(case: ET.Element) -> list[tuple[str | None, str | None]]:
    return [(found.get("name"), found.get("value")) for found in case.iter("property")]


@pytest.mark.parametrize("arguments", [(), ("-p", "xdist.plugin", "-n2")], ids=["alone", "xdist"])
def test_reporters_have_runs_and_sections(
    run_process: RunSuite, alone: pytest.Pytester, arguments: tuple[str, ...]
) -> None:
    """Run ids and statuses are properties of each test; a failed one has its runs as a section; on workers too."""
    result = run_process(SUITE, "--junit-xml=junit.xml", "-o", "junit_logging=all", *arguments)
    result.assert_outcomes(passed=3, failed=1, errors=1)
    cases = junit_of(alone)
    assert properties_of(cases["test_passes"]) == [("mastra_run", "report run-1 success")]
    failing = ("mastra_failing_step", "report.lookup: Error: no such city")
    assert properties_of(cases["test_fails"]) == [("mastra_run", "report run-2 failed"), failing]
    assert [name for name, _ in properties_of(cases["test_strays"])] == ["mastra_run"]
    assert properties_of(cases["test_else"]) == []
    result.stdout.fnmatch_lines(["*no such city*"])
    result.stdout.fnmatch_lines(["*- Mastra runs -*", "*report failed after*run run-2*"])
    result.stdout.fnmatch_lines(["mastra: 1 stray request"])


def test_nothing_is_loaded_for_tests_that_have_nothing(run_suite: RunSuite) -> None:
    """The hooks of reports come with the first test that has to do with Mastra."""
    result = run_suite(
        """
        def hooks(config):
            return config.pluginmanager.has_plugin("mastra-reporting")

        def test_before(pytestconfig):
            assert not hooks(pytestconfig)

        def test_uses(pytestconfig, mastra_target):
            assert hooks(pytestconfig)
        """
    )
    result.assert_outcomes(passed=2)


def test_a_scene_does_not_outlive_its_test(run_process: RunSuite) -> None:
    """What was said in a test is not kept for the session."""
    # a process of its own: the scenes of other tests' suites may still be about in this one
    result = run_process(
        """
        import gc

        from pytest_mastra.suite.scene import SCENE, Scene

        def test_uses(mastra_client, request):
            mastra_client.list_workflows()
            assert request.node.stash[SCENE].log

        def test_after(request):
            assert all(SCENE not in item.stash for item in request.session.items)
            del request
            gc.collect()
            assert not [each for each in gc.get_objects() if isinstance(each, Scene)]
        """
    )
    result.assert_outcomes(passed=2)


def test_a_report_that_cannot_be_completed_is_no_matter(run_suite: RunSuite, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' outcomes stand, and the session goes on; the place is told, not the message."""
    from pytest_mastra.run_history import runs

    def broken(*_: object) -> None:
        raise ValueError("sk-1")

    monkeypatch.setattr(runs, "user_properties", broken)
    result = run_suite(SUITE, "-rA")
    result.assert_outcomes(passed=3, failed=1, errors=1)
    said = "what is known of the test's runs could not be told: ValueError at *test_hooks.py:*"
    result.stdout.fnmatch_lines(["*- mastra: not shown -*", said])
    result.stdout.no_fnmatch_line("*sk-1*")


SPEAKING = """
    import warnings

    import pytest

    @pytest.fixture
    def told(mastra_client, record_property):
        mastra_client.list_workflows()
        record_property("seen", "sk-property")
        print("sk-printed")
        warnings.warn("".join(["sk", "-warned"]))
        yield
        print("sk-after")

    def test_passes(told):
        pass

    def test_fails(told):
        secret = "sk-local"
        assert secret == "".join(["sk", "-other"])

    def test_skips(told):
        pytest.skip("".join(["sk", "-skipped"]))

    @pytest.mark.xfail(reason="".join(["sk", "-expected"]))
    def test_xfails(told):
        raise ValueError("".join(["sk", "-raised"]))

    def test_else():
        print("heard")
        raise ValueError("of its own")
"""


@pytest.mark.parametrize("place", ["learn", "text"])
@pytest.mark.parametrize("arguments", [("-rA", "--showlocals"), ("--tb=native", "--assert=plain", "-rA")], ids=" ".join)
def test_what_cannot_be_scrubbed_is_not_shown(
    place: str,
    arguments: tuple[str, ...],
    run_suite: RunSuite,
    alone: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Outcomes stand, and class and place of a failure; nothing of what was said, and what to do is told."""
    from pytest_mastra.redact.scrubber import Scrubber

    def broken(*_: object) -> None:
        raise RecursionError("sk-inner")

    monkeypatch.setattr(Scrubber, place, broken)
    result = run_suite(SPEAKING, "--junit-xml=junit.xml", "-o", "junit_logging=all", "-W", "default", *arguments)
    result.assert_outcomes(passed=1, failed=2, skipped=1, xfailed=1)
    said = "*secrets could not be taken out of it: RecursionError at *test_hooks.py:*"
    result.stdout.fnmatch_lines(["AssertionError at *test_suite.py:*", said, "*-p no:mastra-reporting*"])
    written = result.stdout.str() + result.stderr.str() + (alone.path / "junit.xml").read_text(encoding="utf-8")
    assert re.findall(r"sk-\w+", written) == []
    assert "of its own" in written, "tests that have nothing to do with Mastra are told as ever"


def test_reporting_can_be_left_out(run_suite: RunSuite) -> None:
    """All is shown as pytest has it then, secrets too."""
    result = run_suite(SPEAKING, "-p", "no:mastra-reporting", "-W", "default")
    result.assert_outcomes(passed=1, failed=2, skipped=1, xfailed=1)
    result.stdout.fnmatch_lines(["*sk-local*"])


@pytest.mark.parametrize(
    "arguments",
    [("--assert=plain",), ("-W", "error"), ("--strict-markers",), ("-q",), ("--show-capture=no",), ("--tb=native",)],
    ids=" ".join,
)
def test_it_works_with_pytests_own_options(run_suite: RunSuite, arguments: tuple[str, ...]) -> None:
    """However pytest is asked to run, outcomes are the same, and the first failure is told."""
    result = run_suite(SUITE, *arguments)
    result.assert_outcomes(passed=3, failed=1, errors=1)
    result.stdout.fnmatch_lines(["FAILED test_suite.py::test_fails*"])
    result.stdout.fnmatch_lines(["mastra: 1 stray request", "  POST /api/workflows/reprot/create-run -> 404"])
