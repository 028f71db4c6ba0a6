"""The page beside pytest-html's, and workflow coverage beside that of lines."""

from __future__ import annotations

import pytest

from tests.page.pages import read_page
from tests.suites_in_folders import RunSuite

SUITE = """
import shop


def test_pays(mastra_server, mastra_client):
    mastra_server.workflow("pay").returns({"paid": 900})
    assert mastra_client.get_workflow("pay").execute({}).result["paid"] == shop.PRICE


def test_prints():
    print("printed by the test")
    assert shop.PRICE == 901
"""


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_beside_pytest_html_and_pytest_cov(run_process: RunSuite, pytester: pytest.Pytester, workers: str) -> None:
    """Each writes its own of the same tests, with workers and without; their outcomes stay."""
    pytest.importorskip("pytest_html")
    pytest.importorskip("pytest_cov")
    pytester.makepyfile(shop="PRICE = 900")
    plugins = ("xdist.plugin", "pytest_metadata.plugin", "pytest_html.plugin", "pytest_cov.plugin")
    theirs = ("--html=theirs.html", "--self-contained-html", "--cov=shop", "--cov-report=term")
    named = [argument for plugin in plugins for argument in ("-p", plugin)]
    result = run_process(SUITE, *named, *theirs, workers, "--mastra-html=ours.html", "--mastra-coverage=term")
    result.assert_outcomes(passed=1, failed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.re_match_lines([r"shop\.py +1 +0 +100%"])
    result.stdout.fnmatch_lines(["mastra: page of 2 tests, 1 failed, *ours.html"])
    result.stdout.fnmatch_lines(["*pay*structure*"])
    theirs_written = (pytester.path / "theirs.html").read_text(encoding="utf-8")
    assert "test_pays" in theirs_written
    assert "test_prints" in theirs_written
    tests = read_page(pytester.path / "ours.html").tests
    assert tests["test_pays"].runs == [("pay", "success")]
    assert tests["test_prints"].sentence == "failed: assert 900 == 901"
