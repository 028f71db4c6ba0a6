"""The HTTP surface: a request in, a reply out, no I/O."""

from __future__ import annotations

import functools
import math
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from mastra_sync.connections import seconds_left
from mastra_sync.run_api import CHEAPEST_FIELDS
from mastra_sync.suggest import nearest_name
from pytest_mastra.fake.api import definition_handlers, handlers, schedule_handlers
from pytest_mastra.fake.api.body_schemas import Check, QueryCheck, check_body, check_query
from pytest_mastra.fake.api.call import Call, body_check, query_check
from pytest_mastra.fake.api.guard import JSON_HEADERS, refused
from pytest_mastra.fake.api.journal import Request
from pytest_mastra.fake.api.run_counts import RunCounts
from pytest_mastra.fake.api.v8_syntax_errors import syntax_error
from pytest_mastra.fake.api.workflow_names import explain_unknown_workflow
from pytest_mastra.fake.engine.progress import AnswerTooLate
from pytest_mastra.fake.virtual_time.clock import VirtualClock
from pytest_mastra.fake.workflows.errors import Refusal
from pytest_mastra.fake.workflows.javascript import UNDEFINED, is_nested_deeper, loads
from pytest_mastra.http.verbs import VERBS, VerbRow, path_pattern
from pytest_mastra.http.wire import Cut, Frame, Pause, Piece, WireReply, WireRequest

if TYPE_CHECKING:
    from pytest_mastra.fake.api.journal import Journal
    from pytest_mastra.fake.api.stored_definitions import StoredDefinitions
    from pytest_mastra.fake.engine.progress import RunsInProgress
    from pytest_mastra.fake.engine.state import ServerState
    from pytest_mastra.fake.schedules.timer import ScheduleTimer
    from pytest_mastra.fake.virtual_time.overruns import Overruns

TEXT_HEADERS = (("content-type", "text/plain; charset=UTF-8"),)
STREAM_HEADERS = (("content-type", "text/plain"),)

DEEPEST_BODY = 200
"""How deep lists and objects of a body may lie within each other."""

Handler = Callable[[Call], Any]

