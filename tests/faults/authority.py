"""A certificate authority of the tests' own, and servers that speak TLS by its certificates."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
from pathlib import Path

import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from tests.faults.loopback_server import PATIENCE, LoopbackServer
from tests.faults.wire_server import WireServer

LONG_AGO = dt.datetime(2001, 1, 1, tzinfo=dt.timezone.utc)


class Authority:
    """Signs certificates, and writes them where clients look for them.

    Args:
        folder: Where.

    Attributes:
        file: The authority's own certificate: what clients trust.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._authority = trustme.CA()
        self.file = folder / "authority.pem"
        self._authority.cert_pem.write_to_path(self.file)

    def server_context(
        self, *names: str, asks_client: bool = False, expired: bool = False, newest: ssl.TLSVersion | None = None
    ) -> ssl.SSLContext:
        """Return what a server speaks TLS with.

        Args:
            names: Of the server; by default those of this machine.
            asks_client: Whether clients must show a certificate of this authority.
            expired: Whether the certificate has run out.
            newest: The newest version of TLS that it speaks.
        """
        names = names or ("localhost", "127.0.0.1", "::1")
        until = LONG_AGO + dt.timedelta(days=1)
        issued = (
            self._authority.issue_cert(*names, not_before=LONG_AGO, not_after=until)
            if expired
            else self._authority.issue_cert(*names)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        issued.configure_cert(context)
        if asks_client:
            context.verify_mode = ssl.CERT_REQUIRED
            self._authority.configure_trust(context)
        if newest is not None:
            context.maximum_version = newest
        return context

    def client_files(self, password: str | None = None) -> tuple[Path, Path]:
        """Return the files of a client certificate and of its key.

        Args:
            password: What the key is encrypted by.
        """
        issued = self._authority.issue_cert("someone@example.org")
        cert, key = self._folder / "client.pem", self._folder / "client.key"
        cert.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
        text = issued.private_key_pem.bytes()
        if password is not None:
            opened = load_pem_private_key(text, None)
            text = opened.private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password.encode("utf-8"))
            )
        key.write_bytes(text)
        return cert, key


class SecureServer(WireServer):
    """A scripted server that speaks TLS.

    Args:
        context: What it does so with.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__()
        self.base_url = f"https://localhost:{self.port}"

    def serve(self, connection: socket.socket, number: int) -> None:
        with self._open_until_stop(self._context.wrap_socket(connection, server_side=True)) as secure:
            super().serve(secure, number)


class SecureFront(LoopbackServer):
    """Speaks TLS in front of a server that does not.

    Args:
        upstream: The port of that server.
        context: What TLS is spoken with.
    """

    def __init__(self, upstream: int, context: ssl.SSLContext) -> None:
        self._upstream = upstream
        self._context = context
        super().__init__()
        self.base_url = f"https://localhost:{self.port}"

    def serve(self, connection: socket.socket, number: int) -> None:
        with (
            self._open_until_stop(self._context.wrap_socket(connection, server_side=True)) as secure,
            self._open_until_stop(socket.create_connection(("127.0.0.1", self._upstream), PATIENCE)) as upstream,
        ):
            upstream.settimeout(None)
            self._run(self._pass_on, upstream, secure)
            self._pass_on(secure, upstream)

    @staticmethod
    def _pass_on(source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            # one of the two has hung up
            pass
