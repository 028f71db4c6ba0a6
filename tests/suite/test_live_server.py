"""`--mastra-target=live`: the same tests on a server that others run, here a fake one in another thread."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from pytest_mastra import FakeMastra, OnSocket, RealClock
from tests.suites_in_folders import RunSuite

SUITE = """
    def test_it(mastra_server, mastra_client):
        mastra_server.workflow("report").returns({"text": "sunny"})
        assert mastra_client.get_workflow("report").execute({"city": "Oslo"}).result == {"text": "sunny"}
"""


class Elsewhere:
    """A server that stands for a real one, and knows what it was asked."""

    def __init__(self) -> None:
        self.server = FakeMastra(clock=RealClock())
        self.server.workflow("report").returns({"text": "sunny"})
        self.server.workflow("approval", key="approvalFlow").suspends("approve", {"ask": "?"})
        self.front = OnSocket(self.server)

    @property
    def url(self) -> str:
        return self.front.url

    @property
    def verbs(self) -> list[str | None]:
        return [request.verb for request in self.server.requests]


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    made = Elsewhere()
    with made.front:
        yield made


def test_the_same_test_runs_on_both(run_suite: RunSuite, elsewhere: Elsewhere) -> None:
    """On the fake it declares what answers; on a live server the declaration answers nobody."""
    run_suite(SUITE).assert_outcomes(passed=1)
    assert elsewhere.verbs == []
    run_suite(SUITE, "--mastra-target=live", f"--mastra-url={elsewhere.url}").assert_outcomes(passed=1)
    assert elsewhere.verbs[1] == "create_run"


def test_code_under_test_reaches_it_too(run_suite: RunSuite, elsewhere: Elsewhere) -> None:
    """`MASTRA_BASE_URL` is the live server's for the test's duration, and what is said is noted."""
    result = run_suite(
        """
        import os

        from mastra_sync import MastraClient

        def test_it(mastra_target):
            with MastraClient() as client:
                assert client.get_workflow("report").execute({}).ok
            assert mastra_target.target == "live"
            assert mastra_target.clock is None
            assert mastra_target.url == mastra_target.base_url == os.environ["MASTRA_BASE_URL"]
            assert [one.call.verb for one in mastra_target.log][0] == "create_run"
            assert {one.url for one in mastra_target.log} == {mastra_target.url}
            assert all(one.status == 200 for one in mastra_target.log)
        """,
        "--mastra-target=live",
        "-o",
        f"mastra_url={elsewhere.url}",
    )
    result.assert_outcomes(passed=1)


def test_a_path_and_a_user_are_for_clients_only(run_suite: RunSuite, elsewhere: Elsewhere) -> None:
    """Clients are made with the whole address; what is shown has the origin."""
    elsewhere.server.api_prefix = "/base/api"
    host = elsewhere.url.partition("//")[2]
    result = run_suite(
        """
        import os

        def test_it(mastra_target, mastra_client):
            mastra_client.list_workflows()
            assert "pw" not in repr(mastra_target)
            assert os.environ["MASTRA_BASE_URL"].endswith("/base")
            assert mastra_target.url == ORIGIN
            (listed,) = mastra_target.log
            assert listed.request.header("Authorization").startswith("Basic ")
        """.replace("ORIGIN", repr(elsewhere.url)),
        "--mastra-target=live",
        f"--mastra-url=http://me:pw@{host}/base",
    )
    result.assert_outcomes(passed=1)


NOBODY_SAYS = (
    "ERROR: --mastra-target=live needs to know where the server is: --mastra-url=URL, the ini key mastra_url, "
    "MASTRA_BASE_URL, or a fixture mastra_config of your own"
)


def test_nobody_says_where_it_is(run_suite: RunSuite) -> None:
    """One line says how to say it, before any test; tests that ask no server run."""
    result = run_suite(SUITE + SUITE.replace("test_it", "test_other"), "--mastra-target=live")
    assert (result.ret, result.errlines[0]) == (pytest.ExitCode.USAGE_ERROR, NOBODY_SAYS)
    assert "passed" not in result.stdout.str()
    run_suite("def test_it(): pass", "--mastra-target=live").assert_outcomes(passed=1)
    assert run_suite(SUITE, "--mastra-target=live", "--collect-only").ret == pytest.ExitCode.OK


def test_a_worker_of_xdist_says_it_too(run_process: RunSuite) -> None:
    """The line is shown, and no test runs."""
    result = run_process(SUITE, "--mastra-target=live", "-p", "xdist", "-n", "2")
    assert result.ret not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
    result.stdout.fnmatch_lines([NOBODY_SAYS.removeprefix("ERROR: ")])
    assert "passed" not in result.stdout.str()


@pytest.mark.parametrize("place", ["conftest", "module"])
def test_a_fixture_may_say_it(run_suite: RunSuite, elsewhere: Elsewhere, place: str) -> None:
    """A `mastra_config` of one's own may know what no option says; who has none is told at the test."""
    own = f"""
import pytest
from pytest_mastra import MastraConfig

@pytest.fixture
def mastra_config(request):
    return MastraConfig(url={elsewhere.url!r} if "other" not in request.node.name else None)
    """
    tests = "\n".join(
        f"def {name}(mastra_client):\n    mastra_client.list_workflows()" for name in ("test_it", "test_other")
    )
    in_module = f"{own}\n{tests}" if place == "module" else tests
    result = run_suite(in_module, "--mastra-target=live", conftest=own if place == "conftest" else "")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*ERROR at setup of test_other*", NOBODY_SAYS.removeprefix("ERROR: ")])


