"""What the command says when something goes wrong: one line and where more is said, no traceback, no secret."""

from __future__ import annotations

import re
import shlex
import socket
from collections.abc import Callable

import pytest

from mastra_sync.cli.exits import Exit
from tests.cli.processes import Ended
from tests.cli.stub_server import Script, StubServer, step

Command = Callable[..., Ended]

SEE = "See https://mastra-sync.readthedocs.io/errors/#"
"""Begins the second line of what a server said, or did not."""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run"], "Missing argument 'WORKFLOW'; see mastra-sync run --help"),
        (["run", "w", "--timeot", "3"], "--timeout"),
        (["run", "w", "--timeout", "0"], "Invalid value for '--timeout'"),
        (["run", "w", "--timeout", "nan"], "--timeout: must not be negative or NaN"),
        (["run", "w", "--token", "s3cret"], "set MASTRA_API_TOKEN"),
        (["run", "w", "--header", "s3cret"], "a header is given as NAME=VALUE"),
        (["run", "w", "--header", "X=s3cret\r\nY"], "has line breaks"),
        (["run", "w", "--url", "localhost:4111"], "(--url or MASTRA_BASE_URL): must be like 'http://localhost:4111'"),
        (["run", "w", "--url", "http://user:s3cret@host"], "a password in --url can be read by other users"),
        (["run", "w", "--json-events", "--output", "full"], "not both"),
        (["run", "w", "--request-context", "[]"], "--request-context: must be a JSON object"),
        (["run", ""], "WORKFLOW: must not be empty"),
        (["run", "w", "--run-id", ".."], "the run's id: must not be '..'"),
        (["run", "w", "name=J\udcf8rgen"], "the value of 'name' is not UTF-8: byte 1 is 0xf8"),
        (["run", "w", "\udcf8=1"], r"the key '\\udcf8' is not UTF-8: byte 0 is 0xf8"),
        (["run", "w", "--input", '"é\udcf8"'], "--input is not UTF-8: byte 3 is 0xf8"),
        (["run", "w", "--request-context", '"\udcf8"'], "--request-context is not UTF-8"),
        (["run", "w", "--initial-state", '"\udcf8"'], "--initial-state is not UTF-8"),
        (["run", "w", "--resource-id", "\udcf8"], "--resource-id is not UTF-8"),
        (["run", "w", "--run-id", "\udcf8"], "the run's id: has characters that UTF-8 cannot encode"),
        (["run", "w", "--api-prefix", "/\udcf8"], "--api-prefix is not UTF-8"),
        (["run", "w", "--header", "X=\udcf8"], "has characters that an HTTP header cannot carry"),
        (["resume", "w", "r1", "ok=\udcf8"], "the value of 'ok' is not UTF-8"),
        (["resume", "w", "r1", "a=1", "--step", "\udcf8"], "--step is not UTF-8"),
        (["resume", "w", "r1", "a=1", "--label", "\udcf8"], "--label is not UTF-8"),
        (["resume", "w", "r1", "--input", "false"], "the answer: Mastra takes False for no answer"),
        (["resume", "w", "r1", "a=1", "--for-each-index", "-1"], "Invalid value for '--for-each-index'"),
        (["runs", "w", "--status", "done"], "Invalid value for '--status'"),
        (["rnu"], "No such command 'rnu'"),
    ],
)
def test_a_wrong_command_line(stub: StubServer, mastra_sync: Command, arguments: list[str], said: str) -> None:
    """A wrong command line is one line on stderr, ends with 2, and nothing is sent."""
    ended = mastra_sync(*arguments)
    assert (ended.status, ended.out, ended.err.count("\n"), stub.received) == (Exit.USAGE, "", 1, [])
    assert said in ended.err
    assert "s3cret" not in ended.err


