"""The text of a cassette: YAML that vcrpy reads, each line saying one thing. No I/O.

What `render` writes, `parse` reads exactly and fast; a cassette of any other layout is left to `yaml_reader`.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise

from pytest_mastra.http.exchanges import Ending, Exchange
from pytest_mastra.http.wire import WireRequest
from pytest_mastra.redact.json_text import RECORD_END, TOKEN, exact_lines, is_json, pretty

HEAD = """\
# HTTP interactions in vcrpy's format, laid out by pytest-mastra. Ids, times and secrets are not the real ones.
version: 1
interactions:"""

END = "...\n"
"""The last line: a file that lacks it was broken off."""

CHUNKS_ARE_RECORDS = "records"
"""What stands for the chunks of a stream of which each is one record."""

_UNPRINTABLE = re.compile("[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_PLAIN_URI = r"https?://[A-Za-z0-9_.~:/?\[\]@!$&'()*+,;=%-]*[A-Za-z0-9_~/?@$&()*+=%-]"
"""A URI that YAML takes for one as it stands."""

_PLAIN_METHOD = "GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS"
_PLAIN_NAME = "[A-Za-z][A-Za-z0-9-]*"
_NOT_TEXT = frozenset(["y", "yes", "n", "no", "on", "off", "true", "false", "null"])
"""What YAML takes for something else than a text."""

_BASE64_WIDTH = 96
_RECORD_END = RECORD_END.encode()


def render(exchanges: Sequence[Exchange]) -> str:
    """Return the text of a cassette."""
    if not exchanges:
        return f"{HEAD} []\n{END}"
    return "\n".join([HEAD, *(line for exchange in exchanges for line in _render_interaction(exchange)), END])


def _render_interaction(exchange: Exchange) -> Iterable[str]:
    request = exchange.request
    uri = exchange.url + request.target
    yield "- request:"
    yield f"    method: {request.method if re.fullmatch(_PLAIN_METHOD, request.method) else _quoted(request.method)}"
    yield f"    uri: {uri if re.fullmatch(_PLAIN_URI, uri) else _quoted(uri)}"
    yield from _render_headers(request.headers.items())
    yield from _render_body("    body:", request.body, is_exact=False)
    yield "  response:"
    yield f"    status: {{code: {exchange.status}, message: {_quoted(exchange.reason)}}}"
    yield from _render_headers(exchange.headers)
    yield "    body:"
    chunks = chunk_borders_of(exchange)
    yield from _render_body("      string:", exchange.body, is_exact=exchange.is_stream and len(exchange.chunks) > 1)
    if chunks is not None:
        yield f"      chunks: {chunks}"
    pace = pace_of(exchange.arrivals)
    if any(pace):
        yield f"      pace: [{', '.join(f'{seconds:g}' for seconds in pace)}]"
    if exchange.ending is not Ending.WHOLE:
        yield f"  ending: {exchange.ending.value}"
    if exchange.failure is not None:
        yield f"  failure: {_quoted(exchange.failure)}"


def _render_headers(headers: Iterable[tuple[str, str]]) -> Iterable[str]:
    by_name: dict[str, list[str]] = {}
    for name, value in headers:
        by_name.setdefault(name, []).append(value)
    if not by_name:
        yield "    headers: {}"
        return
    yield "    headers:"
    for name, values in by_name.items():
        is_plain = re.fullmatch(_PLAIN_NAME, name) is not None and name.lower() not in _NOT_TEXT
        yield f"      {name if is_plain else _quoted(name)}: [{', '.join(map(_quoted, values))}]"


def _render_body(key: str, body: bytes, *, is_exact: bool) -> Iterable[str]:
    indent = " " * (len(key) - len(key.lstrip()) + 2)
    if not body:
        # what vcrpy itself writes
        yield f"{key} {'null' if key.strip() == 'body:' else _quoted('')}"
        return
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        yield f"{key} !!binary | # {len(body)} bytes"
        coded = base64.b64encode(body).decode("ascii")
        yield from (indent + coded[start : start + _BASE64_WIDTH] for start in range(0, len(coded), _BASE64_WIDTH))
        return
    if not is_exact and is_json(text):
        yield f"{key} |-"
        # escaped first: what fits a line must not be another matter when it is read again
        printable = TOKEN.sub(lambda token: _UNPRINTABLE.sub(_json_escape, token[0]), text)
        yield from (indent + line for line in pretty(printable))
        return
    lines = _joinable_lines(text)
    if len(lines) == 1:
        yield f"{key} {_quoted(text)}"
        return
    yield f'{key} "\\'
    for number, (depth, line) in enumerate(lines, 1):
        escaped = _escaped(line)
        if escaped.startswith(" "):  # it would be taken for indentation
            escaped = "\\u0020" + escaped[1:]
        yield f"{indent}{'  ' * depth}{escaped}" + ("\\" if number < len(lines) else '"')


def _joinable_lines(text: str) -> list[tuple[int, str]]:
    """Return lines that give a text when they are joined, each with its depth."""
    if RECORD_END not in text:
        if is_json(text):
            return exact_lines(text)
        return [(0, line) for line in re.findall(r"[^\n]*\n|[^\n]+", text)]
    lines: list[tuple[int, str]] = []
    *records, rest = text.split(RECORD_END)
    for record in records:
        inner = exact_lines(record) if is_json(record) else [(0, record)]
        inner[-1] = (inner[-1][0], inner[-1][1] + RECORD_END)
        lines += inner
    return lines + ([(0, rest)] if rest else [])


def _quoted(text: str) -> str:
    """Return a text on one line, in quotes, as YAML and JSON both read it."""
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    return _UNPRINTABLE.sub(_json_escape, json.dumps(text, ensure_ascii=False)[1:-1])


def _json_escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


# -- chunks and pace


def chunk_borders_of(exchange: Exchange) -> str | None:
    """Return where a stream's chunks end: `records`, or a list of borders.

    A border is a number of whole records, and of bytes after them: `2`, `2+17`. None stands for a whole body.
    """
    if not exchange.is_stream:
        return None
    body = exchange.body
    ends = list(accumulate(len(chunk) for chunk in exchange.chunks if chunk))
    if len(ends) > 1 and ends == record_ends(body):
        return CHUNKS_ARE_RECORDS
    return f"[{', '.join(_border(body, end) for end in ends[:-1])}]"


def record_ends(body: bytes) -> list[int]:
    """Return where the records of a body end; a rest ends with the body."""
    ends = [found.end() for found in re.finditer(_RECORD_END, body)]
    return ends if (ends and ends[-1] == len(body)) or not body else [*ends, len(body)]


def _border(body: bytes, offset: int) -> str:
    records = body.count(_RECORD_END, 0, offset)
    beyond = offset - (body.rfind(_RECORD_END, 0, offset) + 1)
    return f"{records}+{beyond}" if beyond else str(records)


def _offsets(body: bytes, borders: str) -> list[int]:
    """Return where chunks end in a body, by the borders between them.

    Raises:
        ValueError: The chunks do not lie in this body.
    """
    records = [0, *record_ends(body)]
    ends = []
    for found in _RECORDS_AND_BYTES.finditer(borders):
        whole = int(found[1])
        if whole >= len(records):
            raise ValueError(f"chunks: there is no record {whole} to end one")
        ends.append(records[whole] + int(found[2] or 0))
    if ends != sorted(set(ends)) or (ends and not 0 < ends[0] <= ends[-1] < len(body)):
        raise ValueError("chunks: the borders do not rise from the body's beginning to its end")
    return [*ends, len(body)] if body else []


def pace_of(arrivals: Sequence[float]) -> list[float]:
    """Return the seconds before each chunk, coarse: a recording is no measurement."""
    return [coarse(later - earlier) for earlier, later in pairwise([0.0, *arrivals])]


def coarse(seconds: float) -> float:
    """Return seconds as 0 below a twentieth, else as 0.1, 0.2, 0.5, 1 and so on."""
    if not 0.05 <= seconds < 1e6:  # noqa: PLR2004 -- nobody waits longer; nor for infinity
        return 0.0
    marks = [mark * 10 ** (power - 1.0) for power in range(7) for mark in (1, 2, 5)]
    return round(float(min(marks, key=lambda mark: abs(mark - seconds))), 1)


def set_body(exchange: Exchange, body: bytes, chunks: str | None, pace: list[float]) -> Exchange:
    """Give an exchange its body, and return it.

    Args:
        exchange: What is to have it.
        body: The whole of it.
        chunks: How its chunks lie in it, as `chunk_borders_of` says it.
        pace: Seconds before each chunk; what is missing is none.

    Raises:
        ValueError: The chunks do not lie in this body.
    """
    exchange.is_stream = chunks is not None
    if not chunks:
        exchange.chunks = [body] if body else []
    else:
        ends = record_ends(body) if chunks == CHUNKS_ARE_RECORDS else _offsets(body, chunks)
        exchange.chunks = [body[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    padded = [*pace, *[0.0] * len(exchange.chunks)][: len(exchange.chunks)]
    exchange.arrivals = [round(moment, 3) for moment in accumulate(float(seconds) for seconds in padded)]
    return exchange


# -- parsing

_STRING = r'"(?:[^"\\\n]|\\.)*"'
_NUMBER = r"(?:0|[1-9]\d*)"
_BORDER = rf"{_NUMBER}(?:\+[1-9]\d*)?"


def _headers_pattern(group: str) -> str:
    line = rf"      (?:{_PLAIN_NAME}|{_STRING}): \[{_STRING}(?:, {_STRING})*\]\n"
    return rf"    headers:(?: \{{\}}\n|\n(?P<{group}>(?:{line})+))"


def _body_pattern(group: str, indent: str) -> str:
    return (
        rf"(?:\|-\n(?P<{group}_json>(?:{indent}.*\n)+)"
        rf'|"\\\n(?P<{group}_exact>(?:{indent}.*\\\n)*{indent}.*)"\n'
        rf"|(?P<{group}_line>{_STRING}|null)\n"
        rf"|!!binary \| # \d+ bytes\n(?P<{group}_binary>(?:{indent}[A-Za-z0-9+/=]+\n)+))"
    )


_INTERACTION = re.compile(
    r"- request:\n"
    rf"    method: (?P<method>{_PLAIN_METHOD}|{_STRING})\n"
    rf"    uri: (?P<uri>{_PLAIN_URI}|{_STRING})\n"
    rf"{_headers_pattern('request_headers')}"
    rf"    body: {_body_pattern('request', ' ' * 6)}"
    r"  response:\n"
    rf"    status: \{{code: (?P<status>{_NUMBER}), message: (?P<reason>{_STRING})\}}\n"
    rf"{_headers_pattern('headers')}"
    r"    body:\n"
    rf"      string: {_body_pattern('response', ' ' * 8)}"
    rf"(?:      chunks: (?P<chunks>{CHUNKS_ARE_RECORDS}|\[(?:{_BORDER}(?:, {_BORDER})*)?\])\n)?"
    r"(?:      pace: (?P<pace>\[[\d., ]+\])\n)?"
    r"(?:  ending: (?P<ending>cut|left|none)\n)?"
    rf"(?:  failure: (?P<failure>{_STRING})\n)?"
)
_UNPRINTABLE_IN_LINES = re.compile(_UNPRINTABLE.pattern.replace("[^", "[^\n", 1))
_SURROGATE = re.compile(r"(?<!\\)(?:\\\\)*\\u[dD][89a-fA-F]")
_CONTINUED = re.compile(r"\\\n *")
_UNQUOTED_NAME = re.compile(rf"^ +({_PLAIN_NAME}):", re.MULTILINE)
_RECORDS_AND_BYTES = re.compile(r"(\d+)(?:\+(\d+))?")
_URI = re.compile(r"([^/]*//[^/?#]*)(.*)", re.DOTALL)


def parse(text: str) -> list[Exchange] | None:
    """Return the exchanges of a cassette; None if `render` does not write such a text."""
    if not text.startswith(HEAD) or not text.endswith(f"\n{END}") or _UNPRINTABLE_IN_LINES.search(text):
        return None
    start, end = len(HEAD), len(text) - len(END)
    if text[start:end] == " []\n":
        return []
    start += 1
    exchanges: list[Exchange] = []
    began = 0.0
    try:
        while start < end:
            found = _INTERACTION.match(text, start)
            if found is None:
                return None
            exchange = _parse_interaction(found, len(exchanges), began)
            began += exchange.arrivals[-1] if exchange.arrivals else 0.0
            exchanges.append(exchange)
            start = found.end()
    except (ValueError, binascii.Error):
        return None
    return exchanges


def _parse_interaction(found: re.Match[str], number: int, began: float) -> Exchange:
    url, target = split_uri(_parse_text(found["uri"]))
    failure = found["failure"]
    exchange = Exchange(
        number,
        url,
        WireRequest(
            _parse_text(found["method"]),
            target,
            dict(_parse_headers(found["request_headers"])),
            _parse_body(found, "request", 6),
        ),
        began,
        int(found["status"]),
        _parse_text(found["reason"]),
        _parse_headers(found["headers"]),
        ending=Ending(found["ending"] or "whole"),
        failure=None if failure is None else _parse_text(failure),
    )
    pace = json.loads(found["pace"]) if found["pace"] else []
    return set_body(exchange, _parse_body(found, "response", 8), found["chunks"], pace)


def split_uri(uri: str) -> tuple[str, str]:
    """Return where a request was sent, and its path and query.

    Raises:
        ValueError: There is no host in it.
    """
    found = _URI.fullmatch(uri)
    if found is None:
        raise ValueError(f"no URL: {uri!r}")
    return found[1], found[2] if found[2].startswith("/") else f"/{found[2]}"


def _parse_text(written: str) -> str:
    return _unquoted(written) if written[0] == '"' else written


def _unquoted(written: str) -> str:
    # for YAML half of a character is none
    if _SURROGATE.search(written):
        raise ValueError("half of a character")
    return str(json.loads(written))


@lru_cache(maxsize=256)
def _parse_headers(written: str | None) -> tuple[tuple[str, str], ...]:
    in_quotes = _UNQUOTED_NAME.sub(r'"\1":', written or "").rstrip("\n")
    if _SURROGATE.search(in_quotes):
        raise ValueError("half of a character")
    headers: list[tuple[str, list[str]]] = json.loads("{" + in_quotes.replace("\n", ",") + "}", object_pairs_hook=list)
    if len({name for name, _ in headers}) < len(headers):
        raise ValueError("a header twice")
    unquoted = {name.lower() for name in _UNQUOTED_NAME.findall(written or "")}
    if not unquoted.isdisjoint(_NOT_TEXT):
        raise ValueError("a name that is no text")
    return tuple((name, value) for name, values in headers for value in values)


def _parse_body(found: re.Match[str], group: str, indent: int) -> bytes:
    written = found[f"{group}_json"]
    if written is not None:
        text = written[indent:-1]
        # YAML would take it for indentation, or for nothing
        if text[:1].isspace() or text[-1:].isspace():
            raise ValueError("space around a block")
        return text.replace("\n" + " " * indent, "\n").encode()
    written = found[f"{group}_line"]
    if written is not None:
        return b"" if written == "null" else _unquoted(written).encode()
    written = found[f"{group}_exact"]
    if written is not None:
        return _unquoted('"' + _CONTINUED.sub("", written.lstrip(" ")) + '"').encode()
    return base64.b64decode(found[f"{group}_binary"].replace("\n", "").replace(" ", ""), validate=True)
