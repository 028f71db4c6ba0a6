"""How a cassette is written: YAML that vcrpy reads, laid out so that each line says one thing. No I/O.

`canonical.py` reads exactly this back; change both together.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from pytest_mastra.http.exchanges import Ending, Exchange
from pytest_mastra.redact.json_text import RECORD_END, exact_lines, is_json, pretty

HEAD = """\
# HTTP interactions in vcrpy's format, laid out by pytest-mastra. Ids, times and secrets are not the real ones.
version: 1
interactions:"""

END = "...\n"
"""The last line: a file that lacks it was broken off."""

UNPRINTABLE = re.compile("[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
PLAIN_URI = r"https?://[A-Za-z0-9_.~:/?\[\]@!$&'()*+,;=%-]*[A-Za-z0-9_~/?@$&()*+=%-]"
"""A URI that YAML takes for one as it stands."""

PLAIN_METHOD = "GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS"
PLAIN_NAME = "[A-Za-z][A-Za-z0-9-]*"
NO_TEXTS = frozenset(["y", "yes", "n", "no", "on", "off", "true", "false", "null"])
"""What YAML takes for something else than a text."""

_BASE64_WIDTH = 96
_END = RECORD_END.encode()

BY_RECORDS = "records"
"""What stands for the chunks of a stream of which each is one record."""


def laid_out(exchanges: Sequence[Exchange]) -> str:
    """Return the text of a cassette."""
    if not exchanges:
        return f"{HEAD} []\n{END}"
    return "\n".join([HEAD, *(line for exchange in exchanges for line in _interaction(exchange)), END])


def quoted(text: str) -> str:
    """Return a text on one line, in quotes, as YAML and JSON both read it."""
    return f'"{_escaped(text)}"'


def _interaction(exchange: Exchange) -> Iterable[str]:
    request = exchange.request
    uri = exchange.url + request.target
    yield "- request:"
    yield f"    method: {request.method if re.fullmatch(PLAIN_METHOD, request.method) else quoted(request.method)}"
    yield f"    uri: {uri if re.fullmatch(PLAIN_URI, uri) else quoted(uri)}"
    yield from _headers(request.headers.items())
    yield from _body("    body:", request.body, is_exact=False)
    yield "  response:"
    yield f"    status: {{code: {exchange.status}, message: {quoted(exchange.reason)}}}"
    yield from _headers(exchange.headers)
    yield "    body:"
    chunks = chunks_by(exchange)
    yield from _body("      string:", exchange.body, is_exact=exchange.is_stream and len(exchange.chunks) > 1)
    if chunks is not None:
        yield f"      chunks: {chunks}"
    pace = pace_of(exchange.arrivals)
    if any(pace):
        yield f"      pace: [{', '.join(f'{seconds:g}' for seconds in pace)}]"
    if exchange.ending is not Ending.WHOLE:
        yield f"  ending: {exchange.ending.value}"
    if exchange.failure is not None:
        yield f"  failure: {quoted(exchange.failure)}"


def _headers(headers: Iterable[tuple[str, str]]) -> Iterable[str]:
    named: dict[str, list[str]] = {}
    for name, value in headers:
        named.setdefault(name, []).append(value)
    if not named:
        yield "    headers: {}"
        return
    yield "    headers:"
    for name, values in named.items():
        plain = re.fullmatch(PLAIN_NAME, name) is not None and name.lower() not in NO_TEXTS
        yield f"      {name if plain else quoted(name)}: [{', '.join(map(quoted, values))}]"


def _body(key: str, body: bytes, *, is_exact: bool) -> Iterable[str]:
    indent = " " * (len(key) - len(key.lstrip()) + 2)
    if not body:
        # what vcrpy itself writes
        yield f"{key} {'null' if key.strip() == 'body:' else quoted('')}"
        return
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        yield f"{key} !!binary | # {len(body)} bytes"
        coded = base64.b64encode(body).decode("ascii")
        yield from (indent + coded[place : place + _BASE64_WIDTH] for place in range(0, len(coded), _BASE64_WIDTH))
        return
    if not is_exact and is_json(text):
        yield f"{key} |-"
        yield from (indent + UNPRINTABLE.sub(_json_escape, line) for line in pretty(text))
        return
    lines = _exact(text)
    if len(lines) == 1:
        yield f"{key} {quoted(text)}"
        return
    yield f'{key} "\\'
    for number, (depth, line) in enumerate(lines, 1):
        escaped = _escaped(line)
        if escaped.startswith(" "):  # it would be taken for indentation
            escaped = "\\u0020" + escaped[1:]
        yield f"{indent}{'  ' * depth}{escaped}" + ("\\" if number < len(lines) else '"')


def _exact(text: str) -> list[tuple[int, str]]:
    """Return a text in lines that give it when they are joined, each with its depth: a record's, or its own."""
    lines: list[tuple[int, str]] = []
    if RECORD_END not in text:
        if is_json(text):
            return exact_lines(text)
        return [(0, line) for line in re.findall(r"[^\n]*\n|[^\n]+", text)]
    *records, rest = text.split(RECORD_END)
    for record in records:
        inner = exact_lines(record) if is_json(record) else [(0, record)]
        inner[-1] = (inner[-1][0], inner[-1][1] + RECORD_END)
        lines += inner
    return lines + ([(0, rest)] if rest else [])


def _escaped(text: str) -> str:
    return UNPRINTABLE.sub(_json_escape, json.dumps(text, ensure_ascii=False)[1:-1])


def _json_escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def chunks_by(exchange: Exchange) -> str | None:
    """Return how a stream's chunks lie in its text: `records`, or the places of the borders between them.

    A place is a number of whole records, and of bytes after them: `2`, `2+17`. None stands for a whole body.
    """
    if not exchange.is_stream:
        return None
    body = exchange.body
    ends = list(_ends(exchange.chunks))
    if len(ends) > 1 and ends == record_ends(body):
        return BY_RECORDS
    return f"[{', '.join(_place(body, end) for end in ends[:-1])}]"


def record_ends(body: bytes) -> list[int]:
    """Return where the records of a body end; what stands after the last one ends with the body."""
    ends = [found.end() for found in re.finditer(_END, body)]
    return ends if (ends and ends[-1] == len(body)) or not body else [*ends, len(body)]


def _ends(chunks: Iterable[bytes]) -> Iterable[int]:
    end = 0
    for chunk in chunks:
        end += len(chunk)
        if chunk:
            yield end


def _place(body: bytes, border: int) -> str:
    records = body.count(_END, 0, border)
    beyond = border - (body.rfind(_END, 0, border) + 1)
    return f"{records}+{beyond}" if beyond else str(records)


def pace_of(arrivals: Sequence[float]) -> list[float]:
    """Return the seconds before each chunk, coarse: a recording is no measurement."""
    return [coarse(later - earlier) for earlier, later in pairwise([0.0, *arrivals])]


def coarse(seconds: float) -> float:
    """Return seconds as 0 (below a twentieth), or as the nearest of 0.1, 0.2, 0.5, 1, 2, 5, 10 and so on."""
    if not 0.05 <= seconds < 1e6:  # noqa: PLR2004 -- nobody waits longer; nor for infinity
        return 0.0
    steps = [step * 10 ** (power - 1.0) for power in range(7) for step in (1, 2, 5)]
    return round(float(min(steps, key=lambda step: abs(step - seconds))), 1)
