"""`mastra-sync inbox`: what waits is listed, watched, and answered by a person."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Callable, Iterator

import pytest

from mastra_sync import MastraClient
from mastra_sync.cli.exits import Exit
from mastra_sync.cli.questions import value_of
from pytest_mastra import FakeMastra
from tests.cli.fake_server import ANSWER, served
from tests.cli.processes import COMMAND, INTERRUPTIBLE, PROCESS_TIMEOUT, Ended, Terminal, interrupted, started

Command = Callable[..., Ended]

WANTED = 'ok: boolean, seats: integer, class: "first"|"second", mail?: string'


@pytest.fixture
def served_here(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[FakeMastra, MastraClient]]:
    """A fake server at `MASTRA_BASE_URL`, and a client of it."""
    with served() as (server, client):
        monkeypatch.setenv("MASTRA_BASE_URL", client.base_url.removesuffix("/api"))
        yield server, client


@pytest.fixture
def client(served_here: tuple[FakeMastra, MastraClient]) -> MastraClient:
    """A client of a fake server at `MASTRA_BASE_URL`."""
    return served_here[1]


@pytest.fixture
def half_blind(served_here: tuple[FakeMastra, MastraClient]) -> MastraClient:
    """A client of that server, on which runs of two workflows wait, and those of `trip` cannot be listed."""
    server, client = served_here
    server.faults.on("runs", workflow="trip").status(403, body={"error": "not yours"})
    client.get_workflow("trip").execute({}, run_id="t1")
    client.get_workflow("free").execute({}, run_id="f1")
    return client


def test_the_list(client: MastraClient, mastra_sync_process: Command) -> None:
    """Each question is one line, the oldest first: run, workflow, step, since when, what it asks and takes."""
    client.get_workflow("trip").execute({}, run_id="t1")
    client.get_workflow("free").execute({}, run_id="f1")
    client.get_workflow("city").execute({}, run_id="c1")
    ended = mastra_sync_process("inbox")
    assert (ended.status, ended.err) == (0, "mastra-sync: answer with: mastra-sync inbox --answer\n")
    titles, *lines = [line.split(maxsplit=3) for line in ended.out.splitlines()]
    assert titles[:3] == ["RUN", "WORKFLOW", "STEP"]
    assert [line[:3] for line in lines] == [["t1", "trip", "booking.approve"], ["f1", "free", "say"]]
    assert lines[0][3].endswith(f'{{"ask": "book?"}}  {WANTED}')


def test_an_empty_list(client: MastraClient, mastra_sync: Command) -> None:
    """Nothing on stdout, or an empty JSON list; that nothing waits is said on stderr."""
    said = f"mastra-sync: no run of {client.base_url} waits for an answer\n"
    assert mastra_sync("inbox") == Ended(0, "", said)
    assert mastra_sync("inbox", "--json") == Ended(0, "[]\n", said)


def test_json(client: MastraClient, mastra_sync: Command) -> None:
    """`--json` has the schema whole, and the command line that answers."""
    client.get_workflow("trip").execute({}, run_id="t1")
    (record,) = json.loads(mastra_sync("inbox", "--json").out)
    assert record.pop("suspendedAt").startswith("20")
    assert record == {
        "workflowId": "trip",
        "runId": "t1",
        "step": "booking.approve",
        "forEachIndex": None,
        "labels": [],
        "payload": {"ask": "book?"},
        "resumeSchema": ANSWER,
        "command": "mastra-sync resume trip t1 --step booking.approve ok=BOOLEAN seats=INTEGER "
        '\'class="FIRST"|"SECOND"\'',
    }


def test_one_run(client: MastraClient, mastra_sync: Command) -> None:
    """The beginning of an id shows what that run asks, with a line that answers it when its words are filled in."""
    client.get_workflow("trip").execute({}, run_id="t1-long")
    client.get_workflow("free").execute({}, run_id="f1")
    title, asks, answer, line = mastra_sync("inbox", "t1").out.splitlines()
    assert title.startswith("run t1-long of 'trip' at booking.approve, since 20")
    assert (asks, answer) == ('    asks    {"ask": "book?"}', f"    answer  {WANTED}")
    arguments = shlex.split(
        line.replace("BOOLEAN", "true").replace("INTEGER", "2").replace('"FIRST"|"SECOND"', "first")
    )
    assert json.loads(mastra_sync(*arguments[1:]).out) == {"ok": True, "seats": 2, "class": "first"}


def test_a_run_that_does_not_wait(client: MastraClient, mastra_sync: Command) -> None:
    """It is an error to mean a run that waits for nobody."""
    ended = mastra_sync("inbox", "x")
    assert ended == Ended(
        Exit.USAGE, "", "mastra-sync: no run 'x' waits for an answer; list those that do: mastra-sync inbox\n"
    )


def unlisted(client: MastraClient) -> str:
    """What is said where runs of `trip`, and those of `booking` in it, are not listed."""
    return (
        "mastra-sync: this is not all: some workflows' runs could not be listed\n"
        f"  'trip': {client.base_url} answered 403: not yours\n"
        "  nor those of 'booking', which may be parts of runs of these\n"
    )


def test_what_cannot_be_listed(half_blind: MastraClient, mastra_sync: Command) -> None:
    """The others are listed, stderr says of which workflows nothing is known, and the status says that too."""
    ended = mastra_sync("inbox", "--json")
    assert [record["runId"] for record in json.loads(ended.out)] == ["f1"]
    assert (ended.status, ended.err.startswith(unlisted(half_blind))) == (Exit.SERVER, True)
    ended = mastra_sync("inbox")
    assert ("f1" in ended.out, ended.status) == (True, Exit.SERVER)
    assert ended.err.startswith(f"mastra-sync: answer with: mastra-sync inbox --answer\n{unlisted(half_blind)}")
    # nobody knows that it does not wait
    ended = mastra_sync("inbox", "t1")
    assert (ended.status, ended.out, ended.err.startswith(unlisted(half_blind))) == (Exit.SERVER, "", True)


def test_watching_what_cannot_be_listed(half_blind: MastraClient) -> None:
    """Whoever watches is told once of which workflows nothing is known, and goes on with the others."""
    command = [*INTERRUPTIBLE, "inbox", "--watch", "--json", "--every", "0.1"]
    with started(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        half_blind.get_workflow("free").execute({}, run_id="f2")
        second = json.loads(process.stdout.readline())
        half_blind.get_workflow("free").execute({}, run_id="f3")
        third = json.loads(process.stdout.readline())
        _, err = interrupted(process)
    assert [first["runId"], second["runId"], third["runId"]] == ["f1", "f2", "f3"]
    assert err == f"{unlisted(half_blind)}mastra-sync: interrupted\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--answer"], "stdin is no terminal; a script answers with: mastra-sync resume WORKFLOW RUN_ID KEY=VALUE"),
        (["--answer", "--json"], "give either --answer, which asks a person, or --json"),
        (["--every", "0"], "Invalid value for '--every'"),
    ],
)
def test_wrong_command_lines(client: MastraClient, mastra_sync: Command, arguments: list[str], said: str) -> None:
    """A pipe cannot be asked, and nobody looks all the time."""
    ended = mastra_sync("inbox", *arguments)
    assert (ended.status, said in ended.err) == (Exit.USAGE, True)


def test_watching(client: MastraClient) -> None:
    """`--watch --json` prints a line for each question, those that come later too, each once, until Ctrl-C."""
    client.get_workflow("free").execute({}, run_id="r1")
    command = [*INTERRUPTIBLE, "inbox", "--watch", "--json", "--every", "0.1"]
    with started(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        client.get_workflow("free").execute({}, run_id="r2")
        second = json.loads(process.stdout.readline())
        out, err = interrupted(process)
    assert [first["runId"], second["runId"]] == ["r1", "r2"]
    assert (process.returncode, out, err) == (Exit.INTERRUPTED, "", "mastra-sync: interrupted\n")


def test_answering_on_a_terminal(client: MastraClient, terminal: Terminal) -> None:
    """Each field is asked for until it fits; what the server takes moves the run on; Ctrl-D passes a question over."""
    client.get_workflow("booking").execute({}, run_id="b1")
    client.get_workflow("free").execute({}, run_id="f1")
    settings = {**os.environ, "TERM": "dumb", "PYTHONIOENCODING": "utf-8"}
    with started(
        *COMMAND,
        "inbox",
        "--answer",
        stdin=terminal.stderr,
        stdout=subprocess.PIPE,
        stderr=terminal.stderr,
        env=settings,
    ) as process:
        for prompt, typed in [
            ("ok (boolean): book it?> ", "perhaps\n"),
            ("it must be boolean\r\n    ok (boolean): book it?> ", "y\n"),
            ("seats (integer)> ", "\n"),
            ("it is needed\r\n    seats (integer)> ", "0\n"),
            ("it must be at least 1\r\n    seats (integer)> ", "2\n"),
            ('class ("first"|"second")> ', "third\n"),
            ('it must be one of "first"|"second"\r\n    class ("first"|"second")> ', "second\n"),
            ("mail (string, may be left empty)> ", "nobody\n"),
            # that it is no address only the server knows
            ("mail?: string; the run is still suspended)\r\n    ok (boolean): book it?> ", "true\n"),
            ("true\r\n    seats (integer)> ", "2\n"),
            ('2\r\n    class ("first"|"second")> ', "second\n"),
            ("second\r\n    mail (string, may be left empty)> ", "\n"),
            ("run f1 of 'free' at say", ""),
            ("answer (any)> ", "\x04"),
        ]:
            terminal.read_until(prompt)
            terminal.type(typed)
        out, _ = process.communicate(timeout=PROCESS_TIMEOUT)
    assert process.returncode == 0
    assert json.loads(out) == {"ok": True, "seats": 2, "class": "second"}
    assert [run.run_id for run in client.iter_suspended()] == ["f1"]
    assert "booking succeeded" in terminal.plain


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        ({"type": "string"}, "3", "3"),
        ({"type": "string"}, '"3"', '"3"'),
        ({"type": "integer"}, "3", 3),
        ({"type": "boolean"}, "No", False),
        ({"type": ["string", "null"]}, "null", None),
        ({"type": "array", "items": {"type": "string"}}, '["a"]', ["a"]),
        ({"enum": [1, "a"]}, "1", 1),
        ({}, '{"a": 1}', {"a": 1}),
        ({}, "text", "text"),
        ({"type": "array", "maxItems": 1}, "[1, 2]", "must have 1 items or fewer"),
        ({"type": "string", "pattern": "^a"}, "b", "must match ^a"),
        ({"type": "string", "pattern": "(?<x>a)"}, "b", "b"),
        ({"type": "number", "exclusiveMaximum": 3}, "3", "must be less than 3"),
        ({"type": "integer"}, "x", "must be integer"),
        (ANSWER, '{"ok": true, "seats": 0}', "needs 'class'"),
        ({**ANSWER, "required": []}, '{"seats": 0}', "'seats' must be at least 1"),
    ],
)
def test_what_is_typed(schema: dict[str, object], text: str, value: object) -> None:
    """Text is taken as the kind of value that the schema wants, or what is wrong with it is said."""
    try:
        found = value_of(text, schema)
    except ValueError as error:
        found = str(error)
    assert found == value
