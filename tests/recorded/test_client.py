"""What is replayed of the client's live tests, and what is not: nothing is left out unseen."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from tests.live.install import GENERATIONS
from tests.recorded.client.left_out import LEFT_OUT, replayed_index
from tests.recorded.pytest_process import CASSETTES

HERE = Path(__file__).parent
MODULES = sorted(path.stem for path in (HERE / "client").glob("test_*.py"))
FUNCTIONS = {
    f"{module}.{name}"
    for module in MODULES
    for name in vars(import_module(f"tests.live.client.{module}"))
    if name.startswith("test_")
}


def test_what_is_left_out_exists() -> None:
    """The list names tests, and says why."""
    assert LEFT_OUT.keys() <= FUNCTIONS
    assert all(LEFT_OUT.values())


@pytest.mark.parametrize("generation", GENERATIONS)
def test_every_other_test_has_a_recording(generation: str) -> None:
    """One cassette for each test, and none besides."""
    recorded = [
        f"{path.parent.name}.{path.stem.partition('[')[0]}"
        for path in (CASSETTES / "client" / generation).rglob("*.yaml")
    ]
    assert sorted(recorded) == sorted(FUNCTIONS - LEFT_OUT.keys())
    assert len(recorded) >= 60


def test_cassettes_are_small() -> None:
    """A person can read any of them, and a checkout carries all of them."""
    sizes = [path.stat().st_size for path in CASSETTES.glob("client/**/*.yaml")]
    assert max(sizes) < 300_000
    assert sum(sizes) < 4_000_000


def test_sets_of_parameters_take_turns() -> None:
    """Three generations replay three sets of parameters, where there are so many."""
    for count in (1, 2, 3, 9):
        indices = {replayed_index("test_x.test_y", generation, count) for generation in GENERATIONS}
        assert len(indices) == min(count, 3)
        assert all(0 <= index < count for index in indices)
