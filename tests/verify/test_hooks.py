"""`--mastra-verify`: fakes held against a live server, which is a fake on a socket here."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from pytest_mastra import FakeMastra, OnSocket
from tests.suites_in_folders import RunSuite

CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "temperature": {"type": "number"}},
    "required": ["city", "temperature"],
    "additionalProperties": False,
}
TEXT = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}


@pytest.fixture
def real() -> FakeMastra:
    """A server with the workflow that the suites fake."""
    server = FakeMastra()
    lookup = server.step("lookup", lambda ctx: None, input_schema=CITY, output_schema=WEATHER)
    report = server.step("report", lambda ctx: None, input_schema=WEATHER, output_schema=TEXT)
    server.workflow("weather", input_schema=CITY, output_schema=TEXT).then(lookup).sleep(60).then(report).commit()
    return server


@pytest.fixture
def live(real: FakeMastra) -> Iterator[str]:
    """Where that server is."""
    with OnSocket(real) as front:
        yield front.url


RIGHT = """
    def test_weather(mastra_server, mastra_client):
        lookup = mastra_server.step("lookup", lambda ctx: {"city": "Rome", "temperature": 21})
        report = mastra_server.step("report", lambda ctx: {"text": "mild"})
        mastra_server.workflow("weather").then(lookup).sleep(5).then(report).commit()
        assert mastra_client.get_workflow("weather").execute({"city": "Rome"}).ok
"""


def verdict(result: pytest.RunResult) -> list[str]:
    """What the session tells of the fakes."""
    lines = result.stdout.lines
    begin = next(index for index, line in enumerate(lines) if "fakes and the live server" in line)
    end = next(index for index, line in enumerate(lines) if index > begin and line.startswith("==="))
    return lines[begin + 1 : end]


def test_a_fake_that_is_right(run_suite: RunSuite, live: str) -> None:
    """A fake like the live server's workflow is told to agree, and the session passes."""
    result = run_suite(RIGHT, "--mastra-verify", f"--mastra-url={live}")
    result.assert_outcomes(passed=1)
    assert verdict(result) == [f"1 workflow of fakes held against {live}: all agree"]
    assert result.ret == pytest.ExitCode.OK


WRONG = """
    def test_weather(mastra_server, mastra_client):
        lookup = mastra_server.step("lokup", lambda ctx: {"city": "Rome"})
        report = mastra_server.step("report", lambda ctx: {"text": 5}, input_schema={
            "type": "object", "properties": {"temperature": {"type": "string"}}})
        mastra_server.workflow("weather").then(lookup).then(report).commit()
        mastra_server.workflow("wether").returns({})
        mastra_client.get_workflow("weather").execute({"town": "Rome"})

    def test_other(mastra_server, mastra_client):
        mastra_server.workflow("wether").returns({})
"""


def test_a_fake_that_is_wrong(run_suite: RunSuite, live: str) -> None:
    """What differs stands there by workflow, with the tests; the tests pass, the session does not."""
    result = run_suite(WRONG, "--mastra-verify", f"--mastra-url={live}")
    result.assert_outcomes(passed=2)
    assert verdict(result) == [*FOUND, f"2 workflows of fakes held against {live}: 2 differ"]
    assert result.ret == pytest.ExitCode.TESTS_FAILED


FOUND = [
    "weather, used by test_suite.py::test_weather",
    "  step 'lokup' is not there; did you mean 'lookup'?",
    "  after step 'lookup' the live server has a sleep, the fake has not",
    "  input schema of step 'report': $.city: the live server requires it, the fake does not",
    "  input schema of step 'report': $.temperature: the live server requires it, the fake does not",
    "  input schema of step 'report': $.temperature: the fake says string, the live server number",
    "  input: $.city: Invalid input: expected string, received undefined",
    "  input of step 'report': $.temperature: Invalid input: expected number, received undefined",
    "  output of step 'report': $.text: Invalid input: expected string, received number",
    "  result: $.text: Invalid input: expected string, received number",
    "wether, used by test_suite.py::test_other and 1 more",
    "  the live server has no such workflow; did you mean 'weather'?",
]


