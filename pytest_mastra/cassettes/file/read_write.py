"""Cassette files: read, and written only where they say something else than before."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from mastra_sync.whole_files import write_whole
from pytest_mastra.cassettes.file.errors import CassetteError, CassetteUnreadable, SecretSurvives, Unreadable
from pytest_mastra.cassettes.file.format import END, HEAD, parse, render
from pytest_mastra.cassettes.file.minimal_diff import keep_what_says_the_same
from pytest_mastra.cassettes.file.order import order_by_run
from pytest_mastra.cassettes.file.stable_ids import stabilise_ids_and_times
from pytest_mastra.http.content_coding import decoded_chunks
from pytest_mastra.http.exchanges import Ending, Exchange
from pytest_mastra.http.wire import WireRequest
from pytest_mastra.redact.scrubber import Scrubber, may_be_misread

__all__ = ["CassetteError", "CassetteUnreadable", "Recording", "SecretSurvives", "read_cassette", "write_cassette"]

BASE_URL = "http://mastra.test"
"""Where every recording says that its server is."""

_OF_THE_CONNECTION = frozenset(
    {
        *("connection", "keep-alive", "proxy-connection", "transfer-encoding", "te", "trailer", "upgrade"),
        *("content-length", "content-encoding", "date", "server", "via", "age"),
        *("x-request-id", "x-response-time", "cf-ray", "traceparent", "tracestate", "baggage"),
    }
)
_OF_THE_CLIENT = frozenset(["host", "accept-encoding", "user-agent"])
_MERGE_MARK = re.compile(r"^(?:<{7}|={7}|>{7}|\|{7})(?: .*)?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Recording:
    """What a cassette holds.

    Attributes:
        path: Its file.
        exchanges: In the file's order; bodies have no content coding, and times are those of the recorded pace.
    """

    path: Path
    exchanges: list[Exchange]


def read_cassette(path: str | os.PathLike[str]) -> Recording:
    """Return what a cassette holds; one that vcrpy wrote is read too.

    Raises:
        TypeError: What was given is no path.
        FileNotFoundError: There is no such file.
        CassetteUnreadable: It is no cassette; says which line is wrong, and what to do.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"a cassette is named by its path, not by {path!r}")
    path = Path(path)
    if path.exists() and not path.is_file():
        # a pipe would be waited for, and a device never ends
        raise CassetteUnreadable(path, None, "this is no file", "Put it away, or give the cassette another path.")
    data = path.read_bytes()
    try:
        return Recording(path, exchanges_in(data))
    except Unreadable as error:
        raise CassetteUnreadable(path, error.line, error.problem, error.remedy) from None


