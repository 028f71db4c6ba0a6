"""However pytest is started, a failing `assert` tells of its run, and in whatever reports the failure."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from pytest_mastra.text.width import cells
from tests.explain.suite_of_endings import CONFTEST, SALE, WEATHER, explained, lines
from tests.suites_in_folders import RunSuite


def test_without_rewriting(run_process: RunSuite) -> None:
    """`--assert=plain` has no words of its own; the run is told of, and what differs, as far as it can be found out."""
    result = run_process(
        """
        def test_ok(run):
            result = run("sale")
            assert result.ok

        def test_status(run):
            result = run("sale")
            assert result.status == "success"

        def test_value(run):
            result = run("weather")
            assert {"text": "sunny", "temp": 4} == result.result, "other weather"
        """,
        "--assert=plain",
        conftest=CONFTEST,
    )
    shown = explained(result)
    sale = [line.removeprefix("  ") for line in lines(SALE)]
    assert shown[: len(sale)] == [f"AssertionError: {sale[0]}", *sale[1:]]
    assert shown[len(sale) : 2 * len(sale) + 1] == ["AssertionError: $: expected 'success', actual 'failed'", *sale]
    assert shown[2 * len(sale) + 1 :][:3] == [
        "AssertionError: other weather",
        "  $.temp: expected 4, actual 3",
        "  $.days: not expected, actual [1, 2, 3]",
    ]


def test_optimised(run_process: RunSuite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under `python -O` asserts are not executed, so nothing fails, and nothing breaks."""
    monkeypatch.setenv("PYTHONOPTIMIZE", "1")
    result = run_process(
        """
        def test_it(run):
            result = run("sale")
            assert result.ok
        """,
        "--assert=plain",
        conftest=CONFTEST,
    )
    result.assert_outcomes(passed=1, warnings=1)


def test_very_verbose(run_suite: RunSuite) -> None:
    """With `-vv` pytest shows both sides whole, and what differs is named after that."""
    result = run_suite(
        """
        def test_it(run):
            result = run("weather")
            assert result.result == {"text": "rainy", "temp": 4, "days": [1, 2, 3]}
        """,
        "-vv",
        conftest=CONFTEST,
    )
    shown = explained(result)
    told = lines("  $.text: expected 'rainy', actual 'sunny'", "  $.temp: expected 4, actual 3", WEATHER)
    assert shown[-len(told) :] == told
    assert any("Differing items" in line or "Full diff" in line for line in shown)
    assert "\n".join(shown).count("the run of 'weather'") == 1


@pytest.mark.parametrize("in_ci", [True, False])
def test_on_ci(run_suite: RunSuite, monkeypatch: pytest.MonkeyPatch, in_ci: bool) -> None:  # noqa: FBT001
    """Whether pytest cuts explanations off or not, ours is the same."""
    if in_ci:
        monkeypatch.setenv("CI", "true")
    result = run_suite(
        """
        def test_it(run):
            result = run("sale")
            assert result.steps["lookup"].output == {str(number): "x" * 100 for number in range(9)}
        """,
        conftest=CONFTEST,
    )
    shown = explained(result)
    assert "truncated" not in result.stdout.str()
    assert len(shown) == 23
    assert "\n".join(shown).count("$[") == 5
    assert shown[16:] == lines(
        "  ... and 7 more differences",
        "  the run of 'sale' failed in step 'announce'",
        "    run id  run-sale",
        "    error   SoldOut: no seats ...",
        "    path    lookup (success) > announce (failed)",
        "    again   client.get_workflow('sale').execute({'city': 'Oslo',",
        "            'token': '***'})",
    )


def test_distributed(run_process: RunSuite) -> None:
    """Workers of pytest-xdist tell as much."""
    result = run_process(
        """
        import pytest

        @pytest.mark.parametrize("number", range(4))
        def test_it(run, number):
            result = run("sale")
            assert result.status == "success"
        """,
        "-p",
        "xdist",
        "-n",
        "2",
        conftest=CONFTEST,
    )
    result.assert_outcomes(failed=4)
    assert explained(result) == 4 * lines("AssertionError: assert 'failed' == 'success'", SALE)


