"""Requests that the libraries below refuse before anything of them has left."""

from __future__ import annotations

import traceback

import requests

_OF_THE_WAY = ("requests", "urllib3", "http", "mastra_sync")
"""Packages whose code makes and sends a request; any other's may have sent it already."""

_OF_ADDRESSES = (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema)


def was_refused(error: Exception) -> bool:
    """Return True if a library below has refused a request before anything of it left.

    The class alone does not say that: a caller's hook or adapter may raise the same of another request.

    Args:
        error: As it was caught.
    """
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    calls = [(str(frame.f_globals.get("__name__")), frame.f_code.co_name) for frame in frames]
    start = next((at for at, call in enumerate(calls) if call == ("requests.sessions", "request")), len(calls))
    way = calls[start:]
    if not way or any(module.partition(".")[0] not in _OF_THE_WAY for module, _ in way):
        return False
    if way[-1] == ("http.client", "putheader"):
        # headers are written into a buffer first
        return isinstance(error, ValueError)
    if isinstance(error, requests.exceptions.InvalidHeader):
        # where it is sent, this is said of the answer's headers
        return ("requests.adapters", "send") not in way
    return isinstance(error, _OF_ADDRESSES)
