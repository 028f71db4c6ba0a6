"""The fake says what real servers said when they were recorded."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.conformance import scenarios as _scenarios
from tests.conformance.conversation import FakeWire
from tests.conformance.corpus import SCENARIOS, Scenario
from tests.conformance.transcript import CODE
from tests.conformance.transcript_files import FOLDER, NEWER_ZOD, diff, path_of, play, read
from tests.conformance.workflows import fake_server

assert _scenarios.MODULES  # importing them fills the corpus

README = Path(__file__).parents[2] / "README.md"
DIFFERENCES = Path(__file__).parents[2] / "docs" / "fake-differences.md"
OF_NEWER_ZOD = [scenario for scenario in SCENARIOS if path_of(scenario, NEWER_ZOD).is_file()]
CASES = [(generation, scenario) for scenario in SCENARIOS for generation in scenario.generations]


@pytest.mark.parametrize(("generation", "scenario"), CASES, ids=lambda part: getattr(part, "name", part))
def test_the_fake_agrees_with_the_recorded_server(generation: str, scenario: Scenario) -> None:
    """A scenario gives the transcript that the real server gave."""
    real = read(scenario, generation)
    fake = play(scenario, FakeWire(fake_server(generation, scenario.token, scenario.body_limit, asked=real)))
    assert diff(real, fake) == ""


@pytest.mark.parametrize("scenario", OF_NEWER_ZOD, ids=lambda scenario: scenario.name)
def test_the_fake_has_the_words_of_the_newer_zod(scenario: Scenario) -> None:
    """Where a server of a project of today says something else, so does a fake that is told of no zod."""
    real = read(scenario, NEWER_ZOD)
    fake = play(scenario, FakeWire(fake_server("current", scenario.token, scenario.body_limit, zod=None, asked=real)))
    assert diff(real, fake) == ""


def test_every_recording_is_of_a_scenario() -> None:
    """No cassette is left over from a scenario that is gone."""
    recorded = {(path.parent.name, path.stem) for path in FOLDER.glob("*/*.json") if "-on-" not in path.parent.name}
    newer = {(NEWER_ZOD, scenario.name) for scenario in OF_NEWER_ZOD}
    assert recorded == {(generation, scenario.name) for generation, scenario in CASES} | newer
    of_hosts = {path.stem for path in FOLDER.glob("current-on-*/*.json")}
    assert of_hosts <= {scenario.name for scenario in SCENARIOS}


def test_readme_counts_the_scenarios() -> None:
    """It says how many are said to each generation."""
    counts = Counter(generation for generation, _ in CASES)
    told = f"{counts['current']} scenarios ({counts['1.2']} on 1.2, {counts['1.0-beta']} on 1.0 beta)"
    assert told in README.read_text(encoding="utf-8")


@pytest.mark.parametrize("key", sorted(CODE))
def test_what_is_forgiven_is_documented(key: str) -> None:
    """The comparison forgives what the docs list, and no more: each forgiven key is named there."""
    forgiven = DIFFERENCES.read_text(encoding="utf-8").partition("## Forgiven")[2].partition("\n## ")[0]
    assert f"`{key}`" in forgiven
