"""What `mastra-sync trace export` does: a trace in, a text of another format out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mastra_sync.cli.exits import Exit, Stop
from mastra_sync.terminal.writing import complain, print_text
from pytest_mastra.coverage.documents import as_markdown
from pytest_mastra.exports.chrome import chrome_trace
from pytest_mastra.exports.mermaid import charts_of
from pytest_mastra.exports.otlp import otlp_trace
from pytest_mastra.exports.trace_json import json_trace
from pytest_mastra.page.layouts import Layouts
from pytest_mastra.page.shown_run import shown_runs
from pytest_mastra.report.trace_reader import Trace, TraceError, read_trace


def export_file(path: Path, wanted: str, out: Path | None) -> Exit:
    """Write a trace in another format.

    Args:
        path: The trace.
        wanted: One of `FORMATS`.
        out: Where it goes; None for stdout.

    Raises:
        Stop: The trace cannot be read, it has nothing of this format, or the file cannot be written.
    """
    if out is not None and out.resolve() == path.resolve():
        raise Stop(Exit.USAGE, f"--out: {out} is the trace itself, which would be lost")
    text = WRITERS[wanted](_read(path))
    if not text:
        raise Stop(Exit.USAGE, f"{path} has no run of which a graph or a time is known: there is nothing to draw")
    if out is None:
        print_text(text.rstrip("\n"))
        return Exit.SUCCESS
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise Stop(Exit.USAGE, f"{out} cannot be written: {error.strerror or error}") from None
    complain(f"written to {out}")
    return Exit.SUCCESS


def _read(path: Path) -> Trace:
    try:
        return read_trace(path)
    except TraceError as error:
        raise Stop(Exit.USAGE, str(error)) from None
    except IsADirectoryError:
        raise Stop(Exit.USAGE, f"{path} is a folder: name one of the traces in it") from None
    except OSError as error:
        raise Stop(Exit.USAGE, f"{path} cannot be read: {error.strerror or error}") from None


def mermaid_text(trace: Trace) -> str:
    """Return the graph and the time chart of each run, as Markdown."""
    # a document of Mermaid alone holds one chart
    parts = []
    for run in shown_runs(trace, Layouts()):
        charts = charts_of(run)
        if charts:
            name = as_markdown(f"{run.traced.workflow_id} {run.traced.run_id} {run.traced.status}")
            parts += [f"#### {name}\n", *charts]
    return "\n".join(parts)


def _as_text(made: Callable[[Trace], dict[str, Any]]) -> Callable[[Trace], str]:
    return lambda trace: json.dumps(made(trace), ensure_ascii=True) + "\n"


WRITERS: Mapping[str, Callable[[Trace], str]] = {
    "chrome": _as_text(chrome_trace),
    "otlp": _as_text(otlp_trace),
    "mermaid": mermaid_text,
    "json": _as_text(json_trace),
}
"""What writes each format."""
