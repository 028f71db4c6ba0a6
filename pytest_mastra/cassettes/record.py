"""Recording what a live server says, wholly or where a recording says nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import requests
from requests.adapters import BaseAdapter, HTTPAdapter

from pytest_mastra.fake.fronts.in_process import CatchAll, SurfaceAdapter
from pytest_mastra.http import session_patch
from pytest_mastra.http.connection_failures import GAVE_UP
from pytest_mastra.http.exchanges import Ending, Exchange, ExchangeLog
from pytest_mastra.http.socket_recorder import Wiretap, as_wire
from pytest_mastra.http.surface_recorder import WatchedSurface
from pytest_mastra.http.verbs import call_of
from pytest_mastra.http.wire import WireReply, WireRequest

if TYPE_CHECKING:
    from pytest_mastra.cassettes.replay.surface import ReplaySurface
    from pytest_mastra.suite.scene import Scene


def close_exchanges(exchanges: Iterable[Exchange]) -> list[Exchange]:
    """Return exchanges as they are at the end of a test: open ones were left."""
    return [_close(exchange) for exchange in exchanges]


def _close(exchange: Exchange) -> Exchange:
    if exchange.ending is not Ending.OPEN:
        return exchange
    if exchange.status:
        return replace(exchange, ending=Ending.LEFT, chunks=list(exchange.chunks), arrivals=list(exchange.arrivals))
    return replace(exchange, ending=Ending.NONE, failure=GAVE_UP)


class PartialReplay:
    """Answers from a recording what it has, and sends the rest to the live server, listening.

    A run is recorded or live, never both: what is asked of a recorded run beyond its recording goes nowhere, for the
    server does not know this run.

    Args:
        scene: The test.
        surface: The recording.

    Attributes:
        live: The exchanges with the live server.
    """

    def __init__(self, scene: Scene, surface: ReplaySurface) -> None:
        self.live: list[Exchange] = []
        self._live_runs: set[str] = set()
        self._scene = scene
        self._surface = surface
        self._tap = Wiretap(_CopyingLog(scene.log, self.live), scene.url, scene.now)
        self._adapters: WeakKeyDictionary[BaseAdapter, BaseAdapter] = WeakKeyDictionary()

    @contextlib.contextmanager
    def on_every_session(self) -> Iterator[None]:
        """Answer all sessions, as long as the context lasts."""
        try:
            with session_patch.wrap_adapters(self._scene.url, self._wrap):
                yield
        finally:
            for adapter in list(self._adapters.values()):
                adapter.close()

    def _wrap(self, adapter: BaseAdapter) -> BaseAdapter:
        if not isinstance(adapter, HTTPAdapter):
            return adapter
        if adapter not in self._adapters:
            self._adapters[adapter] = _PartialReplayAdapter(self, adapter)
        return self._adapters[adapter]

    def tap(self, adapter: HTTPAdapter) -> BaseAdapter:
        """Return an adapter that asks the live server."""
        return self._tap.wrap(adapter)

    def adapter_for(self, adapter: HTTPAdapter, request: requests.PreparedRequest) -> BaseAdapter | None:
        """Return an adapter that gives the recorded answer to a request, if there is one.

        None if the live server is to be asked.

        Raises:
            NoRecordedReply: Neither: it is asked of a recorded run.
        """
        answer = self._recorded(as_wire(request))
        if answer is None:
            return None
        scene = self._scene
        watched = WatchedSurface(_FixedReply(self._surface, answer), scene.log, scene.url, scene.now)
        return SurfaceAdapter(adapter, CatchAll(watched, scene.url))

    def _recorded(self, request: WireRequest) -> Exchange | None:
        run = call_of(request).run
        if run is not None and run in self._live_runs:
            return None
        answer = self._surface.playback.answer(request)
        if isinstance(answer, Exchange):
            return answer
        if self._surface.playback.is_about_a_recorded_run(answer.key):
            raise self._surface.on_miss(answer)
        if run is not None:
            self._live_runs.add(run)
        return None


class _PartialReplayAdapter(BaseAdapter):
    """Stands in for an adapter of a session."""

    def __init__(self, replay: PartialReplay, adapter: HTTPAdapter) -> None:
        super().__init__()
        self._replay = replay
        self._live = replay.tap(adapter)

    def send(self, request: requests.PreparedRequest, *options: Any, **named: Any) -> requests.Response:
        chosen = self._replay.adapter_for(_PLAIN, request) or self._live
        return chosen.send(request, *options, **named)

    def close(self) -> None:
        self._live.close()


_PLAIN = HTTPAdapter()


class _FixedReply:
    """A surface that gives one recorded reply."""

    def __init__(self, surface: ReplaySurface, exchange: Exchange) -> None:
        self._surface = surface
        self._exchange = exchange

    def handle(self, request: WireRequest) -> WireReply:  # noqa: ARG002 -- it has been matched
        return self._surface.reply(self._exchange)


class _CopyingLog(ExchangeLog):
    """Notes exchanges in another log, and in a list of its own."""

    def __init__(self, log: ExchangeLog, copies: list[Exchange]) -> None:
        super().__init__()
        self._log = log
        self._copies = copies

    def begin(self, url: str, request: WireRequest, now: float) -> Exchange:
        exchange = self._log.begin(url, request, now)
        self._copies.append(exchange)
        return exchange
