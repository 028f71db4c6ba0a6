"""What a request asks for, without what is another one each time: ids and times. No I/O."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from pytest_mastra.http.aliases import DURATION, Aliases
from pytest_mastra.http.verbs import Call, call_of
from pytest_mastra.http.wire import WireRequest

_CONTEXT = "requestContext"


@dataclass(frozen=True, slots=True)
class Shape:
    """A request as it is matched. Requests with the same key ask the same of whatever their ids stand for.

    Attributes:
        call: Verb, workflow and run.
        key: Method and route, query, body; ids and times are placeholders, numbered as they are met.
        ids: What stands at the placeholders, in their order; the run's id first. UUIDs in small letters.
    """

    call: Call
    key: tuple[str, str, str]
    ids: tuple[str, ...]


def shape_of(request: WireRequest) -> Shape:
    """Return what is matched of a request: its route, query and body, but no headers.

    The API prefix does not count, nor does the order of JSON keys and of query parameters with different names.
    """
    call = call_of(request)
    aliases = _Volatile()
    if call.run:
        aliases.name(call.run, "<run>")
    if call.verb is None:
        route = f"{request.method} {aliases.text(request.path)}"
    else:
        # HEAD asks what GET does, and is answered otherwise
        route = f"{'HEAD ' if request.method == 'HEAD' else ''}{call.verb} of {call.workflow or ''}"
    key = (route, _query(request.query, aliases), _body(request.body, aliases))
    return Shape(call, key, tuple(aliases.names))


def question_of(request: WireRequest) -> dict[str, Any]:
    """Return what a request asks, to be shown: query and body as far as they can be parsed; ids and times aliased."""
    asked: dict[str, Any] = {}
    aliases = _Volatile()
    run = call_of(request).run
    if run:
        aliases.name(run, "<run>")
    query = [(name, _opened(name, value)) for name, value in parse_qsl(request.query, keep_blank_values=True)]
    if query:
        asked["query"] = dict(query)
    if request.body:
        asked["body"] = loaded(request.body)
    named: dict[str, Any] = aliases.apply(asked)
    return named


class _Volatile(Aliases):
    """Renames ids and times. A duration stays: it is what somebody asks for."""

    def _renamed(self, value: Any, key: str) -> Any:
        renamed = super()._renamed(value, key)
        return value if renamed is DURATION else renamed


def _query(query: str, aliases: Aliases) -> str:
    if not query:
        return ""
    pairs = [
        (name, _dumped(aliases.apply(_opened(name, value)))) for name, value in parse_qsl(query, keep_blank_values=True)
    ]
    # values under one name keep their order
    return _dumped(sorted(pairs, key=lambda pair: pair[0]))


def _opened(name: str, value: str) -> Any:
    """Return a request context as what it says: clients send it as base64 of JSON."""
    if name != _CONTEXT:
        return value
    try:
        return json.loads(base64.b64decode(value, validate=True))
    except (ValueError, binascii.Error):
        return value


def _body(body: bytes, aliases: Aliases) -> str:
    return _dumped(aliases.apply(loaded(body))) if body else ""


def loaded(body: bytes) -> Any:
    """Return a body's JSON value, its text if it is none."""
    try:
        return json.loads(body, parse_float=_number)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "backslashreplace")


def _number(text: str) -> float:
    """Return a number that is written with a point or an exponent; 1.0 is 1."""
    number = float(text)
    return int(number) if number.is_integer() else number


def _dumped(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
