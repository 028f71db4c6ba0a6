"""What a session sets for its requests, and what the environment may add to that."""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.utils import select_proxy


def own_settings(session: requests.Session, url: str) -> dict[str, Any]:
    """Return what a request must be told, so that the environment does not overrule it.

    requests prefers the environment's authorities and proxies to a session's own, and sends over a proxy what is for
    this machine.
    """
    verify = None if session.verify is True else session.verify
    host = urlsplit(url).hostname or ""
    without_environment = is_loopback(host) or select_proxy(url, session.proxies) is not None
    return {"verify": verify, "proxies": {"no_proxy": host} if without_environment else {}}


def merged_settings(session: requests.Session, url: str) -> dict[str, Any]:
    """Return what counts for a request: `proxies`, `verify` and `cert`."""
    own = own_settings(session, url)
    return {**session.merge_environment_settings(url, own["proxies"], None, own["verify"], None)}


def is_loopback(host: str) -> bool:
    """Return True for a name or an address of this machine itself."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback
