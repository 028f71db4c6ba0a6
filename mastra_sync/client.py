"""MastraClient: where the server is, what it offers."""

from __future__ import annotations

import base64
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import cache
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import requests
from typing_extensions import Self

from mastra_sync import deadline
from mastra_sync.api import Api
from mastra_sync.arguments import checked_callable, checked_count, checked_header, checked_switch, checked_text
from mastra_sync.attributes import refuses_unknown, tells_missing
from mastra_sync.deadline import Clock, Seconds, seconds_of
from mastra_sync.dynamic_workflows import DynamicWorkflows
from mastra_sync.errors import InvalidArgument, NotFoundError, UnsupportedByServer
from mastra_sync.keywords import takes
from mastra_sync.operations import LIST_WORKFLOWS, RUN_COUNTS
from mastra_sync.records import DEFAULT_RECORD_LIMIT
from mastra_sync.request import Timeouts
from mastra_sync.run_filters import DEFAULT_PER_PAGE, context_query
from mastra_sync.schedules import Schedules
from mastra_sync.sessions import AdapterWrapper
from mastra_sync.suspended_runs import each_once, outermost_first
from mastra_sync.tls import DEFAULT_TLS, Cert, TlsSettings, Verify
from mastra_sync.transport import RequestsTransport, Token
from mastra_sync.workflow import Workflow

if TYPE_CHECKING:
    # pydantic's models take their time to load: they come with the first answer
    from pydantic import TypeAdapter

    from mastra_sync.models import RunResult
    from mastra_sync.workflow_models import WorkflowDetails

DEFAULT_BASE_URL = "http://localhost:4111"
BASE_URL_VARIABLE = "MASTRA_BASE_URL"
TOKEN_VARIABLE = "MASTRA_API_TOKEN"  # noqa: S105 - the name of a variable

DEFAULT_TIMEOUT = (5.0, 60.0)
"""Seconds to connect, and between two pieces of a reply."""

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FRAMING = frozenset({"content-length", "transfer-encoding"})
"""Headers that say where a body ends: a server that is told something else takes the rest for another request."""

_MISREAD = re.compile(r"[\x00-\x1f\x7f\\]")
"""What one reader of an address passes over, or takes for a slash, and another does not."""


