"""Which server the command talks to, and how suggested command lines name it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mastra_sync.cli.exits import Exit, Stop
from mastra_sync.cli.profiles import Profile, has_password
from mastra_sync.terminal.writing import printable

if TYPE_CHECKING:
    from mastra_sync.client import MastraClient

PROGRAM = "mastra-sync"
DEFAULT_PREFIX = "/api"


@dataclass(frozen=True, slots=True)
class Server:
    """The options that every command has.

    Attributes:
        url: As given, None to take it from the environment.
        api_prefix: As given, None for the usual one.
        headers: Names and values; the values may be secret.
        ca_file: As given, None to take it from the environment.
        client_cert: As given, None to take it from the environment.
        client_key: As given, None if it is in the same file, or the environment names it.
        profile: Says what was not given; None without one.
    """

    url: str | None
    api_prefix: str | None
    headers: tuple[tuple[str, str], ...]
    ca_file: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    profile: Profile | None = None

    def client(self) -> MastraClient:
        """Return a client of this server.

        Raises:
            Stop: `--url` holds a password, or a variable that the profile names is not set.
            InvalidArgument: Not an address, ...
        """
        # `--help` can do without libraries for HTTP and TLS
        from mastra_sync.client import MastraClient  # noqa: PLC0415

        if has_password(self.url or ""):
            raise Stop(
                Exit.USAGE,
                "a password in --url can be read by other users of the machine: give the address in MASTRA_BASE_URL",
            )
        given = {"url": self.url, "api_prefix": self.api_prefix, "ca_file": self.ca_file}
        if self.profile is not None:
            given = {name: getattr(self.profile, name) if value is None else value for name, value in given.items()}
        ca_file = given["ca_file"]
        if ca_file is not None and not Path(ca_file).expanduser().exists():
            # an http:// address has no use for it, and would not look for it
            raise Stop(Exit.USAGE, f"--ca-file: {printable(str(ca_file))} cannot be read: No such file or directory")
        headers = {**(self.profile.headers() if self.profile else {}), **dict(self.headers)}
        return MastraClient(
            given["url"],
            api_prefix=DEFAULT_PREFIX if given["api_prefix"] is None else given["api_prefix"],
            headers=headers,
            token=self.profile.token() if self.profile else None,
            verify=given["ca_file"],
            cert=self._cert(),
        )

    def _cert(self) -> tuple[str, str] | tuple[str, str, str] | str | None:
        """Return the certificate that is shown, None to leave it to the environment."""
        from mastra_sync.tls import CERT_VARIABLE, KEY_PASSWORD_VARIABLE  # noqa: PLC0415 -- as above

        profile = self.profile
        cert, key = self.client_cert, self.client_key
        password = os.environ.get(KEY_PASSWORD_VARIABLE)
        if cert is None and profile is not None and profile.client_cert is not None:
            cert, key = profile.client_cert, key or profile.client_key
            password = profile.key_password() or password
        if cert is None and key is not None:
            cert = os.environ.get(CERT_VARIABLE)
            if not cert:
                raise Stop(Exit.USAGE, "--client-key is the key of a certificate, which --client-cert must name")
        if cert is None:
            return None
        if password:
            return cert, key or cert, password
        return cert if key is None else (cert, key)

    def command(self, name: str, *arguments: str, options: Sequence[str] = (), last: Sequence[str] = ()) -> str:
        """Return a command line for this server, quoted for a shell, without headers' values.

        Args:
            name: The command.
            *arguments: Ids.
            options: Its own options.
            last: What comes after all options.
        """
        server = ["--profile", self.profile.name] if self.profile is not None else []
        if self.url is not None:
            server += ["--url", self.url]
        if self.api_prefix is not None and (self.api_prefix != DEFAULT_PREFIX or self.profile is not None):
            server += ["--api-prefix", self.api_prefix]
        if self.ca_file is not None:
            server += ["--ca-file", self.ca_file]
        if self.client_cert is not None:
            server += ["--client-cert", self.client_cert]
        if self.client_key is not None:
            server += ["--client-key", self.client_key]
        for header, _ in self.headers:
            server += ["--header", f"{header}=..."]
        if any(argument.startswith("-") for argument in arguments):
            return printable(shlex.join([PROGRAM, name, *options, *server, "--", *arguments, *last]))
        return printable(shlex.join([PROGRAM, name, *arguments, *options, *server, *last]))
