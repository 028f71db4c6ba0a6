"""`--mastra-html`: what of a suite is on the page, whoever ran it, and what is said where there can be none."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest

from mastra_sync import extras
from tests.page.pages import ReadTest, read_page
from tests.suites_in_folders import RunSuite

SUITE = """
    import pytest

    from pytest_mastra import StepError

    def refuse(ctx):
        raise StepError("card declined")

    def ask(ctx):
        return ctx.suspend({"question": "Pay 900?"}) if ctx.resume_data is None else ctx.resume_data

    @pytest.fixture
    def pay(mastra_server, mastra_client):
        def run(step):
            flow = mastra_server.workflow("pay").then(mastra_server.step("look", lambda ctx: {"amount": 900}))
            flow.then(mastra_server.step("charge", step)).then(mastra_server.step("mail", lambda ctx: 1)).commit()
            return mastra_client.get_workflow("pay").execute({"amount": 900}, run_id="run-1")
        return run

    def test_passes(pay):
        assert pay(lambda ctx: {"paid": 900}).ok

    def test_fails(pay):
        result = pay(refuse)
        assert result.ok

    def test_waits(pay):
        print("printed by the test")
        assert pay(ask).ok

    def test_differs(pay):
        assert pay(lambda ctx: {"paid": 900}).result == 2

    def test_else():
        assert "one" == "other"

    @pytest.fixture
    def broken():
        raise OSError("no disk")

    def test_setup(broken):
        pass

    @pytest.mark.skip(reason="the bank is closed")
    def test_skip():
        pass

    @pytest.mark.xfail(reason="not yet")
    def test_xfail(pay):
        assert pay(refuse).ok

    @pytest.mark.xfail
    def test_xpass():
        pass
