"""`mastra-sync coverage`: files that are added up, told, and held to thresholds and a base."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mastra_sync.cli.commands import mastra_sync
from mastra_sync.cli.exits import Stop
from pytest_mastra.coverage import Coverage, fold
from pytest_mastra.coverage.cli import coverage
from pytest_mastra.coverage.kept_file import CoverageFileError, as_json, as_text, from_json, read_file
from tests.coverage.test_fold import GRAPH, OTHER, run

FAILED = run(test="t_fails", status="failed")
PASSED = run(test="t_pays")


def call(folder: Path, *arguments: str) -> Result:
    """Call the command in a folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        # click keeps the names with which a command's help was first asked for, as `mastra-sync` has them
        names = mastra_sync.context_settings["help_option_names"]
        return CliRunner().invoke(coverage, arguments, standalone_mode=False, help_option_names=names)


def kept(folder: Path, name: str, told: Coverage) -> Path:
    path = folder / name
    path.write_text(as_text(told), "utf-8")
    return path


def test_shards_are_added_up(tmp_path: Path) -> None:
    """A goal is reached if a shard has reached it; the sum is a file like theirs."""
    kept(tmp_path, "a.json", fold([PASSED]))
    kept(tmp_path, "b.json", fold([FAILED]))
    result = call(tmp_path, "combine", "a.json", "b.json", "--form", "term-missing")
    assert result.return_value == 0
    assert "expense on the fake: structure 3/3 (100 %), trouble 2/4 (50 %), conversation 0/0; 2 runs of 2 tests" in (
        result.stdout
    )
    (row,) = read_file(tmp_path / ".mastra-coverage.json").workflows
    assert row.reached["pay", "entered"] == {"t_pays": None, "t_fails": None}


def test_goals_that_are_lost(tmp_path: Path) -> None:
    """They are named with the tests that had reached them; goals that the graph has not any more are none."""
    kept(tmp_path, "main.json", fold([PASSED, FAILED, run(OTHER, test="t_too", status="failed")]))
    kept(tmp_path, "now.json", fold([PASSED]))
    result = call(tmp_path, "report", "now.json", "--against", "main.json")
    assert result.return_value == 1
    assert result.stderr.splitlines() == [
        "lost: expense on the fake: pay failed (was reached by t_fails, t_too)",
        "lost: expense on the fake: the run failed (was reached by t_fails, t_too)",
    ]
    assert call(tmp_path, "report", "main.json", "--against", "now.json").return_value == 0


def test_a_workflow_that_nobody_runs_any_more(tmp_path: Path) -> None:
    """It is lost as a whole: one line, with how much of it had been reached, and by which tests."""
    kept(tmp_path, "main.json", fold([PASSED, FAILED, run(OTHER, test="t_too", status="failed")]))
    kept(tmp_path, "now.json", Coverage())
    result = call(tmp_path, "report", "now.json", "--against", "main.json")
    assert (result.return_value, result.stderr.splitlines()) == (
        1,
        [
            "lost: expense on the fake: no test runs it any more "
            "(5 goals of it had been reached, by t_fails, t_pays, t_too)"
        ],
    )
    omitted = call(tmp_path, "report", "now.json", "--against", "main.json", "--omit", "expense.* -- it is gone")
    assert (omitted.return_value, omitted.stderr) == (0, "")


def test_many_tests_of_a_workflow_that_is_lost(tmp_path: Path) -> None:
    """The first are named, the others counted."""
    kept(tmp_path, "main.json", fold([run(test=f"t{number}") for number in range(5)]))
    kept(tmp_path, "now.json", Coverage())
    (line,) = call(tmp_path, "report", "now.json", "--against", "main.json").stderr.splitlines()
    assert line.endswith("by t0, t1, t2 and 2 more)")


def test_thresholds_and_omissions(tmp_path: Path) -> None:
    """The command holds to what the options of pytest hold to."""
    kept(tmp_path, "now.json", fold([PASSED]))
    result = call(tmp_path, "report", "now.json", "--fail-under", "trouble:50")
    assert result.return_value == 1
    assert "trouble: 0 of 4 goals is 0.0 %, less than 50 %" in result.stderr
    omitted = ("--omit", "expense.*:*failed -- later", "--omit", "expense.run:*ed -- later")
    assert call(tmp_path, "report", "now.json", "--fail-under", "trouble:50", *omitted).return_value == 0
    kept(tmp_path, "none.json", Coverage())
    result = call(tmp_path, "report", "none.json", "--fail-under", "0")
    assert result.return_value == 1
    assert "no test has run a workflow" in result.stderr


