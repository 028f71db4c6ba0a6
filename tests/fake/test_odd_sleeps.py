"""Functions that say how long to sleep, and give what is no time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pytest_mastra.fake.server import FakeMastra
from tests.fake.http_calls import post


@pytest.mark.parametrize("value", [None, "soon", "", float("nan"), float("inf"), -3, [], {"a": 1}])
def test_what_is_no_number_is_no_time(value: Any) -> None:
    """As in JavaScript such a sleep ends at once."""
    server = FakeMastra()
    server.workflow("w").sleep(lambda _: value).returns(1)
    assert post(server, "w", "start-async", "r").json()["result"] == 1
    assert server.unexpected_errors == []


def test_what_javascript_has_not_is_the_tests_mistake() -> None:
    """It is noted with the sleep's id, and no breakdown of the fake."""
    server = FakeMastra()
    server.workflow("w").sleep(lambda _: timedelta(seconds=3)).returns(1)
    told = post(server, "w", "start-async", "r")
    assert (told.status, told.json()["error"]) == (500, "timedelta is not JSON: datetime.timedelta(seconds=3)")
    (noted,) = server.unexpected_errors
    assert noted.step_id.startswith("sleep")
