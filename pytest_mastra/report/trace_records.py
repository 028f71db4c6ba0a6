"""What a trace is made of: its records, as `trace.schema.json` and docs/traces.md describe them. No I/O."""

from __future__ import annotations

import base64
import contextlib
import json
import platform
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING, Any

from pydantic_core import to_json

from mastra_sync import __version__
from mastra_sync.records import RecordDecoder, parse_json
from pytest_mastra.report.trace_differences import difference_record
from pytest_mastra.report.trace_faults import fault_record, faults_of, numbers_of
from pytest_mastra.report.trace_points import point_record
from pytest_mastra.run_history.events import arrival_of, parse_event

if TYPE_CHECKING:
    from pytest_mastra.http.exchanges import Exchange
    from pytest_mastra.report.redacted import RedactedScene
    from pytest_mastra.run_history.runs import TouchedRun
    from pytest_mastra.suite.scene import Scene

SCHEMA = 1
"""The version of the format."""

LARGEST = 1024 * 1024
"""Bytes of a body, and characters of one value's JSON, that are kept; of a larger one only the beginning."""

PARTIAL = ('"clipped":', '"base64":')
"""One of them stands in the line of a record that does not have all of its texts as such."""

_BEGINNING = 1024
_ACCOUNT_DEPTH = 3
"""How deep an account has names of its own: of its steps, and of what is told of each."""
_PACKAGES = ("pytest", "requests", "urllib3", "pydantic")
_DIGITS = 6
_FIRST_ERROR = 400


def lines_of(scene: Scene, redacted: RedactedScene, phases: Mapping[str, str]) -> Iterator[str]:
    """Give a trace's records as lines of JSON, without line ends.

    Of a value that takes too much room there is the beginning.

    Args:
        scene: The test's.
        redacted: The scene without its secrets.
        phases: The outcome of each phase of the test so far: `setup`, `call`, `teardown`.
    """
    return map(_line, records_of(scene, redacted, phases))


def records_of(scene: Scene, redacted: RedactedScene, phases: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return a trace's records: header, points of a sweep, faults, runs, events and exchanges by time."""
    sent = list(scene.log)
    epoch = min((exchange.began for exchange in sent), default=scene.now())
    of_exchange = {exchange.number: index for index, run in enumerate(redacted.runs) for exchange in run.exchanges}
    runs = [_run(index, run, epoch) for index, run in enumerate(redacted.runs)]
    faults = faults_of(scene)
    numbers = {written: number for number, written in enumerate(faults)}
    timed = [
        (
            exchange.began - epoch,
            0,
            {**_exchange(exchange, wire, of_exchange.get(exchange.number), epoch), "faults": numbers_of(wire, numbers)},
        )
        for exchange, wire in zip(redacted.exchanges, sent, strict=False)
    ]
    for index, run in enumerate(redacted.runs):
        timed += _events(index, run, epoch, is_one_clock=scene.clock is not None)
    # events of one run stand in their order, whatever their times say
    timed.sort(key=lambda item: item[:2])
    points = [point_record(point, redacted.scrubber) for point in scene.swept]
    declared = [fault_record(number, fault, redacted.scrubber) for number, fault in enumerate(faults.values())]
    by_id = {run.run_id: index for index, run in enumerate(redacted.runs)}
    differing = [difference_record(noted, by_id, redacted.scrubber) for noted in scene.differences]
    head = [_header(scene, redacted, phases, epoch), *points, *declared]
    return [*head, *runs, *differing, *(record for _, _, record in timed)]


def outcome_of(phases: Mapping[str, str]) -> str:
    """Return what pytest calls the whole test: `failed`, `error` for a failed setup or teardown, ..."""
    if phases.get("call") == "failed":
        return "failed"
    if "failed" in phases.values():
        return "error"
    return "skipped" if "skipped" in phases.values() else "passed"


def _line(record: Mapping[str, Any]) -> str:
    line = as_json(record)
    if len(line) <= LARGEST:
        return line
    return as_json({name: _FITTING[name](value) if name in _FITTING else value for name, value in record.items()})


def as_json(record: Any) -> str:
    """Return a record, or what is in one, as one line of JSON."""
    try:
        # three times as fast as the standard library
        return to_json(record, inf_nan_mode="null", fallback=repr).decode("utf-8")
    except ValueError:
        # half a character, or deep nesting
        return _as_json_leniently(record)


def _as_json_leniently(record: Any) -> str:
    try:
        return json.dumps(record, ensure_ascii=False, allow_nan=False, default=repr)
    except (ValueError, RecursionError):
        return json.dumps(_tame(record), ensure_ascii=False, default=repr)


def _tame(value: Any, depth: int = 100) -> Any:
    """Return a value without what JSON cannot hold: numbers that are none, and nesting without end."""
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):  # noqa: PLR0124
        return None
    if not depth:
        return "..." if isinstance(value, (dict, list)) else value
    if isinstance(value, dict):
        return {key: _tame(item, depth - 1) for key, item in value.items()}
    return [_tame(item, depth - 1) for item in value] if isinstance(value, list) else value


def _header(scene: Scene, redacted: RedactedScene, phases: Mapping[str, str], epoch: float) -> dict[str, Any]:
    return {
        "record": "trace",
        "schema": SCHEMA,
        "test": redacted.scrubber.text(scene.test),
        "outcome": outcome_of(phases),
        "phases": dict(phases),
        "target": scene.target,
        "url": redacted.scrubber.text(scene.url),
        "clock": "real" if scene.clock is None else "virtual",
        "epoch": epoch,
        "versions": {"python": platform.python_version(), **_installed()},
    }


@cache
def _installed() -> dict[str, str]:
    # looking one up takes as long as writing a trace
    versions = {"mastra-sync": __version__}
    for name in _PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(name)
    return versions