def test_an_omission_of_nothing(tmp_path: Path) -> None:
    """It is named by the option that it was given by."""
    kept(tmp_path, "now.json", fold([PASSED]))
    result = call(tmp_path, "report", "now.json", "--omit", "expanse.* -- later")
    assert (result.return_value, result.stderr) == (
        1,
        "--omit: 'expanse.*' matches no goal; did you mean 'expense.*'?\n",
    )


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("json:a,markdown:./a", "json and markdown would go to the same file ./a; name another: markdown:FILE"),
        ("html,html", "html, which is given twice, would go to the same file mastra-coverage.html; name another: html"),
    ],
)
def test_two_forms_of_one_file(tmp_path: Path, form: str, said: str) -> None:
    """The second would take the place of the first: both are refused, and nothing is written."""
    kept(tmp_path, "now.json", fold([PASSED]))
    problem = call(tmp_path, "report", "now.json", "--form", form).exception
    assert isinstance(problem, Stop)
    assert problem.message.startswith(f"--form: {said}")
    assert [path.name for path in tmp_path.iterdir()] == ["now.json"]


def test_forms(tmp_path: Path) -> None:
    """Each goes to its file, whose name is told."""
    kept(tmp_path, "now.json", fold([PASSED]))
    result = call(tmp_path, "report", "now.json", "--form", "markdown,html:a/b.html")
    assert (result.stdout, result.stderr) == ("", "written to mastra-coverage.md\nwritten to a/b.html\n")
    assert (tmp_path / "a" / "b.html").read_text("utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["report", "gone.json"],
            "gone.json cannot be read: No such file or directory; pytest --mastra-coverage writes",
        ),
        (["report", "broken.json"], "broken.json: not JSON in UTF-8: "),
        (["report", "empty.json"], "empty.json: the file is empty; "),
        (["report", "next.json"], "next.json: of version 2; this release reads version 1: have one release write"),
        (["report", "."], ". is a folder: give the file in it that pytest --mastra-coverage wrote"),
        (["combine", "now.json", "./now.json"], "now.json is named twice, and would count twice"),
        (["report", "other.json"], "other.json: no coverage: pytest --mastra-coverage writes such files"),
        (
            ["report", "now.json", "--form", "htm"],
            "--form: 'htm' is not one of term, term-missing, html, json, markdown",
        ),
        (
            ["report", "now.json", "--fail-under", ""],
            "--fail-under: '' is no percentage from 0 to 100",
        ),
        (
            ["report", "now.json", "--fail-under", "x:1"],
            "--fail-under: 'x' is not one of structure, trouble, conversation",
        ),
        (
            ["report", "now.json", "--omit", "x"],
            "--omit: 'x' has no reason; an example: report.* -- nobody runs it in tests",
        ),
        (["combine", "now.json", "gone.json"], "gone.json cannot be read"),
        (["combine", "now.json", "--out", "now.json/x"], "now.json/x cannot be written"),
    ],
)
def test_what_cannot_be_meant(tmp_path: Path, arguments: list[str], said: str) -> None:
    """It is said what is wrong, and nothing is written."""
    kept(tmp_path, "now.json", fold([PASSED]))
    (tmp_path / "broken.json").write_text("{", "utf-8")
    (tmp_path / "other.json").write_text("{}", "utf-8")
    (tmp_path / "empty.json").write_text("", "utf-8")
    (tmp_path / "next.json").write_text('{"format": "mastra-coverage", "version": 2}', "utf-8")
    result = call(tmp_path, *arguments)
    assert isinstance(result.exception, Stop)
    assert (result.exception.status, result.exception.message[: len(said)]) == (2, said)
    assert not (tmp_path / ".mastra-coverage.json").exists()


def test_the_command_as_a_process(tmp_path: Path) -> None:
    """What is told goes to stdout, what is wrong to stderr, and the exit status says which it was."""
    kept(tmp_path, ".mastra-coverage.json", fold([PASSED]))
    code = "import sys; from pytest_mastra.coverage.cli import coverage; sys.exit(coverage(standalone_mode=False))"
    command = [sys.executable, "-c", code, "report", "--fail-under", "trouble:1"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (1, "trouble: 0 of 4 goals is 0.0 %, less than 1 %\n")
    assert done.stdout.splitlines()[0].startswith("expense on the fake: structure 3/3 (100 %)")


def test_a_file_says_all_that_was_told() -> None:
    """What is read again is what was written; each test is named once in it."""
    told = fold([PASSED, FAILED, run(OTHER, test="t_thanks"), run(origin="server")])
    told.note_workflow("report", "server", OTHER)
    data = json.loads(json.dumps(as_json(told)))
    again = from_json(data)
    assert [(row.key, row.runs, row.goals()) for row in again.workflows] == [
        (row.key, row.runs, row.goals()) for row in told.workflows
    ]
    assert again.never_run == told.never_run
    assert data["tests"] == ["t_pays", "t_fails", "t1", "t_thanks"] or len(set(data["tests"])) == len(data["tests"])


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"tests": None},
        {"tests": []},
        {"known": [["a"]]},
        {"known": [["a", "cloud"]]},
        {"workflows": [{}]},
        {"workflows": 5},
    ],
)
def test_broken_files(change: dict[str, object]) -> None:
    """Whatever is broken about one is told, with the file's name."""
    with pytest.raises(CoverageFileError, match=r"^a\.json: (broken|of version)"):
        from_json({**as_json(fold([run(GRAPH)])), **change}, "a.json")
