"""`--json` of `cancel`, `delete` and `restart --all`: what the server answers, for programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from mastra_sync import MastraClient
from mastra_sync.cli.exits import Exit
from tests.cli.fake_server import served
from tests.cli.processes import Ended

Command = Callable[..., Ended]


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[MastraClient]:
    """A client of a fake server at `MASTRA_BASE_URL`, which has a run that asks."""
    with served() as (_, client):
        monkeypatch.setenv("MASTRA_BASE_URL", client.base_url.removesuffix("/api"))
        client.get_workflow("free").execute({}, run_id="f1")
        yield client


def test_json_alone_is_on_stdout(client: MastraClient, mastra_sync_process: Command, mastra_sync: Command) -> None:
    """Each prints one object that says what it is about, and nothing on stderr."""
    canceled = mastra_sync_process("cancel", "free", "f1", "--json")
    deleted = mastra_sync("delete", "free", "f1", "--json")
    restarted = mastra_sync("restart", "free", "--all", "--json")
    assert [(ended.status, ended.err) for ended in (canceled, deleted, restarted)] == [(0, "")] * 3
    assert json.loads(canceled.out) == {"workflow": "free", "runId": "f1", "message": "Workflow run cancelled"}
    assert json.loads(deleted.out) == {"workflow": "free", "runId": "f1", "message": "Workflow run deleted"}
    assert json.loads(restarted.out) == {
        "workflow": "free",
        "message": "All active workflow runs restarted",
        "runs": [],
    }
    assert client.get_workflow("free").runs().total == 0


@pytest.mark.usefixtures("client")
def test_nothing_is_on_stdout_where_it_fails(mastra_sync: Command) -> None:
    """What went wrong is said on stderr, with its exit status; the restart of one run has JSON of its own."""
    for command in ("cancel", "delete"):
        ended = mastra_sync(command, "free", "none", "--json")
        assert (ended.status, ended.out) == (Exit.USAGE, "")
        assert "'free' has no run 'none'" in ended.err
    ended = mastra_sync("restart", "free", "f1", "--json")
    assert (ended.status, ended.out) == (Exit.USAGE, "")
    assert ended.err == (
        "mastra-sync: --json is for --all; of one run --output full prints all that is known as JSON\n"
    )
