"""What a request is matched by: all that it asks, but ids and times. No I/O."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from pytest_mastra.http.aliases import DURATION, Aliases
from pytest_mastra.http.verbs import RouteMatch, call_of
from pytest_mastra.http.wire import WireRequest

Question = tuple[str, str, str]
"""What a request asks, ids and times aside: method and route, query, body."""

_CONTEXT = "requestContext"


@dataclass(frozen=True, slots=True)
class RequestKey:
    """A request as it is matched: two with the same question ask the same.

    What their ids stand for may be another run each time, or another anything.

    Attributes:
        call: Verb, workflow and run.
        question: Method and route, query, body; ids and times are placeholders, numbered as they are met.
        ids: What stands at the placeholders, in their order; the run's id first. UUIDs in small letters.
        spellings: The same ids as they are first written in the request.
    """

    call: RouteMatch
    question: Question
    ids: tuple[str, ...]
    spellings: tuple[str, ...]


def key_of(request: WireRequest) -> RequestKey:
    """Return what is matched of a request: its route, query and body, but no headers.

    The API prefix does not count, nor does the order of JSON keys and of query parameters with different names.
    """
    call = call_of(request)
    aliases = _MatchingAliases()
    if call.run:
        aliases.name(call.run, "<run>")
    if call.verb is None:
        route = f"{request.method} {aliases.text(request.path)}"
    else:
        # HEAD asks what GET does, and is answered otherwise
        about = call.workflow or aliases.text(call.subject or "")
        route = f"{'HEAD ' if request.method == 'HEAD' else ''}{call.verb} of {about}"
    question = (route, _query(request.query, aliases), _body(request.body, aliases))
    return RequestKey(call, question, tuple(aliases.names), tuple(aliases.spellings))


def describe_request(request: WireRequest) -> dict[str, Any]:
    """Return what a request asks, to be shown: its query and body, ids and times aliased."""
    shown: dict[str, Any] = {}
    aliases = _MatchingAliases()
    run = call_of(request).run
    if run:
        aliases.name(run, "<run>")
    query = [(name, _decode_context(name, value)) for name, value in parse_qsl(request.query, keep_blank_values=True)]
    if query:
        shown["query"] = dict(query)
    if request.body:
        shown["body"] = parse_body(request.body)
    aliased: dict[str, Any] = aliases.apply(shown)
    return aliased


class _MatchingAliases(Aliases):
    """Renames ids and times. A duration stays: it is what somebody asks for.

    Attributes:
        spellings: How the ids are first written, in the order of their names.
    """

    def __init__(self) -> None:
        super().__init__()
        self.spellings: list[str] = []

    def name(self, identifier: str, alias: str) -> None:
        super().name(identifier, alias)
        self._note_spelling(identifier)

    def _alias_of(self, match: re.Match[str]) -> str:
        alias = super()._alias_of(match)
        self._note_spelling(match[0])
        return alias

    def _note_spelling(self, identifier: str) -> None:
        # what has just been met may be a time, or an id that has its name already
        if len(self.spellings) < len(self.names):
            self.spellings.append(identifier)

    def _renamed(self, value: Any, key: str) -> Any:
        renamed = super()._renamed(value, key)
        return value if renamed is DURATION else renamed


def _query(query: str, aliases: Aliases) -> str:
    if not query:
        return ""
    pairs = [
        (name, _canonical_json(aliases.apply(_decode_context(name, value))))
        for name, value in parse_qsl(query, keep_blank_values=True)
    ]
    # values under one name keep their order
    return _canonical_json(sorted(pairs, key=lambda pair: pair[0]))


def _decode_context(name: str, value: str) -> Any:
    """Return a request context as what it says: clients send it as base64 of JSON."""
    if name != _CONTEXT:
        return value
    try:
        return json.loads(base64.b64decode(value, validate=True))
    except (ValueError, binascii.Error):
        return value


def _body(body: bytes, aliases: Aliases) -> str:
    return _canonical_json(aliases.apply(parse_body(body))) if body else ""


def parse_body(body: bytes) -> Any:
    """Return a body's JSON value, its text if it is none."""
    try:
        return json.loads(body, parse_float=_number)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "backslashreplace")


def _number(text: str) -> float:
    """Return a number that is written with a point or an exponent; 1.0 is 1."""
    number = float(text)
    return int(number) if number.is_integer() else number


def _canonical_json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
