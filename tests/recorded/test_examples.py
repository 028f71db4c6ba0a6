"""The example suite, replayed from recordings of each generation: without Node, without a network."""

from __future__ import annotations

import pytest

from tests.live.install import GENERATIONS
from tests.recorded.pytest_process import CASSETTES, ROOT, changed_cassettes, read_cassettes, run_pytest


@pytest.mark.parametrize("generation", GENERATIONS)
def test_the_example_suite_replays(generation: str) -> None:
    """Every test that does not need a fake passes on a recording, and asks no network for anything."""
    folder = CASSETTES / "examples" / generation
    before = read_cassettes(folder)
    outcome = run_pytest(
        "tests/examples",
        "-p",
        "tests.recorded.offline",
        "--mastra-target=replay",
        "-o",
        f"mastra_cassette_dir={folder.relative_to(ROOT)}",
    )
    assert (outcome.status, outcome.counts) == (0, {"passed": 8, "skipped": 2}), outcome.text
    assert outcome.text.count("needs a fake server: not with --mastra-target=replay") == 2
    assert changed_cassettes(before, read_cassettes(folder)) == []
    assert len(before) == 8


def test_the_cut_from_the_network_is_one() -> None:
    """Where the suite is sent to a server, the same plugin ends it: the server is asked before the first test."""
    outcome = run_pytest(
        "tests/examples",
        "-p",
        "tests.recorded.offline",
        "-k",
        "small_expense",
        "--mastra-target=live",
        "--mastra-url=http://127.0.0.1:9",
    )
    assert outcome.status == 3
    assert "went to the network, to ('127.0.0.1', 9)" in outcome.text