def test_nobody_listens(mastra_sync: Command) -> None:
    """A refused connection names the address and how to set it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        ended = mastra_sync("run", "w", "--url", url)
    assert (ended.status, ended.err.count("\n")) == (Exit.SERVER, 2)
    assert f"cannot reach {url}/api" in ended.err
    assert ended.err.endswith(f"\n{SEE}api-connection-error\n")
    assert "MASTRA_BASE_URL" in ended.err


@pytest.mark.parametrize(
    ("proxy", "status", "said"),
    [
        (
            "http://u:s3cret@127.0.0.1:9",
            Exit.SERVER,
            r"over the proxy http://127\.0\.0\.1:9 of HTTP_PROXY, after 4 attempts in \d\.\d s; HTTP_PROXY",
        ),
        ("foo://u:s3cret@proxy:1", Exit.USAGE, "the proxy: 'foo://proxy:1' is not the address of a proxy"),
    ],
)
def test_a_proxy_in_the_way(
    mastra_sync: Command, monkeypatch: pytest.MonkeyPatch, proxy: str, status: Exit, said: str
) -> None:
    """The proxy and its settings are named, and not --url."""
    for name in ("no_proxy", "NO_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", proxy)
    ended = mastra_sync("workflows", "--url", "http://mastra.invalid:4111")
    assert (ended.status, ended.out, ended.err.count("\n")) == (status, "", 1 if status == Exit.USAGE else 2)
    assert re.search(said, ended.err)
    assert "--url" not in ended.err
    assert "s3cret" not in ended.err


@pytest.mark.parametrize(
    ("refusal", "status", "said"),
    [
        ((401, {"error": "Invalid or expired token"}), Exit.SERVER, "set MASTRA_API_TOKEN"),
        ((403, {"error": "Forbidden"}), Exit.SERVER, "answered 403: Forbidden"),
        ((400, {"error": "Odd\nthing"}), Exit.USAGE, "answered 400: Odd thing"),
        ((413, {"error": "Request body too large"}), Exit.USAGE, "answered 413: Request body too large"),
        ((302, {}), Exit.SERVER, "redirects"),
        ((200, ["odd"]), Exit.SERVER, "not what Mastra answers here"),
    ],
)
def test_a_server_that_refuses(
    stub: StubServer, mastra_sync: Command, refusal: tuple[int, object], status: Exit, said: str
) -> None:
    """The server's own words are said in one line; the next one has the place that explains the exception."""
    stub.script = Script(refusal=refusal)
    ended = mastra_sync("workflows")
    assert (ended.status, ended.out, ended.err.count("\n")) == (status, "", 2)
    assert said in ended.err
    assert f"\n{SEE}" in ended.err


def test_a_server_without_mastra(stub: StubServer, mastra_sync: Command) -> None:
    """A server that serves something else is told from a workflow that is missing."""
    ended = mastra_sync("run", "scripted", "--api-prefix", "/other")
    assert (ended.status, ended.err) == (
        Exit.SERVER,
        f"mastra-sync: no Mastra server at {stub.url}/other; check --url and --api-prefix\n{SEE}route-not-found\n",
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [("scriptd", "did you mean 'scripted'?"), ("scriptedKye", "did you mean 'scripted'?"), ("x", "it has scripted")],
)
@pytest.mark.parametrize("command", [["run"], ["runs"], ["show"]])
def test_a_workflow_that_the_server_has_not(
    stub: StubServer, mastra_sync: Command, command: list[str], name: str, said: str
) -> None:
    """The names that are near are said, by id or key; all of them if none is near."""
    ended = mastra_sync(*command, name)
    assert (ended.status, ended.err.count("\n")) == (Exit.USAGE, 2)
    assert said in ended.err
    assert ended.err.endswith(f"\n{SEE}workflow-not-found\n")


@pytest.mark.parametrize("command", [["result"], ["cancel"], ["resume", "a=1"]])
def test_a_run_that_the_server_has_not(stub: StubServer, mastra_sync: Command, command: list[str]) -> None:
    """A run id that is unknown leads to the list of runs."""
    ended = mastra_sync(command[0], "scripted", "nope", *command[1:])
    assert (ended.status, ended.err) == (
        Exit.USAGE,
        "mastra-sync: 'scripted' has no run 'nope'; list its runs with: mastra-sync runs scripted\n"
        f"{SEE}run-not-found\n",
    )


def test_resume_of_a_run_that_waits_for_nobody(stub: StubServer, mastra_sync: Command) -> None:
    """A run that has ended is not resumed."""
    stub.runs["r1"] = {"runId": "r1", "status": "success", "steps": {}, "suspendedPaths": {}}
    ended = mastra_sync("resume", "scripted", "r1", "a=1")
    assert (ended.status, ended.err) == (
        Exit.USAGE,
        "mastra-sync: run r1 of 'scripted': the run is success, not suspended; "
        f"look at it with: mastra-sync result scripted r1\n{SEE}run-not-suspended\n",
    )


def test_resume_at_several_steps(stub: StubServer, mastra_sync: Command) -> None:
    """Which steps wait is said, and the option that tells them apart."""
    waiting = {"status": "suspended", "suspendPayload": {}}
    stub.runs["r1"] = {"runId": "r1", "status": "suspended", "steps": {"p": waiting, "q": waiting}}
    ended = mastra_sync("resume", "scripted", "r1", "a=1")
    assert (ended.status, stub.starts()) == (Exit.USAGE, [])
    assert "several steps (p, q); say which one with --step" in ended.err


def test_a_server_that_fails_after_the_start(stub: StubServer, mastra_sync: Command) -> None:
    """Once the run may have begun, a refusal is not told as one that started nothing."""
    stub.script = Script(events=[b"\xff"], state={"status": "success"})
    original = stub.settle

    def settle(run_id: str) -> None:
        original(run_id)
        stub.script.refusal = (403, {"error": "Forbidden"})

    stub.settle = settle  # type: ignore[method-assign]
    ended = mastra_sync("run", "scripted", "--run-id", "r1")
    assert ended.status == Exit.UNKNOWN
    assert "run r1 goes on, but" in ended.err
    assert "mastra-sync result scripted r1 --wait" in ended.err