EVERY = ("current", "1.2", "1.0-beta")
NEW = ("current",)
OLD = ("1.0-beta",)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What answers a verb.

    Attributes:
        handler: What answers.
        generations: Which generations have the verb.
    """

    handler: Handler
    generations: tuple[str, ...] = EVERY


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """One route.

    Attributes:
        row: What its verb is.
        path: Below the prefix, with `{workflow}` and `{run}` for the ids.
        pattern: Matches the path below the prefix, still percent-encoded.
        handler: What answers.
        query_check: What checks its queries.
        body_checks: What checks its bodies, for each generation that has it.
    """

    row: VerbRow
    path: str
    pattern: re.Pattern[str]
    handler: Handler
    query_check: QueryCheck
    body_checks: Mapping[str, Check | None]

    @property
    def generations(self) -> tuple[str, ...]:
        """Which generations have it."""
        return tuple(self.body_checks)

    @property
    def verb(self) -> str:
        """The verb, as users know it."""
        return self.row.name

    @property
    def method(self) -> str:
        """HTTP method."""
        return self.row.method


ENDPOINTS = {
    "list_workflows": Endpoint(handlers.list_workflows),
    "list_workflow_run_counts": Endpoint(handlers.list_workflow_run_counts, NEW),
    "details": Endpoint(handlers.details),
    "runs": Endpoint(handlers.runs),
    "run_execution_result": Endpoint(handlers.run_execution_result, OLD),
    "run_by_id": Endpoint(handlers.run_by_id),
    "delete_run_by_id": Endpoint(handlers.delete_run_by_id),
    "cancel": Endpoint(handlers.cancel),
    "create_run": Endpoint(handlers.create_run),
    "start": Endpoint(handlers.start),
    "start_async": Endpoint(handlers.start_async),
    "stream": Endpoint(handlers.stream),
    "observe": Endpoint(handlers.observe),
    "resume": Endpoint(handlers.resume),
    "resume_async": Endpoint(handlers.resume),
    "resume_no_wait": Endpoint(handlers.resume_no_wait, NEW),
    "resume_stream": Endpoint(handlers.resume_stream),
    "restart": Endpoint(handlers.restart),
    "restart_async": Endpoint(handlers.restart),
    "restart_all_active_workflow_runs": Endpoint(handlers.restart_all_active_workflow_runs),
    "restart_all_active_workflow_runs_async": Endpoint(handlers.restart_all_active_workflow_runs_async),
    "time_travel": Endpoint(handlers.time_travel),
    "time_travel_async": Endpoint(handlers.time_travel),
    "time_travel_stream": Endpoint(handlers.time_travel_stream),
    "stream_legacy": Endpoint(handlers.stream_legacy),
    "observe_stream_legacy": Endpoint(handlers.observe_stream_legacy),
    "list_schedules": Endpoint(schedule_handlers.list_schedules, NEW),
    "get_schedule": Endpoint(schedule_handlers.get_schedule, NEW),
    "create_schedule": Endpoint(schedule_handlers.create_schedule, NEW),
    "update_schedule": Endpoint(schedule_handlers.update_schedule, NEW),
    "delete_schedule": Endpoint(schedule_handlers.delete_schedule, NEW),
    "pause_schedule": Endpoint(schedule_handlers.pause_schedule, NEW),
    "resume_schedule": Endpoint(schedule_handlers.resume_schedule, NEW),
    "run_schedule": Endpoint(schedule_handlers.run_schedule, NEW),
    "list_schedule_triggers": Endpoint(schedule_handlers.list_schedule_triggers, NEW),
    "list_dynamic_workflows": Endpoint(definition_handlers.list_definitions, NEW),
    "dynamic_workflow_details": Endpoint(definition_handlers.get_definition, NEW),
    "upsert_dynamic_workflow": Endpoint(definition_handlers.upsert_definition, NEW),
    "delete_dynamic_workflow": Endpoint(definition_handlers.delete_definition, NEW),
}
"""What answers each verb."""


def build_routes(verbs: Mapping[str, VerbRow], answers: Mapping[str, Endpoint]) -> tuple[Route, ...]:
    """Return the routes of verbs; a path without placeholders goes before one that fits it too."""
    routes = []
    for row in verbs.values():
        answer = answers[row.name]
        for path in row.paths:
            generations = OLD if path == row.beta_path else answer.generations
            body_checks = {generation: body_check(row, generation) for generation in generations}
            routes.append(Route(row, path, path_pattern(path), answer.handler, query_check(row), body_checks))
    return tuple(sorted(routes, key=lambda route: route.path.count("{")))


ROUTES = build_routes(VERBS, ENDPOINTS)


@functools.cache
def routes_of(routes: tuple[Route, ...], generation: str) -> tuple[Route, ...]:
    """Return those of some routes that a generation has."""
    return tuple(route for route in routes if generation in route.generations)


@functools.cache
def routes_by_method(routes: tuple[Route, ...], generation: str) -> Mapping[str, list[Route]]:
    """Return those of some routes that a generation has, for each HTTP method that has any."""
    found: dict[str, list[Route]] = {}
    for route in routes_of(routes, generation):
        found.setdefault(route.method, []).append(route)
    return found


_OF_A_WAIT = ",".join(CHEAPEST_FIELDS)
"""The fields for which `mastra_sync` asks while it waits for a run, and no one else."""


class HttpSurface:
    """Answers requests for a server.

    Args:
        state: What the server knows.
        journal: Where requests are recorded for the test.
        progress: What moves runs.
        overruns: Finds the runs that took too long.
        timer: The schedules.
        definitions: The workflows that were stored over HTTP.

    Attributes:
        token: The only token that is let in; None lets in everybody.
        api_prefix: Where the routes are.
        body_limit: The largest body in bytes; None for no limit.
        keep: How many finished runs are kept; None for all.
    """

    def __init__(
        self,
        state: ServerState,
        journal: Journal,
        progress: RunsInProgress,
        overruns: Overruns,
        timer: ScheduleTimer,
        definitions: StoredDefinitions,
    ) -> None:
        self.token: str | None = None
        self.api_prefix = "/api"
        self.body_limit: int | None = None
        self.keep: int | None = None
        self._state = state
        self._journal = journal
        self._progress = progress
        self._overruns = overruns
        self._timer = timer
        self._definitions = definitions
        self._run_counts = RunCounts(state)
        self._routes = routes_of(ROUTES, state.generation.name)
        self._by_method = routes_by_method(ROUTES, state.generation.name)

    def handle(self, request: WireRequest) -> WireReply:
        """Return the reply to one request."""
        state = self._state
        if not state.driver.take_lock():
            return refused(Refusal("Gateway Timeout", 504))
        try:
            state.clock.request_came()
            record = self._recorded(request)
            reply = self._guarded_answer(request, record)
            record.status = reply.status
            self._forget_runs()
            state.driver.notify()
            return reply
        finally:
            state.driver.lock.release()

    def _recorded(self, request: WireRequest) -> Request:
        # many requests are kept, and most of them say the same
        headers = self._journal.shared_headers(request.headers)
        record = Request(sys.intern(str(request.method)), sys.intern(request.path), self._query(request.query), headers)
        if not request.is_look:
            self._journal.requests.append(record)
        return record

    def _guarded_answer(self, request: WireRequest, record: Request) -> WireReply:
        try:
            return self._answer(request, record)
        except Refusal as refusal:
            return refused(refusal)
        except AnswerTooLate:
            return WireReply(200, JSON_HEADERS, script=self._silence)
        except Exception as error:  # noqa: BLE001 -- whatever broke down here is told as a server would
            about = {"workflow_id": record.workflow_id or "", "run_id": record.run_id or ""}
            return refused(self._state.note_breakdown(error, **about, request=f"{request.method} {request.path}"))

    def _silence(self, _frame: Frame) -> Iterator[Piece]:
        """Say nothing until the client gives up."""
        clock = self._state.clock
        if isinstance(clock, VirtualClock):
            yield Pause(math.inf, clock)
        yield Cut.CLOSED

    def _forget_runs(self) -> None:
        """Forget the finished runs beyond those that are kept."""
        if self.keep is None:
            return
        for workflow_id, run_id in self._state.store.finished_beyond(self.keep):
            self._state.delete_run(workflow_id, run_id)
            self._journal.forget_run(workflow_id, run_id)

    def _answer(self, request: WireRequest, record: Request) -> WireReply:
        route, ids = self._find(request)
        if route is None:
            self._check_token(request, record, known=False)
            record.stray = self._explain_unknown_route(record)
            return WireReply(404, TEXT_HEADERS, b"404 Not Found")
        record.verb = route.verb
        record.workflow_id = ids.get("workflow")
        self._check_token(request, record, known=True)
        call = self._call(route, ids, request, record)
        record.run_id = call.run_id
        self._timer.catch_up()
        self._progress.catch_up()
        if route.row.executes and record.run_id:
            answers_late = route.row.answers_run or route.row.streams
            self._overruns.note_command(record.run_id, route.verb, seconds_left() if answers_late else None)
        try:
            answer = route.handler(call)
        except Refusal as refusal:
            if refusal.message == "Workflow not found":
                record.stray = explain_unknown_workflow(record.workflow_id or "", self._state.workflows)
            raise
        if record.query.get("fields") == _OF_A_WAIT and record.run_id and not self._progress.of_run(record.run_id):
            self._overruns.note_end_seen(record.workflow_id or "", record.run_id, seconds_left())
        if route.row.streams:
            return WireReply(200, STREAM_HEADERS, answer)
        return WireReply(200, JSON_HEADERS, answer)

    def _find(self, request: WireRequest) -> tuple[Route | None, dict[str, str]]:
        prefix = self.api_prefix
        if not request.path.startswith(prefix):
            return None, {}
        path = request.path[len(prefix) :]
        method = "GET" if request.method == "HEAD" else request.method
        for route in self._by_method.get(method, ()):
            match = route.pattern.fullmatch(path)
            if match is not None:
                return route, {name: sys.intern(unquote(value)) for name, value in match.groupdict().items()}
        return None, {}

    def _check_token(self, request: WireRequest, record: Request, *, known: bool) -> None:
        wanted = self.token
        generation = self._state.generation
        if wanted is None or (not known and generation.name == "current"):
            return
        header = request.header("authorization") or ""
        given = header[7:] if header.lower().startswith("bearer ") else header
        given = given or record.query.get("apiKey") or ""
        if not given:
            raise Refusal(generation.no_token_message, 401)
        if given != wanted:
            raise Refusal("Invalid or expired token", 401)

    def _call(self, route: Route, ids: dict[str, str], request: WireRequest, record: Request) -> Call:
        generation = self._state.generation
        limit = self.body_limit
        if limit is not None and len(request.body) > limit:
            raise Refusal("Request body too large", 413)
        body = self._body(request, record) if route.method != "GET" else UNDEFINED
        check_query(record.query, route.query_check, generation)
        check = route.body_checks[generation.name]
        if check is not None:
            check_body(body, check, generation)
        fields = body if isinstance(body, dict) else {}
        return Call(
            self._state,
            self._journal,
            self._progress,
            self._run_counts,
            route.row,
            ids.get("workflow", ""),
            ids.get("run"),
            ids.get("schedule") or ids.get("definition") or "",
            self._timer,
            self._definitions,
            record.query,
            fields,
        )

    def _body(self, request: WireRequest, record: Request) -> Any:
        generation = self._state.generation
        is_json = "application/json" in (request.header("content-type") or "")
        if (generation.json_only and not is_json) or not request.body.strip():
            return UNDEFINED
        text = request.body.decode("utf-8", errors="replace").removeprefix("\ufeff")
        try:
            record.body = loads(text)
        except (ValueError, RecursionError):
            if not generation.json_only:
                return UNDEFINED
            issues = [{"field": "body", "message": syntax_error(text)}]
            raise Refusal("Invalid request body", 400, fields={"issues": issues}) from None
        if is_nested_deeper(record.body, DEEPEST_BODY):
            # what is taken in is copied, compared and written by functions that call themselves
            issues = [
                {
                    "field": "body",
                    "message": f"nested more than {DEEPEST_BODY} deep, which this fake server does not take",
                }
            ]
            raise Refusal("Invalid request body", 400, fields={"issues": issues})
        if record.body is None and generation.issues != "listed":
            return UNDEFINED
        return record.body

    def _query(self, text: str) -> dict[str, Any]:
        query: dict[str, Any] = {}
        for name, value in parse_qsl(text, keep_blank_values=True, errors="replace"):
            if name not in query:
                query[sys.intern(name)] = value
            elif self._state.generation.repeated_queries:
                query[name] = [*query[name], value] if isinstance(query[name], list) else [query[name], value]
        return query

    def _explain_unknown_route(self, record: Request) -> str:
        """Return why a request met no route, and what came nearest."""
        prefix = self.api_prefix
        if not record.path.startswith(prefix):
            return f"{record.method} {record.path} is not below {prefix}."
        path = record.path[len(prefix) :]
        others = [route for route in self._routes if route.pattern.fullmatch(path)]
        if others:
            methods = " or ".join(sorted({route.method for route in others}))
            return f"{record.path} is called with {methods}, not with {record.method}."
        last = path.rpartition("/")[2]
        known = {route.path.rpartition("/")[2]: route for route in self._routes}
        near = nearest_name(last, known)
        hint = "" if near is None else f" The nearest route is {known[near].method} {prefix}{known[near].path}."
        return f"There is no route {record.method} {record.path}.{hint}"
