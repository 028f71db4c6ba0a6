"""`mastra-sync record`: a run that a server has stored as a cassette, a fake, and a test that passes."""

from __future__ import annotations

import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mastra_sync import MastraClient
from mastra_sync.cli.exits import Exit
from pytest_mastra import BY_HAND, FakeMastra, StepContext
from pytest_mastra.fake.cli.find_server import find_server
from pytest_mastra.fake.fronts.socket import OnSocket
from tests.cli.fake_server import declared
from tests.cli.processes import PROCESS_TIMEOUT, Ended

Command = Callable[..., Ended]

ANSWER = {"ok": True, "seats": 1, "class": "first"}


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[FakeMastra, MastraClient]]:
    """A fake server at `MASTRA_BASE_URL`, and a client of it."""
    server = declared()
    server.workflow("broken").then(server.step("pay", pay)).commit()
    server.workflow("each").foreach(server.step("ask", ask_for_item)).commit()
    server.workflow("again").dountil(server.step("ask", ask_for_item), lambda ctx: True).commit()
    with OnSocket(server) as front, MastraClient(front.url, clock=server.clock) as client:
        monkeypatch.setenv("MASTRA_BASE_URL", front.url)
        yield server, client


@pytest.fixture
def client(both: tuple[FakeMastra, MastraClient]) -> MastraClient:
    return both[1]


def pay(_: StepContext) -> object:
    raise ValueError('no "money"')


def ask_for_item(context: StepContext) -> object:
    if context.resume_data is None:
        context.suspend({"item": context.input_data})
    return context.resume_data


