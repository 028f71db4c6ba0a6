"""Failures say after how many attempts and seconds they are given up, on the client's own clock."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from mastra_sync import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    MastraClient,
    MastraError,
    RateLimitError,
    ServerError,
)
from mastra_sync.error_replies import Reply
from mastra_sync.request import Request
from tests.client.scripted import client_of, reply


def refused(request: Request) -> Reply:
    raise APIConnectionError("Connection refused", method=request.method, url=request.url, sent=False)


def timed_out(request: Request) -> Reply:
    raise APITimeoutError("timed out", method=request.method, url=request.url)


def unavailable(request: Request) -> Reply:
    return reply({"error": "Service Unavailable"}, 503)


def busy(request: Request) -> Reply:
    return reply({"error": "Too Many Requests"}, 429, {"Retry-After": "2.5"})


def read(client: MastraClient) -> object:
    return client.get_workflow("w").run_by_id("r")


@pytest.mark.parametrize(
    ("answer", "error_type"),
    [(refused, APIConnectionError), (timed_out, APITimeoutError), (unavailable, ServerError), (busy, RateLimitError)],
)
def test_a_failure_counts_attempts_and_seconds(answer: Callable[[Request], Any], error_type: type[MastraError]) -> None:
    """Attributes and text agree; the seconds are those of the clock that the client waits on."""
    client, transport = client_of(answer)
    with pytest.raises(error_type) as caught:
        read(client)
    waited = client.api.clock.monotonic()
    assert isinstance(caught.value, (APIConnectionError, APIStatusError))
    assert (caught.value.attempts, caught.value.seconds) == (4, waited)
    assert len(transport.requests) == 4
    assert str(caught.value).splitlines()[0].endswith(f", after 4 attempts in {waited:.1f} s")


@pytest.mark.parametrize("before", [timed_out, unavailable])
def test_what_an_attempt_before_has_sent_was_sent(before: Callable[[Request], Any]) -> None:
    """Though the last attempt did not leave; where none has left, it says so."""
    answers = iter([before, refused, refused, refused])

    def answer(request: Request) -> Any:
        return next(answers)(request)

    client, _ = client_of(answer)
    with pytest.raises(APIConnectionError, match="refused, after 4 attempts") as caught:
        read(client)
    assert caught.value.sent is None
    client, _ = client_of(refused)
    with pytest.raises(APIConnectionError) as caught:
        read(client)
    assert caught.value.sent is False


def test_an_attempt_for_which_no_time_is_left_is_not_made() -> None:
    """On a machine that sleeps longer than it was asked to: what the attempt before met is said, once."""
    client, transport = client_of(timed_out, timeout=1.0)
    sleep = client.api.clock.sleep
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client.api.clock, "sleep", lambda seconds: sleep(seconds + 60))
        with pytest.raises(APITimeoutError, match="timed out") as caught:
            read(client)
    assert (caught.value.attempts, caught.value.sent, len(transport.requests)) == (1, None, 1)


@pytest.mark.parametrize("answer", [timed_out, unavailable, busy])
def test_a_failure_that_was_caught_is_freed_at_once(answer: Callable[[Request], Any]) -> None:
    """Its traceback does not lead to itself, or the connections of a session would stay until Python looks for that."""
    client, _ = client_of(answer)

    def failure() -> weakref.ref[BaseException]:
        try:
            read(client)
        except MastraError as error:
            return weakref.ref(error)
        raise AssertionError

    gc.disable()
    try:
        assert failure()() is None
    finally:
        gc.enable()


def test_the_pauses_that_a_server_asks_for_count() -> None:
    """Three pauses of 2.5 s."""
    client, _ = client_of(busy)
    with pytest.raises(RateLimitError, match=r"after 4 attempts in 7\.5 s$"):
        read(client)


def test_one_attempt_that_was_over_at_once() -> None:
    """Nothing is said of it."""
    client, _ = client_of(unavailable, retries=0)
    with pytest.raises(ServerError) as caught:
        read(client)
    assert (caught.value.attempts, caught.value.seconds) == (1, 0.0)
    assert "attempt" not in str(caught.value)


def test_a_cancel_counts_its_attempts_too() -> None:
    """It looks at the run before each, and makes its own pauses."""
    client, transport = client_of(
        lambda request: busy(request) if request.url.endswith("/cancel") else {"runId": "r", "status": "running"}
    )
    with pytest.raises(RateLimitError, match=r"after 4 attempts in 7\.5 s$") as caught:
        client.get_workflow("w").get_run("r").cancel()
    assert caught.value.attempts == sum(route.endswith("/cancel") for route in transport.routes) == 4


def test_one_attempt_that_took_its_time() -> None:
    """Says how long it took."""

    def slow(request: Request) -> Reply:
        client.api.clock.sleep(61)
        return unavailable(request)

    client, _ = client_of(slow, retries=0)
    with pytest.raises(ServerError, match=r"after 1 attempt in 61 s$"):
        read(client)
