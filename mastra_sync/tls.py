"""TLS: which servers a client trusts, and by which certificate it shows who it is."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from mastra_sync.errors import InvalidArgument

CA_VARIABLE = "MASTRA_CA_FILE"
CERT_VARIABLE = "MASTRA_CLIENT_CERT"
KEY_VARIABLE = "MASTRA_CLIENT_KEY"
KEY_PASSWORD_VARIABLE = "MASTRA_CLIENT_KEY_PASSWORD"  # noqa: S105 -- the name of a variable

FilePath: TypeAlias = str | os.PathLike[str]
Verify: TypeAlias = bool | FilePath | None
Cert: TypeAlias = FilePath | tuple[FilePath, FilePath] | tuple[FilePath, FilePath, str] | None

_LONGEST_CERT = 3
"""A certificate, its key, and the key's password."""

_BY_HASH = re.compile(r"[0-9a-f]{8}\.\d+")
"""The name by which OpenSSL looks for an authority's certificate in a folder."""


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """How connections over TLS are made, as requests and urllib3 take it.

    Attributes:
        verify: The file or folder of trusted authorities; True for those that requests knows, False to trust anyone.
        cert: A client certificate, with its key in the same file or in one of its own.
        key_password: Opens that key.
    """

    verify: bool | str = True
    cert: str | tuple[str, str] | None = None
    key_password: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, verify: Verify, cert: Cert, url: str, environment: Mapping[str, str]) -> TlsSettings:
        """Return the settings for one server; what it has no use for is not looked at.

        Args:
            verify: What a client was given.
            cert: What a client was given.
            url: The server's address.
            environment: May name the authorities where `verify` does not, and the certificate where `cert` does not.

        Raises:
            InvalidArgument: Not what it may be, no such file, not a certificate, a key that cannot be opened.
        """
        source = "verify"
        if verify is None:
            source, verify = CA_VARIABLE, environment.get(CA_VARIABLE) or True
        if not isinstance(verify, bool):
            verify = _absolute(verify, source)
        chain = _checked_chain(cert) if cert is not None else _chain_of(environment)
        made = cls(verify, chain[0] if len(chain) == 1 else (chain[0], chain[1]) if chain else None, *chain[2:])
        if not url.lower().startswith("https:"):
            return DEFAULT_TLS
        if isinstance(verify, str) and (problem := problem_of_authorities(verify)):
            raise InvalidArgument(source, problem)
        _try_certificate(made, "cert" if cert is not None else CERT_VARIABLE)
        return made


DEFAULT_TLS = TlsSettings()


def _absolute(path: Any, argument: str) -> str:
    """Return a file's path, whatever the folder in which it will be opened."""
    try:
        text = os.fspath(path)
    except TypeError:
        text = b""
    if not isinstance(text, str):
        what = "must be True, False or the path of a file" if argument == "verify" else "must be the path of a file"
        raise InvalidArgument(argument, f"{what}, not {type(path).__name__}")
    if not text or "\0" in text:
        raise InvalidArgument(argument, "must be the path of a file, and is empty or has a null character in it")
    return str(Path(text).expanduser().absolute())


def _checked_chain(cert: Any) -> tuple[str, ...]:
    """Return a certificate's file, its key's, and the key's password, if given."""
    if cert is None:
        return ()
    parts = cert if isinstance(cert, (tuple, list)) else (cert,)
    if not 1 <= len(parts) <= _LONGEST_CERT:
        raise InvalidArgument("cert", "must be one file, or a pair (certificate, key), or (certificate, key, password)")
    password = parts[2:]
    if not all(isinstance(word, str) for word in password):
        raise InvalidArgument("cert[2]", f"the key's password must be a string, not {type(password[0]).__name__}")
    places = ("cert",) if len(parts) == 1 else ("cert[0]", "cert[1]")
    return (*(_absolute(path, place) for path, place in zip(parts, places, strict=False)), *password)


def _chain_of(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the chain that the environment names, as far as it does."""
    cert, key = environment.get(CERT_VARIABLE), environment.get(KEY_VARIABLE)
    if not cert:
        if key:
            raise InvalidArgument(KEY_VARIABLE, f"is the key of a certificate, which {CERT_VARIABLE} must name")
        return ()
    file = _absolute(cert, CERT_VARIABLE)
    password = environment.get(KEY_PASSWORD_VARIABLE)
    if not key and not password:
        return (file,)
    return (file, _absolute(key, KEY_VARIABLE) if key else file, *filter(None, [password]))


def problem_of_authorities(path: str) -> str | None:
    """Return why nothing can be trusted by a file or folder; None if something can."""
    if Path(path).is_dir():
        by_hash = any(_BY_HASH.fullmatch(entry.name) for entry in Path(path).iterdir())
        return None if by_hash else f"{path} has no certificates by hash, as `openssl rehash` names them"
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except ssl.SSLError:
        return f"{path} has no certificates in PEM (-----BEGIN CERTIFICATE-----)"
    except OSError as error:
        return problem_of_file(path) or f"{path} cannot be read: {error.strerror}"
    return None


def problem_of_file(path: str) -> str | None:
    """Return why a file cannot be read, None if it can."""
    try:
        with Path(path).open("rb"):
            return None
    except OSError as error:
        return f"{path} cannot be read: {error.strerror}"


class _Locked(Exception):
    """A key is encrypted and its password was not given."""


def _try_certificate(settings: TlsSettings, source: str) -> None:
    """Load a client certificate; OpenSSL would ask the terminal for a password that is missing."""
    if settings.cert is None:
        return
    file, key = (settings.cert, None) if isinstance(settings.cert, str) else settings.cert
    key_file = key or file

    def password() -> str:
        if settings.key_password is None:
            raise _Locked
        return settings.key_password

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(file, key, password)
    except _Locked:
        how = HOW_TO_OPEN if source == "cert" else f"{KEY_PASSWORD_VARIABLE} has its password"
        raise InvalidArgument(source, f"the key in {key_file} is encrypted: {how}") from None
    except ssl.SSLError as error:
        raise InvalidArgument(source, _problem_of_key(error, file, key_file, settings.key_password)) from None
    except OSError:
        unread = file if problem_of_file(file) else key_file
        raise InvalidArgument(source, problem_of_file(unread) or f"{unread} cannot be read") from None


HOW_TO_OPEN = "give its password too, as (certificate, key, password)"


def _problem_of_key(error: ssl.SSLError, file: str, key_file: str, password: str | None) -> str:
    if error.reason == "KEY_VALUES_MISMATCH":
        return f"the key in {key_file} is not that of the certificate in {file}"
    if password is not None:
        # what OpenSSL says of a wrong password depends on how the key was encrypted
        return f"the key in {key_file} cannot be opened: is the password its own?"
    files = file if file == key_file else f"{file} and {key_file}"
    return f"{files} must have a certificate and its key in PEM"
