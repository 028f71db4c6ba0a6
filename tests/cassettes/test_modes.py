"""The record modes: what each answers, asks the live server, and writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cassettes.counting_server import Live
from tests.suites_in_folders import RunSuite

SUITE = """
    import pytest

    from mastra_sync import MastraClient

    @pytest.mark.mastra_cassette
    def test_it(mastra_client):
        assert mastra_client.get_workflow("report").execute({"city": "Oslo"}).result == {"text": "sunny"}
"""

MORE = (
    SUITE
    + """
        assert mastra_client.get_workflow("report").execute({"city": "Rome"}).ok
"""
)

CASSETTE = Path("cassettes/test_suite/test_it.yaml")


@pytest.fixture
def cassette(alone: pytest.Pytester) -> Path:
    return alone.path / CASSETTE


@pytest.mark.parametrize(
    ("mode", "exists", "asks", "outcome", "writes"),
    [
        ("none", False, False, "errors", False),
        ("none", True, False, "passed", False),
        ("once", False, True, "passed", True),
        ("once", True, False, "passed", False),
        ("new_episodes", False, True, "passed", True),
        ("new_episodes", True, False, "passed", False),
        ("rewrite", False, True, "passed", True),
        ("rewrite", True, True, "passed", False),
        ("verify", False, False, "errors", False),
        ("verify", True, True, "passed", False),
    ],
)
def test_each_mode(
    run_suite: RunSuite, live: Live, cassette: Path, *, mode: str, exists: bool, asks: bool, outcome: str, writes: bool
) -> None:
    """With a recording and without: who is asked, and whether the file changes; the same traffic changes nothing."""
    if exists:
        run_suite(SUITE, "--mastra-record=once", f"--mastra-url={live.url}").assert_outcomes(passed=1)
    before, content = live.asked, cassette.read_bytes() if exists else None
    result = run_suite(SUITE, f"--mastra-record={mode}", f"--mastra-url={live.url}")
    result.assert_outcomes(**{outcome: 1})
    assert (live.since(before) > 0) is asks
    assert (cassette.exists() and cassette.read_bytes() != content) is writes


@pytest.mark.parametrize(
    ("mode", "outcome", "asks", "writes"),
    [
        ("none", "failed", False, False),
        ("once", "failed", False, False),
        ("new_episodes", "passed", True, True),
        ("rewrite", "passed", True, True),
        ("verify", "passed", True, False),
    ],
)
def test_a_test_that_asks_more_than_recorded(
    run_suite: RunSuite, live: Live, cassette: Path, *, mode: str, outcome: str, asks: bool, writes: bool
) -> None:
    """Only modes that may record ask the server for what is new; the others fail, and say what to do."""
    run_suite(SUITE, f"--mastra-url={live.url}").assert_outcomes(passed=1)
    before, content = live.asked, cassette.read_bytes()
    result = run_suite(MORE, f"--mastra-record={mode}", f"--mastra-url={live.url}")
    result.assert_outcomes(**{outcome: 1})
    assert (live.since(before) > 0) is asks
    assert (cassette.read_bytes() != content) is writes
    if outcome == "failed":
        result.stdout.fnmatch_lines(
            [
                "*no recorded reply to POST /api/workflows/report/create-run",
                "*create_run of 'report': all that was recorded of it has been played.",
                f"*{CASSETTE}: 4 exchanges, 4 of them played.",
                "*To record it anew:",
                f"*pytest test_suite.py::test_it --mastra-target=live --mastra-record=rewrite --mastra-url={live.url}",
            ]
        )
    if writes:
        before = live.asked
        run_suite(MORE, "--mastra-record=none").assert_outcomes(passed=1)
        assert live.since(before) == 0


def test_new_episodes_asks_for_what_is_new_only(run_suite: RunSuite, live: Live) -> None:
    """What was recorded is replayed, a new run goes to the server, and both stand in the file."""
    run_suite(SUITE, f"--mastra-url={live.url}").assert_outcomes(passed=1)
    before = live.asked
    result = run_suite(
        """
    import pytest

    @pytest.mark.mastra_cassette
    def test_it(mastra_client, mastra_target):
        workflow = mastra_client.get_workflow("report")
        assert workflow.execute({"city": "Oslo"}).ok
        assert [exchange.status for exchange in mastra_target.log] == [200] * 4
        assert [event.type for event in workflow.create_run().stream({"city": "Rome"})][-1] == "workflow-finish"
    """,
        "--mastra-record=new_episodes",
        f"--mastra-url={live.url}",
    )
    result.assert_outcomes(passed=1)
    assert live.since(before) == 2


def test_a_recorded_run_does_not_go_on_live(run_suite: RunSuite, live: Live) -> None:
    """What is asked anew of a run that only the recording knows is refused, not sent to a server that never had it."""
    run_suite(SUITE, f"--mastra-url={live.url}").assert_outcomes(passed=1)
    before = live.asked
    result = run_suite(
        SUITE.replace(
            "assert mastra_client",
            "mastra_client.get_workflow('report').create_run().start({'n': 1})\n        assert mastra_client",
        ),
        "--mastra-record=new_episodes",
        f"--mastra-url={live.url}",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*no recorded reply to POST /api/workflows/report/start"])
    assert live.since(before) == 0


@pytest.mark.parametrize("mode", ["once", "rewrite", "new_episodes"])
def test_a_failed_test_keeps_its_cassette(run_suite: RunSuite, live: Live, cassette: Path, mode: str) -> None:
    """Whatever a failing test asked, nothing is written: no file, or the one that was there."""
    failing = MORE + "        assert False\n"
    run_suite(failing, f"--mastra-record={mode}", f"--mastra-url={live.url}").assert_outcomes(failed=1)
    assert not cassette.exists()
    run_suite(SUITE, "--mastra-record=once", f"--mastra-url={live.url}").assert_outcomes(passed=1)
    content = cassette.read_bytes()
    if mode != "once":
        run_suite(failing, f"--mastra-record={mode}", f"--mastra-url={live.url}").assert_outcomes(failed=1)
        assert cassette.read_bytes() == content


def test_a_skipped_test_writes_nothing(run_suite: RunSuite, live: Live, cassette: Path) -> None:
    """A test that did not come to its end is no recording."""
    code = MORE + "        pytest.skip('enough')\n"
    run_suite(code, "--mastra-record=rewrite", f"--mastra-url={live.url}").assert_outcomes(skipped=1)
    assert not cassette.exists()


def test_rewrite_forgets_what_is_not_asked_any_more(run_suite: RunSuite, live: Live, cassette: Path) -> None:
    """The new recording takes the place of the old one."""
    run_suite(MORE, f"--mastra-url={live.url}").assert_outcomes(passed=1)
    assert cassette.read_text(encoding="utf-8").count("- request:") == 8
    run_suite(SUITE, "--mastra-record=rewrite", f"--mastra-url={live.url}").assert_outcomes(passed=1)
    assert cassette.read_text(encoding="utf-8").count("- request:") == 4


@pytest.mark.parametrize(
    ("ci", "ini", "marker", "option", "mode"),
    [
        (None, "", "", "", "once"),
        ("true", "", "", "", "none"),
        ("true", "once", "", "", "once"),
        (None, "none", "", "", "none"),
        (None, "none", "record='rewrite'", "", "rewrite"),
        ("true", "once", "record='rewrite'", "none", "none"),
    ],
)
def test_which_mode_counts(
    run_suite: RunSuite,
    live: Live,
    alone: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    ci: str | None,
    ini: str,
    marker: str,
    option: str,
    mode: str,
) -> None:
    """Command line, then marker, then ini file, then CI's or the usual default."""
    run_suite(SUITE, f"--mastra-url={live.url}").assert_outcomes(passed=1)
    if ci:
        monkeypatch.setenv("CI", ci)
    if ini:
        alone.makeini(f"[pytest]\nmastra_record = {ini}\n")
    code = f"""
    import pytest

    @pytest.mark.mastra_cassette({marker})
    def test_it(mastra_client, mastra_cassette):
        assert mastra_cassette.mode == {mode!r}
        mastra_client.get_workflow("report").execute({{"city": "Oslo"}})
    """
    options = [f"--mastra-record={option}"] if option else []
    run_suite(code, f"--mastra-url={live.url}", *options).assert_outcomes(passed=1)


