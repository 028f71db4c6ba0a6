"""Requests by the name of their verb, whatever the API prefix."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote

from mastra_sync import operations
from mastra_sync.operations import Operation
from pytest_mastra.http.wire import WireRequest

_OF_THE_CLIENT = [value for value in vars(operations).values() if isinstance(value, Operation)]

_WORKFLOW = "/workflows/{workflow}"

_OTHERS = [
    Operation("restart_all_active_workflow_runs", "POST", f"{_WORKFLOW}/restart-all-active-workflow-runs"),
    Operation("restart_all_active_workflow_runs_async", "POST", f"{_WORKFLOW}/restart-all-active-workflow-runs-async"),
    Operation("stream_legacy", "POST", f"{_WORKFLOW}/stream-legacy"),
    Operation("observe_stream_legacy", "POST", f"{_WORKFLOW}/observe-stream-legacy"),
]

VERBS = tuple(operation.name for operation in [*_OF_THE_CLIENT, *_OTHERS])
"""All verbs, as users know them."""

STREAMING = frozenset(name for name in VERBS if "stream" in name or name == "observe")
"""Verbs that are answered with events."""

READS = frozenset({"run_by_id", "run_execution_result"})
"""Verbs that ask after a run and leave it as it is; how often they are asked says nothing."""

STARTS = frozenset({"start", "start_async", "stream", "stream_legacy"})
RESUMES = frozenset({"resume", "resume_async", "resume_no_wait", "resume_stream"})
TRAVELS = frozenset({"time_travel", "time_travel_async", "time_travel_stream"})


@dataclass(frozen=True, slots=True)
class Call:
    """What a request asks for.

    Attributes:
        verb: One of `VERBS`; None for a route that is none.
        workflow: Id or registered key, as the request has it.
        run: The run's id.
    """

    verb: str | None = None
    workflow: str | None = None
    run: str | None = None


def call_of(request: WireRequest) -> Call:
    """Return what a request asks for."""
    path = request.path
    begins = _WORKFLOWS.search(path)
    if begins is None:
        return Call()
    start = begins.start()
    method = "GET" if request.method == "HEAD" else request.method
    for operation, pattern in _ROUTES.get((method, path.count("/", start)), ()):
        found = pattern.fullmatch(path, start)
        if found is not None:
            named = {name: unquote(value) for name, value in found.groupdict().items()}
            run = named.get("run") or parse_qs(request.query).get("runId", [None])[0]
            return Call(operation.name, named.get("workflow"), run)
    return Call()


def checked_verb(verb: str) -> str:
    """Return a verb that there is.

    Raises:
        ValueError: There is none of this name; says which one may be meant.
    """
    if verb in VERBS:
        return verb
    close = difflib.get_close_matches(verb, VERBS, n=1)
    meant = f"did you mean {close[0]!r}? " if close else ""
    raise ValueError(f"no verb {verb!r}: {meant}there are {', '.join(sorted(VERBS))}")


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))


# whatever the prefix, the first such segment is it: a workflow may be called so too
_WORKFLOWS = re.compile(r"/workflows(?=/|$)")


# by method and length; a path without placeholders goes before one that would take its last word for an id
_ROUTES: dict[tuple[str, int], list[tuple[Operation, re.Pattern[str]]]] = {}
for _operation in sorted([*_OF_THE_CLIENT, *_OTHERS], key=lambda operation: operation.path.count("{")):
    _length = _operation.path.count("/")
    _ROUTES.setdefault((_operation.method, _length), []).append((_operation, _pattern(_operation.path)))