@refuses_unknown(
    **{
        name: f"MastraClient({name}=...)"
        for name in ("base_url", "token", "headers", "timeout", "verify", "cert", "api_prefix", "clock", "retries")
    },
    url="MastraClient(base_url)",
)
class MastraClient(Schedules, DynamicWorkflows):
    """A client of one Mastra server. Making one sends nothing.

    It can be used by several threads at once, closes its connections as a context manager, and can be pickled: the copy
    has the same settings and connections of its own.

    Args:
        base_url: Where the server is; by default `MASTRA_BASE_URL` from the environment, then `http://localhost:4111`.
        api_prefix: The server's API prefix.
        headers: Sent with every request.
        token: Sent as a bearer token; a function is asked anew for each request. By default `MASTRA_API_TOKEN` from the
            environment, unless `headers` has an `Authorization`; an empty string sends none.
        timeout: Seconds for one attempt, or a pair of them: to connect, and between two pieces of a reply. It does not
            limit how long a run may take; the verbs that wait have a `timeout` of their own.
        retries: How often a request is tried again, if doing so cannot do anything twice.
        backoff: Seconds; the first pause before trying again is up to this long, each further one up to twice the last.
        verify: Whom to trust over TLS: the file (or folder) of an authority's certificate. By default `MASTRA_CA_FILE`
            from the environment, then what requests trusts (`REQUESTS_CA_BUNDLE`, certifi). True is the latter, False
            trusts anyone.
        cert: Your certificate: its file, or a pair (certificate, key), or (certificate, key, the key's password). By
            default `MASTRA_CLIENT_CERT`, `MASTRA_CLIENT_KEY` and `MASTRA_CLIENT_KEY_PASSWORD` from the environment.
        session: A `requests.Session` to use for everything; it is not closed.
        adapter: Takes the adapter that would send the requests, and returns the one that is to: to record them, say.
            Asked once for each connection pool; not asked for a `session` of yours.
        reply_limit: Bytes, decompressed, that one reply may take; a longer one raises `ReplyTooLarge`.
        clock: Where time is read and spent; for tests.

    Raises:
        InvalidArgument: An address without scheme or host, a negative time, ...
    """

    def __init__(
        self,
        base_url: str | None = None,
        *,
        api_prefix: str = "/api",
        headers: Mapping[str, str] | None = None,
        token: str | Callable[[], str] | None = None,
        timeout: Seconds | tuple[Seconds, Seconds] = DEFAULT_TIMEOUT,
        retries: int = 3,
        backoff: float = 0.25,
        verify: Verify = None,
        cert: Cert = None,
        session: requests.Session | None = None,
        adapter: AdapterWrapper | None = None,
        reply_limit: int = DEFAULT_RECORD_LIMIT,
        clock: Clock | None = None,
    ) -> None:
        _check_parts(session, adapter, clock)
        url = base_url if base_url is not None else os.environ.get(BASE_URL_VARIABLE) or DEFAULT_BASE_URL
        own_headers = _basic_auth(_checked_base_url(url)) | _checked_headers(headers)
        own_token = _token_or_default(token, own_headers)
        # what makes a copy in another process, whose environment may be another
        self._open(
            {
                "base_url": url,
                "api_prefix": api_prefix,
                "headers": own_headers,
                "token": own_token,
                "authorized_by": _source_of_authorization(own_token, token, base_url, headers or {}),
                "timeout": timeout,
                "retries": retries,
                "backoff": backoff,
                "tls": _tls_settings(verify, cert, session, url),
                "session": session,
                "adapter": adapter,
                "reply_limit": reply_limit,
                "clock": clock,
            }
        )

    def _open(self, settings: dict[str, Any]) -> None:
        """Make what sends the requests, out of settings that depend on no environment."""
        self._settings = settings
        root = _without_user(_checked_base_url(settings["base_url"])) + _checked_prefix(settings["api_prefix"])
        used_clock = settings["clock"] or deadline.default_clock(root)
        transport = RequestsTransport(
            headers=settings["headers"],
            token=settings["token"],
            authorized_by=settings["authorized_by"],
            session=settings["session"],
            adapter=settings["adapter"],
            tls=settings["tls"],
            clock=used_clock,
            reply_limit=checked_count(settings["reply_limit"], "reply_limit", least=1) or DEFAULT_RECORD_LIMIT,
        )
        self.api = Api(
            transport=transport,
            root=root,
            clock=used_clock,
            timeouts=_timeouts(settings["timeout"]),
            retries=checked_count(settings["retries"], "retries", least=0) or 0,
            backoff=seconds_of(settings["backoff"], "backoff") or 0.0,
            made_at=_calling_line(),
        )

    @property
    def base_url(self) -> str:
        """Where the server is, with the API prefix, without any user and password."""
        return self.api.root

    @takes()
    def list_workflows(
        self, *, partial: bool = False, request_context: Mapping[str, Any] | None = None
    ) -> dict[str, WorkflowDetails]:
        """Return what the server offers, by the key that each workflow is registered under.

        A workflow's id is its `name`.

        Args:
            partial: Leave out steps and schemas, and count the steps instead.
            request_context: Values for servers that choose by them.
        """
        from mastra_sync.workflow_models import WorkflowDetails  # noqa: PLC0415

        checked_switch(partial, "partial")
        query = [("partial", "true" if partial else None), *context_query(request_context)]
        answer = self.api.call(LIST_WORKFLOWS, query=query)
        return self.api.parse(answer, LIST_WORKFLOWS, _adapter(dict[str, WorkflowDetails]).validate_python)

    def get_workflow(self, workflow_id: str) -> Workflow:
        """Return a handle on a workflow, by its id or registered key; sends nothing."""
        return Workflow(self, workflow_id)

    @takes()
    def list_workflow_run_counts(
        self, *, request_context: Mapping[str, Any] | None = None
    ) -> dict[str, dict[str, int]]:
        """Return how many runs of each workflow are running and suspended, by registered key.

        Current servers count anew every five seconds, and count a suspended nested workflow once for itself and once
        for its parent.

        Args:
            request_context: Values for servers that choose by them.

        Raises:
            UnsupportedByServer: A server before the current ones.
        """
        try:
            answer = self.api.call(RUN_COUNTS, query=context_query(request_context))
        except NotFoundError:
            raise UnsupportedByServer("list_workflow_run_counts", advice="Count the rows of runs(status=...)") from None
        return self.api.parse(answer, RUN_COUNTS, _adapter(dict[str, dict[str, int]]).validate_python)

    @takes()
    def iter_suspended(
        self,
        *,
        per_page: int = DEFAULT_PER_PAGE,
        resource_id: str | None = None,
        from_date: datetime | date | str | None = None,
        to_date: datetime | date | str | None = None,
        request_context: Mapping[str, Any] | None = None,
    ) -> Iterator[RunResult]:
        """Give the runs of all workflows that wait for an answer.

        A page is asked for when it is needed. Each run says of which workflow it is (`workflow_id`), and what it waits
        for (`suspensions`); a workflow's runs come newest first. What a nested workflow waits for is given once, as its
        outermost workflow's run: servers store the nested run under its own workflow too, and to answer that one would
        not move the outer run on.

        Args:
            per_page: Runs on a page.
            resource_id: Only runs that belong to it (1.0 beta stores none).
            from_date: Only runs made at or after this moment.
            to_date: Only runs made at or before it.
            request_context: Values for servers that choose by them.

        Raises:
            RunsNotListed: Once all others are given, if those of some workflows could not be listed.
        """

        def runs_of(workflow_id: str) -> Iterator[RunResult]:
            return self.get_workflow(workflow_id).iter_runs(
                per_page=per_page,
                resource_id=resource_id,
                status="suspended",
                from_date=from_date,
                to_date=to_date,
                request_context=request_context,
            )

        # the graphs say which workflows are nested in which
        yield from each_once(outermost_first(self.list_workflows(request_context=request_context)), runs_of)

    def close(self) -> None:
        """Close all connections; the client cannot be used any more."""
        self.api.transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        return self._settings

    def __setstate__(self, settings: dict[str, Any]) -> None:
        self._open(settings)

    def __repr__(self) -> str:
        return f"MastraClient({self.base_url!r})"

    if not TYPE_CHECKING:
        __getattr__ = tells_missing(
            get_workflows="list_workflows",
            iter_runs="get_workflow(id).iter_runs(), or iter_suspended",
            run="get_workflow(id).execute(...)",
            start="get_workflow(id).create_run().start(...)",
            execute="get_workflow(id).execute(...)",
            create_run="get_workflow(id).create_run()",
            get_run="get_workflow(id).get_run(run_id)",
        )


