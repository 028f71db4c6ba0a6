"""Which exception a server's refusal is, by its status and its message.

Messages tell a caller's mistake from a fault of the server.
"""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from mastra_sync import errors
from mastra_sync.delivery import Delivery
from mastra_sync.records import excerpt, parse_json
from mastra_sync.sent_secrets import NOTHING_SENT, SentSecrets

_AVAILABLE = "Available suspended steps: ["
_BRACKETED = re.compile(r"\[([^\[\]]*)\]")

Context = dict[str, Any]
"""The keyword arguments that every `APIStatusError` takes."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's whole answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    secrets: SentSecrets = NOTHING_SENT
    """What the request said that a server may echo."""
    delivery: Delivery | None = None
    """How the request was sent, if that is known."""

    @property
    def proxy_in_words(self) -> str:
        """Which proxy the answer came over; empty if that is not known, or over none."""
        return "" if self.delivery is None else self.delivery.proxy_in_words()


def is_success(status: int) -> bool:
    """Return True for a status of 2xx."""
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES


def refusal(reply: Reply, *, method: str, url: str, run_id: str | None) -> errors.APIStatusError:
    """Return the exception for a reply whose status is not a success."""
    body = reply.secrets.data(_parsed_body(reply.body))
    message = _message_of(body, reply)
    context: Context = {
        "status_code": reply.status,
        "method": method,
        "url": url,
        "run_id": run_id,
        "body": body,
        "issues": _issues_of(body),
        "retry_after": retry_after(reply.headers),
        "advice": _advice(body, reply),
    }
    if HTTPStatus.MULTIPLE_CHOICES <= reply.status < HTTPStatus.BAD_REQUEST:
        location = reply.secrets.text(_without_secrets(reply.headers.get("Location", "")))
        advice = f"the server redirects to {location}; redirects are not followed, set base_url to where it leads"
        return errors.UnexpectedRedirect(advice, location=location, **context)
    if reply.status == HTTPStatus.NOT_FOUND and not _is_of_mastra(body):
        advice = f"nothing is served here ({message}); check base_url and api_prefix{_part_of_slashes(url)}"
        return errors.RouteNotFound(advice, **context)
    known = _kind_of_message(message) if isinstance(body, Mapping) else None
    if _was_body_lost(message, context["issues"], reply.secrets):
        message = f"{message}\n{BODY_NOT_SEEN}"
    elif _may_body_be_lost(context["issues"], reply.secrets):
        message = f"{message}\nit may be that {BODY_NOT_SEEN}"
    return (known or _plain(_by_status(reply.status)))(message, context)


def _part_of_slashes(url: str) -> str:
    """Return what may have become of an id with a slash on its way."""
    if "%2f" not in url.lower():
        return ""
    return "; or a proxy has made two parts of the id with a slash, as nginx does whose proxy_pass has a path"


def _is_of_mastra(body: Any) -> bool:
    """True for the envelope in which Mastra's own routes answer.

    Fastify and Nest say of an unknown address `{"statusCode": 404, "error": "Not Found", "message": ...}`.
    """
    return isinstance(body, Mapping) and isinstance(body.get("error"), str) and "statusCode" not in body


BODY_NOT_SEEN = "the server did not see the body that was sent; Express needs app.use(express.json())"
"""What is said where a server found nothing in the place of what it was sent."""

_NOTHING_THERE = re.compile(
    r"^Invalid (input|inputData|resume|initial)\b.*:\s*^- : .*\breceived undefined$", re.MULTILINE
)
_SENT_AS = {"input": "inputData", "inputData": "inputData", "resume": "resumeData", "initial": "initialState"}
"""Fields of bodies, by what refusals call them."""


def _was_body_lost(message: str, issues: list[dict[str, Any]], sent: SentSecrets) -> bool:
    """True if a server found nothing where something was sent."""
    if (found := _NOTHING_THERE.search(message)) is not None:
        return sent.has_field(_SENT_AS[found[1]])
    whole = [issue.get("message") for issue in issues if issue.get("field") == "root"]
    return sent.has_body and any(str(said).endswith("received undefined") for said in whole)


def _may_body_be_lost(issues: list[dict[str, Any]], sent: SentSecrets) -> bool:
    """True if all that a server says is that a body has none of several forms."""
    return sent.has_body and [(issue.get("field"), issue.get("message")) for issue in issues] == [
        ("root", "Invalid input")
    ]


def _advice(body: Any, reply: Reply) -> str:
    """Return what is known of a request that was refused: its token, its proxy."""
    if reply.status == HTTPStatus.UNAUTHORIZED and reply.delivery is not None:
        return reply.delivery.authorization_in_words()
    is_proxys = reply.status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED
    return reply.proxy_in_words if is_proxys or not isinstance(body, Mapping) else ""


def _without_secrets(url: str) -> str:
    """Return an address without what may be secret in it: user and password, query, fragment."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def refusal_in_stream(
    message: str, *, url: str, run_id: str | None, secrets: SentSecrets = NOTHING_SENT
) -> errors.APIStatusError:
    """Return the exception for a refusal inside a stream, after a status of 200."""
    message = secrets.text(message)
    context: Context = {"status_code": 200, "method": "POST", "url": url, "run_id": run_id}
    kind = _kind_of_message(message) or _plain(errors.BadRequestError)
    return kind(f"{message}\n{BODY_NOT_SEEN}" if _was_body_lost(message, [], secrets) else message, context)


