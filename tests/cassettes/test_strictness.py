"""What a replay says at its end: swallowed misses, what nobody asked for, extra polls."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cassettes.counting_server import Live
from tests.suites_in_folders import RunSuite

TWICE = """
    import pytest

    @pytest.mark.mastra_cassette
    def test_it(mastra_client):
        for city in ("Oslo", "Rome"):
            assert mastra_client.get_workflow("report").execute({"city": city}).ok
"""

ONCE = TWICE.replace('("Oslo", "Rome")', '("Oslo",)')


@pytest.fixture
def recorded(run_suite: RunSuite, live: Live) -> Live:
    """A cassette of a test that asks twice."""
    run_suite(TWICE, f"--mastra-url={live.url}").assert_outcomes(passed=1)
    return live


def test_what_nobody_asked_for(run_suite: RunSuite, recorded: Live) -> None:
    """A passing test that asks for less than was recorded fails at teardown; polls do not count."""
    result = run_suite(ONCE)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "2 recorded exchanges were not asked for (cassettes/test_suite/test_it.yaml):",
            "  exchange 5, create_run of 'report' -> 200 OK",
            "  exchange 6, start of 'report' -> 200 OK",
            "Record anew: pytest test_suite.py::test_it --mastra-target=live --mastra-record=rewrite --mastra-url=URL",
            "or let them be: @pytest.mark.mastra_cassette(strict=[F]alse)",
        ],
        consecutive=True,
    )


def test_lenient(run_suite: RunSuite, recorded: Live) -> None:
    """With strict=False the rest may stay unplayed."""
    run_suite(ONCE.replace("mastra_cassette", "mastra_cassette(strict=False)")).assert_outcomes(passed=1)


@pytest.mark.parametrize("ending", ["assert False", "pytest.skip('enough')"])
def test_tests_that_do_not_pass(run_suite: RunSuite, recorded: Live, ending: str) -> None:
    """A test that failed or was skipped half-way is not blamed for what it did not come to."""
    result = run_suite(ONCE + f"        {ending}\n")
    result.assert_outcomes(**({"failed": 1} if "assert" in ending else {"skipped": 1}))


def test_a_swallowed_miss(run_suite: RunSuite, recorded: Live) -> None:
    """Code that catches everything does not hide that it asked for what was not recorded."""
    result = run_suite(
        TWICE
        + """
        for city in ("Bern", "Kyiv"):
            try:
                mastra_client.get_workflow("report").execute({"city": city})
            except Exception:
                pass
    """
    )
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "the code under test went on after this:",
            "no recorded reply to POST /api/workflows/report/create-run",
            "... and 1 more",
        ]
    )


def test_a_miss_that_fails_the_test_is_told_once(run_suite: RunSuite, recorded: Live) -> None:
    """Where the miss itself failed the test, teardown adds nothing."""
    result = run_suite(TWICE.replace('"Rome"', '"Rome", "Bern"'))
    result.assert_outcomes(failed=1)


def test_extra_polls_are_told(run_suite: RunSuite, recorded: Live, alone: pytest.Pytester) -> None:
    """How many reads there were beyond the recorded ones stands in the report, and in junit's file."""
    code = """
    import pytest

    @pytest.mark.mastra_cassette
    def test_it(mastra_client, mastra_cassette):
        for city in ("Oslo", "Rome"):
            result = mastra_client.get_workflow("report").execute({"city": city})
        for _ in range(45):
            assert mastra_client.get_workflow("report").run_by_id(result.run_id).status == "success"
        assert mastra_cassette.extra_polls == 45
        assert mastra_cassette.played == 8
        assert mastra_cassette.unplayed == []
        assert repr(mastra_cassette) == "<MastraCassette cassettes/test_suite/test_it.yaml once, 8 of 8 played>"
    """
    result = run_suite(code, "-rP", "--junitxml=out.xml")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*replayed 45 extra polls*"])
    assert '<property name="mastra_extra_polls" value="45"' in Path(alone.path / "out.xml").read_text("utf-8")


