"""Recording at a server in this process, and replaying what was recorded."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from mastra_sync import MastraClient
from pytest_mastra.cassettes.file.read_write import normalised
from pytest_mastra.cassettes.record import close_exchanges
from pytest_mastra.cassettes.replay.no_match import Miss, NoRecordedReply
from pytest_mastra.cassettes.replay.player import Playback
from pytest_mastra.cassettes.replay.surface import ReplaySurface
from pytest_mastra.fake.fronts.in_process import InProcess
from pytest_mastra.fake.fronts.socket import OnSocket
from pytest_mastra.fake.virtual_time.clock import VirtualClock
from pytest_mastra.http.exchanges import Ending, Exchange, ExchangeLog
from pytest_mastra.http.socket_recorder import Wiretap
from pytest_mastra.http.wire import Surface, WireRequest

JSON = (("content-type", "application/json"),)


@contextlib.contextmanager
def listen(url: str) -> Iterator[ExchangeLog]:
    """Listen to what is said with a server."""
    log = ExchangeLog()
    with Wiretap(log, url, time.monotonic).on_every_session():
        yield log


@contextlib.contextmanager
def serve(surface: Surface) -> Iterator[tuple[str, ExchangeLog]]:
    """Put a surface on a socket, and listen."""
    with OnSocket(surface) as front, listen(front.url) as log:
        yield front.url, log


def recording_of(log: Iterable[Exchange]) -> list[Exchange]:
    """Return exchanges as a cassette holds them."""
    return [normalised(exchange) for exchange in close_exchanges(log)]


@dataclass
class Replay:
    """A recording that is being replayed."""

    playback: Playback
    clock: VirtualClock = field(default_factory=VirtualClock)
    missed: list[Miss] = field(default_factory=list)

    def surface(self, *, in_pace: bool = False) -> ReplaySurface:
        return ReplaySurface(self.playback, clock=self.clock, on_miss=self._miss, in_pace=in_pace)

    def _miss(self, miss: Miss) -> NoRecordedReply:
        self.missed.append(miss)
        return NoRecordedReply(miss.explain("the recording", "Record it anew."))


@contextlib.contextmanager
def answer_from(exchanges: Sequence[Exchange], *, in_pace: bool = False) -> Iterator[tuple[str, Replay]]:
    """Answer at an address from a recording."""
    replay = Replay(Playback(exchanges))
    with InProcess(replay.surface(in_pace=in_pace)) as front:
        yield front.url, replay


@contextlib.contextmanager
def replaying_client(exchanges: Sequence[Exchange], **settings: Any) -> Iterator[tuple[MastraClient, Replay]]:
    """Give a client that is answered from a recording, and waits in no time."""
    with answer_from(exchanges) as (url, replay), MastraClient(url, clock=replay.clock, **settings) as client:
        yield client, replay


# -- recordings made up


def request_of(method: str, target: str, body: bytes = b"") -> WireRequest:
    return WireRequest(method, target, {}, body)


def exchange_of(request: WireRequest, body: bytes, *, status: int = 200, number: int = 0) -> Exchange:
    """Return an exchange with a whole reply."""
    return Exchange(
        number, "http://mastra.test", request, float(number), status, "OK", JSON, [body], [0.0], ending=Ending.WHOLE
    )


RUN = "/api/workflows/report/runs"
FIRST = "5f3c0a11-2b3c-4d5e-8f90-123456789abc"
SECOND = "0a1b2c3d-4e5f-4a6b-9c8d-abcdef012345"
OWN = "99999999-0000-4000-8000-000000000001"
OTHER = "99999999-0000-4000-8000-000000000002"


def create(run: str, workflow: str = "report") -> Exchange:
    return exchange_of(
        request_of("POST", f"/api/workflows/{workflow}/create-run?runId={run}", b"{}"), b'{"runId":"%b"}' % run.encode()
    )


def move(verb: str, run: str, data: str = "{}", workflow: str = "report") -> Exchange:
    body = f'{{"inputData":{data}}}'.encode()
    return exchange_of(request_of("POST", f"/api/workflows/{workflow}/{verb}?runId={run}", body), b'{"message":"done"}')


def poll(run: str, status: str, workflow: str = "report") -> Exchange:
    body = f'{{"runId":"{run}","status":"{status}"}}'.encode()
    return exchange_of(request_of("GET", f"/api/workflows/{workflow}/runs/{run}"), body)


def result(run: str, status: str, workflow: str = "report") -> Exchange:
    body = f'{{"status":"{status}"}}'.encode()
    return exchange_of(request_of("GET", f"/api/workflows/{workflow}/runs/{run}/execution-result"), body)


def answers(playback: Playback, *requests: WireRequest | Exchange) -> list[str]:
    """Ask one after the other, and return what was answered: a status word of the body, or why there is no answer."""
    found = []
    for each in requests:
        answer = playback.answer(each.request if isinstance(each, Exchange) else each)
        if isinstance(answer, Miss):
            found.append(answer.reason)
        else:
            body = answer.body.decode()
            found.append(body.partition('"status":"')[2].partition('"')[0] or body)
    return found
