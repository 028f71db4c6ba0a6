"""What the logger `mastra_sync` says, and that it says nothing by itself."""

from __future__ import annotations

import logging
import subprocess
import sys
from typing import Any

import pytest

from mastra_sync import MastraError
from tests.client.scripted import Runs, client_of, reply

SECRET = "s3cr3t-value"


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG, logger="mastra_sync")
    return caplog


def test_each_exchange_is_one_line(log: pytest.LogCaptureFixture) -> None:
    """Method, address, status and time, on DEBUG; answers, refusals and all."""
    client, transport = client_of(lambda request: reply({"error": "no"}, 400) if "bad" in request.url else {})
    client.list_workflows()
    with pytest.raises(MastraError):
        client.get_workflow("bad").details()
    assert log.messages == [
        "GET http://mastra.test/api/workflows: 200 in 0.0 ms",
        "GET http://mastra.test/api/workflows/bad: 400 in 0.0 ms",
    ]
    assert {(record.name, record.levelno) for record in log.records} == {("mastra_sync", logging.DEBUG)}
    assert len(transport.requests) == 2


def test_a_whole_run_is_a_line_for_each_request(log: pytest.LogCaptureFixture) -> None:
    """Making, starting, polling, reading: as many lines as requests."""
    client, transport = client_of(Runs(lambda given: {"status": "success"}))
    client.get_workflow("w").execute({})
    assert len(log.messages) == len(transport.requests) == 4


def test_what_is_tried_again_is_told(log: pytest.LogCaptureFixture) -> None:
    """With the reason, and how long until then."""
    answers = iter([reply({"error": "busy"}, 503, {"Retry-After": "2"}), {}])
    client, _ = client_of(lambda request: next(answers), retries=1)
    client.list_workflows()
    assert log.messages[1].startswith("list_workflows: trying again in 2.00 s after: 503 busy")


def test_no_secret_is_logged(log: pytest.LogCaptureFixture) -> None:
    """Neither token, headers, contexts nor what a workflow gets."""
    given: dict[str, Any] = {"headers": {"X-Key": SECRET}, "token": SECRET}
    client, _ = client_of(Runs(lambda given: {"status": "failed", "error": {"message": SECRET}}), **given)
    client.get_workflow("w").execute({"password": SECRET}, request_context={"key": SECRET})
    assert log.messages
    assert SECRET not in log.text


SILENT = """
import mastra_sync
try:
    mastra_sync.MastraClient("http://127.0.0.1:1", retries=1, backoff=0).list_workflows()
except mastra_sync.APIConnectionError:
    pass
"""


def test_it_is_quiet_unless_asked() -> None:
    """Without any logging set up nothing is printed, not even when a request fails."""
    done = subprocess.run([sys.executable, "-c", SILENT], capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")


def test_it_has_a_handler_that_does_nothing() -> None:
    """As a library should: the application says where lines go."""
    import mastra_sync

    handlers = logging.getLogger(mastra_sync.__name__).handlers
    assert [type(handler) for handler in handlers] == [logging.NullHandler]