"""
SENTENCES = {
    "test_fails": "pay failed in step charge: Error: card declined",
    "test_waits": 'pay is suspended at charge: {"question": "Pay 900?"}',
    "test_differs": "pay succeeded; then the test fails: ",
    "test_else": "failed: ",
    "test_setup": "failed in its setup or teardown: OSError: no disk",
}


def assert_is_of_the_suite(tests: dict[str, ReadTest]) -> None:
    """Hold what is on a page against what the suite does."""
    assert {name: test.outcome for name, test in tests.items()} == {
        **dict.fromkeys(("test_passes",), "passed"),
        **dict.fromkeys(("test_fails", "test_waits", "test_differs", "test_else"), "failed"),
        "test_setup": "error",
        "test_skip": "skipped",
        "test_xfail": "xfailed",
        "test_xpass": "xpassed",
    }
    for name, test in tests.items():
        assert test.sentence.startswith(SENTENCES.get(name, "")), name
        assert bool(test.sentence) is (name in SENTENCES)
    assert tests["test_fails"].runs == [("pay", "failed")]
    assert tests["test_passes"].runs == [("pay", "success")]
    assert tests["test_passes"].requests > 1
    assert "refuse" in tests["test_fails"].said["Failure"]
    assert tests["test_waits"].said["Captured stdout call"] == "printed by the test\n"
    assert tests["test_skip"].message == "Skipped: the bank is closed"


def test_what_is_on_the_page(run_suite: RunSuite, pytester: pytest.Pytester) -> None:
    """Each test with its outcome, each failed one with its sentence and what pytest said; the folder is made."""
    result = run_suite(SUITE, "--mastra-html=out/page.html")
    result.assert_outcomes(passed=1, failed=4, errors=1, skipped=1, xfailed=1, xpassed=1)
    result.stdout.fnmatch_lines(["mastra: page of 9 tests, 5 failed, * kB: *page.html"])
    path = pytester.path / "out" / "page.html"
    assert_is_of_the_suite(read_page(path).tests)
    static = read_page(path).static
    assert "5 of 9 tests failed" in static
    for said in SENTENCES.values():
        assert said.rpartition(": ")[2] in static.replace("&#34;", '"')
    # each failed run is drawn, with the step at which it stopped and the one that it did not come to
    failures = static.partition('<div id="failures">')[2].partition('<div id="others">')[0]
    assert failures.count('<svg class="graph"') == 3
    assert re.search(r'class="box step failed"><rect [^>]*/><text [^>]*>✗ charge<', static)
    assert re.search(r'class="box step untaken"><rect [^>]*/><text [^>]*>mail<', static)
    assert list(path.parent.iterdir()) == [path]


def test_nothing_is_loaded_by_the_page(run_suite: RunSuite, pytester: pytest.Pytester) -> None:
    """The policy allows the page's own script and style, by their digests, and nothing else."""
    run_suite(SUITE, "--mastra-html=page.html")
    html = (pytester.path / "page.html").read_text(encoding="utf-8")

    def digest(name: str) -> str:
        (content,) = re.findall(rf"<{name}>(.*?)</{name}>", html, re.DOTALL)
        return base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()

    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)
    assert policy is not None
    assert policy[1].replace("&#39;", "'") == (
        f"default-src 'none'; script-src 'sha256-{digest('script')}'; style-src 'sha256-{digest('style')}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert not re.search(r"""\s(?:src|style|on\w+)=["']""", html.replace(policy[0], ""))


def test_workers_hand_in_what_they_know(run_process: RunSuite, alone: pytest.Pytester) -> None:
    """Under pytest-xdist the page is the same, with each test's worker; one that crashes is stated."""
    crash = "\n    def test_crash():\n        import os\n\n        os._exit(3)\n"
    result = run_process(SUITE + crash, "--mastra-html=page.html", "-p", "xdist", "-n", "2")
    result.assert_outcomes(passed=1, failed=5, errors=1, skipped=1, xfailed=1, xpassed=1)
    page = read_page(alone.path / "page.html")
    tests = page.tests
    crashed = tests.pop("test_crash")
    assert_is_of_the_suite(tests)
    assert (crashed.outcome, crashed.runs) == ("failed", [])
    assert "crashed while running" in crashed.sentence
    assert re.search(r'<p class="note"[^>]*>Worker gw\d crashed; what it had not yet told is not on', page.static)
    assert {page.text(row[5]) for row in page.data["tests"]} <= {"gw0", "gw1", "gw2"}


def test_a_run_without_tests(run_suite: RunSuite, pytester: pytest.Pytester) -> None:
    """A page is written that says that no test ran."""
    result = run_suite("", "--mastra-html=page.html")
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    assert "No test ran" in read_page(pytester.path / "page.html").static


def test_what_cannot_be_collected(run_suite: RunSuite, pytester: pytest.Pytester) -> None:
    """A module that cannot be imported is an error on the page."""
    run_suite("import no_such_module", "--mastra-html=page.html")
    (test,) = read_page(pytester.path / "page.html").tests.values()
    assert test.outcome == "error"
    assert "could not be collected: ModuleNotFoundError: No module named 'no_such_module'" in test.sentence


def test_a_library_is_missing(run_suite: RunSuite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without jinja2 the option is refused before any test, with what to install."""
    monkeypatch.setattr(extras, "LIBRARIES", {**extras.LIBRARIES, "report": {"no_jinja2": "jinja2"}})
    result = run_suite("def test_it(): pass", "--mastra-html=page.html")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --mastra-html needs jinja2: pip install 'mastra-sync[[]report]'"])


def test_a_page_that_cannot_be_written(run_suite: RunSuite, pytester: pytest.Pytester) -> None:
    """A folder, or a place below a file, is refused before any test."""
    (pytester.path / "file").write_text("")
    result = run_suite("def test_it(): pass", "--mastra-html=.")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --mastra-html=.: * is a folder: name the file, as in */report.html"])
    result = run_suite("def test_it(): pass", "--mastra-html=file/page.html")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --mastra-html=file/page.html: no page can be written to *"])


def test_a_page_that_cannot_be_written_at_the_end(run_suite: RunSuite, pytester: pytest.Pytester) -> None:
    """The tests' outcome counts, and the line at the end says why there is no page."""
    code = """
        def test_it(pytestconfig):
            (pytestconfig.rootpath / "out" / "page.html").mkdir(parents=True)
    """
    result = run_suite(code, "--mastra-html=out/page.html")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["mastra: no page is written to *page.html: *"])
    assert [path.name for path in (pytester.path / "out").iterdir()] == ["page.html"]


def test_no_secret_is_on_the_page(
    run_suite: RunSuite, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither of what was sent, nor of what pytest says of a test that has nothing to do with Mastra."""
    monkeypatch.setenv("MASTRA_API_TOKEN", "tok-4711-secret")
    code = """
        import os

        def test_runs(mastra_server, mastra_client):
            mastra_server.workflow("city").returns({"apiKey": "tok-4712-secret"})
            assert not mastra_client.get_workflow("city").execute({"password": "tok-4713-secret"}).ok

        def test_else():
            token = os.environ["MASTRA_API_TOKEN"]
            print("with", token)
            assert token == "other"
    """
    run_suite(code, "--mastra-html=page.html").assert_outcomes(failed=2)
    page = read_page(pytester.path / "page.html")
    assert page.tests["test_runs"].runs == [("city", "success")]
    for content in (page.html, str(page.data), str(page.parts)):
        assert not re.search(r"tok-471\d", content)