def _run(index: int, run: TouchedRun, epoch: float) -> dict[str, Any]:
    return {
        "record": "run",
        "run": index,
        "workflow": run.workflow_id,
        "id": run.run_id,
        "status": run.status,
        "at": _seconds(run.exchanges[0].began - epoch) if run.exchanges else None,
        "input": run.input_data,
        "account": run.last_state,
        "exchanges": [exchange.number for exchange in run.exchanges],
        "retries": [{"step": one.step, "at": _seconds(one.at - epoch), "error": one.error} for one in run.retries],
    }


def _events(
    index: int, run: TouchedRun, epoch: float, *, is_one_clock: bool
) -> Iterator[tuple[float, int, dict[str, Any]]]:
    latest = 0.0
    for event, arrival in zip(run.events, run.arrivals, strict=False):
        at = None if arrival is None else arrival[0] - epoch
        moment = at
        if moment is None and is_one_clock:
            # nobody read it, but the server's time is the one that exchanges have
            moment = _moment_in(event, epoch)
        latest = max(latest, latest if moment is None else moment)
        record = {
            "record": "event",
            "run": index,
            "at": None if moment is None else _seconds(moment),
            "exchange": None if arrival is None else arrival[1],
            "event": event,
        }
        yield latest, 1, record


def _moment_in(event: Mapping[str, Any], epoch: float) -> float | None:
    payload = event.get("payload")
    if not isinstance(payload, Mapping):
        return None
    moments = [payload.get(name) for name in ("endedAt", "suspendedAt", "resumedAt", "startedAt")]
    return next((value / 1000 - epoch for value in moments if isinstance(value, (int, float))), None)


def _exchange(exchange: Exchange, wire: Exchange, run: int | None, epoch: float) -> dict[str, Any]:
    """Return the record of an exchange.

    Args:
        exchange: Without secrets.
        wire: As it stood on the wire, for the sizes.
        run: Which run it is about.
        epoch: When the trace begins.
    """
    call, request = exchange.call, exchange.request
    return {
        "record": "exchange",
        "exchange": exchange.number,
        "at": _seconds(exchange.began - epoch),
        "run": run,
        "verb": call.verb,
        "workflow": call.workflow,
        "run_id": call.run,
        "url": exchange.url,
        "request": {
            "method": request.method,
            "target": request.target,
            "headers": list(request.headers.items()),
            "body": _body(request.body),
        },
        "reply": _reply(exchange, wire, epoch) if exchange.status else None,
        "ending": exchange.ending.value,
        "failure": exchange.failure,
    }


def _reply(exchange: Exchange, wire: Exchange, epoch: float) -> dict[str, Any]:
    has_events = exchange.call.row.streams and exchange.status < _FIRST_ERROR
    is_omitted = bool(wire.chunks) and not exchange.chunks
    body = {"size": len(wire.body)} if is_omitted else _body(exchange.body, is_stream=has_events)
    return {
        "status": exchange.status,
        "reason": exchange.reason,
        "headers": exchange.headers,
        "is_stream": exchange.is_stream,
        "coding": wire.header("Content-Encoding"),
        "body": body,
        "chunks": [
            {"at": _seconds(arrival_of(wire, index) - epoch), "size": len(chunk)}
            for index, chunk in enumerate(wire.chunks)
        ],
    }


def _body(body: bytes, *, is_stream: bool = False) -> dict[str, Any] | None:
    """Return a body in the form that is best to read: records, JSON, text, or base64."""
    if not body:
        return None
    record: dict[str, Any] = {"size": len(body)}
    kept = body[:LARGEST]
    if len(kept) < len(body):
        record["clipped"] = True
    if is_stream:
        return record | _records(kept, is_whole=len(kept) == len(body))
    if len(kept) == len(body):
        try:
            return record | {"json": parse_json(body)}
        except (ValueError, RecursionError):
            pass
    try:
        return record | {"text": _text(kept)}
    except UnicodeDecodeError:
        return record | {"base64": base64.b64encode(kept).decode("ascii")}


def _records(body: bytes, *, is_whole: bool) -> dict[str, Any]:
    decoder = RecordDecoder()
    records = [parse_event(record) for record in decoder.feed(body) if record.strip()]
    rest = decoder.unfinished()
    return {"records": records, **({"rest": rest.decode("utf-8", "replace")} if rest and is_whole else {})}


def _text(data: bytes) -> str:
    """Return text whose end may have been cut within a character.

    Raises:
        UnicodeDecodeError: It is not UTF-8.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        if len(data) < LARGEST or error.start < len(data) - 4:
            raise
        text = data[: error.start].decode("utf-8")
    if "\0" in text:
        raise UnicodeDecodeError("utf-8", data, 0, 1, "binary")
    return text


def _fitting(value: Any) -> Any:
    """Return a JSON value, or its beginning if it takes too much room."""
    text = as_json(value) if isinstance(value, (dict, list, str)) else ""
    return value if len(text) <= LARGEST else {"clipped": text[:_BEGINNING], "size": len(text)}


def _fitting_account(value: Any, depth: int = _ACCOUNT_DEPTH) -> Any:
    """Return what is told of a run; of what is large in it the beginnings.

    So its steps and their statuses are kept, whatever they gave.
    """
    if not isinstance(value, dict) or not depth or len(as_json(value)) <= LARGEST:
        return _fitting(value)
    return {name: _fitting_account(item, depth - 1) for name, item in value.items()}


_FITTING: Mapping[str, Callable[[Any], Any]] = {"input": _fitting, "account": _fitting_account, "event": _fitting}
"""What of records may be large, and what keeps its beginning."""


def _seconds(value: float) -> float:
    return round(value, _DIGITS)