def _calling_line() -> str:
    """Return the line of the caller's that a client is made in, as `file:line`."""
    frame = sys._getframe(1)  # noqa: SLF001 - what `inspect.currentframe` is
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "mastra_sync":
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def _checked_base_url(url: str) -> str:
    if not isinstance(url, str):
        raise InvalidArgument("base_url", f"must be a string, not {type(url).__name__}")
    _check_characters(url.strip(), "base_url")
    try:
        parts = urlsplit(url.strip())
        is_address = (
            parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
        )
    except ValueError:
        is_address = False
    if not is_address:
        raise InvalidArgument("base_url", f"must be like {DEFAULT_BASE_URL!r}, with http:// or https:// and a host")
    if parts.query or parts.fragment:
        raise InvalidArgument("base_url", "must not have a query or a fragment")
    return url.strip().rstrip("/")


def _check_characters(text: str, argument: str) -> None:
    checked_text(text, argument)
    if _MISREAD.search(text):
        raise InvalidArgument(argument, "must not have control characters or backslashes")


def _without_user(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _basic_auth(url: str) -> dict[str, str]:
    """Return the header for an address's user and password, which logs would show there."""
    parts = urlsplit(url.strip())
    if parts.username is None:
        return {}
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode('utf-8')).decode('ascii')}"}