def run_tests(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the tests in a folder as somebody does who has only our plugin, without a server."""
    options = ["-q", "-p", "no:cacheprovider", "-p", "pytest_mastra.plugin"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(folder)],
        cwd=folder,
        env={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        encoding="utf-8",
        timeout=PROCESS_TIMEOUT,
        check=False,
    )


def test_what_is_recorded_passes(
    client: MastraClient, tmp_path: Path, mastra_sync: Command, mastra_sync_process: Command
) -> None:
    """Runs that succeeded, failed, ask, or were answered, become tests, which pass as they are."""
    client.get_workflow("city").execute({"apiKey": "sesame-open", "iban": "DE02 1203"}, run_id="c1")
    trip = client.get_workflow("trip").create_run("0b-t1")
    trip.start_async({})
    trip.resume_async(ANSWER, step=["booking", "approve"])
    client.get_workflow("broken").execute({}, run_id="b/1")
    client.get_workflow("free").execute({}, run_id="f1")
    looped = client.get_workflow("again").create_run("a1")
    looped.start_async({})
    looped.resume_async({"n": 1})
    items = client.get_workflow("each").create_run("e1")
    items.start_async([1, 2])
    items.resume_async({"n": 1}, for_each_index=0)
    items.resume_async({"n": 2}, for_each_index=1)
    folder = tmp_path / "new"

    ended = mastra_sync_process("record", "city", "c1", "--output", str(folder), "--secret", "iban")
    files = [folder / name for name in ("city_c1.yaml", "city_c1_fake.py", "test_city_c1.py")]
    assert (ended.status, ended.out.splitlines()) == (0, [str(file) for file in files])
    assert ended.err == f"recorded a run that succeeded; try its test: pytest {files[2]}\n"
    written = "".join(file.read_text(encoding="utf-8") for file in files)
    assert "'apiKey': '***', 'iban': '***'" in written
    assert not any(secret in written for secret in ("sesame-open", "DE02 1203"))

    answered = mastra_sync("record", "trip", "0b-t1", "--output", str(folder))
    assert answered.err.splitlines() == [
        "not in what the server has stored: booking: what 'approve' suspended with is not recorded",
        f"recorded a run that succeeded; try its test: pytest {folder / 'test_trip_0b.py'}",
    ]
    failed = mastra_sync("record", "broken", "b/1", "--output", str(folder))
    assert failed.err.startswith("recorded a run that failed; ")
    assert mastra_sync("record", "free", "f1", "--output", str(folder)).err.startswith("recorded a run that asks; ")

    # a server keeps the last answer only
    assert mastra_sync("record", "again", "a1", "--output", str(folder)).status == 0
    of_items = mastra_sync("record", "each", "e1", "--output", str(folder))
    assert "each: which items of 'ask' asked is not recorded: taken to be the last one" in of_items.err

    ran = run_tests(folder)
    assert (ran.returncode, ran.stdout.splitlines()[-1].split(" in ")[0]) == (0, "6 passed"), ran.stdout


def test_a_recorded_fake_is_served(client: MastraClient, tmp_path: Path, mastra_sync: Command) -> None:
    """The fake's workflow does what the run did, and is found by `serve` and `sweep`."""
    client.get_workflow("city").execute({}, run_id="c1")
    assert mastra_sync("record", "city", "c1", "--output", str(tmp_path)).status == 0
    server = find_server(f"{tmp_path / 'city_c1_fake.py'}:server")
    with OnSocket(server) as front, MastraClient(front.url) as other:
        assert other.get_workflow("city").execute({}).result == "Hello, Oslo"


def test_a_changed_fake_fails_the_test(client: MastraClient, tmp_path: Path, mastra_sync: Command) -> None:
    """The test holds: another result in the cassette fails it."""
    client.get_workflow("city").execute({}, run_id="c1")
    assert mastra_sync("record", "city", "c1", "--output", str(tmp_path)).status == 0
    cassette = tmp_path / "city_c1.yaml"
    cassette.write_text(cassette.read_text(encoding="utf-8").replace("Hello, Oslo", "Bye, Oslo"), encoding="utf-8")
    with pytest.raises(AssertionError):
        runpy.run_path(str(tmp_path / "test_city_c1.py"))["test_city_c1"]()


def test_nothing_is_overwritten(client: MastraClient, tmp_path: Path, mastra_sync: Command) -> None:
    """A file that is there is left, and nothing is written beside it; a folder that cannot be made is an error."""
    client.get_workflow("city").execute({}, run_id="c1")
    mine = tmp_path / "test_city_c1.py"
    mine.write_text("mine", encoding="utf-8")
    ended = mastra_sync("record", "city", "c1", "--output", str(tmp_path))
    assert (ended.status, ended.out) == (Exit.USAGE, "")
    assert ended.err == (f"mastra-sync: {mine} is there already; put it away, or --output FOLDER writes elsewhere\n")
    assert [path.read_text(encoding="utf-8") for path in tmp_path.iterdir()] == ["mine"]
    under_a_file = mastra_sync("record", "city", "c1", "--output", str(mine / "x"))
    assert (under_a_file.status, under_a_file.err) == (
        Exit.USAGE,
        f"mastra-sync: --output takes a folder, and {mine} is a file\n",
    )


def test_runs_that_are_no_tests(both: tuple[FakeMastra, MastraClient], tmp_path: Path, mastra_sync: Command) -> None:
    """A run that goes on or was canceled, or of which too little is stored, is refused, and nothing is written."""
    server, client = both
    items = client.get_workflow("each").create_run("e1")
    items.start_async([5, 5, 5])
    while items.result().status == "suspended":
        items.resume_async({"n": 1})
    client.get_workflow("free").execute({}, run_id="f1")
    client.get_workflow("free").get_run("f1").cancel()
    server.pace = BY_HAND
    client.get_workflow("city").create_run("c1").start({})
    folder = tmp_path / "new"
    going, canceled, unknown, answered = (
        mastra_sync("record", workflow, run, "--output", str(folder))
        for workflow, run in (("city", "c1"), ("free", "f1"), ("city", "none"), ("each", "e1"))
    )
    assert {ended.status for ended in (going, canceled, unknown, answered)} == {Exit.USAGE}
    assert "run c1 of 'city' is running: only a run that has succeeded, failed or asks can be a test" in going.err
    assert "run f1 of 'free' is canceled: only a run" in canceled.err
    assert "'city' has no run 'none'" in unknown.err
    assert "run e1 of 'each' makes no test, for a fake made of what the server has stored" in answered.err
    assert "    assert result.status == 'success'\n    AssertionError\n    there the run is suspended" in answered.err
    assert not folder.exists()


def test_a_run_that_ends_otherwise_on_its_fake(
    client: MastraClient, tmp_path: Path, mastra_sync: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said how the run ends there, and why, beside the line of the test that does not hold."""
    client.get_workflow("city").execute({}, run_id="c1")
    made = FakeMastra.from_cassette

    def broken(path: Path, **options: Any) -> FakeMastra:
        server = made(path, **options)
        server.step("greet").fails("no Oslo")
        return server

    monkeypatch.setattr(FakeMastra, "from_cassette", broken)
    ended = mastra_sync("record", "city", "c1", "--output", str(tmp_path / "new"))
    assert (ended.status, ended.err.splitlines()[1:4]) == (
        Exit.USAGE,
        ["    assert result.status == 'success'", "    AssertionError", "    there the run is failed: Error: no Oslo"],
    )