def test_workers_tell_the_controller(run_process: RunSuite, real: FakeMastra, live: str) -> None:
    """Under pytest-xdist the same is told, once, by the controller, which alone has asked the live server."""
    result = run_process(WRONG, "--mastra-verify", f"--mastra-url={live}", "-p", "xdist", "-n", "2")
    result.assert_outcomes(passed=2)
    assert sorted(verdict(result)) == sorted([*FOUND, f"2 workflows of fakes held against {live}: 2 differ"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert [request.verb for request in real.requests] == ["list_workflows"]


def test_workers_are_told_of_any_number(run_process: RunSuite, real: FakeMastra, live: str) -> None:
    """Each schema of `z.int()` has numbers that execnet cannot carry: no worker ends of them."""
    largest = 2**53 - 1
    schema = {"type": "integer", "minimum": -largest, "maximum": largest}
    real.workflow("count", input_schema=schema).returns(1)
    result = run_process(RIGHT, "--mastra-verify", f"--mastra-url={live}", "-p", "xdist", "-n", "2")
    result.assert_outcomes(passed=1)
    assert verdict(result) == [f"1 workflow of fakes held against {live}: all agree"]
    assert result.ret == pytest.ExitCode.OK


def test_a_worker_that_crashed_is_told(run_process: RunSuite, live: str) -> None:
    """What a worker found that died is lost; that fails the session, and is said."""
    suite = RIGHT + "\n    def test_crash():\n        import os\n        os._exit(3)\n"
    arguments = ("-p", "xdist", "-n", "1", "--max-worker-restart=0")
    result = run_process(suite, "--mastra-verify", f"--mastra-url={live}", *arguments)
    assert verdict(result)[0] == "worker gw0 crashed; what it found is lost"
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_what_only_some_tests_saw(run_suite: RunSuite, live: str) -> None:
    """A difference names the tests that it concerns, if it is not all that used the fake."""
    suite = """
        import pytest

        @pytest.mark.parametrize("text", ["mild", 5, 6])
        def test_weather(mastra_server, mastra_client, text):
            lookup = mastra_server.step("lookup", lambda ctx: {"city": "Rome", "temperature": 21})
            report = mastra_server.step("report", lambda ctx: {"text": text})
            mastra_server.workflow("weather").then(lookup).sleep(5).then(report).commit()
            mastra_client.get_workflow("weather").execute({"city": "Rome"})
    """
    result = run_suite(suite, "--mastra-verify", f"--mastra-url={live}")
    assert verdict(result)[:2] == [
        "weather, used by test_suite.py::test_weather[5] and 2 more",
        "  output of step 'report': $.text: Invalid input: expected string, received number "
        "(in test_suite.py::test_weather[5] and 1 more)",
    ]


def test_the_server_is_asked_once_and_nothing_is_written(
    run_suite: RunSuite, real: FakeMastra, live: str, pytester: pytest.Pytester
) -> None:
    """A session of many tests reads the live server once; no run is made there, no file here."""
    many = "\n".join(RIGHT.replace("test_weather", f"test_{number}") for number in range(5))
    result = run_suite(many, "--mastra-verify", f"--mastra-url={live}")
    result.assert_outcomes(passed=5)
    assert [request.verb for request in real.requests] == ["list_workflows"]
    assert {path.name for path in pytester.path.iterdir()} <= {"test_suite.py", "__pycache__"}


def test_a_failed_test_stays_what_it_is(run_suite: RunSuite, live: str) -> None:
    """The session fails for its tests; what was found is told besides."""
    suite = RIGHT + "        assert False\n"
    result = run_suite(suite, "--mastra-verify", f"--mastra-url={live}")
    result.assert_outcomes(failed=1)
    assert verdict(result) == [f"1 workflow of fakes held against {live}: all agree"]


def test_without_an_address(run_suite: RunSuite) -> None:
    """Nobody says where the live server is: a usage error that names the ways to say it."""
    result = run_suite(RIGHT, "--mastra-verify")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "ERROR: --mastra-verify holds the suite's fakes against a live server, and needs to know where it is: "
            "--mastra-url=URL, the ini key mastra_url or MASTRA_BASE_URL"
        ]
    )


