"""What the fixture `mastra_cassette` gives: a test's cassette, if it has one. Imports nothing heavy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_mastra.suite import markers, settings

if TYPE_CHECKING:
    from pytest_mastra.cassettes.mastra_cassette import MastraCassette
    from pytest_mastra.suite.settings import MastraConfig


def cassette_of(item: pytest.Item, target: str, config: MastraConfig) -> MastraCassette | None:
    """Return the cassette that answers a test, records it, or is held against a live server.

    None if the test has nothing to do with one: nobody asks for it, and nobody says that live tests are recorded.

    Args:
        item: The test.
        target: What tests run against, by the settings.
        config: How the live server is reached.

    Raises:
        pytest.skip.Exception: Tests are replayed, and there is no cassette for this one.
        pytest.fail.Exception: There is no cassette, and none may be recorded.
        UsageError: An argument of the marker is none.
    """
    is_asked_for = markers.asks_for_cassette(item)
    record = settings.setting(item.config, "record")
    is_recorded = target == "live" and record.origin in settings.EXPLICIT_ORIGINS and record.value != "none"
    if not (is_asked_for or is_recorded or target == "replay"):
        return None
    from pytest_mastra.cassettes import mastra_cassette  # noqa: PLC0415 -- it needs vcrpy and YAML

    return mastra_cassette.make_cassette(item, target, config, is_asked_for=is_asked_for)
