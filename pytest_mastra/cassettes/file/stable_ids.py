"""Stable ids and times for what is recorded. No I/O.

UUIDs are numbered in the order of the recording, times begin at a fixed moment.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from urllib.parse import unquote

from mastra_sync.generated_ids import UUID
from pytest_mastra.http.exchanges import Exchange
from pytest_mastra.http.wire import WireRequest

BASE = datetime(2026, 1, 1, tzinfo=timezone.utc)
"""The first moment of every recording."""

_MILLISECOND = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_BEFORE, _AFTER = timedelta(hours=1), timedelta(hours=25)
"""Around a recording: a moment in here is one of it; any other is the caller's own, and stays."""

# in a URL, what stands before it may be encoded: %20<uuid>
_UUID = re.compile(rf"(?:(?<![0-9A-Fa-f])|(?<=%[0-9A-Fa-f]{{2}})){UUID}(?![0-9A-Fa-f])")
# what Mastra makes for each run: under such a name, or glued to a word: `sleep_<uuid>`
_MADE = re.compile(
    rf"(?:(?:[rR]un|[cC]all|[mM]essage|[rR]esponse|[tT]race|[sS]pan)_?[iI]d\W{{1,8}}|[A-Za-z0-9]_)({UUID})(?![0-9A-Fa-f])"
)
_COLON = "(?::|%3[Aa])"
_ISO = re.compile(
    rf"(?<!\d)(\d{{4}}-\d\d-\d\d)([T ])(\d\d){_COLON}(\d\d){_COLON}(\d\d)(?:\.(\d{{1,6}}))?\d*"
    rf"(Z|(?:[+-]|%2[Bb])\d\d{_COLON}?\d\d)(?!\d)"
)
_MILLISECONDS = re.compile(r"(?<![\d.])[123]\d{12}(?![\d.])")
_STEP_TIME = re.compile(r'"(?:startedAt|endedAt|suspendedAt|resumedAt)":\s*(\d{13})(?!\d)')
_DURATION = re.compile(r'((?:duration|elapsed|latency|took)_?ms\W{1,6}:\s*|"durationMs":)\d+(?:\.\d+)?', re.IGNORECASE)


def stabilise_ids_and_times(exchanges: Sequence[Exchange], dates: Iterable[str]) -> list[Exchange]:
    """Return exchanges with stable ids and times.

    What the caller chose stays, if it is no run's UUID.

    Args:
        exchanges: In the order of the recording.
        dates: The `Date` headers of the replies; without them the times of steps say when it was.
    """
    ids = _stable_ids(exchanges)
    window = _time_window(exchanges, dates)
    shift = _shift_to_base(exchanges, window)

    def rename(text: str) -> str:
        if ids:
            text = _UUID.sub(lambda found: ids.get(found[0].lower(), found[0]), text)
        if window is None or not shift:
            return text
        return _map_moments(text, lambda moment: moment + shift if window[0] <= moment <= window[1] else moment)

    return [map_texts(exchange, rename) for exchange in exchanges]


def map_texts(exchange: Exchange, change: Callable[[str], str]) -> Exchange:
    """Return an exchange of which all texts are changed.

    A change must keep the length, for chunks keep theirs.
    """
    request = exchange.request
    body = _map_bytes(exchange.body, change)
    chunks, start = [], 0
    for chunk in exchange.chunks:
        chunks.append(body[start : start + len(chunk)])
        start += len(chunk)
    if chunks:
        chunks[-1] += body[start:]
    return replace(
        exchange,
        request=WireRequest(
            request.method,
            change(request.target),
            {name: change(value) for name, value in request.headers.items()},
            _map_bytes(request.body, change),
        ),
        headers=tuple((name, change(value)) for name, value in exchange.headers),
        chunks=chunks,
        failure=None if exchange.failure is None else change(exchange.failure),
        _call=None,
    )


def mask_ids_and_times(text: str) -> str:
    """Return a text with ids, times of the recording and durations masked.

    Two texts that differ in nothing else are the same then.
    """
    text = _DURATION.sub(r"\1#", _UUID.sub("<id>", text))
    return _MILLISECONDS.sub(lambda found: _mask(found, _parse_milliseconds(found[0])), _ISO.sub(_mask_iso, text))


def uuids_in(text: str) -> list[str]:
    """Return the UUIDs in a text, in their order."""
    return _UUID.findall(text)


def _mask_iso(found: re.Match[str]) -> str:
    return _mask(found, _parse_iso(found))


def _mask(found: re.Match[str], moment: datetime | None) -> str:
    return "<time>" if moment is not None and BASE - _BEFORE <= moment <= BASE + 10 * _AFTER else found[0]


