"""The fixture `mastra_server_factory`: servers for fixtures of any scope, and what they fail tests for."""

from __future__ import annotations

import re

import pytest

from tests.suites_in_folders import RunSuite

SERVERS = """
import pytest

from mastra_sync import APIConnectionError, MastraClient, WorkflowNotFound
from pytest_mastra import AS_TIMED, FakeMastra, MastraServerFactory, ServedMastra

def stray(server):
    with pytest.raises(WorkflowNotFound):
        server.client().get_workflow("reprot").create_run()

def declared(server):
    server.workflow("report").sleep(3600).returns({"at": server.url})
    return server

def asked(url):
    with MastraClient(url) as client:
        return client.get_workflow("report").execute({}).result["at"]

@pytest.fixture(scope="session")
def of_session(mastra_server_factory):
    return declared(mastra_server_factory())

@pytest.fixture(scope="module")
def of_module(request):
    return declared(request.getfixturevalue("mastra_server_factory")())

@pytest.fixture(scope="class")
def of_class(mastra_server_factory):
    with mastra_server_factory() as server:
        yield declared(server)

@pytest.fixture
def of_test(mastra_server_factory):
    return declared(mastra_server_factory())
"""


def test_servers_of_all_scopes(run_suite: RunSuite) -> None:
    """Each answers at an address of its own, whichever others there are, until its scope is over; time is virtual."""
    result = run_suite(
        f"""
{SERVERS}
SEEN = []

class TestOne:
    def test_each_answers(self, of_module, of_session, of_class, of_test, mastra_server, mastra_client):
        declared(mastra_server)
        servers = [of_module, of_session, of_class, of_test, mastra_server]
        assert len({{server.url for server in servers}}) == 5
        assert [asked(server.url) for server in servers] == [server.url for server in servers]
        assert [len(server.runs("report")) for server in servers] == [1] * 5
        assert len({{server.runs("report")[0].run_id for server in servers}}) == 5
        assert mastra_client.get_workflow("report").execute({{}}).ok
        SEEN.extend(servers)

    def test_it_is_the_same(self, of_session, of_module, of_class, of_test):
        assert [of_module, of_session, of_class] == SEEN[:3]
        assert of_test not in SEEN
        with pytest.raises(RuntimeError, match="is closed"):
            SEEN[3].client()

def test_it_is_another(of_session, of_module, of_class):
    assert [of_module, of_session] == SEEN[:2]
    assert of_class not in SEEN
    with pytest.raises(APIConnectionError):
        MastraClient(SEEN[2].url, retries=0).list_workflows()
    assert len(SEEN[2].runs("report")) == 1

def test_two_of_one_test(mastra_server_factory: MastraServerFactory) -> None:
    one, other = mastra_server_factory(generation="1.2", token="x"), mastra_server_factory(pace=AS_TIMED)
    assert isinstance(one, ServedMastra) and isinstance(one, FakeMastra)
    assert (one.generation.name, other.generation.name) == ("1.2", "1.0-beta")
    assert declared(one).client().get_workflow("report").execute({{}}).result == {{"at": one.url}}
    assert asked(declared(other).url) == other.url                # an hour of waiting, in no time
    SEEN[:] = [one]

def test_they_end_with_it():
    with pytest.raises(RuntimeError, match="is closed"):
        SEEN[0].client()

def test_other_processes(mastra_server_factory):
    server = declared(mastra_server_factory(on_socket=True))
    assert server.url.startswith("http://127.0.0.1:") and asked(server.url) == server.url
    """,
        "--mastra-generation=1.0-beta",
    )
    result.assert_outcomes(passed=6)


CONFIG = """
import pytest
from pytest_mastra import MastraConfig

@pytest.fixture(scope="{scope}")
def mastra_config():
    return MastraConfig(headers={{"X-Tenant": "acme"}}, api_prefix="/mastra", generation="1.2", token="t")
"""


