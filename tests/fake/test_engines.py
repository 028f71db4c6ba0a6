"""Which engine a workflow is declared to run on."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_mastra import FakeMastra


@pytest.mark.parametrize(
    ("engine", "error", "words"),
    [
        (
            "evnted",
            ValueError,
            "the engine of workflow 'w' is 'evnted', which is none: did you mean 'evented'? there are",
        ),
        (None, TypeError, "the engine of workflow 'w' is a text, not None; there are 'default' and 'evented'"),
    ],
)
def test_what_is_no_engine_is_refused(engine: Any, error: type[Exception], words: str) -> None:
    """The line that declares the workflow says what was given, and what there is."""
    with pytest.raises(error) as refused:
        FakeMastra().workflow("w", engine=engine)
    assert str(refused.value).startswith(words)


@pytest.mark.parametrize("generation", ["1.2", "1.0-beta"])
def test_older_servers_have_one_engine(generation: Any) -> None:
    """Schedules, and the engine that runs such workflows, came after 1.2."""
    server = FakeMastra(generation=generation)
    server.workflow("w", engine="default")
    with pytest.raises(ValueError, match=f"'evented', which servers of {generation} do not have; FakeMastra"):
        server.workflow("v", engine="evented")
