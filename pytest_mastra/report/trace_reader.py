"""Traces that were kept, read again: typed, and refused with the line if they are broken."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mastra_sync.records import parse_json
from pytest_mastra.fake.engine.walks import Retry
from pytest_mastra.report.trace_differences import TracedDifference, difference_of
from pytest_mastra.report.trace_faults import TracedFault, fault_of
from pytest_mastra.report.trace_points import point_of
from pytest_mastra.report.trace_records import SCHEMA
from pytest_mastra.run_history.runs import TouchedRun

if TYPE_CHECKING:
    import os

    from jsonschema.protocols import Validator

    from pytest_mastra.suite.swept_point import SweptPoint

SCHEMA_FILE = "trace.schema.json"

_KINDS = ("trace", "point", "fault", "run", "difference", "event", "exchange")


class TraceError(ValueError):
    """A file that is no trace, or one that is broken.

    Attributes:
        path: The file.
        line: Which line is wrong, from 1.
        problem: What is wrong with it.
    """

    def __init__(self, path: str, line: int, problem: str) -> None:
        super().__init__(path, line, problem)
        self.path = path
        self.line = line
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.problem}"


@dataclass(frozen=True, slots=True)
class TracedRun:
    """One run.

    Attributes:
        number: Its number in the trace.
        workflow_id: Its workflow.
        run_id: Its id.
        status: What it was last known to be.
        at: When it was first named; in seconds, as all times of a trace, after `Trace.epoch`.
        input_data: What it was started with.
        account: What a server, or the fake, told of it last, as it stood in the answer.
        exchanges: The numbers of the exchanges that named it.
        retries: The attempts of steps that failed and were followed by another; `at` is in seconds after `Trace.epoch`.
    """

    number: int
    workflow_id: str
    run_id: str
    status: str
    at: float | None
    input_data: Any
    account: Any
    exchanges: list[int]
    retries: list[Retry] = field(default_factory=list)


# what a trace has most of is not frozen: to make one takes a third of the time then


@dataclass(slots=True)
class TracedEvent:
    """One event of a run.

    Attributes:
        run: The number of its run.
        at: When it arrived, or, if nobody read it, when it happened; None if that is not known.
        exchange: The number of the exchange that brought it; None if nobody read it.
        event: As the server sent it.
    """

    run: int
    at: float | None
    exchange: int | None
    event: dict[str, Any]


@dataclass(slots=True)
class TracedBody:
    """A body without content coding and secrets, as `json`, `records`, `text` or `data`.

    Attributes:
        size: Its length in bytes.
        json: Its value, if it is JSON.
        records: A stream's records; one that is no JSON object is `{"raw": "its text"}`.
        rest: What came of a record that was cut.
        text: Its text, if it is no JSON.
        data: Its bytes, if it is no text.
        is_clipped: Whether this is only its beginning.
    """

    size: int
    json: Any = None
    records: list[dict[str, Any]] | None = None
    rest: str | None = None
    text: str | None = None
    data: bytes | None = None
    is_clipped: bool = False


@dataclass(slots=True)
class TracedChunk:
    """A piece of a reply's body, as it came.

    Attributes:
        at: When it came.
        size: Bytes on the wire.
    """

    at: float
    size: int


@dataclass(slots=True)
class TracedReply:
    """A reply.

    Attributes:
        status: HTTP status.
        reason: The words after it.
        headers: In their order.
        is_stream: Whether its body came in HTTP chunks.
        coding: The content coding that it had on the wire.
        body: Its body; None if it is empty.
        chunks: When how much of it came.
    """

    status: int
    reason: str
    headers: list[tuple[str, str]]
    is_stream: bool
    coding: str | None
    body: TracedBody | None
    chunks: list[TracedChunk]


@dataclass(slots=True)
class TracedExchange:
    """One request and what came of it.

    Attributes:
        number: Which request it was, in the order in which they were sent.
        at: When it was sent.
        run: The number of the run that it named.
        verb: What it asked for, by Mastra's name; None if that is no verb.
        workflow: The workflow that it named, by id or registered key.
        run_id: The run that it named.
        url: Where it was sent: scheme, host and port.
        method: HTTP method.
        target: Path and query.
        headers: The request's.
        body: The request's; None if it is empty.
        reply: None if there was none.
        ending: How the reply's body ended: `whole`, `cut`, `left`, `open`, or `none`.
        failure: What the client met instead.
        faults: The numbers of the faults that it met.
    """

    number: int
    at: float
    run: int | None
    verb: str | None
    workflow: str | None
    run_id: str | None
    url: str
    method: str
    target: str
    headers: list[tuple[str, str]]
    body: TracedBody | None
    reply: TracedReply | None
    ending: str
    failure: str | None
    faults: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """One test.

    Attributes:
        test: Its node id.
        outcome: `passed`, `failed`, `error` (in setup or teardown) or `skipped`.
        phases: The outcome of each phase, as far as it had come.
        target: What it ran against: `fake`, `live` or `replay`.
        url: Where that was.
        is_virtual: Whether its time was virtual.
        epoch: When it began to speak with the server, in seconds since 1970 on its clock.
        versions: Of Python and of the packages that matter.
        runs: What it touched.
        events: What the runs told, in the order of their time.
        exchanges: What was said, in the order in which requests were sent.
        sweep: What became of each point of the test's sweep, in the order in which they were tried.
        faults: What the test had go wrong, in the order in which it was declared.
        differences: What differs from a snapshot or a recording.
    """

    test: str
    outcome: str
    phases: dict[str, str]
    target: str
    url: str
    is_virtual: bool
    epoch: float
    versions: dict[str, str]
    runs: list[TracedRun] = field(default_factory=list)
    events: list[TracedEvent] = field(default_factory=list)
    exchanges: list[TracedExchange] = field(default_factory=list)
    sweep: list[SweptPoint] = field(default_factory=list)
    faults: list[TracedFault] = field(default_factory=list)
    differences: list[TracedDifference] = field(default_factory=list)

    def touched_runs(self) -> list[TouchedRun]:
        """Return the runs, to be drawn again, as they were written: without their exchanges."""
        runs = [
            TouchedRun(
                run.workflow_id,
                run.run_id,
                run.status,
                input_data=run.input_data,
                last_state=run.account,
                retries=[replace(retry, at=self.epoch + retry.at) for retry in run.retries],
            )
            for run in self.runs
        ]
        for event in self.events:
            run = runs[event.run]
            run.events.append(event.event)
            if event.at is None or event.exchange is None:
                run.arrivals.append(None)
            else:
                run.arrivals.append((self.epoch + event.at, event.exchange))
        return runs


def read_trace(path: str | os.PathLike[str]) -> Trace:
    """Return a trace that was kept.

    Records of a kind that is not known are passed over.

    Raises:
        TraceError: The file is broken, is no trace, or is of another version; names the line.
        OSError: It cannot be read.
    """
    return _trace_of(str(path), _records(Path(path)))


def trace_of_text(text: str) -> Trace:
    """Return a trace whose lines this release has just written, which are not checked again."""
    # at once, as one list: a line's text has no line break
    records = parse_json(b"[%b]" % text[:-1].replace("\n", ",").encode())
    return _trace_of("trace", iter(enumerate(records, 1)))


def _trace_of(name: str, records: Iterator[tuple[int, dict[str, Any]]]) -> Trace:
    _, header = next(records, (1, None))
    if header is None:
        raise TraceError(name, 1, "the file is empty")
    trace = _header(header)
    for line, record in records:
        if record["record"] == "run":
            if record["run"] != len(trace.runs):
                raise TraceError(name, line, f"expected run {len(trace.runs)}, got run {record['run']}")
            trace.runs.append(_run(record))
        elif record["record"] == "event":
            if record["run"] >= len(trace.runs):
                raise TraceError(name, line, f"there is no run {record['run']}")
            trace.events.append(TracedEvent(record["run"], record["at"], record["exchange"], record["event"]))
        elif record["record"] == "trace":
            raise TraceError(name, line, "a second header: are these two traces?")
        elif record["record"] in _TAKE:
            _TAKE[record["record"]](trace, record)
    return trace


def _records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Give the records with their lines, each checked."""
    with path.open("rb") as file:
        for line, data in enumerate(file, 1):
            if not data.endswith(b"\n"):
                raise TraceError(str(path), line, "the line does not end; the file may have been cut here")
            try:
                record = json.loads(data.decode("utf-8"))
            except (ValueError, RecursionError) as error:
                known = "; pytest --mastra-trace=on writes traces" if line == 1 else ""
                raise TraceError(str(path), line, f"not JSON in UTF-8: {error}{known}") from None
            problem = _problem(record, is_first=line == 1)
            if problem:
                raise TraceError(str(path), line, problem)
            yield line, record