def test_where_no_server_is(run_suite: RunSuite) -> None:
    """A server that cannot be reached is told before any test runs."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        result = run_suite(RIGHT, "--mastra-verify", f"--mastra-url=http://127.0.0.1:{port}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: --mastra-verify cannot reach the live server at http://127.0.0.1:{port}: *"])


def test_the_address_may_come_from_elsewhere(
    run_suite: RunSuite, live: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ini file and the environment say where the server is, and that fakes are to be verified."""
    monkeypatch.setenv("MASTRA_BASE_URL", live)
    assert run_suite(RIGHT, "--mastra-verify").ret == pytest.ExitCode.OK
    monkeypatch.delenv("MASTRA_BASE_URL")
    pytester.makeini(f"[pytest]\nmastra_verify = true\nmastra_url = {live}\n")
    result = run_suite(RIGHT)
    assert verdict(result) == [f"1 workflow of fakes held against {live}: all agree"]


CONFIG = """
    import dataclasses
    import pytest

    @pytest.fixture(scope="session")
    def mastra_config(mastra_config):
        return dataclasses.replace(mastra_config, token="let-me-in")
"""


def test_a_server_that_lets_in_whom_it_knows(
    run_suite: RunSuite, real: FakeMastra, live: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token comes from the environment or from the suite's own `mastra_config`; without it, it is told."""
    real.token = "let-me-in"
    monkeypatch.setenv("MASTRA_API_TOKEN", "let-me-in")
    assert run_suite(RIGHT, "--mastra-verify", f"--mastra-url={live}").ret == pytest.ExitCode.OK
    monkeypatch.delenv("MASTRA_API_TOKEN")
    assert run_suite(RIGHT, "--mastra-verify", f"--mastra-url={live}", conftest=CONFIG).ret == pytest.ExitCode.OK
    assert [request.status for request in real.requests] == [200, 401, 200]


def test_a_server_that_does_not_tell(run_suite: RunSuite) -> None:
    """A server that lets nobody in fails the session, and says why; the tests stay what they are."""
    with OnSocket(FakeMastra(token="secret-token")) as front:
        result = run_suite(RIGHT, "--mastra-verify", f"--mastra-url={front.url}")
    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    first, sent, last = verdict(result)
    assert first.startswith("the live server cannot be used: ")
    assert sent.strip().startswith("No Authorization header was sent; ")
    assert last == f"0 workflows of fakes held against {front.url}"


def test_a_suite_without_fakes(run_suite: RunSuite, live: str) -> None:
    """There is nothing to verify, and that is told."""
    result = run_suite("def test_it(): pass", "--mastra-verify", f"--mastra-url={live}")
    assert verdict(result) == [f"no test declared a fake to be held against {live}"]
    assert result.ret == pytest.ExitCode.OK


def test_a_fake_that_cannot_be_compared(run_suite: RunSuite, live: str) -> None:
    """What somebody declared and cannot be described fails the session, not the test."""
    suite = """
        def test_it(mastra_server):
            workflow = mastra_server.workflow("weather")
            workflow.returns(1)
            workflow.entries.append(object())
    """
    result = run_suite(suite, "--mastra-verify", f"--mastra-url={live}")
    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert verdict(result)[1].startswith("  cannot be compared: AttributeError: ")


def test_declarations_of_a_live_suite_are_verified_too(run_suite: RunSuite, live: str) -> None:
    """On the live target there are no runs of a fake, but what was declared is held against the server."""
    suite = """
        def test_it(mastra_server):
            mastra_server.workflow("weather").then(mastra_server.step("lokup", lambda ctx: None)).commit()
    """
    result = run_suite(suite, "--mastra-verify", "--mastra-target=live", f"--mastra-url={live}")
    result.assert_outcomes(passed=1)
    assert verdict(result)[1] == "  step 'lokup' is not there; did you mean 'lookup'?"
