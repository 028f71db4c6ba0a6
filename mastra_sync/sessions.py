"""Sessions of `requests`, lent to one request at a time, and their adapter."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import requests
import urllib3
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.cookies import RequestsCookieJar
from urllib3.connection import HTTPConnection
from urllib3.util import Retry

from mastra_sync.connections import bounded
from mastra_sync.deadline import Clock
from mastra_sync.errors import ClientClosed
from mastra_sync.quiet_pools import quieten
from mastra_sync.tls import TlsSettings

IDLE_LIMIT = 4.0
"""Seconds after which a pooled connection is not used again: Mastra's servers close it after five."""

AdapterWrapper = Callable[[HTTPAdapter], BaseAdapter]
"""Returns the adapter that is to send what the given one would."""


@dataclass(slots=True)
class _IdleSession:
    session: requests.Session
    since: float


class SessionPool:
    """Sessions that are free; the one used last is lent first, for its connections are warm."""

    def __init__(self, clock: Clock, adapter: AdapterWrapper | None, tls: TlsSettings) -> None:
        self._clock = clock
        self._adapter = adapter
        self._tls = tls
        self._idle: list[_IdleSession] = []
        self._cookies = RequestsCookieJar()
        self._lock = threading.Lock()
        self._closed = False
        self._process = os.getpid()

    @contextlib.contextmanager
    def lend(self) -> Iterator[requests.Session]:
        """Give a session to one request."""
        session = self._take()
        try:
            yield session
        finally:
            with self._lock:
                if not self._closed:
                    self._idle.append(_IdleSession(session, self._clock.monotonic()))
            if self._closed:
                session.close()

    def hang_up(self, session: requests.Session) -> None:
        """Close a session's connections; it goes on with others."""
        session.close()

    def close(self) -> None:
        """Close all connections, and lend no more sessions."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for entry in idle:
            entry.session.close()

    def _take(self) -> requests.Session:
        with self._lock:
            if self._closed:
                raise ClientClosed
            if self._process != os.getpid():
                # a forked process must not speak on its parent's connections
                self._idle, self._process = [], os.getpid()
            entry = self._idle.pop() if self._idle else None
        if entry is None:
            return self._new_session()
        if self._clock.monotonic() - entry.since > IDLE_LIMIT:
            # drops the pooled connections; the session itself goes on
            entry.session.close()
        return entry.session

    def _new_session(self) -> requests.Session:
        session = requests.Session()
        session.cookies = self._cookies
        session.verify = self._tls.verify
        session.cert = self._tls.cert
        own = _Adapter(self._tls.key_password)
        adapter = own if self._adapter is None else self._adapter(own)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        return session


@dataclass(slots=True)
class BorrowedSession:
    """A session of the caller's, who says how it is shared and when it is closed."""

    session: requests.Session
    closed: bool = field(default=False)

    @contextlib.contextmanager
    def lend(self) -> Iterator[requests.Session]:
        """Give the caller's session to a request."""
        if self.closed:
            raise ClientClosed
        yield self.session

    def hang_up(self, session: requests.Session) -> None:
        """Leave the caller's connections to the caller."""

    def close(self) -> None:
        """Lend the session no more; it stays open."""
        self.closed = True


class _Adapter(HTTPAdapter):
    """Keeps quiet connections alive, so that one whose other end has vanished is found out.

    What urllib3 logs of its requests is without their queries, and what is sent keeps to its deadline.

    Args:
        key_password: Opens the key of the client certificate, which requests itself cannot do.
    """

    def __init__(self, key_password: str | None) -> None:
        self._of_key: dict[str, Any] = {} if key_password is None else {"key_password": key_password}
        # trying again is for `api.py`: urllib3 would warn of it with the whole address, whose query may hold secrets
        super().__init__(max_retries=Retry(connect=0, read=0, redirect=0, status=0, other=0, raise_on_status=False))

    def init_poolmanager(self, *args: Any, **keywords: Any) -> None:
        keep_alive = (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        options = [*HTTPConnection.default_socket_options, keep_alive]
        super().init_poolmanager(*args, **{**keywords, **self._of_key, "socket_options": options})
        quieten(self.poolmanager)

    def get_connection_with_tls_context(self, *arguments: Any, **named: Any) -> Any:
        return bounded(super().get_connection_with_tls_context(*arguments, **named))

    def proxy_manager_for(self, proxy: str, **options: Any) -> urllib3.PoolManager:
        return quieten(super().proxy_manager_for(proxy, **self._of_key, **options))