def _problem(record: Any, *, is_first: bool) -> str | None:
    kind = record.get("record") if isinstance(record, dict) else None
    if is_first and kind != "trace":
        return "no trace of pytest_mastra: the first line is no header"
    if not isinstance(kind, str):
        return "no record: an object with a key 'record' is expected"
    if kind == "trace" and record.get("schema") != SCHEMA:
        return f"of version {record.get('schema')!r}; this release reads version {SCHEMA}"
    if kind not in _KINDS:
        return None
    error = next(iter(_validator(kind).iter_errors(record)), None)
    return None if error is None else f"{error.json_path}: {_first_line(error.message)}"


@cache
def _validator(kind: str) -> Validator:
    from jsonschema import Draft202012Validator  # noqa: PLC0415 -- only to read

    schema = trace_schema()
    # of one kind: what is said against a record does not speak of the others then
    return Draft202012Validator({"$defs": schema["$defs"], "$ref": f"#/$defs/{kind}"})


def trace_schema() -> dict[str, Any]:
    """Return the JSON Schema of a trace's records, each of which is one line."""
    text = resources.files("pytest_mastra.report").joinpath(SCHEMA_FILE).read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def _first_line(text: str, most: int = 200) -> str:
    line = text.partition("\n")[0]
    return line if len(line) <= most else f"{line[: most - 3]}..."


