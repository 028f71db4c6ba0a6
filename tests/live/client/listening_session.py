"""A session that notes what a client sends, for what no server shows."""

from __future__ import annotations

import json
import threading
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests


class Listener(requests.Session):
    """A session that notes its requests."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[requests.PreparedRequest] = []
        self._changed = threading.Condition()

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Note a request and send it."""
        with self._changed:
            self.sent.append(request)
            self._changed.notify_all()
        return super().send(request, **options)

    def queries(self) -> list[dict[str, list[str]]]:
        """Return each request's query."""
        return [parse_qs(urlsplit(str(request.url)).query) for request in self.sent]

    def bodies(self, route: str = "") -> list[dict[str, Any]]:
        """Return the bodies sent to a route, or to all, parsed."""
        chosen = [request for request in self.sent if urlsplit(str(request.url)).path.endswith(route)]
        return [json.loads(request.body) for request in chosen if request.body]

    def wait_for(self, count: int, timeout: float = 30.0) -> None:
        """Return once this many requests were sent."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.sent) >= count, timeout)