@pytest.mark.parametrize("scope", ["session", "function"])
def test_what_the_suite_says_of_clients(run_suite: RunSuite, scope: str) -> None:
    """Clients have what a `mastra_config` for the whole session says; one of a test is for the test's server."""
    usual = ("current", "/api", None) if scope == "function" else ("1.2", "/mastra", "acme")
    result = run_suite(
        f"""
        def test_it(mastra_server_factory, mastra_server):
            server = mastra_server_factory()
            server.client(timeout=3).list_workflows()
            (request,) = server.requests
            found = server.generation.name, server.api_prefix, request.headers.get("X-Tenant")
            assert found == {usual!r}
            assert mastra_server.generation.name == "1.2"
        """,
        conftest=CONFIG.format(scope=scope),
    )
    result.assert_outcomes(passed=1)


WRONG = f"""
{SERVERS}
def test_1_stray(of_module):
    stray(of_module)

def test_2_step_error(of_module):
    of_module.workflow("w").then(of_module.step("a", lambda ctx: 1 / 0)).commit()
    assert not of_module.client().get_workflow("w").execute({{}}).ok

def test_3_fault_of_the_test(of_session):
    of_session.faults.on("start").reset()

def test_4_fault_of_a_fixture_of_the_test(of_session, fault):
    of_session.client().list_workflows()

@pytest.fixture
def fault(of_session):
    of_session.faults.on("cancel").reset()

def test_5_of_one_test(mastra_server_factory):
    server = mastra_server_factory()
    stray(server)
    server.faults.on("start").reset()

def test_6_with(mastra_server_factory):
    with mastra_server_factory() as server:
        stray(server)

@pytest.fixture(scope="class")
def faulty(mastra_server_factory):
    server = mastra_server_factory()
    server.faults.on("start").reset()
    yield server
    stray(server)

class TestFaulty:
    def test_7_a_not_met(self, faulty):
        pass
    def test_7_b_nor_here(self, faulty, mastra_server):
        pass

def test_8_while_it_is_torn_down(ask_afterwards):
    pass

@pytest.fixture
def ask_afterwards(of_session):
    yield
    stray(of_session)

def test_9_beside_its_failure(of_session):
    stray(of_session)
    of_session.faults.on("delete_run_by_id").reset()
    assert of_session.client().get_workflow("report").execute({{}}).result == "sunny"

def test_once_is_enough(of_session, of_module):
    of_session.client().list_workflows()

@pytest.mark.mastra(allow=["strays", "unused_faults"])
def test_what_is_meant(of_session, mastra_server_factory):
    stray(of_session)
    of_session.faults.on("start").reset()
    with mastra_server_factory() as server:
        stray(server)
    with mastra_server_factory(allow="step_errors") as server:
        server.workflow("w").then(server.step("a", lambda ctx: 1 / 0)).commit()
        assert not server.client().get_workflow("w").execute({{}}).ok
    with pytest.raises(ValueError, match="no allow 'stray': did you mean 'strays'?"):
        mastra_server_factory(allow="stray")

def test_another_exception_goes_first(mastra_server_factory):
    with pytest.raises(ZeroDivisionError), mastra_server_factory() as server:
        stray(server)
        1 / 0
"""

IN_TEST = "@pytest.mark.mastra(allow="
AT_CLOSE = "mastra_server_factory(allow="
STRAY = ["mastra: 1 stray request", "POST /api/workflows/reprot/create-run -> 404"]
UNUSED = "mastra: 1 unused fault"

TEARDOWNS = {
    "test_1_stray": [*STRAY, IN_TEST],
    "test_2_step_error": ["mastra: 1 unexpected step error", "ZeroDivisionError", IN_TEST],
    "test_3_fault_of_the_test": [UNUSED, "faults.on('start').reset()", "test_suite.py:", IN_TEST],
    "test_4_fault_of_a_fixture_of_the_test": [UNUSED, "faults.on('cancel').reset()", IN_TEST],
    "test_5_of_one_test": [*STRAY, IN_TEST, UNUSED, IN_TEST],
    "TestFaulty.test_7_b_nor_here": [*STRAY, AT_CLOSE, UNUSED, "faults.on('start').reset()", AT_CLOSE],
    "test_8_while_it_is_torn_down": [*STRAY, IN_TEST],
}


