"""Each route and option of the newest server beside ours; `python -m tests.live.routes.table` writes docs/client.md."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mastra_sync import DynamicWorkflow, MastraClient, Run, Workflow
from mastra_sync.options import (
    RestartOptions,
    ResumeOptions,
    StartOptions,
    StreamResumeOptions,
    StreamStartOptions,
    StreamTimeTravelOptions,
    TimeTravelOptions,
)
from tests.live.install import install, node_program

PAGE = Path(__file__).parents[3] / "docs" / "client.md"
LIST_ROUTES = Path(__file__).with_name("list_routes.mjs")
BEGIN, END = "## Every route\n", "\n## "


@dataclass(frozen=True)
class Ours:
    """What we have for a route.

    Attributes:
        call: The method; None if we have none, which `why` explains.
        options: What its `**options` are of.
        why: Why there is none.
        missing: For each option that it does not take, why.
    """

    call: Callable[..., Any] | None = None
    options: type | None = None
    why: str = ""
    missing: Mapping[str, str] = field(default_factory=dict)


_HANDLE = {"runId": "the handle's own"}
_BETWEEN = Ours(why="between a server and its workers")
_LEGACY = Ours(why="the same events in an older form")
_ONLY_AGENTS = "agentId prompt name threadId signalType tagName attributes ifActive ifIdle providerOptions"
_OF_AGENTS = dict.fromkeys(_ONLY_AGENTS.split(), "of agents' schedules")
_LOST = {"requestContext": "taken, and lost"}
_W, _R = "/workflows/:workflowId", "/workflows/:workflowId/runs/:runId"
_S, _D = "/schedules", "/stored/workflows"

OURS: Mapping[str, Ours] = {
    "GET /workflows": Ours(MastraClient.list_workflows),
    "GET /workflows/run-counts": Ours(MastraClient.list_workflow_run_counts),
    f"GET {_W}": Ours(Workflow.details),
    f"GET {_W}/runs": Ours(Workflow.runs),
    f"GET {_R}": Ours(Workflow.run_by_id),
    f"DELETE {_R}": Ours(Workflow.delete_run_by_id),
    f"POST {_W}/create-run": Ours(Workflow.create_run),
    f"POST {_W}/start": Ours(Run.start, StartOptions, missing=_HANDLE),
    f"POST {_W}/start-async": Ours(Run.start_async, StartOptions, missing=_HANDLE),
    f"POST {_W}/stream": Ours(Run.stream, StreamStartOptions, missing=_HANDLE),
    f"POST {_W}/observe": Ours(Run.observe, missing=_HANDLE),
    f"POST {_W}/resume": Ours(Run.resume, ResumeOptions, missing=_HANDLE),
    f"POST {_W}/resume-async": Ours(Run.resume_async, ResumeOptions, missing=_HANDLE),
    f"POST {_W}/resume-no-wait": Ours(Run.resume_no_wait, ResumeOptions, missing=_HANDLE),
    f"POST {_W}/resume-stream": Ours(Run.resume_stream, StreamResumeOptions, missing=_HANDLE),
    f"POST {_R}/cancel": Ours(Run.cancel),
    f"POST {_W}/restart": Ours(Run.restart, RestartOptions, missing=_HANDLE),
    f"POST {_W}/restart-async": Ours(Run.restart_async, RestartOptions, missing=_HANDLE),
    f"POST {_W}/restart-all-active-workflow-runs": Ours(Workflow.restart_all_active),
    f"POST {_W}/restart-all-active-workflow-runs-async": Ours(Workflow.restart_all_active_async),
    f"POST {_W}/time-travel": Ours(Run.time_travel, TimeTravelOptions, missing=_HANDLE),
    f"POST {_W}/time-travel-async": Ours(Run.time_travel_async, TimeTravelOptions, missing=_HANDLE),
    f"POST {_W}/time-travel-stream": Ours(Run.time_travel_stream, StreamTimeTravelOptions, missing=_HANDLE),
    f"POST {_W}/stream-legacy": _LEGACY,
    f"POST {_W}/observe-stream-legacy": _LEGACY,
    f"POST {_R}/steps/execute": _BETWEEN,
    "POST /workflows/events": _BETWEEN,
    f"GET {_S}": Ours(MastraClient.list_schedules),
    f"GET {_S}/:scheduleId": Ours(MastraClient.get_schedule),
    f"POST {_S}": Ours(MastraClient.create_schedule, missing={**_OF_AGENTS, **_LOST}),
    f"PATCH {_S}/:scheduleId": Ours(MastraClient.update_schedule, missing={**_OF_AGENTS, **_LOST}),
    f"DELETE {_S}/:scheduleId": Ours(MastraClient.delete_schedule),
    f"GET {_S}/:scheduleId/triggers": Ours(MastraClient.list_schedule_triggers),
    f"POST {_S}/:scheduleId/pause": Ours(MastraClient.pause_schedule),
    f"POST {_S}/:scheduleId/resume": Ours(MastraClient.resume_schedule),
    f"POST {_S}/:scheduleId/run": Ours(MastraClient.run_schedule),
    f"GET {_D}": Ours(MastraClient.list_dynamic_workflows),
    f"POST {_D}": Ours(MastraClient.upsert_dynamic_workflow),
    f"GET {_D}/:dynamicWorkflowId": Ours(DynamicWorkflow.details),
    f"DELETE {_D}/:dynamicWorkflowId": Ours(DynamicWorkflow.delete),
}
"""What we have for each route; one that is not here is new, and wants its row."""


@dataclass(frozen=True)
class Route:
    """A route of the installed server.

    Attributes:
        name: Method and path.
        options: The names that its query and its body take.
    """

    name: str
    options: tuple[str, ...]


def installed_routes() -> list[Route]:
    """Return the routes of the installed server of the current generation, in its own order.

    Raises:
        ServerUnavailable: None can be installed.
    """
    modules = install("current").parent / "node_modules"
    adapter = modules / "@mastra" / "server" / "dist" / "server" / "server-adapter" / "index.js"
    command = [str(node_program()), str(LIST_ROUTES), adapter.as_uri(), (modules / "zod" / "index.js").as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return [Route(row["route"], tuple(dict.fromkeys(row["options"]))) for row in json.loads(done.stdout)]


def server_version() -> str:
    """Return the version of the installed `@mastra/server`."""
    manifest = install("current").parent / "node_modules" / "@mastra" / "server" / "package.json"
    version: str = json.loads(manifest.read_text(encoding="utf-8"))["version"]
    return version


def arguments_of(ours: Ours) -> set[str]:
    """Return the names by which a method takes arguments."""
    assert ours.call is not None
    return {*inspect.signature(ours.call).parameters, *(ours.options.__annotations__ if ours.options else ())}


def in_python(option: str) -> str:
    """Return an option's name in Python's spelling."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in option)