def test_other_reporters_have_it(run_suite: RunSuite, pytester: pytest.Pytester) -> None:
    """The exception itself says it, so that JUnit's file and short tracebacks do."""
    result = run_suite(
        """
        def test_it(run):
            result = run("sale")
            assert result.ok
        """,
        "--junit-xml=junit.xml",
        "--tb=short",
        conftest=CONFTEST,
    )
    failure = ET.parse(pytester.path / "junit.xml").find(".//failure")
    assert failure is not None
    for text in (failure.text or "").split("\n"), result.outlines:
        assert SALE in "\n".join(line[4:] for line in text if line.startswith("E   "))


def test_pytest_s_own_words_stand_where_no_run_is_named(run_suite: RunSuite) -> None:
    """Other asserts of a test that has a run are as they were, and so is a comparison with a run far away."""
    result = run_suite(
        """
        def test_it(run):
            result = run("sale")
            numbers = [1, 2]
            assert numbers == [1, 3]
        """,
        conftest=CONFTEST,
    )
    assert explained(result)[0] == "assert [1, 2] == [1, 3]"
    assert "the run of" not in "\n".join(explained(result))


def test_what_goes_wrong_while_explaining_hides_nothing(run_process: RunSuite) -> None:
    """If anything breaks, the test's own failure is shown as pytest shows it."""
    result = run_process(
        """
        from pytest_mastra.explain import failed_run

        def broken(*_):
            raise RuntimeError("broken")

        failed_run.find_subject = broken

        def test_it(run):
            result = run("sale")
            assert result.status == "success"
        """,
        conftest=CONFTEST,
    )
    shown = explained(result)
    assert shown[0] == "AssertionError: assert 'failed' == 'success'"
    assert shown[1:4] == ["  ", "  - success", "  + failed"]


def test_no_more_than_25_lines_of_80_cells(run_suite: RunSuite) -> None:
    """With the mark and the indentation that pytest puts before it; whatever a run is like."""
    result = run_suite(
        """
        import pytest

        NAMES = ["weather", "sale", "approval", "each", "guarded", "stopped", "long", "huge", "wide"]

        @pytest.mark.parametrize("name", NAMES)
        def test_status(run, name):
            result = run(name)
            assert result.status == "no such status"

        @pytest.mark.parametrize("name", NAMES)
        def test_value(run, name):
            result = run(name)
            assert result.result == {f"key {number}": "日本" * 100 for number in range(9)}
        """,
        conftest=CONFTEST,
    )
    result.assert_outcomes(failed=18)
    failures = "\n".join(line for line in result.outlines if line.startswith(("E  ", "_"))).split("\n_")
    for failure in failures:
        told = [line for line in failure.split("\n") if line.startswith("E  ")]
        assert len(told) <= 26
        assert all(cells(line) <= 80 for line in told)


def test_secrets_are_not_told(run_suite: RunSuite) -> None:
    """What stands under a sensitive name, or was seen under one elsewhere in the test, is masked in what we say."""
    result = run_suite(
        """
        def test_it(mastra_server, mastra_client):
            mastra_server.workflow("w").returns({"echo": "it was t0p-s3cr3t!", "password": "hunter2", "n": 1})
            result = mastra_client.get_workflow("w").execute({"api_key": "t0p-s3cr3t"})
            assert result.result["n"] == 2, result.run_id

        def test_value(mastra_server, mastra_client):
            mastra_server.workflow("w").returns({"echo": "it was t0p-s3cr3t!", "password": "hunter2", "n": 1})
            result = mastra_client.get_workflow("w").execute({"api_key": "t0p-s3cr3t"})
            assert result.result == {"echo": "it was", "password": "hunter3", "n": 2}
        """
    )
    shown = [line for line in explained(result) if line.startswith("  ")]
    text = "\n".join(shown)
    assert "t0p-s3cr3t" not in text
    assert "hunter" not in text
    assert "    again   client.get_workflow('w').execute({'api_key': '***'})" in shown
    assert "  $.echo: expected 'it was', actual 'it was ***!'" in shown
    assert "  $.password: expected '***', actual '***'" in shown
