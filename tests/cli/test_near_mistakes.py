"""What is nearly right: which run, word or address may have been meant, and where an option goes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mastra_sync.cli.exits import Exit
from mastra_sync.cli.failures import first_line
from mastra_sync.errors import InvalidInput
from tests.cli.processes import Ended
from tests.cli.stub_server import Script, StubServer

Command = Callable[..., Ended]


@pytest.mark.parametrize(
    ("run_id", "meant"),
    [("order-16", "'order-17'"), ("5f3c", "'5f3c1' or '5f3c2'"), ("zzzz", "")],
)
def test_a_run_id_that_is_nearly_right(stub: StubServer, mastra_sync: Command, run_id: str, meant: str) -> None:
    """Runs whose id begins so are offered, or those that are spelled nearly so, before the list of all."""
    for known in ("order-17", "5f3c1", "5f3c2"):
        stub.runs[known] = {"runId": known, "status": "success", "steps": {}}
    offered = f"; did you mean {meant}? List" if meant else "; list"
    ended = mastra_sync("result", "scripted", run_id)
    assert (ended.status, ended.err.splitlines()[0]) == (
        Exit.USAGE,
        f"mastra-sync: 'scripted' has no run {run_id!r}{offered} its runs with: mastra-sync runs scripted",
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--url", "http://h", "workflows"], "--url goes behind the command, as in mastra-sync run --url; see"),
        (["--json", "workflows"], "--json goes behind the command, as in mastra-sync cancel --json; see"),
        (["--foo", "workflows"], "No such option '--foo'; see"),
        (["runs", "w", "--status", "succes"], "'tripwire'; did you mean 'success'? See mastra-sync runs --help"),
        (["trace", "export", "x", "--to", "mermad"], "'json'; did you mean 'mermaid'? See"),
        (["rnu"], "No such command 'rnu'; did you mean 'run'? See mastra-sync --help"),
        (["help"], "No such command 'help'; did you mean mastra-sync --help? See"),
        (["trace", "exprot"], "No such command 'exprot'; did you mean 'export'? See mastra-sync trace --help"),
        (["run", "w", "--timout", "3"], "No such option '--timout'; did you mean '--timeout'? See mastra-sync run"),
        (["run", "w", "--timeout", "1h"], "'--timeout': '1h' is not a number of seconds above 0; see"),
        (["run", "w", "--timeout", "-1"], "'--timeout': -1.0 is not a number of seconds above 0; see mastra-sync run"),
        (["runs", "w", "--limit", "0"], "'--limit': 0 is not a whole number from 1 up; see mastra-sync runs --help"),
        (["serve", "x:y", "--port", "99999"], "99999 is not a whole number from 0 to 65535; see"),
        (["run", "w", "--profile"], "Option '--profile' requires an argument; see mastra-sync run --help"),
        (["run", "w", "@input.json"], "anything else by --input; did you mean --input @input.json?"),
        (["run", "w", "--input", "@"], "--input: no file is named behind the '@'; give @FILE, - for stdin, or JSON"),
        (["runs", "w", "--ca-file", "nope.pem"], "--ca-file: nope.pem cannot be read: No such file"),
    ],
)
def test_a_command_line_that_is_nearly_right(
    stub: StubServer, mastra_sync: Command, arguments: list[str], said: str
) -> None:
    """One line says what may have been meant, and nothing is sent."""
    ended = mastra_sync(*arguments)
    assert (ended.status, ended.out, ended.err.count("\n"), stub.received) == (Exit.USAGE, "", 1, [])
    assert said in ended.err


@pytest.mark.parametrize("group", ["trace", "coverage"])
def test_a_group_alone_shows_its_help(mastra_sync: Command, group: str) -> None:
    """As the command alone does, on stderr and with the status of a wrong command line."""
    ended = mastra_sync(group)
    assert ended.status == Exit.USAGE
    assert (ended.out + ended.err).startswith(f"Usage: mastra-sync {group} [OPTIONS] COMMAND [ARGS]...\n\n")


def test_a_misspelt_field_of_the_input(stub: StubServer, mastra_sync: Command) -> None:
    """What the workflow does not take is named beside what it does."""
    stub.script = Script(
        finish={
            "workflowStatus": "failed",
            "metadata": {"errorMessage": "Invalid input data: \n- amount: expected number, received undefined"},
        },
        details={
            "inputSchema": {"type": "object", "properties": {"amount": {"type": "number"}}, "required": ["amount"]}
        },
    )
    ended = mastra_sync("run", "scripted", "amout=3", "--quiet")
    assert ended.err.splitlines()[0] == (
        "mastra-sync: Invalid input data: amount: expected number, received undefined "
        "(the workflow takes amount: number; no 'amout': did you mean 'amount'?)"
    )


def test_an_address_with_the_prefix(stub: StubServer, mastra_sync: Command) -> None:
    """Whoever gives the address of the API itself is told the server's."""
    ended = mastra_sync("workflows", "--url", f"{stub.url}/api")
    assert (ended.status, ended.err.splitlines()[0]) == (
        Exit.SERVER,
        f"mastra-sync: no Mastra server at {stub.url}/api/api; check --url and --api-prefix; "
        f"did you mean --url {stub.url}?",
    )


def test_a_wrong_answer_says_what_is_right(stub: StubServer, mastra_sync: Command) -> None:
    """Where an answer is refused, its schema is said, as it is of an input."""
    schema = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}
    waiting = {
        "status": "suspended",
        "steps": {"a": {"status": "suspended", "suspendPayload": {}}},
        "suspendedPaths": {"a": [0]},
    }
    stub.runs["r1"] = {"runId": "r1", **waiting}
    stub.script = Script(
        finish={
            "workflowStatus": "failed",
            "metadata": {"errorMessage": "Invalid resume data: \n- ok: expected boolean, received string"},
        },
        details={"allSteps": {"a": {"id": "a", "resumeSchema": schema}}},
        state=waiting,
    )
    ended = mastra_sync("resume", "scripted", "r1", "ok=x", "--quiet")
    assert (ended.status, ended.err.splitlines()[0]) == (
        Exit.USAGE,
        "mastra-sync: Invalid resume data: ok: expected boolean, received string "
        "(a takes ok: boolean; the run is still suspended)",
    )


def test_what_is_wrong_with_the_whole_input() -> None:
    """It has no place within, and no empty one is said."""
    message = "Invalid input data: \n- : expected array, received object"
    error = InvalidInput(message, status_code=400, method="POST", url="http://h")
    assert first_line(error) == "Invalid input data: expected array, received object"
