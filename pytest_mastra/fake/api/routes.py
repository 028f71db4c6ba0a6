"""The HTTP surface: a request in, a reply out, no I/O."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from pytest_mastra.fake.api import handlers
from pytest_mastra.fake.api.body_schemas import check_body, refuse_query
from pytest_mastra.fake.api.call import BODIES, QUERIES, Call
from pytest_mastra.fake.api.journal import Request
from pytest_mastra.fake.api.stray import explain_stray
from pytest_mastra.fake.api.v8_syntax_errors import syntax_error
from pytest_mastra.fake.workflows.errors import Refusal, refusal_body
from pytest_mastra.fake.workflows.javascript import UNDEFINED, loads
from pytest_mastra.http.wire import WireReply, WireRequest

if TYPE_CHECKING:
    from pytest_mastra.fake.server import FakeMastra

JSON_HEADERS = (("content-type", "application/json"),)
TEXT_HEADERS = (("content-type", "text/plain; charset=UTF-8"),)
STREAM_HEADERS = (("content-type", "text/plain"),)

Handler = Callable[[Call], Any]


@dataclass(frozen=True, slots=True)
class Route:
    """One route.

    Attributes:
        verb: Mastra's name for it.
        method: HTTP method.
        pattern: Matches the path below the prefix, still percent-encoded.
        path: The same for people.
        handler: What answers.
        streams: Whether the answer is a stream.
        generations: Which generations have it.
    """

    verb: str
    method: str
    pattern: re.Pattern[str]
    path: str
    handler: Handler
    streams: bool
    generations: tuple[str, ...]


EVERY = ("current", "1.2", "1.0-beta")
NEW = ("current",)
OLD = ("1.0-beta",)

W = "/workflows/{workflow}"
R = W + "/runs/{run}"


def _route(
    verb: str,
    method: str,
    path: str,
    handler: Handler,
    *,
    streams: bool = False,
    generations: tuple[str, ...] = EVERY,
) -> Route:
    pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))
    return Route(verb, method, pattern, path, handler, streams, generations)


ROUTES = (
    _route("list_workflows", "GET", "/workflows", handlers.list_workflows),
    _route("run_counts", "GET", "/workflows/run-counts", handlers.run_counts, generations=NEW),
    _route("details", "GET", W, handlers.details),
    _route("runs", "GET", W + "/runs", handlers.list_runs),
    _route("execution_result", "GET", R + "/execution-result", handlers.execution_result, generations=OLD),
    _route("run_by_id", "GET", R, handlers.run_by_id),
    _route("delete_run", "DELETE", R, handlers.delete_run),
    _route("cancel", "POST", R + "/cancel", handlers.cancel),
    _route("create_run", "POST", W + "/create-run", handlers.create_run),
    _route("start", "POST", W + "/start", handlers.start),
    _route("start_async", "POST", W + "/start-async", handlers.start_async),
    _route("stream", "POST", W + "/stream", handlers.stream, streams=True),
    _route("stream", "POST", W + "/streamVNext", handlers.stream, streams=True, generations=OLD),
    _route("observe", "POST", W + "/observe", handlers.observe, streams=True),
    _route("observe", "POST", W + "/observe-streamVNext", handlers.observe, streams=True, generations=OLD),
    _route("resume", "POST", W + "/resume", handlers.resume),
    _route("resume_async", "POST", W + "/resume-async", handlers.resume_async),
    _route("resume_no_wait", "POST", W + "/resume-no-wait", handlers.resume_no_wait, generations=NEW),
    _route("resume_stream", "POST", W + "/resume-stream", handlers.resume_stream, streams=True),
    _route("restart", "POST", W + "/restart", handlers.restart),
    _route("restart_async", "POST", W + "/restart-async", handlers.restart_async),
    _route("restart_all", "POST", W + "/restart-all-active-workflow-runs", handlers.restart_all),
    _route("restart_all_async", "POST", W + "/restart-all-active-workflow-runs-async", handlers.restart_all_async),
    _route("time_travel", "POST", W + "/time-travel", handlers.time_travel),
    _route("time_travel_async", "POST", W + "/time-travel-async", handlers.time_travel_async),
    _route("time_travel_stream", "POST", W + "/time-travel-stream", handlers.time_travel_stream, streams=True),
    _route("stream_legacy", "POST", W + "/stream-legacy", handlers.stream_legacy, streams=True),
    _route("observe_legacy", "POST", W + "/observe-stream-legacy", handlers.observe_legacy, streams=True),
)


class HttpSurface:
    """Answers requests for a server.

    Args:
        server: The server.
    """

    def __init__(self, server: FakeMastra) -> None:
        self._server = server
        generation = server.generation
        self._routes = [route for route in ROUTES if generation.name in route.generations]

    def handle(self, request: WireRequest) -> WireReply:
        """Return the reply to one request."""
        server = self._server
        with server.server_state.driver.lock:
            server.clock.request_came()
            noted = Request(request.method, request.path, self._query(request.query), request.headers)
            server.journal.requests.append(noted)
            try:
                reply = self._answer(request, noted)
            except Refusal as refusal:
                reply = WireReply(refusal.status, JSON_HEADERS, refusal_body(refusal))
            noted.status = reply.status
            server.server_state.driver.notify()
            return reply

    def _answer(self, request: WireRequest, noted: Request) -> WireReply:
        route, ids = self._find(request)
        if route is None:
            self._check_token(request, noted, known=False)
            noted.stray = explain_stray(self._server, self._routes, noted)
            return WireReply(404, TEXT_HEADERS, b"404 Not Found")
        noted.verb = route.verb
        noted.workflow_id = ids.get("workflow")
        self._check_token(request, noted, known=True)
        call = self._call(route, ids, request, noted)
        noted.run_id = call.run_id
        self._server.runs_in_progress.catch_up()
        try:
            answer = route.handler(call)
        except Refusal as refusal:
            if refusal.message == "Workflow not found":
                noted.stray = explain_stray(self._server, self._routes, noted)
            raise
        if route.streams:
            return WireReply(200, STREAM_HEADERS, answer)
        return WireReply(200, JSON_HEADERS, answer)

    def _find(self, request: WireRequest) -> tuple[Route | None, dict[str, str]]:
        prefix = self._server.api_prefix
        if not request.path.startswith(prefix):
            return None, {}
        path = request.path[len(prefix) :]
        method = "GET" if request.method == "HEAD" else request.method
        for route in self._routes:
            match = route.pattern.fullmatch(path) if route.method == method else None
            if match is not None:
                return route, {name: unquote(value) for name, value in match.groupdict().items()}
        return None, {}

    def _check_token(self, request: WireRequest, noted: Request, *, known: bool) -> None:
        wanted = self._server.token
        generation = self._server.generation
        if wanted is None or (not known and generation.name == "current"):
            return
        header = request.header("authorization") or ""
        given = header[7:] if header.lower().startswith("bearer ") else header
        given = given or noted.query.get("apiKey") or ""
        if not given:
            raise Refusal(generation.no_token_message, 401)
        if given != wanted:
            raise Refusal("Invalid or expired token", 401)

    def _call(self, route: Route, ids: dict[str, str], request: WireRequest, noted: Request) -> Call:
        generation = self._server.generation
        limit = self._server.body_limit
        if limit is not None and len(request.body) > limit:
            raise Refusal("Request body too large", 413)
        body = self._body(request, noted) if route.method != "GET" else UNDEFINED
        check_query = QUERIES.get(route.verb)
        if check_query is not None:
            refuse_query(check_query(noted.query, generation), generation)
        check = BODIES.get(generation.name, {}).get(route.verb) if generation.name in BODIES else None
        if check is not None:
            body = {} if body is UNDEFINED else body
            check_body(body, check, generation)
        fields = body if isinstance(body, dict) else {}
        return Call(self._server, route.verb, ids.get("workflow", ""), ids.get("run"), noted.query, fields)

    def _body(self, request: WireRequest, noted: Request) -> Any:
        generation = self._server.generation
        is_json = "application/json" in (request.header("content-type") or "")
        if (generation.json_only and not is_json) or not request.body.strip():
            return UNDEFINED
        text = request.body.decode("utf-8", errors="replace").removeprefix("\ufeff")
        try:
            noted.body = loads(text)
        except (ValueError, RecursionError):
            if not generation.json_only:
                return UNDEFINED
            issues = [{"field": "body", "message": syntax_error(text)}]
            raise Refusal("Invalid request body", 400, fields={"issues": issues}) from None
        if noted.body is None and generation.issues != "listed":
            return UNDEFINED
        return noted.body

    def _query(self, text: str) -> dict[str, Any]:
        query: dict[str, Any] = {}
        for name, value in parse_qsl(text, keep_blank_values=True, errors="replace"):
            if name not in query:
                query[name] = value
            elif self._server.generation.repeated_queries:
                query[name] = [*query[name], value] if isinstance(query[name], list) else [query[name], value]
        return query