SUSPENDED = {
    "status": "suspended",
    "steps": {"ask it": {"status": "suspended", "suspendPayload": {"ask": "ok?\x1b[2J"}}},
    "suspendedPaths": {"ask it": [0]},
}


def test_a_suspended_run_says_how_to_resume_it(
    stub: StubServer, mastra_sync: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The suggested line, with a value in place of the type, resumes the run when it is run."""
    monkeypatch.delenv("MASTRA_BASE_URL")
    schema = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}
    stub.script = Script(state=SUSPENDED, details={"allSteps": {"ask it": {"id": "ask it", "resumeSchema": schema}}})
    ended = mastra_sync("run", "scripted", "--run-id", "-odd id", "--url", stub.url, "--quiet")
    title, asked, line = ended.err.splitlines()
    assert "-odd id" in title
    assert asked == '  ask it asks {"ask": "ok?\\u001b[2J"} (answer: ok: boolean)'
    assert line.endswith(" ok=BOOLEAN")
    stub.script = Script()
    assert mastra_sync(*shlex.split(line.replace("BOOLEAN", "true"))[1:]).status == Exit.SUCCESS
    assert stub.starts()[-1].body == {"step": ["ask it"], "resumeData": {"ok": True}}


def test_items_of_a_foreach_are_resumed_one_by_one(stub: StubServer, mastra_sync: Command) -> None:
    """Each suspended item has its own line."""
    items = [{"status": "suspended", "suspendPayload": {"item": n}} for n in (1, 2)]
    payload = {"item": 1, "__workflow_meta": {"foreachIndex": 0, "foreachOutput": items}}
    state = {
        "status": "suspended",
        "steps": {"each": {"status": "suspended", "suspendPayload": payload}},
        "suspendedPaths": {"each": [0]},
    }
    stub.script = Script(state=state)
    lines = mastra_sync("run", "scripted", "--run-id", "r1", "--quiet").err.splitlines()
    assert lines[1:] == [
        '  each[0] asks {"item": 1}',
        "    mastra-sync resume scripted r1 --step each --for-each-index 0 --input JSON",
        '  each[1] asks {"item": 2}',
        "    mastra-sync resume scripted r1 --step each --for-each-index 1 --input JSON",
    ]


def test_secrets_are_sent_and_not_shown(
    stub: StubServer, mastra_sync: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token and the headers reach the server, and neither stream."""
    monkeypatch.setenv("MASTRA_API_TOKEN", "s3cret-token")
    stub.script = Script(events=[step("start", "a")], state=SUSPENDED)
    ended = mastra_sync("run", "scripted", "--header", "X-Key=s3cret-header", "--output", "full")
    assert {request.headers["Authorization"] for request in stub.received} == {"Bearer s3cret-token"}
    assert {request.headers["X-Key"] for request in stub.received} == {"s3cret-header"}
    assert "s3cret" not in ended.out + ended.err
    assert "--header X-Key=..." in ended.err


def test_a_token_that_is_refused_is_not_shown(
    stub: StubServer, mastra_sync: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refused token is named by its variable."""
    monkeypatch.setenv("MASTRA_API_TOKEN", "s3cret")
    stub.script = Script(refusal=(401, {"error": "Invalid or expired token"}))
    ended = mastra_sync("run", "scripted")
    assert "A token was sent, from MASTRA_API_TOKEN; the server does not accept it" in ended.err
    assert "s3cret" not in ended.err


def test_plain_lines(stub: StubServer, mastra_sync: Command) -> None:
    """Away from a terminal each thing that a step does is a line, with the seconds since the beginning."""
    stub.script = Script(
        events=[
            step("start", "a", metadata={"iterationCount": 2}),
            step("output", "a", output={"n": 1}),
            step("progress", "a", completedCount=1, totalCount=2, currentIndex=0, iterationStatus="success"),
            step("result", "a", status="failed", startedAt=0, endedAt=90_000, error="Error: boom"),
            step("waiting", "sleep_2da4ff61-4a38-4957-951e-8933c72ef371"),
            {"type": "data-odd", "data": {"percent": 60}},
        ],
        state={"status": "success", "result": None},
    )
    title, *lines = mastra_sync("run", "scripted", "--run-id", "r1").err.splitlines()
    assert title == f"scripted, run r1 on {stub.url}/api"
    assert all(line[:8].strip().replace(".", "").isdigit() and line[8:12] == " s  " for line in lines)
    assert [line[12:] for line in lines] == [
        "▸ a started, round 2",
        '│ a wrote {"n": 1}',
        "│ a item 0 succeeded, 1 of 2 done",
        "✗ a failed after 1 min 30 s: Error: boom",
        "… sleep is waiting",
        '• data-odd {"percent": 60}',
        "✓ scripted succeeded",
    ]
