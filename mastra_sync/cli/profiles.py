"""Named servers in pyproject.toml, `[tool.mastra-sync.profiles.NAME]`: no secrets, only where to find them."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

from mastra_sync.cli.exits import Exit, Stop
from mastra_sync.suggest import did_you_mean, nearest_name
from mastra_sync.terminal.writing import printable

FILE = "pyproject.toml"
TABLE = "mastra-sync"
FILES = ("ca-file", "client-cert", "client-key")
KEYS = ("url", "api-prefix", *FILES, "client-key-password-env", "token-env", "headers-env")
_SECRETS = {"token": "token-env", "headers": "headers-env", "client-key-password": "client-key-password-env"}


@dataclass(frozen=True, slots=True)
class Profile:
    """What a profile says of its server; None where it says nothing.

    Attributes:
        name: Its name.
        url: The address.
        api_prefix: Where the API begins.
        ca_file: Whom to trust over TLS, a path that does not depend on the current folder.
        client_cert: The certificate that the server is shown; such a path too.
        client_key: Its key, if that is in a file of its own; such a path too.
        key_password_variable: The environment variable that has the key's password.
        token_variable: The environment variable that has the bearer token.
        header_variables: For headers the environment variables that have their values.
    """

    name: str
    url: str | None
    api_prefix: str | None
    ca_file: str | None
    client_cert: str | None
    client_key: str | None
    key_password_variable: str | None
    token_variable: str | None
    header_variables: Mapping[str, str]

    def token(self) -> str | None:
        """Return the token, None to take that of every client.

        Raises:
            Stop: Its variable is not set.
        """
        return None if self.token_variable is None else self._value_of(self.token_variable, "its token")

    def key_password(self) -> str | None:
        """Return the password of the key, None if the profile names none.

        Raises:
            Stop: Its variable is not set.
        """
        variable = self.key_password_variable
        return None if variable is None else self._value_of(variable, "the password of its key")

    def headers(self) -> dict[str, str]:
        """Return the headers.

        Raises:
            Stop: The variable of one is not set.
        """
        return {
            name: self._value_of(variable, f"the header {printable(name)}")
            for name, variable in self.header_variables.items()
        }

    def _value_of(self, variable: str, what: str) -> str:
        value = os.environ.get(variable)
        if not value:
            _refuse(f"profile {self.name!r} takes {what} from {printable(variable)}, which is not set")
        return value


def read_profile(name: str) -> Profile:
    """Return a profile of the nearest pyproject.toml that has any, in this folder or above.

    Raises:
        Stop: There is none of that name, or the file is wrong.
    """
    here = Path.cwd()
    paths = [folder / FILE for folder in (here, *here.parents)]
    tables = ((path, _table_of(path)) for path in paths if path.is_file())
    found = next(((path, table) for path, table in tables if table is not None), None)
    if found is None:
        _refuse(f"no {FILE} in {here} or above has a table [tool.{TABLE}.profiles.{printable(name)}]")
    path, table = found
    return _profile(name, table, path)


def _table_of(path: Path) -> Mapping[str, Any] | None:
    """Return our table of a file, None if it has none."""
    if sys.version_info >= (3, 11):
        import tomllib  # noqa: PLC0415 - only where a profile is asked for
    else:
        try:
            import tomli as tomllib  # noqa: PLC0415
        except ModuleNotFoundError:
            _refuse("--profile needs tomli on Python 3.10: pip install 'mastra-sync[cli]'")
    try:
        with path.open("rb") as file:
            tools = tomllib.load(file).get("tool")
    except (OSError, ValueError) as error:
        _refuse(f"cannot read {path}: {printable(str(error))}")
    table = tools.get(TABLE) if isinstance(tools, Mapping) else None
    if table is not None and not isinstance(table, Mapping):
        _refuse(f"{path}: [tool.{TABLE}] must be a table")
    return table


def _profile(name: str, table: Mapping[str, Any], path: Path) -> Profile:
    _check_names(table, ("profiles",), f"{path}: [tool.{TABLE}]")
    profiles = table.get("profiles")
    known = profiles if isinstance(profiles, Mapping) else {}
    if name not in known:
        hint = did_you_mean(nearest_name(name, known))
        _refuse(f"{path} has no profile {name!r} (it has: {', '.join(map(printable, known)) or 'none'}){hint}")
    where = f"{path}: [tool.{TABLE}.profiles.{printable(name)}]"
    settings = known[name]
    if not isinstance(settings, Mapping):
        _refuse(f"{where} must be a table")
    for secret, instead in _SECRETS.items():
        if secret in settings:
            _refuse(
                f"{where}: {secret!r} may be secret, and this is a file that is shared; {instead} names the variable"
            )
    _check_names(settings, KEYS, where)
    for key in KEYS:
        wanted = Mapping if key == "headers-env" else str
        if key in settings and not isinstance(settings[key], wanted):
            _refuse(f"{where}: {key!r} must be {'a table' if wanted is Mapping else 'a text'}")
    headers = settings.get("headers-env", {})
    for header, variable in headers.items():
        if not isinstance(variable, str):
            _refuse(f"{where}: the header {header!r} must have the name of a variable")
    if has_password(settings.get("url", "")):
        _refuse(
            f"{where}: 'url' has a password, and this is a file that is shared; give the address in MASTRA_BASE_URL"
        )
    ca_file, client_cert, client_key = (str(path.parent / settings[key]) if key in settings else None for key in FILES)
    return Profile(
        name,
        settings.get("url"),
        settings.get("api-prefix"),
        ca_file,
        client_cert,
        client_key,
        settings.get("client-key-password-env"),
        settings.get("token-env"),
        headers,
    )


def _check_names(table: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for name in table:
        if name not in known:
            hint = did_you_mean(nearest_name(name, known))
            _refuse(f"{where}: unknown key {name!r} (allowed: {', '.join(known)}){hint}")


def has_password(url: str) -> bool:
    """True if an address names a user, whose password would be in it."""
    try:
        return "@" in urlsplit(url).netloc
    except ValueError:
        return False


def _refuse(problem: str) -> NoReturn:
    raise Stop(Exit.USAGE, problem)