def test_without_a_url(run_suite: RunSuite) -> None:
    """There is nothing to record from; the message says what to give."""
    result = run_suite(SUITE)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*--mastra-url*"])


def test_no_cassette_and_none_to_be_recorded(run_suite: RunSuite) -> None:
    """The command that records it is given."""
    result = run_suite(SUITE, "--mastra-record=none")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            f"*there is no cassette {CASSETTE}, and with --mastra-record=none none is recorded.",
            "*Record it: pytest test_suite.py::test_it --mastra-target=live --mastra-record=once --mastra-url=URL",
        ]
    )


def test_replayed_as_a_target(run_suite: RunSuite, live: Live) -> None:
    """With --mastra-target=replay each test that has a cassette is replayed, marked or not; others are skipped."""
    code = """
    def test_it(mastra_client):
        assert mastra_client.get_workflow("report").execute({"city": "Oslo"}).ok

    def test_other(mastra_client):
        assert mastra_client.get_workflow("report").execute({"city": "Oslo"}).ok
    """
    recorded = run_suite(
        code, "--mastra-target=live", "--mastra-record=once", f"--mastra-url={live.url}", "-k", "test_it"
    )
    recorded.assert_outcomes(passed=1, deselected=1)
    before = live.asked
    result = run_suite(code, "--mastra-target=replay", "-rs")
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["*no cassette cassettes/test_suite/test_other.yaml; record it: pytest *"])
    assert live.since(before) == 0