def problems(routes: list[Route]) -> list[str]:
    """Return which routes have no row, and which options neither an argument nor a reason."""
    found = [f"{route.name} is new: give it a row in OURS" for route in routes if route.name not in OURS]
    known = {route.name: route for route in routes}
    found += [f"{name} is in OURS, and the server has no such route" for name in OURS if name not in known]
    for name, ours in OURS.items():
        if ours.call is None or name not in known:
            continue
        taken = arguments_of(ours)
        for option in known[name].options:
            if in_python(option) not in taken and option not in ours.missing:
                found.append(f"{name} takes {option}: give {ours.call.__qualname__} an argument, or OURS a reason")
    return found


def written(routes: list[Route], version: str) -> str:
    """Return the section of the page, its heading first."""
    lines = [
        BEGIN,
        f"The routes of workflows that @mastra/server {version} has, and what queries and bodies take, beside ours.",
        "A test writes this table from the installed server, so that a new route or option is noticed.",
        "",
        "| route | here | takes | not taken |",
        "|---|---|---|---|",
        *(_row(route) for route in routes),
        "",
        "Each route that reads workflows or runs takes a `requestContext` too: `request_context` here.",
    ]
    return "\n".join(lines) + "\n"


def _row(route: Route) -> str:
    ours = OURS[route.name]
    shown = re.sub(r":(\w+)", r"{\1}", route.name)
    if ours.call is None:
        return f"| `{shown}` | none: {ours.why} | | |"
    owner, _, method = ours.call.__qualname__.partition(".")
    place = {"MastraClient": "client", "Schedules": "client", "DynamicWorkflows": "client"}
    call = f"{place.get(owner, owner[0].lower() + owner[1:])}.{method}()"
    names = {"dynamicWorkflow": "dynamic_workflow"}
    for old, new in names.items():
        call = call.replace(old, new)
    taken = arguments_of(ours)
    here = [f"`{in_python(option)}`" for option in route.options if in_python(option) in taken]
    reasons: dict[str, list[str]] = {}
    for option in route.options:
        if in_python(option) not in taken:
            reasons.setdefault(ours.missing[option], []).append(f"`{option}`")
    others = "; ".join(f"{', '.join(options)}: {reason}" for reason, options in reasons.items())
    return f"| `{shown}` | `{call}` | {', '.join(here)} | {others} |"


def on_page(text: str) -> str:
    """Return the section as it stands on a page, empty if it does not."""
    _, begin, rest = text.partition(BEGIN)
    return begin + rest.partition(END)[0]


def main() -> None:
    """Write the section into the page."""
    text = PAGE.read_text(encoding="utf-8")
    old = on_page(text)
    assert old, f"{PAGE} has no section {BEGIN.strip()!r}"
    PAGE.write_text(text.replace(old, written(installed_routes(), server_version())), encoding="utf-8")


if __name__ == "__main__":
    main()