def exchanges_in(data: bytes) -> list[Exchange]:
    """Return the exchanges of a cassette's bytes.

    Raises:
        Unreadable: They are no cassette.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable(data.count(b"\n", 0, error.start) + 1, "this is not UTF-8") from None
    exchanges = parse(text)
    if exchanges is not None:
        return exchanges
    conflict = _MERGE_MARK.search(text)
    if conflict:
        line = text.count("\n", 0, conflict.start()) + 1
        raise Unreadable(line, f"a merge left its mark {conflict[0]!r} here", "Keep one side, and remove the marks.")
    text = text.replace("\r\n", "\n")
    if text.startswith(HEAD.partition("\n")[0]) and not text.rstrip("\n").endswith(END.rstrip("\n")):
        raise Unreadable(text.count("\n") + 1, f"the file breaks off: its last line must be {END.rstrip()!r}")
    from pytest_mastra.cassettes.file.yaml_reader import read_yaml  # noqa: PLC0415 -- our own files need no YAML

    return [normalised(exchange) for exchange in read_yaml(text)]


def write_cassette(
    path: str | os.PathLike[str], exchanges: Iterable[Exchange], *, scrubber: Scrubber | None = None
) -> bool:
    """Write a recording run by run, without secrets, with stable ids and times.

    Of the file that stands there everything stays that only differs in ids, times, pace, or number of polls.

    Args:
        path: The file; its folder is made if need be.
        exchanges: What was said. They are not changed.
        scrubber: What takes secrets out; it learns from all of them first. None for one with the built-in names.

    Returns:
        Whether the file says something else now.

    Raises:
        CassetteUnreadable: What stands there is no cassette. It stays.
        SecretSurvives: A known secret would stand in the file, which stays as it was.
        UnknownCoding: A body's content coding cannot be undone, so that nobody knows what is in it.
    """
    path = Path(path)
    scrubber = scrubber or Scrubber()
    recorded = read_cassette(path).exchanges if path.exists() else []
    said = list(exchanges)
    dates = [date for exchange in said if (date := exchange.header("date"))]
    # what stands there may be vcrpy's, which leaves secrets in
    clean, recorded = _clean(said, recorded, scrubber=scrubber)
    ordered = order_by_run(clean, like=recorded)
    stable = stabilise_ids_and_times(ordered, dates)
    kept = keep_what_says_the_same(_reread(stable), _reread(recorded))
    _refuse_secrets(path, kept, scrubber)
    return _write_if_changed(path, render(kept))


def _clean(*recordings: list[Exchange], scrubber: Scrubber) -> list[list[Exchange]]:
    """Return recordings as cassettes hold them; the secrets of one are known in all of them."""
    for exchange in chain.from_iterable(recordings):
        scrubber.learn(exchange)
    return [[normalised(scrubber.exchange(exchange)) for exchange in exchanges] for exchanges in recordings]


def _reread(exchanges: list[Exchange]) -> list[Exchange]:
    """Return exchanges as they are once they were written and read."""
    reread = parse(render(exchanges))
    if reread is None:
        raise CassetteError("what was written cannot be read; please report this, with the recording if you may")
    return reread


def normalised(exchange: Exchange) -> Exchange:
    """Return an exchange as cassettes hold it.

    It has no content coding, nothing of the connection, and one base URL.
    """
    request = exchange.request
    chunks, arrivals = decoded_chunks(exchange), list(exchange.arrivals)
    arrivals += arrivals[-1:] * (len(chunks) - len(arrivals)) or [0.0] * (len(chunks) - len(arrivals))
    if exchange.is_stream:
        full = [(chunk, arrival) for chunk, arrival in zip(chunks, arrivals, strict=False) if chunk]
        chunks, arrivals = [chunk for chunk, _ in full], [arrival for _, arrival in full]
    else:
        body = b"".join(chunks)
        chunks, arrivals = ([body], arrivals[-1:]) if body else ([], [])
    failure = exchange.failure
    return replace(
        exchange,
        url=BASE_URL,
        request=WireRequest(
            request.method,
            request.target,
            dict(_without(request.headers.items(), _OF_THE_CONNECTION | _OF_THE_CLIENT)),
            request.body,
        ),
        headers=tuple(_without(exchange.headers, _OF_THE_CONNECTION)),
        chunks=chunks,
        arrivals=arrivals,
        ending=Ending.LEFT if exchange.ending is Ending.OPEN else exchange.ending,
        failure=None if failure is None else failure.replace(exchange.url, BASE_URL),
        _call=None,
    )


def _without(headers: Iterable[tuple[str, str]], dropped: frozenset[str]) -> Iterable[tuple[str, str]]:
    return (
        (name, value)
        for name, value in headers
        if name.lower() not in dropped and (name.lower(), value) != ("accept", "*/*")
    )


def _refuse_secrets(path: Path, exchanges: Sequence[Exchange], scrubber: Scrubber) -> None:
    findings = [
        f"interaction {number}, {where}: what stood under {name!r}"
        for number, exchange in enumerate(exchanges, 1)
        for where, data in parts_of(exchange)
        for name in scrubber.survivors(data)
    ]
    if findings:
        raise SecretSurvives(path, findings)


def parts_of(exchange: Exchange) -> Iterable[tuple[str, bytes]]:
    """Give everything in an exchange that somebody else chose, with what to call it."""
    request = exchange.request
    # not its path: there may be a secret in it
    verb = exchange.call.verb or request.method
    yield "its address", request.target.encode()
    for name, value in request.headers.items():
        yield f"header {name!r} of {verb}", _header_bytes(name, value)
    yield f"body of {verb}", request.body
    for name, value in exchange.headers:
        yield f"header {name!r} of the reply to {verb}", _header_bytes(name, value)
    yield f"reply to {verb}", exchange.body
    yield f"failure of {verb}", (exchange.failure or "").encode()


def _header_bytes(name: str, value: str) -> bytes:
    """Return a header's text in UTF-8, and after it the UTF-8 that may have been misread."""
    misread = f"\n{name}: {value}".encode("latin-1") if may_be_misread(value) else b""
    return f"{name}: {value}".encode() + misread


def _write_if_changed(path: Path, text: str) -> bool:
    """Put a text into a file at once, and return whether it says something else now."""
    data = text.encode("utf-8")
    if path.exists() and path.read_bytes() == data:
        return False
    write_whole(path, data)
    return True