def test_what_only_a_fake_can_run_is_not_advised_to_be_recorded(run_suite: RunSuite) -> None:
    """The skip for want of a cassette says what the test uses that no real server has."""
    code = """
    def test_it(mastra_server, mastra_client):
        mastra_server.faults.on("start").error(500)
    """
    result = run_suite(code, "--mastra-target=replay", "-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*only a fake has mastra_server.faults; this test ran with --mastra-target=replay"])
    result.stdout.no_fnmatch_line("*record it*")


def test_on_the_live_target_nothing_is_replayed(run_suite: RunSuite, live: Live, cassette: Path) -> None:
    """Who asks for the live server gets it, also where there is a cassette, which stays as it is in mode once."""
    run_suite(SUITE, f"--mastra-url={live.url}").assert_outcomes(passed=1)
    before, content = live.asked, cassette.read_bytes()
    for mode in ("none", "once"):
        run_suite(MORE, "--mastra-target=live", f"--mastra-record={mode}", f"--mastra-url={live.url}").assert_outcomes(
            passed=1
        )
    assert live.since(before) >= 16
    assert cassette.read_bytes() == content


def test_code_under_test_that_makes_its_own_client(run_suite: RunSuite, live: Live) -> None:
    """It is recorded and replayed too: the environment says where, and its waits cost no real time."""
    code = """
    import requests

    from mastra_sync import MastraClient

    def ask():
        with MastraClient() as client:
            return client.get_workflow("report").execute({"city": "Oslo"}, )

    def test_it(mastra_cassette):
        assert ask().ok
        assert mastra_cassette.target in ("live", "replay")
    """
    run_suite(code, f"--mastra-url={live.url}").assert_outcomes(passed=1)
    before = live.asked
    run_suite(code).assert_outcomes(passed=1)
    assert live.since(before) == 0


