"""What puts a token on a request, and knows the request as it is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import requests
from requests.auth import AuthBase, HTTPBasicAuth

from mastra_sync.arguments import checked_header


class Authorization(AuthBase):
    """Puts the token on a request.

    That it is there, token or not, keeps requests from looking into ~/.netrc.

    Args:
        token: Becomes a bearer header.
        own: What a borrowed session authorizes its requests by; it does so instead.

    Attributes:
        prepared: The request as it is sent; None before that.
    """

    def __init__(self, token: str | None, own: Any = None) -> None:
        self._token = None if not token else checked_header(token, "token")
        # as requests reads it
        self._own: Callable[..., Any] | None = HTTPBasicAuth(*own) if isinstance(own, tuple) else own
        self.prepared: requests.PreparedRequest | None = None

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        """Authorize a request that is made."""
        self.prepared = prepared
        if self._own is not None:
            # requests takes over what it has changed of another one
            made: requests.PreparedRequest = self._own(prepared)
            return made
        if self._token:
            prepared.headers["Authorization"] = f"Bearer {self._token}"
        return prepared