def _header(record: Mapping[str, Any]) -> Trace:
    return Trace(
        record["test"],
        record["outcome"],
        record["phases"],
        record["target"],
        record["url"],
        record["clock"] == "virtual",
        record["epoch"],
        record["versions"],
    )


def _run(record: Mapping[str, Any]) -> TracedRun:
    return TracedRun(
        record["run"],
        record["workflow"],
        record["id"],
        record["status"],
        record["at"],
        record["input"],
        record["account"],
        record["exchanges"],
        [Retry(one["step"], one["at"], one["error"]) for one in record.get("retries", ())],
    )


def _exchange(record: Mapping[str, Any]) -> TracedExchange:
    request, reply = record["request"], record["reply"]
    return TracedExchange(
        record["exchange"],
        record["at"],
        record["run"],
        record["verb"],
        record["workflow"],
        record["run_id"],
        record["url"],
        request["method"],
        request["target"],
        _pairs_of(request["headers"]),
        _body(request["body"]),
        None if reply is None else _reply(reply),
        record["ending"],
        record["failure"],
        tuple(record.get("faults", ())),
    )


_TAKE: Mapping[str, Callable[[Trace, Mapping[str, Any]], None]] = {
    "exchange": lambda trace, record: trace.exchanges.append(_exchange(record)),
    "point": lambda trace, record: trace.sweep.append(point_of(record)),
    "fault": lambda trace, record: trace.faults.append(fault_of(record)),
    "difference": lambda trace, record: trace.differences.append(difference_of(record)),
}
"""What becomes of records that name no others."""


def _reply(reply: Mapping[str, Any]) -> TracedReply:
    return TracedReply(
        reply["status"],
        reply["reason"],
        _pairs_of(reply["headers"]),
        reply["is_stream"],
        reply["coding"],
        _body(reply["body"]),
        [TracedChunk(chunk["at"], chunk["size"]) for chunk in reply["chunks"]],
    )


def _pairs_of(items: list[list[str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in items]


def _body(body: Mapping[str, Any] | None) -> TracedBody | None:
    if body is None:
        return None
    data = base64.b64decode(body["base64"]) if "base64" in body else None
    return TracedBody(
        body["size"],
        body.get("json"),
        body.get("records"),
        body.get("rest"),
        body.get("text"),
        data,
        body.get("clipped", False),
    )
