"""Formats and patterns of text, as zod checks them: with JavaScript's regular expressions."""

from __future__ import annotations

import base64
import ipaddress
import json
import re
from functools import cache
from typing import TYPE_CHECKING

from pytest_mastra.fake.workflows.zod_releases import Zod

if TYPE_CHECKING:
    from regress import Regex

_DATE = (
    r"(?:(?:\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00)-02-29|"
    r"\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|(?:02)-(?:0[1-9]|1\d|2[0-8])))"
)
_HOUR = r"(?:[01]\d|2[0-3]):[0-5]\d"
_BYTE = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9][0-9]|[0-9])"
_HEX = "[0-9a-fA-F]"
_GUID = f"^({_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}})$"

PATTERNS = {
    "email": r"^(?!\.)(?!.*\.\.)([A-Za-z0-9_'+\-\.]*)[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9\-]*\.)+[A-Za-z]{2,}$",
    "uuid": (
        f"^({_HEX}{{8}}-{_HEX}{{4}}-[1-8]{_HEX}{{3}}-[89abAB]{_HEX}{{3}}-{_HEX}{{12}}|"
        "00000000-0000-0000-0000-000000000000|ffffffff-ffff-ffff-ffff-ffffffffffff)$"
    ),
    "date": f"^{_DATE}$",
    "time": rf"^{_HOUR}(?::[0-5]\d(?:\.\d+)?)?(?:Z|[+-]{_HOUR})?$",
    "date-time": rf"^{_DATE}T{_HOUR}(?::[0-5]\d(?:\.\d+)?)?(?:Z|[+-]{_HOUR})$",
    "duration": r"^P(?:(\d+W)|(?!.*W)(?=\d|T\d)(\d+Y)?(\d+M)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+([.,]\d+)?S)?)?)$",
    "ipv4": rf"^(?:{_BYTE}\.){{3}}{_BYTE}$",
    "hostname": (
        r"^(?=.{1,253}\.?$)[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
        r"(?:\.[a-zA-Z0-9](?:[-0-9a-zA-Z]{0,61}[0-9a-zA-Z])?)*\.?$"
    ),
}
"""Zod's expressions for formats that a JSON Schema may name without one.

Its date-times and times have no offset unless they are told to; those of JSON Schema have, and are taken too.
"""

_WITH_SECONDS = rf"^{_DATE}T{_HOUR}:[0-5]\d(?:\.\d+)?(?:Z|[+-]{_HOUR})$"

_NAMES = {
    "email": "email address",
    "uri": "URL",
    "uuid": "UUID",
    "ulid": "ULID",
    "xid": "XID",
    "ksuid": "KSUID",
    "date-time": "ISO datetime",
    "date": "ISO date",
    "time": "ISO time",
    "duration": "ISO duration",
    "ipv4": "IPv4 address",
    "ipv6": "IPv6 address",
    "mac": "MAC address",
    "cidrv4": "IPv4 range",
    "cidrv6": "IPv6 range",
    "base64": "base64-encoded string",
    "base64url": "base64url-encoded string",
    "e164": "E.164 number",
    "jwt": "JWT",
    "json-string": "JSON string",
}

_NEEDS_UNICODE = re.compile(r"\\[pP]\{|\\u\{")
_PREFIX = re.compile(r"\^((?:[^\\^$.*+?()\[\]{}|]|\\[\W_])+)\.\*")
_SUFFIX = re.compile(r"\.\*((?:[^\\^$.*+?()\[\]{}|]|\\[\W_])+)\$")


def format_fault(name: str, pattern: str | None = None) -> str:
    """Return what zod says to text that is not of a format."""
    return f"Invalid {'GUID' if pattern == _GUID else _NAMES.get(name, name)}"


def pattern_fault(pattern: str) -> str:
    """Return what zod says to text that a pattern does not match.

    A JSON Schema has the pattern without its flags, and shows `startsWith`, `endsWith` and times as patterns.
    """
    if pattern.startswith(f"^{_HOUR}"):
        return format_fault("time")
    for affix, verb in ((_PREFIX, "start"), (_SUFFIX, "end")):
        if found := affix.fullmatch(pattern):
            literal = re.sub(r"\\(.)", r"\1", found[1])
            return f'Invalid string: must {verb} with "{literal}"'
    return f"Invalid string: must match pattern /{pattern}/{'u' if _NEEDS_UNICODE.search(pattern) else ''}"


@cache
def compiled(pattern: str) -> Regex:
    """Return JavaScript's regular expression.

    Raises:
        ValueError: It is none.
    """
    from regress import Regex, RegressError  # noqa: PLC0415 -- few schemas have patterns

    said = ""
    for flags in ("u", "v", "") if _NEEDS_UNICODE.search(pattern) else ("", "u", "v"):
        try:
            return Regex(pattern, flags)
        except RegressError as error:  # noqa: PERF203 -- the first set of flags mostly does
            said = said or str(error)
    raise ValueError(f"{pattern!r} is no regular expression of JavaScript: {said}")


