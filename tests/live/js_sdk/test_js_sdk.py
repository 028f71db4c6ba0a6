"""The official JavaScript SDK gets from the fake server what it gets from a real one."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from pytest_mastra.fake.fronts.socket import OnSocket
from pytest_mastra.fake.server import FakeMastra
from tests.live.install import ServerUnavailable
from tests.live.js_sdk.sdk import aliased, drive, installed_sdk
from tests.live.js_sdk.workflows import declare
from tests.live.server import LiveServer


@pytest.fixture(scope="module", autouse=True)
def sdk() -> None:
    """The SDK; where it cannot be had the tests are skipped, on CI they fail."""
    try:
        installed_sdk()
    except ServerUnavailable as reason:
        if os.environ.get("CI"):
            pytest.fail(str(reason), pytrace=False)
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def on_fake() -> dict[str, Any]:
    """What the SDK met on a fake server."""
    with OnSocket(declare(FakeMastra())) as front:
        return drive(front.url)


def test_every_method_is_called(on_fake: dict[str, Any]) -> None:
    """The driver leaves out no method that the SDK has for workflows and runs."""
    assert on_fake["missing"] == []


def test_the_sdk_cannot_tell_them_apart(on_fake: dict[str, Any], current_server: LiveServer) -> None:
    """Call by call, answers, errors and events are the same to the order of their keys, but for ids and times."""
    fake = aliased(on_fake["transcript"])
    real = aliased(drive(current_server.base_url)["transcript"])
    for met, expected in zip(fake, real, strict=True):
        assert lines(met) == lines(expected)


def lines(entry: dict[str, Any]) -> list[str]:
    return json.dumps(entry, indent=1).splitlines()
