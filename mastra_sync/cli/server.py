"""Which server the command talks to, and how suggested command lines name it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mastra_sync.cli.exits import Exit, Stop
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
        api_prefix: As given.
        headers: Names and values; the values may be secret.
        ca_file: As given, None to take it from the environment.
    """

    url: str | None
    api_prefix: str
    headers: tuple[tuple[str, str], ...]
    ca_file: str | None = None

    def client(self) -> MastraClient:
        """Return a client of this server.

        Raises:
            Stop: `--url` holds a password.
            InvalidArgument: Not an address, ...
        """
        # `--help` can do without an HTTP library
        from mastra_sync.client import MastraClient  # noqa: PLC0415

        if _has_password(self.url or ""):
            raise Stop(
                Exit.USAGE,
                "a password in --url can be read by other users of the machine: give the address in MASTRA_BASE_URL",
            )
        return MastraClient(self.url, api_prefix=self.api_prefix, headers=dict(self.headers), verify=self.ca_file)

    def command(self, name: str, *arguments: str, options: Sequence[str] = (), last: Sequence[str] = ()) -> str:
        """Return a command line for this server, quoted for a shell, without headers' values.

        Args:
            name: The command.
            *arguments: Ids.
            options: Its own options.
            last: What comes after all options.
        """
        server = ["--url", self.url] if self.url is not None else []
        if self.api_prefix != DEFAULT_PREFIX:
            server += ["--api-prefix", self.api_prefix]
        if self.ca_file is not None:
            server += ["--ca-file", self.ca_file]
        for header, _ in self.headers:
            server += ["--header", f"{header}=..."]
        if any(argument.startswith("-") for argument in arguments):
            return printable(shlex.join([PROGRAM, name, *options, *server, "--", *arguments, *last]))
        return printable(shlex.join([PROGRAM, name, *arguments, *options, *server, *last]))


def _has_password(url: str) -> bool:
    try:
        return "@" in urlsplit(url).netloc
    except ValueError:
        return False