def matches(pattern: str, text: str) -> bool:
    """Return whether text has a match somewhere; any has if the pattern is not JavaScript's.

    Such a pattern is refused where a JSON Schema is declared; a pydantic model judges by its own.
    """
    try:
        expression = compiled(pattern)
    except ValueError:
        return True
    return expression.find(text.encode("utf-8", "replace").decode()) is not None


def as_address(text: str, zod: Zod) -> str:
    """Return a URL as a release of zod leaves it."""
    return re.sub(r"[\t\n\r]", "", text.strip()) if zod.strict_formats else text.strip()


def is_of_format(name: str, text: str, zod: Zod) -> bool:
    """Return whether text is of a format; any is of an unknown one."""
    if name == "date-time" and zod.strict_formats:
        return matches(_WITH_SECONDS, text)
    if name == "uri":
        return is_url(text)
    if name == "ipv6":
        return "%" not in text and _is_ipv6(text)
    if name == "jwt":
        return _is_jwt(text)
    return name not in PATTERNS or matches(PATTERNS[name], text)


_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")
_SPECIAL = ("http", "https", "ws", "wss", "ftp", "file")
_NOT_IN_HOSTS = re.compile(r"[\x00-\x20#/:<>?@\[\\\]^|\x7f%]")
_NOT_IN_OPAQUE_HOSTS = re.compile(r"[\x00\t\n\r #/:<>?@\[\\\]^|]")
_PERCENT = re.compile(r"%([0-9A-Fa-f]{2})")
_NUMBER = re.compile(r"\d+|0[xX][0-9A-Fa-f]*")
_LARGEST_PORT = 65535
_PARTS_OF_IPV4 = 4


def is_url(text: str) -> bool:
    """Return whether JavaScript's `new URL` takes a text."""
    text = re.sub(r"[\t\n\r]", "", text.strip().strip("".join(map(chr, range(0x21)))))
    scheme = _SCHEME.match(text)
    if scheme is None:
        return False
    name, rest = scheme[1].lower(), text[scheme.end() :]
    special = name in _SPECIAL
    if special:
        rest = rest.replace("\\", "/")
    if name == "file":
        if not rest.startswith("//"):
            return True
        host = re.split("[/?#]", rest[2:], maxsplit=1)[0]
        return not host or re.fullmatch("[A-Za-z][:|]", host) is not None or _is_host(host)
    if special:
        authority = re.split("[/?#]", rest.lstrip("/"), maxsplit=1)[0]
    elif rest.startswith("//"):
        authority = re.split("[/?#]", rest[2:], maxsplit=1)[0]
    else:
        return True
    return _is_authority(authority, special=special)


def _is_authority(authority: str, *, special: bool) -> bool:
    credentials, at, host = authority.rpartition("@")
    host, colon, port = host.rpartition(":") if re.search(r":[^\]]*$", host) else (host, "", "")
    if port and not (port.isascii() and port.isdecimal() and int(port) <= _LARGEST_PORT):
        return False
    if not host:
        return not (special or at or colon or credentials)
    return _is_host(host) if special else _is_opaque_host(host)


def _is_host(host: str) -> bool:
    if host.startswith("["):
        return host.endswith("]") and _is_ipv6(host[1:-1])
    host = _PERCENT.sub(lambda escape: chr(int(escape[1], 16)), host)
    if not host or _NOT_IN_HOSTS.search(host):
        return False
    labels = host.removesuffix(".").split(".")
    return not _NUMBER.fullmatch(labels[-1]) or _is_loose_ipv4(labels)


def _is_opaque_host(host: str) -> bool:
    if host.startswith("["):
        return host.endswith("]") and _is_ipv6(host[1:-1])
    return not _NOT_IN_OPAQUE_HOSTS.search(host)


def _is_loose_ipv4(parts: list[str]) -> bool:
    """Return whether parts are an address: up to four, decimal, octal or hexadecimal.

    The last one fills what is left.
    """
    if len(parts) > _PARTS_OF_IPV4 or not all(_NUMBER.fullmatch(part) for part in parts):
        return False
    try:
        numbers = [_loose_number(part) for part in parts]
    except ValueError:
        return False
    return all(number < 256 for number in numbers[:-1]) and numbers[-1] < 256 ** (5 - len(parts))  # noqa: PLR2004


def _loose_number(part: str) -> int:
    if part[:2] in ("0x", "0X"):
        return int(part[2:] or "0", 16)
    return int(part, 8) if part.startswith("0") and part != "0" else int(part)


def _is_ipv6(text: str) -> bool:
    try:
        return "%" not in text and bool(ipaddress.IPv6Address(text))
    except ValueError:
        return False


def _is_jwt(text: str) -> bool:
    parts = text.split(".")
    if len(parts) != 3 or not parts[0]:  # noqa: PLR2004 -- header, payload, signature
        return False
    try:
        header = json.loads(base64.urlsafe_b64decode(parts[0] + "=" * (-len(parts[0]) % 4)))
    except ValueError:
        return False
    return isinstance(header, dict) and header.get("typ", "JWT") == "JWT" and bool(header.get("alg"))