def test_ids_in_capitals(run_suite: RunSuite, live: Live) -> None:
    """UUIDs that a test makes and writes in capitals are so in its replies, of runs and of anything else."""
    live.server.workflow("echo").returns(lambda context: context.input_data)
    code = """
    import uuid

    import pytest

    @pytest.mark.mastra_cassette
    def test_it(mastra_client):
        order, run_id = str(uuid.uuid4()).upper(), str(uuid.uuid4()).upper()
        run = mastra_client.get_workflow("echo").create_run(run_id)
        data = {"order": order, "key": f"order-{order}"}
        assert run.start_async(data).result == data
        assert mastra_client.get_workflow("echo").run_by_id(run_id).raw["runId"] == run_id
    """
    run_suite(code, f"--mastra-url={live.url}").assert_outcomes(passed=1)
    run_suite(code).assert_outcomes(passed=1)


def test_the_servers_own_address(run_suite: RunSuite, live: Live) -> None:
    """Asked for, a replay answers also where the live server was, for code that has its address written down."""
    code = f"""
    import pytest
    import requests

    @pytest.mark.mastra_cassette(every_session=True)
    def test_it(mastra_cassette):
        assert requests.get("{live.url}/api/workflows/report", timeout=30).status_code == 200
    """
    run_suite(code, f"--mastra-url={live.url}").assert_outcomes(passed=1)
    before = live.asked
    run_suite(code, f"--mastra-url={live.url}").assert_outcomes(passed=1)
    assert live.since(before) == 0


@pytest.mark.parametrize(
    ("argument", "says"),
    [
        ("strict=1", "strict=1 is neither True nor False"),
        ("every_session='yes'", "every_session='yes' is neither True nor False"),
        ("pace='slow'", "no pace 'slow': there are at_once, recorded, real"),
        ("pace='recordet'", "no pace 'recordet': did you mean 'recorded'? there are at_once, recorded, real"),
        ("path='x.json'", "path='x.json' does not end in .yaml"),
        ("path=3", "path='3' does not end in .yaml"),
    ],
)
def test_arguments_of_the_marker(run_suite: RunSuite, argument: str, says: str) -> None:
    """What is none of the allowed values ends the run before any test, with the test's name."""
    result = run_suite(f"""
    import pytest

    @pytest.mark.mastra_cassette({argument})
    def test_it(mastra_client):
        pass
    """)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert f"ERROR: test_suite.py::test_it: @pytest.mark.mastra_cassette: {says}" in result.errlines


def test_nobody_says_where_the_server_is(run_suite: RunSuite, live: Live, cassette: Path) -> None:
    """What is to be recorded, or asked, needs an address; it is said why it is needed."""
    how = "--mastra-url=URL, the ini key mastra_url, MASTRA_BASE_URL, or a fixture mastra_config of your own"
    result = run_suite(SUITE)
    result.assert_outcomes(errors=1)
    why = "there is no cassette cassettes/test_suite/test_it.yaml, to record it asks the live server"
    assert f"{why}, and nobody says where that is: {how}" in result.outlines
    run_suite(SUITE, f"--mastra-url={live.url}").assert_outcomes(passed=1)
    assert cassette.exists()
    for mode in ("rewrite", "verify", "new_episodes"):
        result = run_suite(SUITE, f"--mastra-record={mode}")
        assert f"--mastra-record={mode} asks the live server, and nobody says where that is: {how}" in result.outlines


def test_a_broken_file_is_told_once(run_suite: RunSuite, live: Live, cassette: Path) -> None:
    """Not a second time as what came of the first."""
    run_suite(SUITE, f"--mastra-url={live.url}").assert_outcomes(passed=1)
    cassette.write_text(cassette.read_text(encoding="utf-8").replace("code: 200", "code: abc"), encoding="utf-8")
    result = run_suite(SUITE)
    result.assert_outcomes(errors=1)
    assert sum("must be a number, not str" in line for line in result.outlines) == 1
    assert not any("another exception" in line for line in result.outlines)
