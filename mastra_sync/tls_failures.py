"""Connections over TLS that did not come about: what to set."""

from __future__ import annotations

import os
import ssl
from typing import Any
from urllib.parse import urlsplit

import requests

from mastra_sync.session_settings import merged_settings
from mastra_sync.tls import CA_VARIABLE, CERT_VARIABLE, problem_of_authorities

HOW_TO_TRUST = f"{CA_VARIABLE} or MastraClient(verify=...)"
HOW_TO_SHOW = f"{CERT_VARIABLE} or MastraClient(cert=(certificate, key))"

_UNTRUSTED = frozenset({2, 18, 19, 20, 21})
"""OpenSSL's codes of a chain that leads to no authority that is trusted."""

_OTHER_NAME = frozenset({62, 64})
_NOT_YET, _EXPIRED = 9, 10

_ABOUT_CLIENT = ("CERTIFICATE_REQUIRED", "ALERT_UNKNOWN_CA", "ALERT_BAD_CERTIFICATE", "ALERT_UNSUPPORTED_CERTIFICATE")
_ABOUT_CLIENT_TOO = ("ALERT_CERTIFICATE_", "ALERT_HANDSHAKE_FAILURE", "ALERT_ACCESS_DENIED")
"""What servers say of a client certificate, or of one that is missing."""

_NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG")
"""What OpenSSL says of an answer that is no TLS."""


def is_refused_handshake(cause: BaseException) -> bool:
    """Return True if a connection never came about, and trying again will not change that."""
    if isinstance(cause, ssl.SSLCertVerificationError):
        return True
    return _is_one_of(cause, (*_ABOUT_CLIENT, *_ABOUT_CLIENT_TOO, *_NO_TLS))


def advice(cause: BaseException | None, session: requests.Session | None, url: str, trust: str = HOW_TO_TRUST) -> str:
    """Return what to do about a connection that failed; empty if TLS was not the reason.

    Args:
        cause: What the libraries below say.
        session: What sent; None where that is not known.
        url: The server's address.
        trust: How authorities are named.
    """
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _advice_on_server(getattr(cause, "verify_code", 0), session, url, trust)
    if _is_one_of(cause, _NO_TLS):
        return f"What answers at {urlsplit(url).netloc} speaks no TLS: is its address http://?"
    cert = None if session is None else session.cert
    if _is_one_of(cause, (*_ABOUT_CLIENT, *_ABOUT_CLIENT_TOO)):
        if cert is None:
            return f"No client certificate was shown: {HOW_TO_SHOW} gives one."
        shown = cert if isinstance(cert, str) else cert[0]
        return f"The client certificate is {shown}; the server refuses the connection."
    return ""


def problem_of_bundle(error: BaseException, session: requests.Session, url: str) -> tuple[str, str] | None:
    """Return who names authorities that cannot be loaded, and why; None if nobody does."""
    cause_is_file = type(error) is OSError or isinstance(error, requests.exceptions.SSLError)
    if not cause_is_file or not url.lower().startswith("https:"):
        return None
    trusted = merged_settings(session, url)["verify"]
    problem = problem_of_authorities(trusted) if isinstance(trusted, str) else None
    return None if problem is None else (_source_of(trusted, session), problem)


def _is_one_of(cause: BaseException | None, reasons: tuple[str, ...]) -> bool:
    said = str(getattr(cause, "reason", None) or "") if isinstance(cause, ssl.SSLError) else ""
    return any(reason in said for reason in reasons)


def _advice_on_server(code: int, session: requests.Session | None, url: str, trust: str) -> str:
    if code in _OTHER_NAME:
        return "The certificate is for other names: the address must have one of them."
    if code == _EXPIRED:
        return "The server's certificate has run out, and needs to be renewed there."
    if code == _NOT_YET:
        return "The server's certificate is not valid yet: is this machine's clock right?"
    if code not in _UNTRUSTED:
        return ""
    known = "" if session is None else f"Trusted are {_trusted_in_words(session, url)}. "
    return f"{known}{trust} names the file with the certificate of the server's authority."


def _trusted_in_words(session: requests.Session, url: str) -> str:
    trusted: Any = merged_settings(session, url)["verify"]
    if not isinstance(trusted, str):
        return "the authorities that come with requests (certifi)"
    return f"the authorities in {trusted} ({_source_of(trusted, session)})"


def _source_of(trusted: str, session: requests.Session) -> str:
    """Return who has named authorities, as far as it shows."""
    if session.verify == trusted:
        return "verify"
    names = (name for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE") if os.environ.get(name))
    return next(names, "verify")
