"""`mastra-sync report`: a page of traces, on a pipe and in this process, and what it says of what is none."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from mastra_sync import extras
from mastra_sync.cli import main
from mastra_sync.cli.exits import Exit
from tests.cli.processes import COMMAND, PROCESS_TIMEOUT
from tests.page.pages import read_page
from tests.suites_in_folders import RunSuite

SUITE = """
    def test_pays(mastra_server, mastra_client):
        mastra_server.workflow("pay").returns({"paid": AMOUNT})
        assert mastra_client.get_workflow("pay").execute({}, run_id="run-1").ok

    def test_fails(mastra_server, mastra_client):
        mastra_server.workflow("pay").fails("declined", step="charge")
        assert mastra_client.get_workflow("pay").execute({}, run_id="run-2").ok
"""


@pytest.fixture
def traces(run_suite: RunSuite, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the traces of a suite."""
    run_suite(SUITE.replace("AMOUNT", "1"), "--mastra-trace=on")
    monkeypatch.chdir(pytester.path)
    return pytester.path / ".mastra-report"


def test_a_page_of_a_folder(traces: Path) -> None:
    """As a process: status 0, the path alone on stdout, a line on stderr; each test with its sentence."""
    ended = subprocess.run(
        [*COMMAND, "report", str(traces), "--out", "out/page.html"],
        capture_output=True,
        encoding="utf-8",
        timeout=PROCESS_TIMEOUT,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (Exit.SUCCESS, "out/page.html\n")
    assert ended.stderr.startswith("mastra-sync: page of 2 tests, 1 failed, ")
    tests = read_page(Path("out/page.html")).tests
    assert tests["test_fails"].sentence == "pay failed in step charge: Error: declined"
    assert tests["test_pays"].runs == [("pay", "success")]


def test_a_trace_that_is_named_twice(traces: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is on the page once, and not compared with itself."""
    (path,) = traces.glob("*test_pays*")
    assert main(["report", str(traces), str(path), str(path)]) == 0
    assert capsys.readouterr().err.startswith("mastra-sync: page of 2 tests, ")


def test_the_folder_above(traces: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who names the folder above that of the traces is told of it."""
    assert main(["report", str(traces.parent)]) == Exit.USAGE
    assert capsys.readouterr().err.endswith(f"=on writes some; did you mean {traces}?\n")


def test_last_time_and_now(
    traces: Path, run_suite: RunSuite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A test that is in two traces is on the page twice, each with its file."""
    (path,) = traces.glob("*test_pays*")
    before = path.rename(tmp_path / "before.jsonl")
    run_suite(SUITE.replace("AMOUNT", "2"), "--mastra-trace=on")
    assert main(["report", str(before), str(path), "--out", "page.html"]) == Exit.SUCCESS
    page = read_page(Path("page.html"))
    assert [page.text(row[0]) for row in page.data["tests"]] == ["test_suite.py::test_pays"] * 2
    assert {page.text(row[5]) for row in page.data["tests"]} == {str(before), str(path)}
    capsys.readouterr()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["none.jsonl"], "none.jsonl cannot be read: No such file or directory"),
        (["empty"], "there is no trace in empty: pytest --mastra-trace=on writes some"),
        (["text.jsonl"], "text.jsonl:1: no trace of pytest_mastra: the first line is no header"),
        ([".mastra-report", "--out", "empty"], "--out: empty is a folder: name the file, as in empty/report.html"),
        ([".mastra-report", "--out", "text.jsonl/page"], "--out: no page can be written to text.jsonl/page: "),
    ],
)
def test_what_is_refused(traces: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What is no trace, and no place for a page, is named; nothing is written."""
    Path("empty").mkdir()
    Path("text.jsonl").write_text("{}\n", encoding="utf-8")
    assert main(["report", *arguments]) == Exit.USAGE
    assert said in capsys.readouterr().err
    assert not Path("mastra-report.html").exists()


def test_a_library_is_missing(
    traces: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without jinja2 the command says what to install."""
    monkeypatch.setattr(extras, "LIBRARIES", {**extras.LIBRARIES, "report": {"no_jinja2": "jinja2"}})
    assert main(["report", str(traces)]) == Exit.USAGE
    assert "report needs jinja2: pip install 'mastra-sync[cli,report]'" in capsys.readouterr().err
