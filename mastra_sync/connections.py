"""Connections whose every read and write keeps to a call's deadline, whatever the other end does.

A limit for each read would not do: a server that sends a byte now and then never runs into it.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import ssl
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from functools import cache
from http.client import RemoteDisconnected
from typing import Any, TypeVar

import urllib3
from urllib3.connection import HTTPConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util.connection import allowed_gai_family

from mastra_sync.deadline import Deadline

_DEADLINE: ContextVar[Deadline | None] = ContextVar("deadline", default=None)

_Done = TypeVar("_Done")


@contextlib.contextmanager
def keep_to(deadline: Deadline) -> Iterator[None]:
    """Have what this thread sends meanwhile, and reads of its replies, keep to a deadline."""
    token = _DEADLINE.set(deadline)
    try:
        yield
    finally:
        _DEADLINE.reset(token)


def seconds_left() -> float | None:
    """Return how long the call may still take that this thread sends a request for.

    None without a limit, and outside of calls.
    """
    deadline = _DEADLINE.get()
    return None if deadline is None else deadline.whole.clamp(None)


def set_deadline(sock: socket.socket, deadline: Deadline) -> None:
    """Have a socket's reads from now on keep to this deadline alone.

    A socket that is not of this module has no limit then.
    """
    if isinstance(sock, _InTime):
        sock.deadline = deadline
    sock.settimeout(None)


@contextlib.contextmanager
def without_waiting(reader: Any) -> Iterator[bool]:
    """Have a reader give what it holds and wait for nothing; False if it cannot.

    Args:
        reader: What a connection's `makefile` has made. That of a socket that is not of this module waits.
    """
    sock = socket_of(reader)
    if not isinstance(sock, _InTime):
        yield False
        return
    sock.is_at_rest = True
    try:
        yield True
    finally:
        sock.is_at_rest = False


def socket_of(reader: Any) -> socket.socket | None:
    """Return the socket below what a connection's `makefile` has made, if there is one."""
    found = getattr(getattr(reader, "raw", None), "_sock", None)
    return found if isinstance(found, socket.socket) else None


def _left(deadline: Deadline, patience: float | None) -> float | None:
    """Return the seconds that an operation may take; never 0, which means not to wait."""
    left = deadline.clamp(patience)
    return None if left is None else max(left, 0.001)


class _InTime(socket.socket):
    """Mixed into a socket class: no operation outlives the deadline, however many there are.

    Attributes:
        deadline: None without limit.
        met_end: True once the other end has said that nothing more comes.
        is_at_rest: True while a read is not to ask the other end for anything: there is nothing, then.
    """

    deadline: Deadline | None = None
    met_end: bool = False
    is_at_rest: bool = False
    _patience: float | None = None

    def settimeout(self, value: float | None) -> None:
        self._patience = value
        if self.deadline is None:
            super().settimeout(value)

    def gettimeout(self) -> float | None:
        # a TLS handshake takes its limit from here
        return self._patience if self.deadline is None else _left(self.deadline, self._patience)

    def recv_into(self, buffer: Any, *arguments: Any) -> int:
        if self.is_at_rest:
            raise BlockingIOError(errno.EAGAIN, "nothing is read now")
        count = self._in_time(super().recv_into, buffer, *arguments)
        self.met_end = self.met_end or count == 0
        return count

    def recv(self, *arguments: Any) -> bytes:
        return self._in_time(super().recv, *arguments)

    def send(self, *arguments: Any) -> int:
        return self._in_time(super().send, *arguments)

    def _in_time(self, operation: Callable[..., _Done], *arguments: Any) -> _Done:
        if self.deadline is None:
            return operation(*arguments)
        left = self.deadline.clamp(self._patience)
        if left == 0:
            raise TimeoutError("timed out")
        super().settimeout(left)
        try:
            return operation(*arguments)
        except TimeoutError:
            self.deadline.count(left or 0.0)
            raise


class _Socket(_InTime):
    """A plain one."""

    def sendall(self, *arguments: Any) -> None:
        # with a limit for all of it, as Python has it
        self._in_time(super().sendall, *arguments)


