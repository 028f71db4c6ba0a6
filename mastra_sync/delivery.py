"""How a request was sent: what authorized it, over which proxy it went; no secrets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_KINDS = {"bearer": "A token was sent", "basic": "A user and a password were sent"}
_NOTHING_SENT = "No Authorization header was sent"
HOW_TO_GIVE_TOKEN = "MASTRA_API_TOKEN or the argument token gives one"  # noqa: S105 - advice


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a client knows of a request that was answered.

    Attributes:
        credentials: What it was authorized by, in words; None if it had no `Authorization`.
        source: Where that came from, in words; None if it had none.
        proxy: Returns the proxy that it went over, in words; empty if there was none.
    """

    credentials: str | None = None
    source: str | None = None
    proxy: Callable[[], str] = str

    @classmethod
    def of(cls, headers: Mapping[str, Any], source: str | None, proxy: Callable[[], str]) -> Delivery:
        """Return how a request was delivered.

        Args:
            headers: As they were sent.
            source: Where its `Authorization` comes from, if it has one.
            proxy: Returns the proxy in words.
        """
        given = headers.get("Authorization")
        if not given:
            return cls(proxy=proxy)
        text = given.decode("latin-1") if isinstance(given, bytes) else str(given)
        return cls(_KINDS.get(text.partition(" ")[0].lower(), "An Authorization header was sent"), source, proxy)

    def proxy_in_words(self) -> str:
        """Return which proxy an answer came over; empty if over none."""
        proxy = self.proxy()
        return f"It came over the proxy {proxy}." if proxy else ""

    def authorization_in_words(self, how_to_give: str = HOW_TO_GIVE_TOKEN) -> str:
        """Return what is said of a request that was let in nowhere."""
        if self.credentials is None:
            return f"{_NOTHING_SENT}; {how_to_give}."
        return f"{self.credentials}, from {self.source}; the server does not accept it."
