"""`mastra-sync export`: a server's workflows as files, and a fake of them that runs."""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mastra_sync import MastraClient
from mastra_sync.cli.exits import Exit
from mastra_sync.cli.export import example_of
from pytest_mastra import FakeMastra
from pytest_mastra.fake.fronts.in_process import InProcess
from pytest_mastra.fake.fronts.socket import OnSocket
from tests.cli.fake_server import served
from tests.cli.processes import Ended

Command = Callable[..., Ended]


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a fake server, which is at `MASTRA_BASE_URL`."""
    with served() as (_, client):
        monkeypatch.setenv("MASTRA_BASE_URL", client.base_url.removesuffix("/api"))
        yield client.base_url


def test_what_is_exported_runs(address: str, tmp_path: Path, mastra_sync_process: Command) -> None:
    """Both files are named on stdout; the fake has the same workflows, each step gives what its line says."""
    folder = tmp_path / "new"
    ended = mastra_sync_process("export", "--to", str(folder))
    files = [folder / "workflows.json", folder / "fakes.py"]
    assert (ended.status, ended.out.splitlines()) == (0, [str(file) for file in files])
    assert ended.err == f"5 workflows; serve them with: mastra-sync serve {files[1]}:server\n"
    lines = files[1].read_text(encoding="utf-8").splitlines()
    assert "server.stub('approve', None, workflow='booking')" in lines
    assert len([line for line in lines if line.startswith("server.stub('approve'")]) == 1
    files[1].write_text(files[1].read_text().replace("('greet', None", "('greet', 'Hi'"), encoding="utf-8")
    server = runpy.run_path(str(files[1]))["server"]
    with InProcess(server) as front, MastraClient(front.url, clock=server.clock) as client:
        assert set(client.list_workflows()) == set(json.loads(files[0].read_text(encoding="utf-8")))
        assert client.get_workflow("city").execute({}).result == "Hi"


def test_one_workflow(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mastra_sync: Command) -> None:
    """One is told as one."""
    server = FakeMastra()
    server.workflow("alone").then(server.step("look", lambda ctx: 1)).commit()
    with OnSocket(server) as front:
        monkeypatch.setenv("MASTRA_BASE_URL", front.url)
        assert mastra_sync("export", "--to", str(tmp_path)).err.startswith("1 workflow; serve it with: ")


def test_files_that_are_there(address: str, tmp_path: Path, mastra_sync: Command) -> None:
    """Nothing is overwritten unless by force; a folder that cannot be made is an error."""
    (tmp_path / "fakes.py").write_text("mine", encoding="utf-8")
    ended = mastra_sync("export", "--to", str(tmp_path))
    assert (ended.status, ended.out, "fakes.py is there already" in ended.err) == (Exit.USAGE, "", True)
    assert [path.name for path in tmp_path.iterdir()] == ["fakes.py"]
    assert mastra_sync("export", "--to", str(tmp_path), "--force").status == 0
    under_a_file = mastra_sync("export", "--to", str(tmp_path / "fakes.py" / "x"))
    assert (under_a_file.status, under_a_file.err) == (
        Exit.USAGE,
        f"mastra-sync: --to takes a folder, and {tmp_path / 'fakes.py'} is a file\n",
    )


@pytest.mark.parametrize(
    ("schema", "example"),
    [
        (None, None),
        ({"type": "string"}, ""),
        ({"type": ["number", "null"]}, 0),
        ({"enum": ["low", "high"]}, "low"),
        ({"const": 3}, 3),
        ({"anyOf": [{"type": "boolean"}, {"type": "null"}]}, False),
        ({"properties": {"a": {"type": "array"}, "b": {}}, "required": ["a"]}, {"a": []}),
    ],
)
def test_examples(schema: dict[str, Any] | None, example: object) -> None:
    """A step's line gives the plainest value that its schema takes."""
    assert example_of(schema) == example
