"""The proxy that requests go over, and its part in what went wrong."""

from __future__ import annotations

import base64
import os
from urllib.parse import urlsplit

import requests
import urllib3
from requests.utils import get_auth_from_url, select_proxy

from mastra_sync.session_settings import merged_settings

OVER_PROXY = ", over the proxy "
"""How a problem goes on that may be the proxy's, not the server's."""

_SETTINGS = "(HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY say when it is used, or the session)"


def problem_of_address(
    error: requests.exceptions.RequestException, session: requests.Session | None, url: str
) -> str | None:
    """Return what is wrong with the proxy's address; None if it is not what requests refused.

    Args:
        error: What requests raised of an address.
        session: What sends; None where no request is sent.
        url: The server's address, which requests refuses by the same exceptions.
    """
    reason = error.args[0] if error.args else None
    is_about_proxy = (
        isinstance(error, requests.exceptions.InvalidProxyURL)
        or isinstance(reason, urllib3.exceptions.LocationValueError)
        or str(reason).startswith("Missing dependencies for SOCKS")
    )
    proxy = _proxy_for(session, url) if is_about_proxy else None
    if proxy is None:
        return None
    if proxy.startswith("socks"):
        return f"{proxy!r} cannot be used without PySocks: pip install 'requests[socks]' {_SETTINGS}"
    return f"{proxy!r} is not the address of a proxy, like 'http://proxy:3128' {_SETTINGS}"


def part_in_failure(session: requests.Session | None, url: str) -> str:
    """Return how a failure's words go on if a proxy was in between.

    Args:
        session: What sent; None where no request is sent.
        url: The server's address.
    """
    proxy = in_words(session, url)
    return f"{OVER_PROXY}{proxy}" if proxy else ""


def in_words(session: requests.Session | None, url: str) -> str:
    """Return the proxy that requests go over, and who says so; empty without one."""
    proxy = _proxy_for(session, url)
    if session is None or proxy is None:
        return ""
    return f"{proxy} of {_source_of(session, url)}"


def _source_of(session: requests.Session, url: str) -> str:
    """Return who has set a proxy: the session, a variable, or the machine."""
    if select_proxy(url, session.proxies) is not None:
        return "the session"
    for name in (f"{urlsplit(url).scheme}_proxy", "all_proxy"):
        # Python prefers the names in small letters
        for known in sorted(os.environ, reverse=True):
            if known.lower() == name and os.environ[known]:
                return known
    return "this machine's settings"


def headers_for(session: requests.Session | None, url: str) -> dict[str, str]:
    """Return what the proxy of an address is told beside the request: who its user is."""
    user, password = get_auth_from_url(_whole_proxy_for(session, url) or "")
    # as requests encodes it
    pair = base64.b64encode(f"{user}:{password}".encode("latin-1", "replace")).decode("ascii")
    return {"Proxy-Authorization": f"Basic {pair}"} if user else {}


def _proxy_for(session: requests.Session | None, url: str) -> str | None:
    """Return the proxy that requests to an address go over, without user and password."""
    proxy = _whole_proxy_for(session, url)
    if not proxy:
        return None
    start = proxy.find("://") + 3 if "://" in proxy else 0
    return proxy[:start] + proxy[start:].rpartition("@")[2]


def _whole_proxy_for(session: requests.Session | None, url: str) -> str | None:
    """Return the proxy that requests to an address go over, as it is set."""
    if session is None:
        return None
    return select_proxy(url, merged_settings(session, url)["proxies"])
