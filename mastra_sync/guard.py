"""What goes wrong where a request leaves and its answer comes in, as exceptions of ours."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from http.client import HTTPException

import requests
import urllib3

from mastra_sync import proxies, tls_failures
from mastra_sync.arguments import checked_header
from mastra_sync.authorization import Authorization
from mastra_sync.errors import APIConnectionError, APITimeoutError, InvalidArgument, MastraError
from mastra_sync.refused_requests import was_refused
from mastra_sync.request import Request
from mastra_sync.sent_secrets import SentSecrets


class NotAFailure(Exception):
    """Base of what an adapter raises that is no failure of the network's.

    The client lets it pass as it is, and sends nothing again for it: a test tool that has no answer to give is such a
    one.
    """


@contextlib.contextmanager
def guard_sending(request: Request, session: requests.Session, authorization: Authorization) -> Iterator[None]:
    """Turn whatever is raised where a request leaves into this library's exceptions.

    What ends a program, as Ctrl-C does, passes.

    Args:
        request: What is to be sent.
        session: What sends it.
        authorization: Knows the request as it is sent.
    """
    try:
        yield
    except (MastraError, NotAFailure):
        raise
    except Exception as error:  # noqa: BLE001 - after an effect, nothing may come out but what is documented
        if bundle := tls_failures.problem_of_bundle(error, session, request.url):
            raise InvalidArgument(*bundle) from None
        if was_refused(error):
            # what is said of it may show the value of a header, or the query, which may hold secrets
            raise _refusal(error, request, session) from None
        sent = False if _never_left(error, innermost(error)) else None
        prepared = authorization.prepared or _request_of(error)
        secrets = secrets_of(request, prepared, session)
        # of a request that is not known nobody can tell what an exception says of it
        cause = None if prepared is None else _shown_cause(error, secrets)
        raise _connection_error(error, request, session, secrets, sent=sent) from cause


@contextlib.contextmanager
def guard_reading(request: Request, session: requests.Session, secrets: SentSecrets) -> Iterator[None]:
    """Turn whatever is raised where an answer's body comes in into this library's exceptions."""
    try:
        yield
    except (MastraError, NotAFailure):
        raise
    except Exception as error:  # noqa: BLE001 - as above
        raise _connection_error(error, request, session, secrets) from _shown_cause(error, secrets)


def _connection_error(
    error: Exception,
    request: Request,
    session: requests.Session,
    secrets: SentSecrets,
    *,
    sent: bool | None = None,
) -> APIConnectionError:
    cause = innermost(error)
    timeouts = (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)
    # urllib3 counts a refused connection among the timeouts
    is_timeout = not isinstance(cause, urllib3.exceptions.NewConnectionError) and (
        isinstance(error, timeouts) or isinstance(cause, timeouts)
    )
    error_type = APITimeoutError if is_timeout else APIConnectionError
    words, advice = _in_words(cause, secrets), ""
    if isinstance(cause, _SPEAKING):
        words += proxies.part_in_failure(session, request.url)
        advice = tls_failures.advice(cause, session, request.url)
    return error_type(words, method=request.method, url=request.url, run_id=request.run_id, sent=sent, advice=advice)


def _shown_cause(error: Exception, secrets: SentSecrets) -> BaseException | None:
    """Return what may be shown as the cause of an exception of ours, if anything.

    The outer exceptions name the whole URL, whose query may hold secrets; a server may answer what is no HTTP with what
    it was sent, and a caller's hook or adapter may say anything.
    """
    cause = innermost(error)
    if not all(_says_nothing_of(secrets, link) for link in _links(cause)):
        return None
    # where a connection failed says nothing; where a caller's own code did says all
    return cause.with_traceback(None) if isinstance(cause, _SPEAKING) else cause


def _request_of(error: Exception) -> requests.PreparedRequest | None:
    """Return the request that requests says an exception is about."""
    known = getattr(error, "request", None)
    return known if isinstance(known, requests.PreparedRequest) else None


def _links(error: BaseException) -> Iterator[BaseException]:
    """Give an exception and all that a traceback of it shows."""
    seen: set[int] = set()
    left = [error]
    while left:
        link = left.pop()
        if id(link) not in seen:
            seen.add(id(link))
            yield link
            left += [inner for inner in (link.__cause__, link.__context__) if inner is not None]
            group = getattr(link, "exceptions", None)
            left += [inner for inner in group if isinstance(inner, BaseException)] if isinstance(group, tuple) else []


def _says_nothing_of(secrets: SentSecrets, error: BaseException) -> bool:
    try:
        said = (str(error), repr(error), *map(str, error.args), *map(str, getattr(error, "__notes__", ())))
    except Exception:  # noqa: BLE001 - some count on what they were not given
        return False
    return all(secrets.text(text) == text for text in said)


def _said_by(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - as above
        return ""


def _refusal(error: Exception, request: Request, session: requests.Session) -> InvalidArgument:
    """Return what is wrong with a request of which nothing has left."""
    if not isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema)):
        return _illegal_header(session)
    if problem := proxies.problem_of_address(error, session, request.url):
        return InvalidArgument("proxy", problem)
    return InvalidArgument("base_url", f"{request.url!r} cannot be used as an address")


def _illegal_header(session: requests.Session) -> InvalidArgument:
    """Return which header of a borrowed session HTTP could not carry, without its value."""
    for name, value in session.headers.items():
        text = value.decode("latin-1") if isinstance(value, bytes) else value
        place = f"session.headers[{name!r}]"
        try:
            checked_header(text, place)
        except InvalidArgument as error:
            return error
        if not name.isascii():
            return InvalidArgument(place, "has a name that an HTTP header cannot have")
    return InvalidArgument("headers", "the session sends one that HTTP cannot carry")


def secrets_of(request: Request, prepared: requests.PreparedRequest | None, session: requests.Session) -> SentSecrets:
    """Return what a request said, as it was sent, that no exception may show."""
    headers = {} if prepared is None else prepared.headers
    return SentSecrets(headers, request.query, request.body, lambda: proxies.headers_for(session, request.url))


def _never_left(error: BaseException, cause: BaseException) -> bool:
    """True if the request provably did not reach a server: no connection came about.

    A `ProxyError` is no proof: urllib3 makes one of any connection that a proxy cuts, also after the request.
    """
    unconnected = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)
    if isinstance(error, requests.exceptions.ConnectTimeout) or isinstance(cause, unconnected):
        return True
    return tls_failures.is_refused_handshake(cause)


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


def _in_words(cause: BaseException, secrets: SentSecrets) -> str:
    said = _said_by(cause)
    if not isinstance(cause, _SPEAKING):
        words = f"{type(cause).__name__} while it was sent or its answer read"
        # as a cause of ours it says itself what it says, unless it says what nobody may see
        return words if _says_nothing_of(secrets, cause) else f"{words}: {secrets.text(said)}"
    # urllib3 writes its connection object before the first colon
    text = said or type(cause).__name__
    text = text.partition(": ")[2] if text.startswith("<") or _CONNECTION.match(text) else text
    return secrets.text(text)


def timeout_error(request: Request, problem: str, *, sent: bool | None = None) -> APITimeoutError:
    """Return what is raised of a request whose time is up."""
    return APITimeoutError(problem, method=request.method, url=request.url, run_id=request.run_id, sent=sent)
