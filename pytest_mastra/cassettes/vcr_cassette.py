"""vcrpy's Cassette with this project's matching, files and locks.

It has the same face, modes and format, and patches nothing.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from vcr.cassette import Cassette
from vcr.errors import UnhandledHTTPRequestError
from vcr.persisters.filesystem import CassetteNotFoundError
from vcr.record_mode import RecordMode
from vcr.request import Request

from pytest_mastra.cassettes.file.format import split_uri
from pytest_mastra.cassettes.file.read_write import normalised, read_cassette, write_cassette
from pytest_mastra.cassettes.replay.no_match import Miss
from pytest_mastra.cassettes.replay.player import Playback, Scrub
from pytest_mastra.http.exchanges import Ending, Exchange
from pytest_mastra.http.wire import WireRequest
from pytest_mastra.redact.scrubber import Scrubber

MODES = {
    "none": RecordMode.NONE,
    "once": RecordMode.ONCE,
    "new_episodes": RecordMode.NEW_EPISODES,
    "rewrite": RecordMode.ALL,
    # compares, and writes nothing
    "verify": RecordMode.NONE,
}
"""What vcrpy calls the record modes."""


class StoryCassette(Cassette):  # type: ignore[misc] # vcrpy has no types
    """A cassette of exchanges. Any number of threads may play from it and add to it.

    What vcrpy's has, this has as well: `requests`, `responses`, `play_count`, `all_played`, `play_response`, `append`,
    `record_mode`, `write_protected`, `dirty`, `rewound`. What answers a request is found by its key, and the answer
    to a repeated poll is the last one, whatever `match_on` and `allow_playback_repeats` say.

    Args:
        path: Its file.
        mode: A record mode of this plugin.
        scrubber: Takes secrets out of what is written.
    """

    def __init__(self, path: Path, mode: str = "once", *, scrubber: Scrubber | None = None) -> None:
        super().__init__(str(path), record_mode=MODES[mode], persister=_NoPersister)
        self._file = path
        self._scrubber = scrubber or Scrubber()
        self._lock = threading.Lock()
        self._added: list[Exchange] = []
        self._from_file: list[Exchange] = []
        self.playback = Playback([])

    @classmethod
    def load(cls, **options: Any) -> StoryCassette:
        """Return a cassette with what its file holds, if there is one.

        Raises:
            CassetteUnreadable: There is one, and it is none.
        """
        cassette = cls(**options)
        cassette._load()
        return cassette

    @property
    def exchanges(self) -> list[Exchange]:
        """What it holds: what its file held, then what was added."""
        return [*self._from_file, *self._added]

    @property
    def data(self) -> list[tuple[Any, dict[str, Any]]]:
        """What it holds, as vcrpy has it: requests and responses."""
        return [_as_vcr(exchange) for exchange in self.exchanges]

    @data.setter
    def data(self, value: Iterable[Any]) -> None:
        # the base class begins with an empty one
        for request, response in value:
            self.append(request, response)

    @property
    def play_counts(self) -> Counter[int]:
        """How often each was played: once or not at all, extra polls aside."""
        return Counter({entry.index: 1 for entry in self.playback.entries if entry.played})

    @play_counts.setter
    def play_counts(self, value: Mapping[int, int]) -> None:
        # the base class begins with an empty one, and so does whoever rewinds
        if not value and hasattr(self, "_from_file"):
            self.playback = Playback(self._from_file, scrub=self._scrub())

    def append(self, request: Any, response: Any) -> None:
        """Add an interaction of vcrpy's."""
        exchange = _from_vcr(request, response, len(self.exchanges))
        with self._lock:
            self._added.append(exchange)
            self.dirty = True

    def add(self, exchanges: Iterable[Exchange]) -> None:
        """Add what was said with a server."""
        with self._lock:
            for exchange in exchanges:
                self._added.append(exchange)
                self.dirty = True

    def can_play_response_for(self, request: Any) -> bool:
        """Return whether vcrpy may play an answer to a request; asking plays nothing."""
        return (
            self.record_mode is not RecordMode.ALL
            and bool(self.rewound)
            and self.playback.has_answer(_as_wire(request))
        )

    def play_response(self, request: Any) -> Any:
        """Return the answer to a request, and note that it has been played.

        Raises:
            UnhandledHTTPRequestError: There is none.
        """
        answer = self.playback.answer(_as_wire(request))
        if isinstance(answer, Miss):
            raise UnhandledHTTPRequestError(answer.explain(str(self._file), "Record it anew."))
        return _as_vcr(answer)[1]

    def save(self) -> bool:
        """Write the file, and return whether it says something else now.

        Raises:
            CassetteError: It must not be written, or what stands there is no cassette.
        """
        known = [] if self.record_mode is RecordMode.ALL else self._from_file
        self.dirty = False
        return write_cassette(self._file, [*known, *self._added], scrubber=self._scrubber)

    def _load(self) -> None:
        try:
            self._from_file = read_cassette(self._file).exchanges
        except FileNotFoundError:
            return
        self.playback = Playback(self._from_file, scrub=self._scrub())
        self._loaded_count = len(self._from_file)
        self.dirty = False
        self.rewound = True

    def _save(self, force: bool = False) -> None:  # noqa: FBT001, FBT002 -- as the base class has it
        if force or self.dirty:
            self.save()

    def __len__(self) -> int:
        return len(self._from_file) + len(self._added)

    def __contains__(self, request: object) -> bool:
        return self.playback.has_answer(_as_wire(request))

    def _scrub(self) -> Scrub:
        scrubber = self._scrubber

        def scrub(request: WireRequest) -> WireRequest:
            exchange = Exchange(-1, "", request, 0.0)
            scrubber.learn(exchange)
            return scrubber.exchange(normalised(exchange)).request

        return scrub


class _NoPersister:
    """Stands where vcrpy expects what reads and writes files: these are read and written by exchange."""

    @staticmethod
    def load_cassette(*_: Any, **__: Any) -> tuple[list[Any], list[Any]]:
        raise CassetteNotFoundError

    @staticmethod
    def save_cassette(*_: Any, **__: Any) -> None:
        raise NotImplementedError


def _as_vcr(exchange: Exchange) -> tuple[Any, dict[str, Any]]:
    request = exchange.request
    headers: dict[str, list[str]] = {}
    for name, value in exchange.headers:
        headers.setdefault(name, []).append(value)
    response = {
        "status": {"code": exchange.status, "message": exchange.reason},
        "headers": headers,
        "body": {"string": exchange.body},
    }
    return Request(request.method, f"{exchange.url}{request.target}", request.body, dict(request.headers)), response


def _from_vcr(request: Any, response: Mapping[str, Any], number: int) -> Exchange:
    url, _ = split_uri(request.uri)
    body = response["body"]["string"]
    content = body.encode() if isinstance(body, str) else body
    headers = [
        (name, value)
        for name, values in response["headers"].items()
        for value in ([values] if isinstance(values, str) else values)
    ]
    status = response["status"]
    return Exchange(
        number,
        url,
        _as_wire(request),
        float(number),
        int(status["code"]),
        str(status.get("message") or ""),
        tuple(headers),
        [content] if content else [],
        [0.0] if content else [],
        ending=Ending.WHOLE,
    )


def _as_wire(request: Any) -> WireRequest:
    _, target = split_uri(request.uri)
    body = request.body or b""
    return WireRequest(
        request.method,
        target,
        {name: value if isinstance(value, str) else str(value) for name, value in request.headers.items()},
        body.encode() if isinstance(body, str) else bytes(body),
    )