def _kind_of_message(message: str) -> Callable[[str, Context], errors.APIStatusError] | None:
    return next((make for pattern, make in _BY_MESSAGE if pattern.search(message)), None)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a `Retry-After` header asks for; None without one.

    The header gives seconds or a date.
    """
    value = headers.get("Retry-After", "").strip()
    with contextlib.suppress(ValueError):
        seconds = float(value)
        return max(0.0, seconds) if math.isfinite(seconds) else None
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return max(0.0, (moment - datetime.now(timezone.utc)).total_seconds())


def _parsed_body(body: bytes) -> Any:
    try:
        return parse_json(body)
    except ValueError:
        return body.decode("utf-8", "replace")


def _message_of(body: Any, reply: Reply) -> str:
    if isinstance(body, Mapping) and isinstance(body.get("error"), str):
        message: str = body["error"]
        detail = body.get("message")
        return f"{message}: {detail}" if isinstance(detail, str) else message
    return excerpt(reply.secrets.beginning(reply.body)) if reply.body else "(no body)"


def _issues_of(body: Any) -> list[dict[str, Any]]:
    """Return the `issues` of the error envelope.

    1.0 beta has the same list as text, under `details`.
    """
    if not isinstance(body, Mapping):
        return []
    issues = body.get("issues")
    if isinstance(issues, list):
        return [issue for issue in issues if isinstance(issue, dict)]
    details = body.get("details")
    return [{"field": "unknown", "message": details}] if isinstance(details, str) else []


def _step_not_suspended(message: str, context: Context) -> errors.APIStatusError:
    listed = message.partition(_AVAILABLE)[2].rpartition("]")[0]
    available = [step.strip() for step in listed.split(",") if step.strip()]
    return errors.StepNotSuspended(message, available=available, **context)


def _several_suspended(message: str, context: Context) -> errors.APIStatusError:
    return errors.SeveralStepsSuspended(message, available=_BRACKETED.findall(message), **context)


def _plain(error_type: type[errors.APIStatusError]) -> Callable[[str, Context], errors.APIStatusError]:
    return lambda message, context: error_type(message, **context)


# Current servers answer some of these with 400, 404 or 409; all generations answer most of them with 500.
_BY_MESSAGE: tuple[tuple[re.Pattern[str], Callable[[str, Context], errors.APIStatusError]], ...] = tuple(
    (re.compile(pattern), make)
    for pattern, make in (
        (r"^Workflow not found$", _plain(errors.WorkflowNotFound)),
        (r'^(Dynamic workflow|Workflow) ".*" not found$', _plain(errors.WorkflowNotFound)),
        (r"^Invalid (cron expression|timezone) |^Cron expression .* has no future", _plain(errors.BadRequestError)),
        (r'^Dynamic workflow ".*" failed validation', _plain(errors.BadRequestError)),
        (r"^Workflow run (execution result )?not found$", _plain(errors.RunNotFound)),
        (r"^Invalid (input data|inputData|initial data|initial state): ", _plain(errors.InvalidInput)),
        (r"^Request context validation failed", _plain(errors.InvalidInput)),
        (r"^Invalid resume data: ", _plain(errors.InvalidResumeData)),
        (r"^This workflow step .* was not suspended", _step_not_suspended),
        (r"^This workflow run was not suspended$", _plain(errors.RunNotSuspended)),
        (r"^Multiple suspended steps found", _several_suspended),
        (r"was already resumed by another caller", _plain(errors.ResumeAlreadyClaimed)),
        (r"already finished with status", _plain(errors.RunAlreadyFinished)),
        (r"^This workflow run was not active$", _plain(errors.RunNotActive)),
        (r"^This workflow run is still running", _plain(errors.RunStillRunning)),
        (r"^Cannot time travel to step|^Time travel target step not found", _plain(errors.StepNotFound)),
        (r"^Step is required and must be a valid step", _plain(errors.StepNotFound)),
    )
)

_BY_STATUS: Mapping[int, type[errors.APIStatusError]] = {
    400: errors.BadRequestError,
    401: errors.AuthenticationError,
    403: errors.PermissionDeniedError,
    404: errors.NotFoundError,
    409: errors.ConflictError,
    413: errors.PayloadTooLarge,
    429: errors.RateLimitError,
}


def _by_status(status: int) -> type[errors.APIStatusError]:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return errors.ServerError
    return _BY_STATUS.get(status, errors.APIStatusError)
