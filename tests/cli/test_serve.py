"""`mastra-sync serve`: finding a declared server, serving it, and what is told meanwhile."""

from __future__ import annotations

import importlib.util
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mastra_sync import MastraClient, WorkflowNotFound
from mastra_sync.cli.exits import Exit
from pytest_mastra.fake.cli.find_server import find_server
from pytest_mastra.fake.cli.host_server import ReportingSurface
from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.fake.virtual_time.clock import RealClock, VirtualClock
from pytest_mastra.http.wire import WireRequest
from tests.cli.processes import COMMAND, INTERRUPTIBLE, PROCESS_TIMEOUT, Ended, interrupted, started

Command = Callable[..., Ended]

CITY = """
from pytest_mastra.fake.virtual_time.clock import VirtualClock
from pytest_mastra.fake.server import FakeMastra

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}

server = FakeMastra()
server.workflow("city-workflow", input_schema=CITY).returns(lambda ctx: {"text": f"{ctx.input_data['city']}: sunny"})
server.workflow("report").returns({"ok": True})
hurried = FakeMastra(clock=VirtualClock())
nothing = None
"""


SLOW = """
from pytest_mastra.fake.server import FakeMastra

server = FakeMastra()
says = server.step("says", lambda ctx: print("the step after the sleep", flush=True))
server.workflow("slow").sleep(0.2).then(says).commit()
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty current directory; what is imported from it is forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield tmp_path
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None) or "").startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no way to send a Ctrl-C to one process")
@pytest.mark.parametrize("module", ["city_fakes", "city_fakes.py"])
def test_serving(here: Path, module: str) -> None:
    """The address is on stdout, what is offered on stderr; clients are answered until Ctrl-C, which is no failure."""
    (here / "city_fakes.py").write_text(CITY, encoding="utf-8")
    command = [*INTERRUPTIBLE, "serve", f"{module}:server", "--port", "0"]
    with started(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        url = process.stdout.readline().strip()
        with MastraClient(url) as client:
            assert client.get_workflow("city-workflow").execute({"city": "Oslo"}).result == {"text": "Oslo: sunny"}
        # it answers before all is told that it offers
        offered = [process.stderr.readline().rstrip("\n") for _ in range(4)]
        out, err = interrupted(process)
    lines = [*offered, *err.splitlines()]
    assert (process.returncode, out) == (Exit.SUCCESS, "")
    assert lines[:-1] == [
        f"{module}:server, a fake Mastra server (current, real time); Ctrl-C stops it",
        "  city-workflow  city: string",
        "  report         any",
        f"  try: mastra-sync run city-workflow --url {url} city=STRING",
    ]
    assert lines[-1].startswith("mastra-sync: stopped after ")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_an_address_that_cannot_be_said(here: Path) -> None:
    """A full disk behind stdout is not taken for a port that cannot be served on."""
    (here / "city_fakes.py").write_text(CITY, encoding="utf-8")
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        command = [*COMMAND, "serve", "city_fakes:server", "--port", "0"]
        with started(*command, stdout=full, stderr=subprocess.PIPE) as process:
            _, err = process.communicate(timeout=PROCESS_TIMEOUT)
    assert (process.returncode, err.splitlines()[-1]) == (
        Exit.SERVER,
        "mastra-sync: cannot write: No space left on device",
    )


@pytest.mark.skipif(sys.platform == "win32", reason="there is no way to send a Ctrl-C to one process")
def test_a_report_that_nobody_reads(here: Path) -> None:
    """Requests are answered as before once nobody reads stderr any more."""
    (here / "city_fakes.py").write_text(CITY, encoding="utf-8")
    command = [*INTERRUPTIBLE, "serve", "city_fakes:server", "--port", "0"]
    with started(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        url = process.stdout.readline().strip()
        while "try: " not in process.stderr.readline():
            pass
        process.stderr.close()
        process.stderr = None
        with MastraClient(url) as client, pytest.raises(WorkflowNotFound):
            client.get_workflow("nope").details()
        interrupted(process)
        assert process.returncode in (Exit.SUCCESS, Exit.BROKEN_PIPE)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no way to send a Ctrl-C to one process")
def test_a_run_goes_on_between_requests(here: Path) -> None:
    """What a run does after its sleep happens when it is due, and not when somebody asks next."""
    (here / "slow_fakes.py").write_text(SLOW, encoding="utf-8")
    command = [*INTERRUPTIBLE, "serve", "slow_fakes:server", "--port", "0"]
    with started(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        with MastraClient(process.stdout.readline().strip()) as client:
            client.get_workflow("slow").create_run().start({})
        assert process.stdout.readline() == "the step after the sleep\n"
        interrupted(process)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no way to send a Ctrl-C to one process")
def test_finished_runs_are_forgotten(here: Path) -> None:
    """As many as are asked for are kept; all requests are counted in the end."""
    (here / "city_fakes.py").write_text(CITY, encoding="utf-8")
    command = [*INTERRUPTIBLE, "serve", "city_fakes:server", "--port", "0", "--keep", "2"]
    with started(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        with MastraClient(process.stdout.readline().strip()) as client:
            runs = [client.get_workflow("report").create_run() for _ in range(4)]
            for run in runs:
                run.start_async({})
            assert {run.run_id for run in client.get_workflow("report").runs()} == {run.run_id for run in runs[2:]}
        _, err = interrupted(process)
    assert err.splitlines()[-1] == "mastra-sync: stopped after 9 requests"


@pytest.mark.parametrize(
    ("name", "clock"), [("server", RealClock), ("hurried", VirtualClock)], ids=["by default", "of its own"]
)
def test_the_clock(here: Path, name: str, clock: type) -> None:
    """A server that is made without a clock has real time when it is served; one with a clock keeps it."""
    (here / "city_fakes.py").write_text(CITY, encoding="utf-8")
    assert isinstance(find_server(f"city_fakes.py:{name}").clock, clock)
    assert isinstance(FakeMastra().clock, VirtualClock)


@pytest.mark.parametrize(("name", "patience"), [("server", 180.0), ("hurried", 5.0)])
def test_people_are_slower_than_tests(here: Path, name: str, patience: float) -> None:
    """With real time a held request waits as long as a deployer lets it, for it may be a person who has to answer."""
    (here / "city_fakes.py").write_text(CITY, encoding="utf-8")
    assert find_server(f"city_fakes.py:{name}").state.driver._patience == patience


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("city_fakes:servr", "city_fakes has no 'servr'; did you mean server?"),
        ("city_fakes.py:x", "city_fakes.py has no 'x'; its servers are server, hurried"),
        (
            "city_fakes:nothing",
            "'nothing' in city_fakes is a NoneType, not a FakeMastra; its servers are server, hurried",
        ),
        ("city_fakes:CITY", "'CITY' in city_fakes is a dict, not a FakeMastra; its servers are server, hurried"),
        ("empty:server", "empty has no 'server'; it declares no FakeMastra: server = FakeMastra()"),
        ("city_fake:server", "there is no module 'city_fake'; did you mean city_fakes?"),
        ("city_fake.py:server", "there is no file 'city_fake.py'; did you mean city_fakes.py?"),
        ("sub/fakes.py:server", "there is no file 'sub/fakes.py'"),
        ("city_fakes", "'city_fakes' names no server: give MODULE:SERVER, as in tests/fakes.py:server"),
        ("city_fakes.py:", "'city_fakes.py:' names no server: give MODULE:SERVER, as in tests/fakes.py:server"),
    ],
)
def test_what_cannot_be_found(here: Path, mastra_sync: Command, where: str, said: str) -> None:
    """Each says in one line what is wrong, and what comes nearest."""
    (here / "city_fakes.py").write_text(CITY, encoding="utf-8")
    (here / "empty.py").touch()
    ended = mastra_sync("serve", where)
    assert (ended.status, ended.out, ended.err) == (Exit.USAGE, "", f"mastra-sync: {said}\n")


@pytest.mark.parametrize("where", ["broken:server", "broken.py:server"])
@pytest.mark.parametrize("code", ["import no_such_module", "def f():\n    raise KeyError(1)\n\nf()", "1 +"])
def test_a_module_that_cannot_be_imported(here: Path, mastra_sync: Command, where: str, code: str) -> None:
    """Its own traceback is shown, without the frames of whoever imported it."""
    (here / "broken.py").write_text(code, encoding="utf-8")
    ended = mastra_sync("serve", where)
    lines = ended.err.splitlines()
    assert (ended.status, lines[0]) == (
        Exit.USAGE,
        f"mastra-sync: {where.partition(':')[0]} cannot be imported",
    )
    files = [line.split('"')[1] for line in lines if line.strip().startswith("File ")]
    assert files
    assert set(files) == {str(here / "broken.py")}


def test_a_file_called_like_a_module(here: Path) -> None:
    """A file is taken from where it is, whatever modules have its name."""
    (here / "json.py").write_text(CITY, encoding="utf-8")
    assert find_server("json.py:server").runs("report") == []


def test_a_file_beside_others(here: Path) -> None:
    """A file can import what lies beside it, as when Python runs it."""
    (here / "fakes").mkdir()
    (here / "fakes" / "city_fakes.py").write_text(CITY, encoding="utf-8")
    (here / "fakes" / "all_fakes.py").write_text("from city_fakes import server", encoding="utf-8")
    assert isinstance(find_server("fakes/all_fakes.py:server"), FakeMastra)


def test_a_taken_port(here: Path, mastra_sync: Command) -> None:
    """A port that is in use is named, and how to take another."""
    (here / "city_fakes.py").write_text(CITY, encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ended = mastra_sync("serve", "city_fakes:server", "--port", str(port))
    assert (ended.status, ended.out, ended.err) == (
        Exit.USAGE,
        "",
        f"mastra-sync: port {port} is taken; --port takes another one, 0 any that is free\n",
    )


def test_an_address_for_others(here: Path, mastra_sync: Command) -> None:
    """A fake server is not served where others could reach it."""
    (here / "city_fakes.py").write_text(CITY, encoding="utf-8")
    ended = mastra_sync("serve", "city_fakes:server", "--host", "0.0.0.0")
    assert (ended.status, ended.out) == (Exit.USAGE, "")
    assert ended.err.startswith("mastra-sync: --host: '0.0.0.0' is not a loopback address")


def test_requests_that_meet_nothing_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Each is told once on stderr, with what came nearest; the others are not."""
    server = FakeMastra()
    server.workflow("report").returns({"ok": True})
    surface = ReportingSurface(server)
    for workflow in ("reprot", "report"):
        surface.handle(WireRequest("POST", f"/api/workflows/{workflow}/create-run", {}, b"{}"))
    assert capsys.readouterr() == (
        "",
        "POST /api/workflows/reprot/create-run 404: There is no workflow 'reprot'. Did you mean 'report'? "
        "Declared: 'report'.\n",
    )


def test_bugs_in_steps_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    """An exception that no step is meant to raise is told with the step's own part of the traceback."""
    server = FakeMastra()
    server.workflow("w").then(server.step("s", lambda ctx: ctx.input_data["gone"])).commit()
    headers = {"content-type": "application/json"}
    ReportingSurface(server).handle(
        WireRequest("POST", "/api/workflows/w/start-async?runId=r", headers, b'{"inputData": {}}')
    )
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "'s' of 'w', run r: not a StepError, so not meant as a failure"
    assert (lines[2].split('"')[1], lines[-1]) == (__file__, "KeyError: 'gone'")


@pytest.mark.parametrize("command", [["serve", "fakes:server"], ["demo"]])
def test_without_the_extra(mastra_sync: Command, monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
    """Without what a fake server needs, the command says in one line how to install it."""
    known = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "jsonschema" else known(name))
    ended = mastra_sync(*command)
    assert (ended.status, ended.out, ended.err) == (
        Exit.USAGE,
        "",
        "mastra-sync: this command needs jsonschema: pip install 'mastra-sync[cli,pytest]'\n",
    )