def test_it_is_not_there(run_suite: RunSuite) -> None:
    """It is asked once, before any test, and one line says what came of it."""
    with OnSocket(FakeMastra()) as front:
        url = front.url
    result = run_suite(SUITE + SUITE.replace("test_it", "test_other"), "--mastra-target=live", f"--mastra-url={url}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert result.errlines[0].startswith(f"ERROR: the live server cannot be used: GET {url}/api/workflows: ")
    assert "passed" not in result.stdout.str()


def test_it_lets_nobody_in(run_suite: RunSuite, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal is told as what it is; with the token from the environment the tests run."""
    elsewhere.server.token = "let-me-in"
    arguments = ("--mastra-target=live", f"--mastra-url={elsewhere.url}")
    result = run_suite(SUITE, *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert result.errlines[0].startswith("ERROR: the live server cannot be used: 401 ")
    monkeypatch.setenv("MASTRA_API_TOKEN", "let-me-in")
    result = run_suite(SUITE, *arguments)
    result.assert_outcomes(passed=1)
    assert "let-me-in" not in result.stdout.str()


def test_workflows_that_it_has_not(run_suite: RunSuite, elsewhere: Elsewhere) -> None:
    """A test that needs one is skipped, with what may be meant; the server is asked once for all of them."""
    result = run_suite(
        """
        import pytest

        @pytest.mark.mastra(workflows="reports")
        def test_near(): pass

        @pytest.mark.mastra(workflows=["report", "zzz"])
        def test_far(): pass

        @pytest.mark.mastra(workflows=["report", "approval", "approvalFlow"])
        def test_there(): pass
        """,
        "--mastra-target=live",
        f"--mastra-url={elsewhere.url}",
        "-rs",
    )
    result.assert_outcomes(passed=1, skipped=2)
    assert [line.partition(": ")[2] for line in result.outlines if line.startswith("SKIPPED")] == [
        f"needs workflow 'reports', which {elsewhere.url} has not: did you mean 'report'?",
        f"needs workflow 'zzz', which {elsewhere.url} has not: it has report, approvalFlow, approval",
    ]
    assert elsewhere.verbs == ["list_workflows"]


def test_workflows_are_no_need_on_a_fake(run_suite: RunSuite) -> None:
    """There the test declares them."""
    result = run_suite("""
        import pytest

        @pytest.mark.mastra(workflows="report")
        def test_it(mastra_server): pass
    """)
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize("generation", ["current", "1.2", "1.0-beta"])
def test_its_generation_is_found_out(run_suite: RunSuite, generation: str) -> None:
    """A test that is about other generations is skipped; the server is asked once, by routes that not all have."""
    code = """
        import pytest

        @pytest.mark.mastra(generation="current")
        def test_current(): pass

        @pytest.mark.mastra(generation="1.2")
        def test_older(): pass

        @pytest.mark.mastra(generation=["1.2", "1.0-beta"])
        def test_either(): pass
    """
    server = FakeMastra(clock=RealClock(), generation=generation)
    server.workflow("report").returns({})
    with OnSocket(server) as front:
        result = run_suite(code, "--mastra-target=live", f"--mastra-url={front.url}", "-rs")
        asked = len(server.requests)
        said = [line.partition(": ")[2] for line in result.outlines if line.startswith("SKIPPED")]
        reasons = {
            "current": ["1.2", "1.2 and 1.0-beta"],
            "1.2": ["current"],
            "1.0-beta": ["current", "1.2"],
        }
        assert said == [f"is about {what}, and {front.url} is {generation}" for what in reasons[generation]]
        assert asked == (2 if generation == "current" else 3)


def test_its_generation_may_be_said(run_suite: RunSuite, elsewhere: Elsewhere) -> None:
    """What an option or a conftest says counts, and the server is not asked."""
    code = """
        import pytest

        @pytest.mark.mastra(generation="1.2")
        def test_it(): pass
    """
    arguments = ("--mastra-target=live", f"--mastra-url={elsewhere.url}")
    run_suite(code, *arguments, "--mastra-generation=1.2").assert_outcomes(passed=1)
    conftest = """
        import dataclasses

        import pytest

        @pytest.fixture(scope="session")
        def mastra_config(mastra_config):
            return dataclasses.replace(mastra_config, generation="1.2")
    """
    run_suite(code, *arguments, conftest=conftest).assert_outcomes(passed=1)
    assert elsewhere.verbs == ["list_workflows"] * 2


@pytest.mark.parametrize(
    ("touched", "name"),
    [
        ("mastra_server.faults.on('start').reset()", "faults"),
        ("mastra_server.gate('g')", "gate"),
        ("mastra_server.open_gate('g')", "open_gate"),
        ("mastra_server.requests", "requests"),
        ("mastra_server.runs('report')", "runs"),
        ("mastra_server.strays", "strays"),
        ("mastra_server.unexpected_errors", "unexpected_errors"),
        ("mastra_server.clock.advance(5)", "clock"),
        ("mastra_server.snapshot('report', 'r')", "snapshot"),
        ("mastra_server.advance_run('r')", "advance_run"),
        ("mastra_server.catch_up()", "catch_up"),
        ("mastra_server.handle(None)", "handle"),
        ("setattr(mastra_server, 'token', 'x')", "token"),
    ],
)
def test_what_only_a_fake_has_skips_the_test(
    run_suite: RunSuite, elsewhere: Elsewhere, touched: str, name: str
) -> None:
    """The reason names it; it counts as the test's own place."""
    result = run_suite(
        f"""
        def test_it(mastra_server):
            mastra_server.workflow("report").returns({{}})
            {touched}
        """,
        "--mastra-target=live",
        f"--mastra-url={elsewhere.url}",
        "-rs",
    )
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(
        [
            f"SKIPPED [[]1[]] test_suite.py:1: only a fake has mastra_server.{name}; "
            "this test ran with --mastra-target=live"
        ]
    )


def test_everything_can_be_declared(run_suite: RunSuite, elsewhere: Elsewhere) -> None:
    """All ways to declare work, also those that the live server does not know of."""
    elsewhere.server.state.workflows.clear()
    listed = {
        "w": {
            "name": "w",
            "steps": {"a": {"id": "a"}},
            "allSteps": {"a": {"id": "a"}},
            "stepGraph": [{"type": "step", "step": {"id": "a"}}],
        }
    }
    result = run_suite(
        f"""
        import json

        from pytest_mastra import Polls

        def test_it(mastra_server):
            step = mastra_server.step("a", lambda ctx: mastra_server.gate("g"))
            flow = mastra_server.workflow("flow", key="k", pace=Polls(2))
            flow.then(step).parallel([step]).branch([(lambda ctx: True, step)]).sleep(1).map({{}}).commit()
            mastra_server.pace = Polls(3)
            mastra_server.load(json.loads('{json.dumps(listed)}'))
            mastra_server.stub("a", {{}})
            assert mastra_server.url == {elsewhere.url!r}
            assert repr(mastra_server) == "<FakeMastra current [k, w] declared, on live>"
        """,
        "--mastra-target=live",
        f"--mastra-url={elsewhere.url}",
    )
    result.assert_outcomes(passed=1)


def test_the_socket_is_the_live_server_too(run_suite: RunSuite, elsewhere: Elsewhere) -> None:
    """Other processes are sent to the live server; nothing is served here."""
    result = run_suite(
        """
        import os

        def test_it(mastra_socket_server, mastra_client):
            assert mastra_socket_server.url == os.environ["MASTRA_BASE_URL"] == URL
            assert mastra_client.get_workflow("report").execute({}).ok
        """.replace("URL\n", f"{elsewhere.url!r}\n"),
        "--mastra-target=live",
        f"--mastra-url={elsewhere.url}",
    )
    result.assert_outcomes(passed=1)


def test_a_conftest_says_where_it_is(run_suite: RunSuite, elsewhere: Elsewhere) -> None:
    """An address of `mastra_config` is as good as an option."""
    result = run_suite(
        SUITE,
        "--mastra-target=live",
        conftest=f"""
        import dataclasses

        import pytest

        @pytest.fixture(scope="session")
        def mastra_config(mastra_config):
            return dataclasses.replace(mastra_config, url={elsewhere.url!r})
        """,
    )
    result.assert_outcomes(passed=1)
