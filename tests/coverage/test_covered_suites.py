"""`--mastra-coverage`: what pytest tells, writes and holds to thresholds."""

from __future__ import annotations

import json
import shutil
import textwrap
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from pytest_mastra.coverage.kept_file import read_file
from tests.suites_in_folders import RunSuite, run_with_syrupy

EXAMPLES = Path(__file__).parents[1] / "examples"

CONFTEST = """
import pytest
from pytest_mastra import StepError

def check(ctx):
    if ctx.input_data["n"] < 0:
        raise StepError("negative")
    return ctx.input_data

@pytest.fixture(autouse=True)
def workflows(mastra_server):
    step = mastra_server.step
    mastra_server.workflow("order").then(step("check", check)).branch(
        [
            (lambda ctx: ctx.input_data["n"] > 99, step("large", lambda ctx: {})),
            (lambda ctx: ctx.input_data["n"] > 9, step("small", lambda ctx: {})),
        ]
    ).commit()
    mastra_server.workflow("report").then(step("write", lambda ctx: {})).commit()
"""

SUITE = """
import pytest

@pytest.mark.parametrize("n", [10, -1])
def test_order(mastra_client, n):
    mastra_client.get_workflow("order").execute({"n": n})

def test_nothing():
    pass
"""


def test_what_is_told(run_suite: RunSuite) -> None:
    """Three numbers a workflow, what was missed, what no test runs; a test without a workflow is no matter."""
    result = run_suite(SUITE, "--mastra-coverage", conftest=CONFTEST)
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(
        [
            "* mastra coverage *",
            "order on the fake: structure 5/9 (56 %), trouble 2/5 (40 %), conversation 0/0; 2 runs of 2 tests",
            "  missed, structure: branch#1: no branch taken, branch#1: two or more branches taken, large taken,",
            "    large succeeded",
            "  missed, trouble: large failed, small failed, the run was canceled",
            "never run by a test, on the fake: report",
            "2 runs of 1 workflow: structure 5/9 (56 %), trouble 2/5 (40 %), conversation 0/0",
        ],
        consecutive=True,
    )
    assert result.ret == 0


def test_forms_and_files(run_suite: RunSuite, alone: pytest.Pytester) -> None:
    """Each form where it was asked for, the file that shards are combined of, and JUnit's properties."""
    forms = "--mastra-coverage=term-missing,html:out/c.html,json,markdown:c.md"
    result = run_suite(SUITE, forms, "--junit-xml=j.xml", conftest=CONFTEST)
    text = result.stdout.str()
    assert "  large failed                          mastra_server.step('large').fails('no')" in text
    hint = "give an input for which none of these holds: ctx.input_data['n'] > 99 | ctx.input_data['n'] > 9"
    assert f"  branch#1: no branch taken             {hint}" in text
    assert f"written to {alone.path / 'out' / 'c.html'}" in text
    page = (alone.path / "out" / "c.html").read_text("utf-8")
    assert "<script" not in page
    assert "test_suite.py::test_order[10]" in page
    assert "large failed" in (alone.path / "c.md").read_text("utf-8")
    told = json.loads((alone.path / "mastra-coverage.json").read_text("utf-8"))
    skeletons = [goal.get("skeleton", "") for goal in told["workflows"][0]["goals"]]
    omit = "# if there can be none: mastra_coverage_omit = order.branch#1:{}_taken -- why"
    assert [any(omit.format(kind) in text for text in skeletons) for kind in ("none", "several")] == [True, True]
    assert told["totals"]["structure"] == {"reached": 5, "total": 9, "cannot_tell": 0}
    (row,) = read_file(alone.path / ".mastra-coverage.json").workflows
    assert row.reached["check", "failed"] == {"test_suite.py::test_order[-1]": None}
    values = {one.get("value") for one in ET.parse(alone.path / "j.xml").iter("property")}
    assert {"order fake: structure 5", "order fake: structure 1, trouble 2"} <= values


@pytest.mark.parametrize(
    ("least", "ret", "said"),
    [
        ("50", 0, ""),
        ("structure:50,trouble:40", 0, ""),
        ("structure:60", 1, "structure: 5 of 9 goals is 55.6 %, less than 60 %"),
        ("conversation:100", 0, ""),
    ],
)
def test_thresholds(run_suite: RunSuite, least: str, ret: int, said: str) -> None:
    """Each family has its own; one without goals is whole."""
    result = run_suite(SUITE, f"--mastra-coverage-fail-under={least}", conftest=CONFTEST)
    result.assert_outcomes(passed=3)
    assert result.ret == ret
    assert said in result.stdout.str()