def _checked_prefix(api_prefix: str) -> str:
    if not isinstance(api_prefix, str):
        raise InvalidArgument("api_prefix", f"must be a string, not {type(api_prefix).__name__}")
    _check_characters(api_prefix, "api_prefix")
    prefix = api_prefix.strip("/")
    if "?" in prefix or "#" in prefix or {".", ".."} & set(prefix.split("/")):
        raise InvalidArgument(
            "api_prefix", f"must be a path like '/api', without query, fragment, '.' or '..': {prefix!r}"
        )
    return f"/{prefix}" if prefix else ""


def _checked_headers(headers: Mapping[str, str] | None) -> dict[str, str]:
    if headers is not None and not isinstance(headers, Mapping):
        raise InvalidArgument("headers", f"must be a mapping of names to values, not {type(headers).__name__}")
    for name, value in (headers or {}).items():
        if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name):
            raise InvalidArgument("headers", f"{name!r} is not the name of a header")
        if name.lower() in _FRAMING:
            raise InvalidArgument("headers", f"{name!r} is not for callers to say: it follows from what is sent")
        checked_header(value, f"headers[{name!r}]")
    return dict(headers or {})


def _check_parts(session: object, adapter: object, clock: object) -> None:
    """Refuse a session, an adapter or a clock that could not do its work."""
    # one of another class will do that has what is asked of it, as recorders of other libraries have
    if session is not None and (isinstance(session, type) or not hasattr(session, "request")):
        raise InvalidArgument("session", f"must be a requests.Session, not {type(session).__name__}")
    checked_callable(adapter, "adapter")
    if clock is not None and (isinstance(clock, type) or not hasattr(clock, "monotonic")):
        raise InvalidArgument("clock", f"must have monotonic() and sleep(seconds), not {type(clock).__name__}")


def _token_or_default(token: Token, headers: Mapping[str, str]) -> Token:
    if token is None:
        return None if _has_authorization(headers) else os.environ.get(TOKEN_VARIABLE) or None
    return token if callable(token) else checked_header(token, "token") or None


def _source_of_authorization(used: Token, token: Token, base_url: str | None, headers: Mapping[str, str]) -> str | None:
    """Return where a client's `Authorization` comes from, in words; None if it has none."""
    if used is not None:
        return TOKEN_VARIABLE if token is None else "the function token" if callable(token) else "the argument token"
    if _has_authorization(headers):
        return "the argument headers"
    address = base_url or os.environ.get(BASE_URL_VARIABLE) or ""
    return None if not _basic_auth(address) else "base_url" if base_url is not None else BASE_URL_VARIABLE


def _has_authorization(headers: Mapping[str, str]) -> bool:
    return any(name.lower() == "authorization" for name in headers)


def _tls_settings(verify: Verify, cert: Cert, session: requests.Session | None, url: str) -> TlsSettings:
    """Return how connections over TLS are made; a session of the caller's says so itself."""
    if session is None:
        return TlsSettings.of(verify, cert, url, os.environ)
    for name, given in (("verify", verify), ("cert", cert)):
        if given is not None:
            raise InvalidArgument(name, f"is the session's to say: set session.{name}")
    return DEFAULT_TLS


def _timeouts(timeout: Seconds | tuple[Seconds, Seconds]) -> Timeouts:
    if isinstance(timeout, tuple):
        try:
            connect, read = timeout
        except ValueError:
            raise InvalidArgument("timeout", "must be one duration, or two: to connect and to read") from None
    else:
        connect = read = timeout
    timeouts = Timeouts(seconds_of(connect, "timeout"), seconds_of(read, "timeout"))
    if 0.0 in (timeouts.connect, timeouts.read):
        raise InvalidArgument("timeout", "must be more than 0: nothing is answered in no time")
    return timeouts


@cache
def _adapter(answer_type: Any) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter  # noqa: PLC0415

    return TypeAdapter(answer_type)
