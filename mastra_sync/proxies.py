"""The proxy that requests go over, and its part in what went wrong."""

from __future__ import annotations

import requests
import urllib3
from requests.utils import select_proxy

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


def _proxy_for(session: requests.Session | None, url: str) -> str | None:
    """Return the proxy that requests to an address go over, without user and password."""
    if session is None:
        return None
    settings = session.merge_environment_settings(url, {}, None, None, None)
    proxy = select_proxy(url, settings["proxies"])
    if not proxy:
        return None
    start = proxy.find("://") + 3 if "://" in proxy else 0
    return proxy[:start] + proxy[start:].rpartition("@")[2]
