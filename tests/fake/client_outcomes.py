"""What a client meets at a front, in a form that can be compared."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests

from pytest_mastra.http.wire import WireReply, WireRequest

Handler = Callable[[WireRequest], WireReply]


class Scripted:
    """A surface that answers by a function, and keeps what it was asked.

    Attributes:
        requests: All requests, in order.
    """

    def __init__(self, answer: Handler | WireReply) -> None:
        self._answer = answer
        self.requests: list[WireRequest] = []

    def handle(self, request: WireRequest) -> WireReply:
        self.requests.append(request)
        return self._answer(request) if callable(self._answer) else self._answer


@dataclass(frozen=True)
class Outcome:
    """What came of one request: the parts of a reply that came, and its exception."""

    status: int | None
    headers: tuple[tuple[str, str], ...]
    chunks: tuple[bytes, ...]
    error: str | None


def outcome(
    url: str,
    method: str = "GET",
    *,
    timeout: float = 30.0,
    session: requests.Session | None = None,
    read: Callable[[requests.Response], Any] | None = None,
    **options: Any,
) -> Outcome:
    """Send a request and read its reply chunk by chunk."""
    status = None
    headers: tuple[tuple[str, str], ...] = ()
    chunks: list[bytes] = []
    error = None
    own = requests.Session()
    try:
        with (session or own).request(method, url, timeout=timeout, stream=True, **options) as response:
            status = response.status_code
            headers = tuple(pair for pair in response.raw.headers.items() if pair[0] != "Date")
            chunks.extend((read or _chunks)(response))
    except Exception as problem:  # noqa: BLE001 - which one it is, is what is compared
        error = _in_words(problem)
    finally:
        own.close()
    return Outcome(status, headers, tuple(chunks), error)


def _chunks(response: requests.Response) -> Any:
    return response.iter_content(None)


def by_read1(response: requests.Response) -> list[bytes]:
    """Read as `mastra_sync` does.

    Where one write of the server ends is not kept by a network.
    """
    parts = []
    while part := response.raw.read1(65536, decode_content=True):
        parts.append(part)
    return [b"".join(parts)]


def _in_words(problem: BaseException) -> str:
    """Return an exception and all that it stands for, without what differs between any two connections."""
    words = []
    error: BaseException | None = problem
    while error is not None:
        words.append(f"{type(error).__module__}.{type(error).__qualname__}: {error}")
        error = error.__context__
    text = "\n".join(words)
    return re.sub(r"host='[^']*', port=\d+", "host, port", re.sub(r" at 0x[0-9a-f]+", "", text))
