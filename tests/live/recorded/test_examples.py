"""The example suite on real servers: it runs unchanged, and what was recorded of it still holds."""

from __future__ import annotations

from pathlib import Path

from tests.live.server import LiveServer
from tests.recorded.pytest_process import CASSETTES, ROOT, Outcome, changed_cassettes, read_cassettes, run_pytest

PASSED = {"passed": 8, "skipped": 2}


def run_live(server: LiveServer, folder: Path, *arguments: str) -> Outcome:
    """Run the example suite on a server, its cassettes in a folder."""
    return run_pytest(
        "tests/examples",
        "--mastra-target=live",
        f"--mastra-url={server.base_url}",
        "-o",
        f"mastra_cassette_dir={folder}",
        *arguments,
    )


def test_the_example_suite_runs_on_a_server(live_server: LiveServer, tmp_path: Path) -> None:
    """Without a record mode nothing is recorded."""
    outcome = run_live(live_server, tmp_path)
    assert (outcome.status, outcome.counts) == (0, PASSED), outcome.text
    assert read_cassettes(tmp_path) == {}


def test_the_server_has_not_drifted(live_server: LiveServer) -> None:
    """What it says is what was recorded, and no file is touched."""
    folder = CASSETTES / "examples" / live_server.generation
    before = read_cassettes(folder)
    outcome = run_live(live_server, folder.relative_to(ROOT), "--mastra-record=verify")
    assert (outcome.status, outcome.counts) == (0, PASSED), outcome.text
    assert "8 recordings verified, none has drifted" in outcome.text
    assert changed_cassettes(before, read_cassettes(folder)) == []


def test_recording_again_changes_no_line(live_server: LiveServer, tmp_path: Path) -> None:
    """Recorded over what is there, every file stays as it is."""
    before = read_cassettes(CASSETTES / "examples" / live_server.generation)
    for path, text in before.items():
        copy = tmp_path / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(text, encoding="utf-8", newline="\n")
    outcome = run_live(live_server, tmp_path, "--mastra-record=rewrite")
    assert (outcome.status, outcome.counts) == (0, PASSED), outcome.text
    assert changed_cassettes(before, read_cassettes(tmp_path)) == []