class _TLSSocket(_InTime, ssl.SSLSocket):
    """One that speaks TLS, whose `sendall` sends piece by piece."""


class _Bounded(HTTPConnection):
    """Mixed into a connection class: its sockets keep to the deadline of what is sent."""

    def _new_conn(self) -> socket.socket:
        made: socket.socket = super()._new_conn()
        patience = made.gettimeout()
        sock = _Socket(made.family, made.type, made.proto, fileno=made.detach())
        sock.settimeout(patience)
        _bound(sock)
        return sock

    def _connect_tls_proxy(self, *arguments: Any) -> Any:
        sock = super()._connect_tls_proxy(*arguments)  # type: ignore[misc] # of connections over TLS
        _bound(sock)
        return sock

    def connect(self) -> None:
        super().connect()
        _bound(self.sock)

    def request(self, *arguments: Any, **named: Any) -> None:
        if self.sock is not None:
            _bound(self.sock)
        super().request(*arguments, **named)

    def getresponse(self) -> Any:
        sock = self.sock
        response = super().getresponse()
        # http.client takes the end of the connection for the end of the headers
        if getattr(sock, "met_end", False):
            response.close()
            self.close()
            raise RemoteDisconnected("Remote end closed connection inside the headers")
        return response


class _AddressByAddress(HTTPConnection):
    """Mixed into a connection class: the addresses of a name share the deadline."""

    def _new_conn(self) -> socket.socket:
        name, timeout, deadline = self._dns_host, self.timeout, _DEADLINE.get()
        failure: Exception | None = None
        try:
            for address in _addresses(name, self.port):
                self.host = address
                if deadline is not None:
                    self.timeout = _left(deadline, timeout)
                try:
                    return super()._new_conn()
                except (NewConnectionError, ConnectTimeoutError) as error:
                    failure = error
        finally:
            self.host, self.timeout = name, timeout
        raise failure or OSError("the name has no address")


def _addresses(name: str, port: int) -> list[str]:
    """Return the addresses of a name; the name itself if it cannot be looked up.

    What stands in an address for the network that it is of (`fe80::1%eth0`) is written `%25` in URLs.
    """
    own = name.strip("[]")
    try:
        found = socket.getaddrinfo(
            own.replace("%25", "%") if ":" in own else own, port, allowed_gai_family(), socket.SOCK_STREAM
        )
    except (OSError, UnicodeError):
        return [name]
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _bound(sock: Any) -> None:
    """Have a socket keep to the deadline of what this thread sends."""
    if type(sock) is ssl.SSLSocket:
        # made by a context that may be shared with others; nothing else says what class it makes
        sock.__class__ = _TLSSocket
    # TLS inside TLS is spoken over a socket of its own
    inner = sock if isinstance(sock, socket.socket) else getattr(sock, "socket", None)
    if isinstance(inner, _InTime):
        inner.deadline = _DEADLINE.get()
        inner.met_end = False


def bounded(pool: Any) -> Any:
    """Have the connections that a pool is going to make keep to deadlines, and return it.

    What a test tool has put in place of connections is left as it is.
    """
    plain = urllib3.HTTPSConnectionPool if pool.scheme == "https" else urllib3.HTTPConnectionPool
    replaced = plain.ConnectionCls.__module__ != HTTPConnection.__module__
    pool.ConnectionCls = plain.ConnectionCls if replaced else _bounded_class(type(pool).ConnectionCls)
    return pool


@cache
def _bounded_class(connection_class: type[Any]) -> type[Any]:
    """Return a connection class that keeps to deadlines; its name stays, for it stands in messages."""
    # one that asks a SOCKS proxy looks no name up
    own_way = connection_class._new_conn is not HTTPConnection._new_conn  # noqa: SLF001 - what is to be replaced
    mixed_in = (_Bounded,) if own_way else (_Bounded, _AddressByAddress)
    return type(connection_class.__name__, (*mixed_in, connection_class), {})
