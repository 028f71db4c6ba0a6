"""A trace as OTLP/JSON for OpenTelemetry's collectors: test > run > step, and requests. No I/O."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mastra_sync import __version__
from pytest_mastra.exports.stretches import exchange_name, exchange_stretch, step_stretches

if TYPE_CHECKING:
    from pytest_mastra.report.trace_reader import Trace, TracedExchange, TracedRun
    from pytest_mastra.run_history.runs import TouchedRun

_MICROSECONDS = 1_000_000
_TRACE_ID = 32
_SPAN_ID = 16
_INTERNAL, _CLIENT = 1, 3
_OK, _ERROR = 1, 2
_FIRST_ERROR = 400
_FAILED = frozenset({"failed", "error", "tripwire"})


def otlp_trace(trace: Trace) -> dict[str, Any]:
    """Return a trace as an `ExportTraceServiceRequest` in OTLP's JSON: one trace for the test.

    Ids are made of the test, its runs and steps: exported again, they are the same.
    """
    spans = list(_Spans(trace).all())
    scope = {"name": "mastra-sync", "version": __version__}
    resource = {"attributes": _attributes({"service.name": "mastra-tests", "mastra.target": trace.target})}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": scope, "spans": spans}]}]}


class _Spans:
    """Makes the spans of one trace."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._id = _digest("trace", trace.test, *(run.run_id for run in trace.runs))[:_TRACE_ID]
        self._root = self._span_id("test")
        self._ends: list[tuple[float, float]] = []

    def all(self) -> Iterator[dict[str, Any]]:
        """Give all spans, the test's last: it is as long as what is in it."""
        trace = self._trace
        for run, touched in zip(trace.runs, trace.touched_runs(), strict=True):
            yield from self._of_run(run, touched)
        for exchange in trace.exchanges:
            yield self._of_exchange(exchange)
        begin = min((begin for begin, _ in self._ends), default=0.0)
        end = max((end for _, end in self._ends), default=0.0)
        told = {"mastra.test": trace.test, "mastra.outcome": trace.outcome}
        yield self._span(self._root, "", trace.test, _INTERNAL, (begin, end), told, is_bad=trace.outcome in _FAILED)

    def _of_run(self, run: TracedRun, touched: TouchedRun) -> Iterator[dict[str, Any]]:
        own = self._span_id("run", run.number)
        stretches = list(step_stretches(touched, self._trace.epoch))
        begin = min((one.begin for one in stretches), default=run.at or 0.0)
        end = max((one.end for one in stretches), default=begin)
        told = {"mastra.workflow": run.workflow_id, "mastra.run": run.run_id, "mastra.status": run.status}
        name = f"run {run.workflow_id}"
        yield self._span(own, self._root, name, _INTERNAL, (begin, end), told, is_bad=run.status in _FAILED)
        known = {one.path for one in stretches}
        first = {path: next(index for index, one in enumerate(stretches) if one.path == path) for path in known}
        for index, one in enumerate(stretches):
            outer = one.path.rpartition(".")[0]
            parent = self._span_id("step", run.number, first[outer]) if outer in first else own
            told = {"mastra.step": one.path, "mastra.status": one.status, "mastra.activity": one.activity}
            is_bad = one.status in _FAILED and one.activity == "working"
            where = one.begin, one.end
            step = self._span_id("step", run.number, index)
            yield self._span(step, parent, f"step {one.path}", _INTERNAL, where, told, is_bad=is_bad)

    def _of_exchange(self, exchange: TracedExchange) -> dict[str, Any]:
        parent = self._root if exchange.run is None else self._span_id("run", exchange.run)
        told: dict[str, Any] = {"http.request.method": exchange.method, "url.path": exchange.target.partition("?")[0]}
        status = exchange.reply.status if exchange.reply is not None else 0
        if status:
            told["http.response.status_code"] = status
        if exchange.failure:
            told["error.type"] = exchange.failure
        own = self._span_id("exchange", exchange.number)
        is_bad = not status or status >= _FIRST_ERROR
        return self._span(
            own, parent, exchange_name(exchange), _CLIENT, exchange_stretch(exchange), told, is_bad=is_bad
        )

    def _span(
        self,
        own: str,
        parent: str,
        name: str,
        kind: int,
        stretch: tuple[float, float],
        told: Mapping[str, Any],
        *,
        is_bad: bool,
    ) -> dict[str, Any]:
        begin, end = stretch
        self._ends.append((begin, end))
        return {
            "traceId": self._id,
            "spanId": own,
            **({"parentSpanId": parent} if parent else {}),
            "name": name,
            "kind": kind,
            "startTimeUnixNano": self._moment(begin),
            "endTimeUnixNano": self._moment(max(begin, end)),
            "attributes": _attributes(told),
            "status": {"code": _ERROR if is_bad else _OK},
        }

    def _moment(self, seconds: float) -> str:
        # a float has no room for nanoseconds since 1970
        return str(max(0, round((self._trace.epoch + seconds) * _MICROSECONDS)) * 1000)

    def _span_id(self, *parts: Any) -> str:
        return _digest(self._id, *parts)[:_SPAN_ID]


def _digest(*parts: Any) -> str:
    text = "\0".join(map(str, parts))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _attributes(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in told.items()]


def _value(value: Any) -> dict[str, Any]:
    # 64-bit numbers are texts in protobuf's JSON
    return {"intValue": str(value)} if isinstance(value, int) else {"stringValue": str(value)}