def said_of(result: pytest.RunResult) -> dict[str, str]:
    """Return what pytest says of each test that went wrong, by its name."""
    parts = re.split(r"^_{3,} (?:ERROR at teardown of )?([\w.]+) _{3,}$", result.stdout.str(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_what_goes_wrong_unnoticed(run_suite: RunSuite) -> None:
    """It fails the test in which it came about, once; what a wider fixture declares, at that fixture's end."""
    # a failing test may be why a fault was not met, so that they run for themselves
    first = run_suite(WRONG, "-p", "no:cacheprovider", "--deselect", "test_suite.py::test_9_beside_its_failure")
    first.assert_outcomes(passed=11, failed=1, errors=len(TEARDOWNS), deselected=1)
    said = said_of(first)
    for name, lines in TEARDOWNS.items():
        first.stdout.fnmatch_lines([f"*ERROR at teardown of {name} *"])
        places = [said[name].find(line) for line in lines]
        assert -1 not in places, (name, lines, said[name])
        assert said[name].count("(allow=") == sum(line in (IN_TEST, AT_CLOSE) for line in lines)
    assert "E       AssertionError: mastra: 1 stray request" in said["test_6_with"]
    assert "served_server.py" not in said["test_6_with"]


def test_what_went_wrong_beside_a_failure(run_suite: RunSuite) -> None:
    """A failing test shows it, its runs too, and is failed once."""
    result = run_suite(WRONG, "-p", "no:cacheprovider", "-k", "test_9 or test_once")
    result.assert_outcomes(failed=1, passed=1, deselected=11)
    result.stdout.fnmatch_lines(
        [
            "E * the run of 'report' succeeded",
            "*- mastra: 1 stray request -*",
            "  POST /api/workflows/reprot/create-run -> 404",
            "*- mastra: 1 unused fault -*",
            "  faults.on('delete_run_by_id').reset()",
            "*- Mastra runs -*",
            "* report succeeded after *",
        ],
        consecutive=False,
    )


def test_not_all_tests_that_might_meet_a_fault(run_suite: RunSuite) -> None:
    """Where some tests are left out, or one fails, a fault that a wider fixture declares may go unused."""
    code = """
        import pytest

        @pytest.fixture(scope="module")
        def server(mastra_server_factory):
            server = mastra_server_factory()
            server.workflow("w").returns(1)
            server.faults.on("start", nth=1).latency(1)
            return server

        def test_meets_it(server):
            assert server.client().get_workflow("w").execute({}).ok

        def test_does_not(server):
            server.client().list_workflows()
    """
    run_suite(code).assert_outcomes(passed=2)
    run_suite(code, "-k", "test_does_not").assert_outcomes(passed=1, deselected=1)
    run_suite(code, "test_suite.py::test_does_not").assert_outcomes(passed=1)
    run_suite(code, "--deselect", "test_suite.py::test_meets_it").assert_outcomes(passed=1, deselected=1, errors=1)


def test_in_examples_of_hypothesis(run_process: RunSuite) -> None:
    """Each example has a server; one on which something goes wrong fails, and the smallest is shown."""
    result = run_process(
        f"""
{SERVERS}
from hypothesis import HealthCheck, Phase, given, settings, strategies

QUICK = settings(
    database=None, deadline=None, max_examples=10, phases=[Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow],
)

@QUICK
@given(n=strategies.integers(0, 100))
def test_good(mastra_server_factory, n):
    with mastra_server_factory() as server:
        server.workflow("twice").returns(lambda ctx: ctx.get_init_data()["n"] * 2)
        assert server.client().get_workflow("twice").execute({{"n": n}}).result == 2 * n

@QUICK
@given(n=strategies.integers(0, 100))
def test_bad(mastra_server_factory, n):
    with mastra_server_factory() as server:
        if n >= 3:
            stray(server)

@settings(database=None, max_examples=2)
@given(n=strategies.integers())
def test_refused(mastra_server, n):
    pass
        """,
        "-p",
        "_hypothesis_pytestplugin",
        "-p",
        "no:cacheprovider",
    )
    result.assert_outcomes(passed=1, failed=2)
    said = said_of(result)
    assert "n=3," in said["test_bad"]
    assert "mastra: 1 stray request" in said["test_bad"]
    assert "with mastra_server_factory() as server:" in said["test_refused"]


SCOPES = """
import pytest

@pytest.fixture(scope="module")
def one(mastra_server): pass

@pytest.fixture(scope="session")
def two(request):
    request.getfixturevalue("mastra_client")

@pytest.fixture(scope="class")
def three(mastra_socket_server): pass

@pytest.fixture
def mine(): pass

@pytest.fixture(scope="module")
def four(mine): pass

def test_one(one): pass
def test_two(two): pass
def test_three(three): pass
def test_four(four): pass
"""

ADVICE = """
mastra_{name} belongs to one test. Servers for a whole {scope}, each at an address of its own, come from \
mastra_server_factory:

    @pytest.fixture(scope="{scope}")
    def server(mastra_server_factory):
        server = mastra_server_factory({argument})
        server.workflow("report").returns({{"text": "sunny"}})
        return server                   # server.client() is a client of it, server.url where it answers
"""


def test_a_scope_that_is_too_wide(run_suite: RunSuite) -> None:
    """Where pytest says ScopeMismatch of a fixture of ours, it says what to write instead."""
    result = run_suite(SCOPES)
    result.assert_outcomes(errors=4)
    printed = result.stdout.str()
    for name, scope, argument in (
        ("server", "module", ""),
        ("client", "session", ""),
        ("socket_server", "class", "on_socket=True"),
    ):
        assert ADVICE.format(name=name, scope=scope, argument=argument) in printed
    assert printed.count("belongs to one test") == 3


def test_the_advice_can_be_taken(run_suite: RunSuite) -> None:
    """The lines that a ScopeMismatch advises make a server."""
    advised = ADVICE.format(name="server", scope="module", argument="").partition("\n\n")[2]
    result = run_suite(f"""
import pytest

{advised.replace(chr(10) + "    ", chr(10)).removeprefix("    ")}
def test_it(server):
    assert server.client().get_workflow("report").execute({{}}).result == {{"text": "sunny"}}
    """)
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize("target", ["live", "replay"])
def test_elsewhere(run_suite: RunSuite, target: str) -> None:
    """On other targets tests are skipped that have a server of the factory, for it makes fakes."""
    result = run_suite(f"{SERVERS}\ndef test_it(of_module): pass", f"--mastra-target={target}", "-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines([f"*mastra_server_factory makes fakes; this test ran with --mastra-target={target}*"])


def test_beside_a_front_of_the_suite(run_suite: RunSuite) -> None:
    """A front of the suite's own at the address of `mastra_server`, or the other way round, is refused by name."""
    result = run_suite("""
        import pytest

        from pytest_mastra import FakeMastra, InProcess

        def test_inside(mastra_server):
            with InProcess(FakeMastra()):
                pass

        def test_meant(mastra_server):
            with InProcess(FakeMastra(), shadow=True):
                pass

        @pytest.fixture(scope="module")
        def server():
            with InProcess(FakeMastra()) as front:
                yield front.surface

        def test_outside(server, mastra_server):
            pass
    """)
    result.assert_outcomes(failed=1, errors=1, passed=1)
    fake = "<FakeMastra current [[][]] 0 requests>"
    result.stdout.fnmatch_lines(
        [
            f"two servers at *: {fake} (test_suite.py:15) answers there, and the fixture mastra_server is to; *",
            ">       with InProcess(FakeMastra()):",
            f"E  *ValueError: *: the fixture mastra_server answers there, and {fake} (test_suite.py:6) is to; *",
        ]
    )
    result.stdout.no_fnmatch_line("*in_process.py*")