def test_a_wait_costs_no_real_time(run_suite: RunSuite, live: Live) -> None:
    """A workflow that is waited for at length is waited for on a virtual clock when it is replayed."""
    live.server.workflow("slow").sleep(30).map({"done": {"value": True}}).commit()
    code = """
    import time

    import pytest

    @pytest.mark.mastra_cassette
    def test_it(mastra_client, mastra_target, mastra_cassette):
        run = mastra_client.get_workflow("slow").create_run()
        run.start({})
        began = time.monotonic()
        assert run.wait(timeout=600).ok
        if mastra_cassette.target == "replay":
            assert time.monotonic() - began < 5
    """
    run_suite(code, f"--mastra-url={live.url}").assert_outcomes(passed=1)
    run_suite(code).assert_outcomes(passed=1)


def test_an_unreadable_cassette(run_suite: RunSuite, recorded: Live, alone: pytest.Pytester) -> None:
    """It fails the test with the file and the line, whatever the mode, and stays as it is."""
    path = alone.path / "cassettes/test_suite/test_it.yaml"
    path.write_text(path.read_text("utf-8")[:-200], "utf-8")
    content = path.read_bytes()
    for mode in ("none", "once", "new_episodes", "rewrite", "verify"):
        result = run_suite(TWICE, f"--mastra-record={mode}", f"--mastra-url={recorded.url}")
        assert result.ret == 1
        result.stdout.fnmatch_lines([f"*{path}*"])
        assert path.read_bytes() == content


def test_in_the_recorded_pace(run_suite: RunSuite, live: Live) -> None:
    """Asked for by the marker, a replay takes the recorded time, virtual or real."""
    code = """
    import time

    import pytest

    @pytest.mark.mastra_cassette(pace="{pace}")
    def test_it(mastra_client, mastra_target):
        start = mastra_target.now()
        assert mastra_client.get_workflow("report").execute({{}}).ok
        print("took", mastra_target.now() - start)
    """
    run_suite(code.format(pace="at_once"), f"--mastra-url={live.url}").assert_outcomes(passed=1)
    for pace in ("at_once", "recorded", "real"):
        run_suite(code.format(pace=pace)).assert_outcomes(passed=1)


def test_two_workers_record_and_replay(run_process: RunSuite, live: Live, alone: pytest.Pytester) -> None:
    """Under pytest-xdist each test has its own file; all are there, and all are replayed without the server."""
    code = """
    import pytest

    @pytest.mark.mastra_cassette
    @pytest.mark.parametrize("number", range(20))
    def test_it(mastra_client, number):
        assert mastra_client.get_workflow("report").execute({"n": number}).ok
    """
    arguments = ["-p", "xdist", "-n", "2"]
    run_process(code, *arguments, f"--mastra-url={live.url}").assert_outcomes(passed=20)
    assert len(list((alone.path / "cassettes/test_suite").iterdir())) == 20
    before = live.asked
    run_process(code, *arguments, "--mastra-record=none").assert_outcomes(passed=20)
    assert live.since(before) == 0


def test_safe_names(run_suite: RunSuite, live: Live, alone: pytest.Pytester) -> None:
    """Parametrised ids and classes make file names that any system takes, and no two tests share one."""
    code = """
    import pytest

    @pytest.mark.mastra_cassette
    class TestIt:
        @pytest.mark.parametrize("text", ["a/b", "a:b", "../../x", "a" * 300, "a" * 301, "é", ""])
        def test_it(self, mastra_client, text):
            assert mastra_client.get_workflow("report").execute({"text": text}).ok
    """
    run_suite(code, f"--mastra-url={live.url}").assert_outcomes(passed=7)
    files = list(alone.path.rglob("*.yaml"))
    assert len(files) == 7
    assert {path.parent for path in files} == {alone.path / "cassettes/test_suite"}
    assert all(path.name.startswith("TestIt.test_it[") and len(path.name) < 130 for path in files)
    run_suite(code, "--mastra-record=none").assert_outcomes(passed=7)


def test_a_path_of_ones_own(run_suite: RunSuite, live: Live, alone: pytest.Pytester) -> None:
    """The marker says where the cassette lies, in the folder of all."""
    alone.makeini("[pytest]\nmastra_cassette_dir = recordings\n")
    code = ONCE.replace("mastra_cassette", 'mastra_cassette(path="shared/one.yaml")')
    run_suite(code, f"--mastra-url={live.url}").assert_outcomes(passed=1)
    assert (alone.path / "recordings/shared/one.yaml").is_file()
    run_suite(code, "--mastra-record=none").assert_outcomes(passed=1)
