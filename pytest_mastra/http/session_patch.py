"""Has the requests of every `requests` session pass through adapters of ours, and undoes it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter

Wrap = Callable[[BaseAdapter], BaseAdapter]
"""Returns the adapter to use instead of the one that a session has; the same one each time it is asked."""

_DEFAULT_PORTS = {"http": 80, "https": 443}


def origin_of(url: str) -> str:
    """Return scheme, host and port of an address, written one way; without user and password."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    port = parts.port
    return (
        f"{parts.scheme}://{shown}"
        if port in (None, _DEFAULT_PORTS.get(parts.scheme))
        else (f"{parts.scheme}://{shown}:{port}")
    )


@contextlib.contextmanager
def wrap_adapters(origin: str, wrap: Wrap) -> Iterator[None]:
    """Let all requests to one address pass through what `wrap` makes of their adapters.

    Those of all sessions of this process are meant. Several may be active, also in several threads, also for the same
    address: each sees them.
    """
    detour = _Detour(origin_of(origin), wrap)
    _switch.add(detour)
    try:
        yield
    finally:
        _switch.remove(detour)


@dataclass(eq=False, slots=True)
class _Detour:
    origin: str
    wrap: Wrap


class _Switch:
    """The one place where sessions are led elsewhere.

    One for all, because patches must be undone in the reverse order, and detours end in any.
    """

    def __init__(self) -> None:
        self._detours: tuple[_Detour, ...] = ()
        self._changing = threading.Lock()
        self._originals: tuple[Any, Any] | None = None

    def add(self, detour: _Detour) -> None:
        with self._changing:
            if self._originals is None:
                self._patch()
            self._detours = (*self._detours, detour)

    def remove(self, detour: _Detour) -> None:
        with self._changing:
            self._detours = tuple(item for item in self._detours if item is not detour)
            if not self._detours:
                self._undo()

    def _patch(self) -> None:
        switch = self
        get_adapter, close = self._originals = (requests.Session.get_adapter, requests.Session.close)

        def get_adapter_wrapped(session: requests.Session, url: str) -> BaseAdapter:
            adapter: BaseAdapter = get_adapter(session, url)
            return switch.wrapped(adapter, origin_of(url))

        def close_wrapped(session: requests.Session) -> None:
            close(session)
            for adapter in session.adapters.values():
                switch.close(adapter)

        self._ours = (get_adapter_wrapped, close_wrapped)
        requests.Session.get_adapter, requests.Session.close = self._ours  # type: ignore[method-assign, assignment]

    def _undo(self) -> None:
        # where another has patched since, ours stays below it, and leads nowhere
        if (requests.Session.get_adapter, requests.Session.close) == self._ours and self._originals is not None:
            requests.Session.get_adapter, requests.Session.close = self._originals  # type: ignore[method-assign]
            self._originals = None

    def wrapped(self, adapter: BaseAdapter, origin: str) -> BaseAdapter:
        for detour in self._detours:
            if detour.origin == origin:
                adapter = detour.wrap(adapter)
        return adapter

    def close(self, adapter: BaseAdapter) -> None:
        """Close also the connections that what was made of an adapter has."""
        for origin in {detour.origin for detour in self._detours}:
            wrapped = self.wrapped(adapter, origin)
            if wrapped is not adapter:
                wrapped.close()


_switch = _Switch()
