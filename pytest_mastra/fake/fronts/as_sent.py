"""A request as `http.client` and urllib3 would have sent it. No I/O."""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import version
from typing import Any

_USER_AGENT = f"python-urllib3/{version('urllib3')}"


@lru_cache(maxsize=512)
def headers_as_sent(netloc: str, headers: tuple[tuple[str, str | bytes], ...]) -> tuple[dict[str, str], bool]:
    """Return a request's headers with those that http.client and urllib3 add, and whether they keep the connection."""
    sent = {name: value if isinstance(value, str) else value.decode("latin-1") for name, value in headers}
    added = {"Host": netloc, "Accept-Encoding": "identity", "User-Agent": _USER_AGENT}
    lower = {name.lower(): value.lower() for name, value in sent.items()}
    return {name: value for name, value in added.items() if name.lower() not in lower} | sent, (
        lower.get("connection") != "close"
    )


def body_as_sent(body: Any) -> bytes:
    """Return a request's body: text, bytes, an iterable of them, or nothing."""
    if body is None or isinstance(body, (str, bytes)):
        return _in_bytes(body or b"")
    return b"".join(_in_bytes(part) for part in body)


def _in_bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text
