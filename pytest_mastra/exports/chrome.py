"""A trace in the format of Chrome's profiler, which ui.perfetto.dev and speedscope read. No I/O."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mastra_sync.terminal.writing import step_name
from pytest_mastra.exports.stretches import exchange_name, exchange_stretch, step_stretches

if TYPE_CHECKING:
    from pytest_mastra.report.trace_reader import Trace

_MICROSECONDS = 1_000_000
_PROCESS = 1
_HTTP = 0


def chrome_trace(trace: Trace) -> dict[str, Any]:
    """Return a trace with a row for HTTP, and one for each step of a run.

    Times are microseconds since the trace began.
    """
    return {
        "displayTimeUnit": "ms",
        "otherData": {"test": trace.test, "outcome": trace.outcome, "target": trace.target, **trace.versions},
        "traceEvents": [*_names(trace), *_exchanges(trace), *_steps(trace)],
    }


def _names(trace: Trace) -> Iterator[dict[str, Any]]:
    yield _name("process_name", _PROCESS, _HTTP, trace.test)
    yield _name("thread_name", _PROCESS, _HTTP, "HTTP")
    for run in trace.runs:
        yield _name("process_name", _process(run.number), 0, f"{run.workflow_id} {run.run_id} {run.status}")


def _name(kind: str, process: int, thread: int, name: str) -> dict[str, Any]:
    return {"name": kind, "ph": "M", "pid": process, "tid": thread, "args": {"name": name}}


def _exchanges(trace: Trace) -> Iterator[dict[str, Any]]:
    for exchange in trace.exchanges:
        stretch = exchange_stretch(exchange)
        args: dict[str, Any] = {"method": exchange.method, "target": exchange.target, "ending": exchange.ending}
        args |= {"status": exchange.reply.status} if exchange.reply is not None else {"failure": exchange.failure}
        args |= {"faults": [trace.faults[number].rule for number in exchange.faults]} if exchange.faults else {}
        yield _event(exchange_name(exchange), "http", stretch, _PROCESS, _HTTP, args)


def _steps(trace: Trace) -> Iterator[dict[str, Any]]:
    for run, touched in zip(trace.runs, trace.touched_runs(), strict=True):
        threads: dict[str, int] = {}
        for stretch in step_stretches(touched, trace.epoch):
            thread = threads.setdefault(stretch.path, len(threads))
            args = {"step": stretch.path, "status": stretch.status}
            name = step_name(stretch.path.rpartition(".")[2])
            yield _event(name, stretch.activity, (stretch.begin, stretch.end), _process(run.number), thread, args)
        yield from (_name("thread_name", _process(run.number), thread, path) for path, thread in threads.items())


def _process(run: int) -> int:
    return _PROCESS + 1 + run


def _event(
    name: str, category: str, stretch: tuple[float, float], process: int, thread: int, args: dict[str, Any]
) -> dict[str, Any]:
    begin, end = stretch
    return {
        "name": name,
        "cat": category,
        "ph": "X",
        "ts": round(begin * _MICROSECONDS, 3),
        "dur": round(max(end - begin, 0.0) * _MICROSECONDS, 3),
        "pid": process,
        "tid": thread,
        "args": args,
    }
