"""Asking a person for an answer that fits a JSON Schema, a field at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from mastra_sync.cli.inputs import parse_value
from mastra_sync.cli.schema_checks import problem_with
from mastra_sync.cli.schemas import type_of
from mastra_sync.schema_hints import fits
from mastra_sync.terminal.reading import read_line
from mastra_sync.terminal.writing import complain, printable

_INDENT = "    "
_TRUTHS = {"y": True, "yes": True, "true": True, "n": False, "no": False, "false": False}


class Unanswered(Exception):
    """The person has ended what they type (Ctrl-D) instead of answering."""


def ask_person(schema: Mapping[str, Any] | None) -> Any:
    """Ask on stderr, read stdin, and return an answer.

    What does not fit is asked for again.

    Args:
        schema: What the answer must be; None if that is not known.

    Raises:
        Unanswered: Ctrl-D.
    """
    properties = (schema or {}).get("properties")
    if not isinstance(properties, Mapping) or not properties:
        return _ask_value("answer", schema or {}, is_needed=True)
    required = (schema or {}).get("required")
    answer = {}
    for name, known in properties.items():
        field = known if isinstance(known, Mapping) else {}
        is_needed = isinstance(required, list) and name in required and "default" not in field
        value = _ask_value(str(name), field, is_needed=is_needed)
        if value is not _LEFT_OUT:
            answer[name] = value
    return answer


def value_of(text: str, schema: Mapping[str, Any]) -> Any:
    """Return what a person has typed as the value that a schema wants.

    Args:
        text: As typed: text as such, anything else as JSON; y and n for booleans.
        schema: JSON Schema of the value.

    Raises:
        ValueError: The text is nothing of the kind; says what it must be.
    """
    value = _as_wanted(text, schema)
    if problem := problem_with(value, schema):
        raise ValueError(problem)
    return value


def _as_wanted(text: str, schema: Mapping[str, Any]) -> Any:
    choices = schema.get("enum")
    if isinstance(choices, list):
        for choice in choices:
            if text in (choice, json.dumps(choice)):
                return choice
        raise ValueError(f"must be one of {type_of(schema)}")
    if type_of(schema) == "string":
        return text
    if type_of(schema) == "boolean" and text.lower() in _TRUTHS:
        return _TRUTHS[text.lower()]
    value = parse_value(text)
    return value if fits(schema, value) or not fits(schema, text) else text


_LEFT_OUT = object()


def _ask_value(name: str, schema: Mapping[str, Any], *, is_needed: bool) -> Any:
    about = f": {schema['description']}" if schema.get("description") else ""
    otherwise = "" if is_needed else ", may be left empty"
    prompt = printable(f"{name} ({type_of(schema)}{otherwise}){about}")
    return _read_until_right(prompt, lambda text: _checked(text, schema, is_needed=is_needed))


def _checked(text: str, schema: Mapping[str, Any], *, is_needed: bool) -> Any:
    if text:
        return value_of(text, schema)
    if not is_needed:
        return _LEFT_OUT
    if type_of(schema) == "string":
        return value_of(text, schema)
    raise ValueError("is needed")


def _read_until_right(prompt: str, parse: Callable[[str], Any]) -> Any:
    while True:
        complain(f"{_INDENT}{prompt}> ", end="")
        line = read_line()
        if not line:
            complain("")
            raise Unanswered
        try:
            return parse(line.strip("\r\n"))
        except ValueError as error:
            complain(f"{_INDENT}it {error}")
