"""Connection pools of urllib3's that show no secret in what they log or raise.

A query may hold a request context, and a bad header line what was sent.
"""

from __future__ import annotations

from functools import cache
from http.client import HTTPException, HTTPResponse
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HeaderParsingError
from urllib3.util.response import assert_header_parsing


class _Target(str):
    """A request's whole target, which is shown without its query."""

    __slots__ = ()

    def __str__(self) -> str:
        return self.partition("?")[0]


class _Response(HTTPResponse):
    """An answer whose headers are whole.

    urllib3 would go by those before the first bad line, and show the rest in a warning: servers may echo secrets there.
    """

    def begin(self) -> None:
        super().begin()
        try:
            assert_header_parsing(self.msg)
        except HeaderParsingError:
            raise HTTPException("the answer has a header line that is none") from None


class _QuietConnection(HTTPConnection):
    """Mixed into a connection class: only what is written on the wire has the query."""

    response_class = _Response

    _whole_target: str | None = None

    def request(self, method: str, url: str, *arguments: Any, **named: Any) -> None:
        if not isinstance(url, _Target):
            super().request(method, url, *arguments, **named)
            return
        self._whole_target = url[:]
        try:
            super().request(method, str(url), *arguments, **named)
        finally:
            self._whole_target = None

    def putrequest(self, method: str, url: str, *arguments: Any, **named: Any) -> None:
        super().putrequest(method, self._whole_target or url, *arguments, **named)


class _QuietPool(urllib3.HTTPConnectionPool):
    """Mixed into a pool class: its messages show targets without their queries."""

    def _make_request(self, conn: Any, method: str, url: str, *arguments: Any, **named: Any) -> Any:
        # a connection that somebody put in instead would send what is shown
        target = _Target(url) if isinstance(conn, _QuietConnection) else url
        return super()._make_request(conn, method, target, *arguments, **named)


def quieten(manager: urllib3.PoolManager) -> urllib3.PoolManager:
    """Have the pools that a manager is going to open name no query, and return it."""
    pools: Any = manager.pool_classes_by_scheme
    manager.pool_classes_by_scheme = {scheme: _quiet_pool(pool_class) for scheme, pool_class in pools.items()}
    return manager


@cache
def _quiet_pool(pool_class: type[Any]) -> type[Any]:
    """Return a pool class that names no query; its name stays, for it stands in messages."""
    if issubclass(pool_class, _QuietPool):
        return pool_class
    connection_class = pool_class.ConnectionCls
    connection = type(connection_class.__name__, (_QuietConnection, connection_class), {})
    return type(pool_class.__name__, (_QuietPool, pool_class), {"ConnectionCls": connection})
