"""Reads what `layout.py` writes, fast: anything else is left to a reader of YAML. No I/O."""

from __future__ import annotations

import base64
import binascii
import json
import re
from functools import lru_cache
from itertools import accumulate

from pytest_mastra.cassettes.file.format import (
    BY_RECORDS,
    END,
    HEAD,
    NO_TEXTS,
    PLAIN_METHOD,
    PLAIN_NAME,
    PLAIN_URI,
    UNPRINTABLE,
    record_ends,
)
from pytest_mastra.http.exchanges import Ending, Exchange
from pytest_mastra.http.wire import WireRequest

_STRING = r'"(?:[^"\\\n]|\\.)*"'
_NUMBER = r"(?:0|[1-9]\d*)"
_PLACE = rf"{_NUMBER}(?:\+[1-9]\d*)?"


def _headers(name: str) -> str:
    line = rf"      (?:{PLAIN_NAME}|{_STRING}): \[{_STRING}(?:, {_STRING})*\]\n"
    return rf"    headers:(?: \{{\}}\n|\n(?P<{name}>(?:{line})+))"


def _body(name: str, indent: str) -> str:
    return (
        rf"(?:\|-\n(?P<{name}_json>(?:{indent}.*\n)+)"
        rf'|"\\\n(?P<{name}_exact>(?:{indent}.*\\\n)*{indent}.*)"\n'
        rf"|(?P<{name}_line>{_STRING}|null)\n"
        rf"|!!binary \| # \d+ bytes\n(?P<{name}_binary>(?:{indent}[A-Za-z0-9+/=]+\n)+))"
    )


_INTERACTION = re.compile(
    r"- request:\n"
    rf"    method: (?P<method>{PLAIN_METHOD}|{_STRING})\n"
    rf"    uri: (?P<uri>{PLAIN_URI}|{_STRING})\n"
    rf"{_headers('asked_headers')}"
    rf"    body: {_body('asked', ' ' * 6)}"
    r"  response:\n"
    rf"    status: \{{code: (?P<status>{_NUMBER}), message: (?P<reason>{_STRING})\}}\n"
    rf"{_headers('headers')}"
    r"    body:\n"
    rf"      string: {_body('told', ' ' * 8)}"
    rf"(?:      chunks: (?P<chunks>{BY_RECORDS}|\[(?:{_PLACE}(?:, {_PLACE})*)?\])\n)?"
    r"(?:      pace: (?P<pace>\[[\d., ]+\])\n)?"
    r"(?:  ending: (?P<ending>cut|left|none)\n)?"
    rf"(?:  failure: (?P<failure>{_STRING})\n)?"
)
_UNPRINTABLE = re.compile(UNPRINTABLE.pattern.replace("[^", "[^\n", 1))
_SURROGATE = re.compile(r"(?<!\\)(?:\\\\)*\\u[dD][89a-fA-F]")
_CONTINUED = re.compile(r"\\\n *")
_UNQUOTED_NAME = re.compile(rf"^ +({PLAIN_NAME}):", re.MULTILINE)
_RECORDS_AND_BYTES = re.compile(r"(\d+)(?:\+(\d+))?")
_URI = re.compile(r"([^/]*//[^/?#]*)(.*)", re.DOTALL)


def read(text: str) -> list[Exchange] | None:
    """Return the exchanges of a cassette, None if it is not laid out as `layout.py` does it."""
    if not text.startswith(HEAD) or not text.endswith(f"\n{END}") or _UNPRINTABLE.search(text):
        return None
    place, end = len(HEAD), len(text) - len(END)
    if text[place:end] == " []\n":
        return []
    place += 1
    exchanges: list[Exchange] = []
    began = 0.0
    try:
        while place < end:
            found = _INTERACTION.match(text, place)
            if found is None:
                return None
            exchange = _exchange(found, len(exchanges), began)
            began += exchange.arrivals[-1] if exchange.arrivals else 0.0
            exchanges.append(exchange)
            place = found.end()
    except (ValueError, binascii.Error):
        return None
    return exchanges


