"""What goes wrong where a request leaves and its answer comes in, as exceptions of ours."""

from __future__ import annotations

import contextlib
import re
import ssl
from collections.abc import Iterator
from http.client import HTTPException

import requests
import urllib3

from mastra_sync import proxies
from mastra_sync.arguments import checked_header
from mastra_sync.errors import APIConnectionError, APITimeoutError, InvalidArgument, MastraError
from mastra_sync.request import Request
from mastra_sync.sent_secrets import SentSecrets


@contextlib.contextmanager
def guard_sending(request: Request, session: requests.Session) -> Iterator[None]:
    """Turn whatever is raised where a request leaves into this library's exceptions.

    What ends a program, as Ctrl-C does, passes.
    """
    try:
        yield
    except MastraError:
        raise
    except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema) as error:
        if problem := proxies.problem_of_address(error, session, request.url):
            raise InvalidArgument("proxy", problem) from None
        # what requests says of it names the query too, which may hold secrets
        raise InvalidArgument("base_url", f"{request.url!r} cannot be used as an address") from None
    except Exception as error:  # noqa: BLE001 - after an effect, nothing may come out but what is documented
        cause = innermost(error)
        if isinstance(error, requests.exceptions.InvalidHeader) and cause is error:
            # what requests says of it shows the value
            raise _illegal_header(session) from None
        sent = False if _never_left(error, cause) else None
        part = proxies.part_in_failure(error, session, request.url, sent=sent)
        raise _connection_error(error, request, part, sent=sent) from _shown_cause(error, request)


@contextlib.contextmanager
def guard_reading(request: Request) -> Iterator[None]:
    """Turn whatever is raised where an answer's body comes in into this library's exceptions."""
    try:
        yield
    except MastraError:
        raise
    except Exception as error:  # noqa: BLE001 - as above
        raise _connection_error(error, request) from _shown_cause(error, request)


def _connection_error(
    error: Exception, request: Request, proxys_part: str = "", *, sent: bool | None = None
) -> APIConnectionError:
    cause = innermost(error)
    timeouts = (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)
    # urllib3 counts a refused connection among the timeouts
    is_timeout = not isinstance(cause, urllib3.exceptions.NewConnectionError) and (
        isinstance(error, timeouts) or isinstance(cause, timeouts)
    )
    error_type = APITimeoutError if is_timeout else APIConnectionError
    words = secrets_of(request, getattr(error, "request", None)).text(_in_words(cause))
    return error_type(words + proxys_part, method=request.method, url=request.url, run_id=request.run_id, sent=sent)


def _shown_cause(error: Exception, request: Request) -> BaseException | None:
    """Return what may be shown as the cause of an exception of ours, if anything.

    The outer exceptions name the whole URL, whose query may hold secrets.
    """
    cause = innermost(error)
    if not isinstance(cause, _SPEAKING):
        return None
    # a server may answer what is no HTTP with what it was sent
    said = _said_by(cause)
    masked = secrets_of(request, getattr(error, "request", None)).text(said)
    return cause.with_traceback(None) if said == masked else None


def _said_by(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - some count on what they were not given
        return ""


def _illegal_header(session: requests.Session) -> InvalidArgument:
    """Return which header of a borrowed session HTTP could not carry, without its value."""
    for name, value in session.headers.items():
        text = value.decode("latin-1") if isinstance(value, bytes) else value
        try:
            checked_header(text, f"session.headers[{name!r}]")
        except InvalidArgument as error:
            return error
    return InvalidArgument("headers", "the session sends one that HTTP cannot carry")


def secrets_of(request: Request, prepared: requests.PreparedRequest | None) -> SentSecrets:
    """Return what a request said, as it was sent, that no exception may show."""
    return SentSecrets({} if prepared is None else prepared.headers, request.query, request.body)


def _never_left(error: BaseException, cause: BaseException) -> bool:
    """True if the request provably did not reach a server: no connection came about.

    A `ProxyError` is no proof: urllib3 makes one of any connection that a proxy cuts, also after the request.
    """
    unconnected = (
        urllib3.exceptions.NewConnectionError,
        urllib3.exceptions.ConnectTimeoutError,
        ssl.SSLCertVerificationError,
    )
    return isinstance(error, requests.exceptions.ConnectTimeout) or isinstance(cause, unconnected)


def innermost(error: BaseException) -> BaseException:
    """Return the cause inside the exceptions that requests and urllib3 wrap around it."""
    while True:
        inner = getattr(error, "reason", None) or next(
            (item for item in reversed(error.args) if isinstance(item, BaseException)), None
        )
        if not isinstance(inner, BaseException):
            return error
        error = inner


_SPEAKING = (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, HTTPException, OSError)
"""What says how a connection failed."""

_CONNECTION = re.compile(r"\w*Connection(Pool)?\(")


def _in_words(cause: BaseException) -> str:
    if not isinstance(cause, _SPEAKING):
        # what it says may be of anything
        return f"{type(cause).__name__} while it was sent or its answer read"
    # urllib3 writes its connection object before the first colon
    text = _said_by(cause) or type(cause).__name__
    return text.partition(": ")[2] if text.startswith("<") or _CONNECTION.match(text) else text


def timeout_error(request: Request, problem: str, *, sent: bool | None = None) -> APITimeoutError:
    """Return what is raised of a request whose time is up."""
    return APITimeoutError(problem, method=request.method, url=request.url, run_id=request.run_id, sent=sent)
