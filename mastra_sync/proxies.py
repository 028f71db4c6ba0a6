"""The proxy that requests go over, and its part in what went wrong."""

from __future__ import annotations

import base64

import requests
import urllib3
from requests.utils import get_auth_from_url, select_proxy

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


def part_in_failure(error: BaseException, session: requests.Session | None, url: str, *, sent: bool | None) -> str:
    """Return how a failure's words go on if a proxy had a part in it.

    Args:
        error: What requests raised.
        session: What sent; None where no request is sent.
        url: The server's address.
        sent: False if no connection came about.
    """
    is_proxys = isinstance(error, requests.exceptions.ProxyError)
    # urllib3 makes a ProxyError of what it meets at a proxy, but for those of SOCKS
    if not is_proxys and sent is not False:
        return ""
    proxy = _proxy_for(session, url)
    return f"{OVER_PROXY}{proxy}" if proxy and (is_proxys or proxy.startswith("socks")) else ""


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
    settings = session.merge_environment_settings(url, {}, None, None, None)
    return select_proxy(url, settings["proxies"])