def _stable_ids(exchanges: Sequence[Exchange]) -> dict[str, str]:
    """Return stable UUIDs for those that are made for each run.

    These are the runs' own, and others, which are numbered by the run that they belong to.
    """
    runs: dict[str, int] = {}
    for exchange in exchanges:
        run = exchange.call.run
        candidates = [run] if run else _MADE.findall(_texts_of(exchange))
        for candidate in candidates:
            if _UUID.fullmatch(candidate):
                runs.setdefault(candidate.lower(), len(runs) + 1)
                break
    ids = {run: f"00000000-0000-4000-8000-{number:012x}" for run, number in runs.items()}
    counts: dict[int, int] = {}
    for exchange in exchanges:
        run = exchange.call.run
        number = runs.get(run.lower(), 0) if run else 0
        for made in _MADE.findall(_texts_of(exchange)):
            if made.lower() not in ids:
                counts[number] = counts.get(number, 0) + 1
                ids[made.lower()] = f"{number:08x}-0000-4000-9000-{counts[number]:012x}"
    return ids


def _time_window(exchanges: Sequence[Exchange], dates: Iterable[str]) -> tuple[datetime, datetime] | None:
    moments = []
    for date in dates:
        with contextlib.suppress(ValueError, TypeError):
            moments.append(parsedate_to_datetime(date).astimezone(timezone.utc))
    steps = [
        _parse_milliseconds(found)
        for exchange in exchanges
        for found in _STEP_TIME.findall(exchange.body.decode("latin-1"))
    ]
    if not moments or (steps and not min(moments) - _BEFORE <= min(steps) <= max(moments) + _AFTER):
        # a fake's clock may be another one than its carrier's
        moments = steps
    return (min(moments) - _BEFORE, max(moments) + _AFTER) if moments else None


def _shift_to_base(exchanges: Sequence[Exchange], window: tuple[datetime, datetime] | None) -> timedelta:
    """Return what lies between the first moment of a recording and `BASE`."""
    if window is None:
        return timedelta()
    first = window[1]

    def note(moment: datetime) -> datetime:
        nonlocal first
        if window[0] <= moment < first:
            first = moment
        return moment

    for exchange in exchanges:
        _map_moments(_texts_of(exchange), note)
    # whole milliseconds, so that nothing finer is lost
    return (BASE - first) // _MILLISECOND * _MILLISECOND


def _map_moments(text: str, change: Callable[[datetime], datetime]) -> str:
    def number(found: re.Match[str]) -> str:
        return str((change(_parse_milliseconds(found[0])) - _EPOCH) // _MILLISECOND)

    def iso(found: re.Match[str]) -> str:
        old = _parse_iso(found)
        if old is None:
            return found[0]
        shift = change(old) - old
        return _shift_iso(found, shift) if shift else found[0]

    return _MILLISECONDS.sub(number, _ISO.sub(iso, text))


def _shift_iso(found: re.Match[str], shift: timedelta) -> str:
    date, _, hour, minute, second, fraction, _ = found.groups()
    moment = datetime.fromisoformat(f"{date}T{hour}:{minute}:{second}.{(fraction or '0').ljust(6, '0')}") + shift
    written = f"{moment:%Y-%m-%d}{found[2]}{moment:%H:%M:%S}"
    if "%" in found[0]:
        written = written.replace(":", "%3A")
    old_fraction = re.search(r"\.\d+", found[0])
    if old_fraction:
        written += f".{moment:%f}".ljust(len(old_fraction[0]), "0")[: len(old_fraction[0])]
    return written + found[7]


def _parse_milliseconds(milliseconds: str) -> datetime:
    return _EPOCH + timedelta(milliseconds=int(milliseconds))


def _parse_iso(found: re.Match[str]) -> datetime | None:
    date, _, hour, minute, second, fraction, zone = found.groups()
    offset = "+00:00" if zone == "Z" else f"{unquote(zone)[:3]}:{zone[-2:]}"
    try:
        return datetime.fromisoformat(f"{date}T{hour}:{minute}:{second}.{(fraction or '0').ljust(6, '0')}{offset}")
    except ValueError:
        return None


def _texts_of(exchange: Exchange) -> str:
    request = exchange.request
    headers = [value for _, value in [*request.headers.items(), *exchange.headers]]
    return "\n".join([request.target, *headers, request.body.decode("latin-1"), exchange.body.decode("latin-1")])


def _map_bytes(data: bytes, change: Callable[[str], str]) -> bytes:
    return change(data.decode("latin-1")).encode("latin-1")