def _exchange(found: re.Match[str], number: int, began: float) -> Exchange:
    url, target = split_uri(_text(found["uri"]))
    body = _bytes(found, "told", 8)
    failure = found["failure"]
    return completed(
        Exchange(
            number,
            url,
            WireRequest(
                _text(found["method"]), target, dict(_pairs(found["asked_headers"])), _bytes(found, "asked", 6)
            ),
            began,
            int(found["status"]),
            _text(found["reason"]),
            _pairs(found["headers"]),
            ending=Ending(found["ending"] or "whole"),
            failure=None if failure is None else _text(failure),
        ),
        body,
        found["chunks"],
        json.loads(found["pace"]) if found["pace"] else [],
    )


def split_uri(uri: str) -> tuple[str, str]:
    """Return where a request was sent, and its path and query.

    Raises:
        ValueError: There is no host in it.
    """
    found = _URI.fullmatch(uri)
    if found is None:
        raise ValueError(f"no URL: {uri!r}")
    return found[1], found[2] if found[2].startswith("/") else f"/{found[2]}"


def completed(exchange: Exchange, body: bytes, chunks: str | None, pace: list[float]) -> Exchange:
    """Give an exchange its body.

    Args:
        exchange: What is to have it.
        body: The whole of it.
        chunks: How its chunks lie in it, as `layout.chunks_by` says it.
        pace: Seconds before each chunk; what is missing is none.

    Raises:
        ValueError: The chunks do not lie in this body.
    """
    exchange.is_stream = chunks is not None
    if not chunks:
        exchange.chunks = [body] if body else []
    else:
        ends = record_ends(body) if chunks == BY_RECORDS else _ends(body, chunks)
        exchange.chunks = [body[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    padded = [*pace, *[0.0] * len(exchange.chunks)][: len(exchange.chunks)]
    exchange.arrivals = [round(moment, 3) for moment in accumulate(float(seconds) for seconds in padded)]
    return exchange


def _ends(body: bytes, chunks: str) -> list[int]:
    records = [0, *record_ends(body)]
    ends = []
    for found in _RECORDS_AND_BYTES.finditer(chunks):
        whole = int(found[1])
        if whole >= len(records):
            raise ValueError(f"chunks: there is no record {whole} to end one")
        ends.append(records[whole] + int(found[2] or 0))
    if ends != sorted(set(ends)) or (ends and not 0 < ends[0] <= ends[-1] < len(body)):
        raise ValueError("chunks: the borders do not rise from the body's beginning to its end")
    return [*ends, len(body)] if body else []


def _text(written: str) -> str:
    return _unquoted(written) if written[0] == '"' else written


def _unquoted(written: str) -> str:
    # for YAML half of a character is none
    if _SURROGATE.search(written):
        raise ValueError("half of a character")
    return str(json.loads(written))


@lru_cache(maxsize=256)
def _pairs(written: str | None) -> tuple[tuple[str, str], ...]:
    in_quotes = _UNQUOTED_NAME.sub(r'"\1":', written or "").rstrip("\n")
    if _SURROGATE.search(in_quotes):
        raise ValueError("half of a character")
    headers: list[tuple[str, list[str]]] = json.loads("{" + in_quotes.replace("\n", ",") + "}", object_pairs_hook=list)
    if len({name for name, _ in headers}) < len(headers):
        raise ValueError("a header twice")
    unquoted = {name.lower() for name in _UNQUOTED_NAME.findall(written or "")}
    if not unquoted.isdisjoint(NO_TEXTS):
        raise ValueError("a name that is no text")
    return tuple((name, value) for name, values in headers for value in values)


def _bytes(found: re.Match[str], name: str, indent: int) -> bytes:
    written = found[f"{name}_json"]
    if written is not None:
        text = written[indent:-1]
        # YAML would take it for indentation, or for nothing
        if text[:1].isspace() or text[-1:].isspace():
            raise ValueError("space around a block")
        return text.replace("\n" + " " * indent, "\n").encode()
    written = found[f"{name}_line"]
    if written is not None:
        return b"" if written == "null" else _unquoted(written).encode()
    written = found[f"{name}_exact"]
    if written is not None:
        return _unquoted('"' + _CONTINUED.sub("", written.lstrip(" ")) + '"').encode()
    return base64.b64decode(found[f"{name}_binary"].replace("\n", "").replace(" ", ""), validate=True)
