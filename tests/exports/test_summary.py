"""`--mastra-summary`: what broke, for the page of a CI job."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from pytest_mastra.exports.summary import LIMIT, summary_text
from pytest_mastra.page import tested
from tests.exports.traces import made_trace
from tests.suites_in_folders import RunSuite

SUITE = """
import pytest
from pytest_mastra import StepError

def refuse(ctx):
    raise StepError("card | declined")

@pytest.fixture
def pay(mastra_server, mastra_client):
    def run(step):
        mastra_server.workflow("pay").then(mastra_server.step("charge", step)).commit()
        return mastra_client.get_workflow("pay").execute({})
    return run

def test_fails(pay):
    assert pay(refuse).ok

def test_passes(pay):
    assert pay(lambda ctx: {}).ok

def test_else():
    assert "one" == "other"

@pytest.mark.skip
def test_skipped():
    pass
"""
FAILING = """| test | what broke |
|---|---|
| test\\_suite.py::test\\_fails | pay failed in step charge: Error: card \\| declined |
| test\\_suite.py::test\\_else | failed: AssertionError: assert 'one' == 'other' |
"""


def test_what_is_told(run_suite: RunSuite, alone: pytest.Pytester) -> None:
    """Counts, a sentence for each failed test, its run drawn, and the line of coverage; JUnit has the failing step."""
    options = ("--mastra-summary=out/summary.md", "--mastra-coverage", "--junit-xml=j.xml")
    result = run_suite(SUITE, *options)
    result.assert_outcomes(passed=1, failed=2, skipped=1)
    result.stdout.fnmatch_lines([f"mastra: summary: {alone.path / 'out' / 'summary.md'}"])
    text = (alone.path / "out" / "summary.md").read_text("utf-8")
    assert text.startswith("## Mastra: 2 failed, 1 passed, 1 skipped\n")
    assert FAILING in text
    assert text.count("```mermaid") == 2
    assert '  n0["charge"]' in text
    assert "\nCoverage: 2 runs of 1 workflow: structure 3/3 (100 %), trouble 2/3 (67 %), conversation 0/0\n" in text
    values = [(one.get("name"), one.get("value")) for one in ET.parse(alone.path / "j.xml").iter("property")]
    assert [value for name, value in values if name == "mastra_failing_step"] == ["pay.charge: Error: card | declined"]


def test_github_s_own_file(run_suite: RunSuite, alone: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the variable says which file a step's summary is, it is added to, if anything has to do with Mastra."""
    path = alone.path / "step.md"
    path.write_text("before\n", "utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    run_suite("def test_else():\n    assert 0\n")
    assert path.read_text("utf-8") == "before\n"
    run_suite(SUITE)
    assert path.read_text("utf-8").startswith("before\n## Mastra: 2 failed, 1 passed, 1 skipped\n")


def test_beside_the_page(run_suite: RunSuite, alone: pytest.Pytester) -> None:
    """The page and the summary are made of the same reports."""
    run_suite(SUITE, "--mastra-summary=s.md", "--mastra-html=p.html")
    assert FAILING in (alone.path / "s.md").read_text("utf-8")
    assert "card | declined" in (alone.path / "p.html").read_text("utf-8")


def test_workers_of_xdist(run_process: RunSuite, alone: pytest.Pytester) -> None:
    """The controller writes, of what its workers send; a crashed one is told of."""
    crash = SUITE + "\ndef test_crash():\n    import os\n    os._exit(3)\n"
    run_process(crash, "-p", "xdist", "-n", "1", "--max-worker-restart=1", "--mastra-summary=s.md")
    text = (alone.path / "s.md").read_text("utf-8")
    assert "pay failed in step charge" in text
    assert "```mermaid" in text
    assert "Worker gw0 crashed" in text


def test_a_path_that_cannot_be_written(run_suite: RunSuite, alone: pytest.Pytester) -> None:
    """It ends the run before the first test."""
    (alone.path / "taken").write_text("")
    result = run_suite(SUITE, "--mastra-summary=taken/s.md")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "--mastra-summary=taken/s.md: no summary can be written to" in result.stderr.str()
    (alone.path / "pages").mkdir()
    result = run_suite(SUITE, "--mastra-summary=pages")
    assert f"{alone.path / 'pages'} is a folder" in result.stderr.str()
    result = run_suite(SUITE, "--mastra-summary=.")
    assert f"is a folder: name the file, as in {alone.path / 'summary.md'}" in result.stderr.str()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--mastra-html=x", "--mastra-summary=./x"], "--mastra-html and --mastra-summary"),
        (["--mastra-html=x", "--mastra-coverage=term,html:x"], "--mastra-html and --mastra-coverage"),
        (["--mastra-summary=x", "--mastra-coverage=markdown:x"], "--mastra-summary and --mastra-coverage"),
    ],
)
def test_one_file_for_two(run_suite: RunSuite, alone: pytest.Pytester, options: list[str], said: str) -> None:
    """The second would take the place of the first: the run ends before the first test, and nothing is written."""
    result = run_suite(SUITE, *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert f"{said} would go to the same file" in result.stderr.str()
    assert not (alone.path / "x").exists()


def test_secrets_are_taken_out(run_suite: RunSuite, alone: pytest.Pytester) -> None:
    """Whatever a failure says of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MASTRA_API_TOKEN", "hunter2-hunter2-hunter2")
        code = SUITE.replace("card | declined", "hunter2-hunter2-hunter2").replace('"one"', '"hunter2-hunter2-hunter2"')
        run_suite(code, "--mastra-summary=s.md")
    text = (alone.path / "s.md").read_text("utf-8")
    assert "pay failed in step charge" in text
    assert "hunter2" not in text


def test_there_is_room_for_a_mebibyte() -> None:
    """What does not go into the limit is counted: drawings first, then sentences."""
    trace = made_trace()
    tests = [tested.Tested(f"test_{number}", "failed", message="x" * 200, load=lambda: trace) for number in range(60)]
    text = summary_text(tests)
    assert text.count("<details>") == 20
    assert "The runs of 40 more failed tests are not drawn." in text
    cut = summary_text(tests, coverage="structure 1/2", limit=8_000)
    assert len(cut.encode()) <= 8_000
    assert "more failed tests, for which there is no room here." in cut
    assert cut.endswith("Coverage: structure 1/2\n")
    many = [tested.Tested(f"test_{number}", "failed", message="x" * 300) for number in range(20_000)]
    assert len(summary_text(many).encode()) <= LIMIT


def test_names_are_shown_as_they_are(tmp_path: Path) -> None:
    """No name ends its row or is a tag."""
    text = summary_text([tested.Tested("t[a|b<img>]\n`x`", "failed", message="# no title | \n</details>")])
    (row,) = (line for line in text.splitlines() if line.startswith("| t\\["))
    assert row == "| t\\[a\\|b\\<img\\>\\] \\`x\\` | failed: \\# no title \\| \\</details\\> |"