@pytest.mark.parametrize("chosen", ["test_nothing", "no_such_test"])
def test_no_run_reaches_no_threshold(run_suite: RunSuite, chosen: str) -> None:
    """A suite of which nothing was run is not green by a threshold of nothing."""
    result = run_suite(SUITE, "-k", chosen, "--mastra-coverage-fail-under=structure:0")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "no test has run a workflow, so no threshold is reached" in result.stdout.str()


def test_omissions(run_suite: RunSuite, alone: pytest.Pytester) -> None:
    """What is not counted is told with its reason; what matches nothing fails, with what may be meant."""
    alone.makeini(
        """
        [pytest]
        mastra_coverage = term
        mastra_coverage_omit =
            order.branch#1:several_taken -- the larger one comes first
            order.large* -- tried by hand
            order.chck:failed -- a slip
        """
    )
    result = run_suite(SUITE, conftest=CONFTEST)
    text = result.stdout.str()
    assert "structure 5/6 (83 %), trouble 2/4 (50 %)" in text
    assert "  not counted (the larger one comes first): branch#1: two or more branches taken" in text
    assert "  not counted (tried by hand): large taken, large succeeded, large failed" in text
    assert "mastra_coverage_omit: 'order.chck:failed' matches no goal; did you mean 'order.check:failed'?" in text
    assert result.ret == pytest.ExitCode.TESTS_FAILED


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["--mastra-coverage=trem"],
            "--mastra-coverage: 'trem' is not one of term, term-missing, html, json, markdown",
        ),
        (["--mastra-coverage", "test_suite.py"], "--mastra-coverage: 'test_suite.py' is not one of term"),
        (["--mastra-coverage=term:out"], "--mastra-coverage: term goes to the terminal, and takes no file"),
        (["--mastra-coverage=html:"], "--mastra-coverage: html needs a file behind the colon"),
        (
            ["--mastra-coverage-fail-under=strcture:9"],
            "'strcture' is not one of structure, trouble, conversation; did you",
        ),
        (["--mastra-coverage-fail-under="], "--mastra-coverage-fail-under: '' is no percentage from 0 to 100"),
        (["--mastra-coverage-fail-under=all"], "--mastra-coverage-fail-under: 'all' is no percentage from 0 to 100"),
        (["--mastra-coverage-fail-under=trouble:101"], "'101' is no percentage from 0 to 100"),
        (["--mastra-coverage-fail-under=1,structure:2"], "structure is given twice"),
        (
            ["--mastra-coverage", "-o", "mastra_coverage_omit=report.*"],
            "'report.*' has no reason; an example: report.*",
        ),
        (["-o", "mastra_coverage=trem"], "ini key mastra_coverage: 'trem' is not one of"),
    ],
)
def test_what_cannot_be_meant(run_suite: RunSuite, arguments: list[str], said: str) -> None:
    """It ends the run before the first test, and says what there is."""
    result = run_suite(SUITE, *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert said in result.stderr.str()


def test_a_file_that_cannot_be_written(run_suite: RunSuite, alone: pytest.Pytester) -> None:
    """The session fails, and says which."""
    (alone.path / "taken").write_text("")
    result = run_suite(SUITE, "--mastra-coverage=html:taken/c.html", conftest=CONFTEST)
    assert f"{alone.path / 'taken' / 'c.html'} cannot be written" in result.stdout.str()
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_collecting_is_no_running(run_suite: RunSuite, alone: pytest.Pytester) -> None:
    """With --collect-only nothing is told, written or failed."""
    result = run_suite(SUITE, "--collect-only", "--mastra-coverage=html", "--mastra-coverage-fail-under=90")
    assert result.ret == 0
    assert "mastra coverage" not in result.stdout.str()
    assert not (alone.path / ".mastra-coverage.json").exists()


def test_secrets_are_taken_out(run_suite: RunSuite, alone: pytest.Pytester) -> None:
    """A node id, a condition and a schema may hold one: what is told and written does not."""
    code = """
    import pytest

    @pytest.mark.parametrize("token", ["hunter2-hunter2-hunter2"])
    def test_it(mastra_client, monkeypatch, mastra_server, token):
        step = mastra_server.step("go", lambda ctx: {})
        schema = {"type": "object", "default": {"note": "hunter2-hunter2-hunter2"}}
        mastra_server.workflow("secret", input_schema=schema).branch(
            [(lambda ctx: ctx.input_data == "hunter2-hunter2-hunter2", step)]
        ).commit()
        mastra_client.get_workflow("secret").execute({})
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MASTRA_API_TOKEN", "hunter2-hunter2-hunter2")
        result = run_suite(code, "-v", "--mastra-coverage=term-missing,html,json,markdown", "--junit-xml=j.xml")
    result.assert_outcomes(passed=1)
    told = result.stdout.str().partition("mastra coverage")[2]
    assert "secret on the fake" in told
    kept = [path for path in alone.path.iterdir() if "overage" in path.name]
    assert len(kept) == 4
    for text in (told, *(path.read_text("utf-8") for path in kept)):
        assert "hunter2" not in text


def test_workers_of_xdist(run_process: RunSuite, alone: pytest.Pytester) -> None:
    """The controller adds up what its workers have tried, and says whose is lost."""
    arguments = ("-p", "xdist", "-n", "2", "--mastra-coverage", "--mastra-coverage-fail-under=50")
    result = run_process(SUITE, *arguments, conftest=CONFTEST)
    result.assert_outcomes(passed=3)
    assert "order on the fake: structure 5/9 (56 %), trouble 2/5 (40 %), conversation 0/0; 2 runs of 2 tests" in (
        result.stdout.str()
    )
    assert result.ret == 0
    crash = "import os\n\ndef test_crash(mastra_client):\n    os._exit(3)\n"
    result = run_process(
        textwrap.dedent(crash), "-p", "xdist", "-n", "1", "--max-worker-restart=0", "--mastra-coverage"
    )
    assert "crashed; what its tests have tried is lost" in result.stdout.str()


def test_workers_hand_on_any_value(run_process: RunSuite) -> None:
    """The minimum in each schema of `z.int()`, and half a surrogate: nothing of a worker's is lost."""
    suite = """
    import pytest

    WHOLE = [{"minimum": -9007199254740991}, {"description": "\\ud800"}]

    @pytest.mark.parametrize("number", [0, 1])
    def test_big(mastra_server, mastra_client, number):
        schema = {"type": "object", "properties": {"n": {"type": "integer", **WHOLE[number]}}}
        step = mastra_server.step("s", lambda ctx: {})
        mastra_server.workflow(f"big-{number}", input_schema=schema).then(step).commit()
        assert mastra_client.get_workflow(f"big-{number}").execute({"n": 1}).ok
    """
    result = run_process(textwrap.dedent(suite), "-p", "xdist", "-n", "2", "--mastra-coverage")
    result.assert_outcomes(passed=2)
    for number in (0, 1):
        assert f"big-{number} on the fake: structure 3/3 (100 %)" in result.stdout.str()
    assert "crashed" not in result.stdout.str()


EXAMPLE = {
    "reached": [
        "check entered",
        "check succeeded",
        "check failed",
        "approve-small taken",
        "approve-small succeeded",
        "ask-manager taken",
        "ask-manager succeeded",
        "ask-manager suspended",
        "ask-manager answered",
        "sleep#1 passed",
        "pay entered",
        "pay succeeded",
        "pay bailed",
        "the run succeeded",
        "the run failed",
        "the run ended suspended",
    ],
    "missed": [
        "branch#1: no branch taken",
        "branch#1: two or more branches taken",
        "approve-small failed",
        "ask-manager failed",
        "pay failed",
        "the run was canceled",
        "input refused",
    ],
}
"""The goals of tests/examples, counted by hand."""


def test_the_example(alone: pytest.Pytester) -> None:
    """What is told of the example's suite is what a reader counts by hand, in at most 15 lines."""
    shutil.copytree(EXAMPLES, alone.path / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    result = run_with_syrupy(alone, "-q", "--mastra-coverage=term-missing")
    result.assert_outcomes(passed=10)
    (row,) = read_file(alone.path / ".mastra-coverage.json").workflows
    found: dict[str, list[str]] = {}
    for goal in row.goals():
        found.setdefault(goal.verdict, []).append(goal.label)
    assert found == EXAMPLE
    block = result.stdout.str().partition(" mastra coverage ")[2].partition(" passed")[0].splitlines()[1:-1]
    assert len(block) <= 15


WITHOUT_MORE = ("approve-small failed", "pay failed", "the run was canceled", "input refused")
"""The holes of the example whose tests pass as they are given; the others need a certain input."""


def test_the_tests_that_are_advised_close_the_holes(alone: pytest.Pytester) -> None:
    """Pasted below the example's suite, they pass, and their goals are reached."""
    folder = alone.path / "examples"
    shutil.copytree(EXAMPLES, folder, ignore=shutil.ignore_patterns("__pycache__"))
    run_with_syrupy(alone, "-q", "-k", "a_small_expense", "--mastra-coverage=json")
    told = json.loads((alone.path / "mastra-coverage.json").read_text("utf-8"))
    skeletons = {goal["label"]: goal["skeleton"] for goal in told["workflows"][0]["goals"] if "skeleton" in goal}
    (folder / "test_advised.py").write_text("\n".join(skeletons[label] for label in WITHOUT_MORE), "utf-8")
    result = run_with_syrupy(alone, "-q", "examples/test_advised.py", "--mastra-coverage")
    result.assert_outcomes(passed=4)
    (row,) = read_file(alone.path / ".mastra-coverage.json").workflows
    assert set(WITHOUT_MORE) <= {goal.label for goal in row.goals() if goal.reached_by}
