"""A workflow's input on the command line: `key=value` pairs, or JSON.

JSON is given as text, in a file or on stdin.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from mastra_sync.cli.exits import Exit, Stop
from mastra_sync.suggest import did_you_mean
from mastra_sync.terminal.writing import printable


def read_input(pairs: Sequence[str], source: str | None) -> Any:
    """Return the input that pairs or an `--input` give; an empty object if there are neither.

    Raises:
        Stop: Both were given, or one of them is not right.
    """
    if source is None:
        return parse_pairs(pairs)
    if pairs:
        _refuse("give either KEY=VALUE pairs or --input, not both")
    return read_json(source, "--input")


def parse_pairs(pairs: Sequence[str]) -> dict[str, Any]:
    """Return `key=value` pairs as an object.

    Raises:
        Stop: One has no key or no `=`, or a key comes twice.
    """
    fields: dict[str, Any] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals:
            meant = did_you_mean(f"--input {pair}" if pair[:1] in ("@", "{", "[") else None, shown=str)
            _refuse(f"{pair!r} has no '=': fields are given as KEY=VALUE, anything else by --input{meant}")
        if not key:
            _refuse(f"{pair!r} has no key before the '='")
        refuse_undecoded(key, f"the key {printable(key)!r}")
        refuse_undecoded(text, f"the value of {printable(key)!r}")
        if key in fields:
            _refuse(f"{key!r} is given twice; give a list as JSON, as in {key}='[1, 2]'")
        fields[key] = parse_value(text)
    return fields


def parse_value(text: str) -> Any:
    """Return a value: parsed if it is JSON, else the text itself."""
    try:
        return _parsed(text)
    except (ValueError, RecursionError):
        return text


def read_json(source: str, option: str) -> Any:
    """Return the JSON that an option gives: as it stands, `@file`, or `-` for stdin.

    Args:
        source: The option's value.
        option: Its name, for messages.

    Raises:
        Stop: It cannot be read, or is not JSON.
    """
    text, where = _text_of(source, option)
    try:
        return _parsed(text)
    except json.JSONDecodeError as error:
        problem = f"{error.msg} at line {error.lineno}, column {error.colno}"
    except RecursionError:
        problem = "nested too deeply"
    except ValueError as error:
        problem = str(error)
    hint = did_you_mean(f"{option} @{source}", shown=str) if where == option and _is_file(source) else ""
    raise Stop(Exit.USAGE, f"{where} is not JSON: {problem}{hint}")


def _parsed(text: str) -> Any:
    return json.loads(text, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> NoReturn:
    # Python would read NaN and Infinity, which are not JSON
    raise ValueError(f"{name} is not JSON")


def _text_of(source: str, option: str) -> tuple[str, str]:
    """Return the text behind an option's value, and how to call the place where it stands."""
    if source == "-":
        return _decoded(_read_stdin(option), "stdin"), "stdin"
    if not source.startswith("@"):
        refuse_undecoded(source, option)
        return source, option
    name = source[1:]
    if not name:
        _refuse(f"{option}: no file is named behind the '@'; give @FILE, - for stdin, or JSON")
    try:
        return _decoded(Path(name).read_bytes(), name), name
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        _refuse(f"{option}: cannot read {name!r}: {reason}")


def _read_stdin(option: str) -> bytes:
    # a process may be started without it
    if sys.stdin is None:
        _refuse(f"{option}: there is no stdin to read")
    try:
        return sys.stdin.buffer.read()
    except OSError as error:
        _refuse(f"{option}: cannot read stdin: {error.strerror}")


def _decoded(text: bytes, where: str) -> str:
    try:
        # Windows' editors put a mark before the text
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _refuse(f"{where} is not UTF-8: byte {error.start} is {text[error.start]:#04x}")


def refuse_undecoded(text: str, where: str) -> None:
    """Refuse a text of the command line that is not UTF-8.

    Python stands a lone surrogate for each byte that it cannot decode, and would send those.

    Args:
        text: The text.
        where: How to call the place where it stands.

    Raises:
        Stop: It has such bytes.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        # 0xDC00 and the byte
        _refuse(
            f"{where} is not UTF-8: byte {len(text[: error.start].encode())} is {ord(text[error.start]) & 0xFF:#04x}"
        )


def _is_file(source: str) -> bool:
    try:
        return Path(source).is_file()
    except (OSError, ValueError):
        return False


def _refuse(problem: str) -> NoReturn:
    raise Stop(Exit.USAGE, problem)
