"""A server elsewhere as a surface of this process: requests are passed on to it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests
import urllib3

from mastra_sync.tls import DEFAULT_TLS, TlsSettings
from pytest_mastra.http.wire import Cut, ProcessDied, WireReply, WireRequest

SECONDS_TO_CONNECT = 5.0

SECONDS_BETWEEN_PIECES = 300.0
"""How long a server may say nothing before it is given up."""

_KEPT_CONNECTIONS = 10
"""Of more at once urllib3 would say in the log that it discards some."""

_OF_THE_CONNECTION = frozenset({"connection", "content-length", "date", "keep-alive", "transfer-encoding"})
"""Headers that each connection has of its own."""


class ForwardingSurface:
    """Passes requests on to one server, over connections of its own.

    Any number of threads may ask. Nothing is sent twice and no redirect followed. A whole reply has come when it is
    given; a stream's chunks come as they are taken. Proxies are those of the environment.

    Args:
        origin: The server: scheme, host and port.
        tls: Whom to trust there, and who is asking.
    """

    def __init__(self, origin: str, tls: TlsSettings = DEFAULT_TLS) -> None:
        self._origin = origin
        timeout = urllib3.Timeout(connect=SECONDS_TO_CONNECT, read=SECONDS_BETWEEN_PIECES)
        with requests.Session() as session:
            usual = session.merge_environment_settings(origin, {}, None, None, None)
        bundle = usual["verify"]
        options: dict[str, Any] = {
            "timeout": timeout,
            "retries": False,
            "maxsize": _KEPT_CONNECTIONS,
            **_trust(tls, bundle if isinstance(bundle, str) else None),
        }
        proxy = requests.utils.select_proxy(origin, usual["proxies"])
        self._pools = urllib3.PoolManager(**options) if proxy is None else urllib3.ProxyManager(proxy, **options)

    def handle(self, request: WireRequest) -> WireReply:
        """Have the server answer; a connection that fails is one that fails for who asks."""
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _OF_THE_CONNECTION}
        try:
            response = self._pools.request(
                request.method,
                f"{self._origin}{request.target}",
                body=request.body or None,
                headers=headers,
                redirect=False,
                preload_content=False,
                decode_content=False,
            )
            return self._reply(response)
        except (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError):
            return _broken(Cut.REFUSED)
        except (urllib3.exceptions.HTTPError, OSError):
            return _broken(Cut.RESET)

    def close(self) -> None:
        """Close what is open."""
        self._pools.clear()

    def _reply(self, response: urllib3.BaseHTTPResponse) -> WireReply:
        headers = tuple(
            (name, value) for name, value in response.headers.items() if name.lower() not in _OF_THE_CONNECTION
        )
        chunked = response.headers.get("Transfer-Encoding", "").lower() == "chunked"
        body = _ChunksOf(response) if chunked else response.read(decode_content=False)
        return WireReply(response.status, headers, body, reason=response.reason)


class _ChunksOf:
    """A stream's chunks, as they come."""

    def __init__(self, response: urllib3.BaseHTTPResponse) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._response.read_chunked(decode_content=False)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise ProcessDied from error

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._response.close()


def _trust(tls: TlsSettings, usual: str | None) -> dict[str, Any]:
    """Return how connections over TLS are made, in the words of urllib3.

    Args:
        tls: What somebody said.
        usual: The authorities that the environment names; None if it names none.
    """
    cert, key = tls.cert if isinstance(tls.cert, tuple) else (tls.cert, None)
    own = {"cert_file": cert, "key_file": key, "key_password": tls.key_password}
    if tls.verify is False:
        return {"cert_reqs": "CERT_NONE", **own}
    where = tls.verify if isinstance(tls.verify, str) else usual or requests.utils.DEFAULT_CA_BUNDLE_PATH
    return {"ca_cert_dir" if Path(where).is_dir() else "ca_certs": where, **own}


def _broken(cut: Cut) -> WireReply:
    return WireReply(0, script=lambda _: iter([cut]))
