"""What callers hand in, checked and brought into the form of the wire before any request."""

from __future__ import annotations

import dataclasses
import json
import math
import re
import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import Enum
from typing import Any, Final
from urllib.parse import quote

from pydantic_core import SchemaSerializer, core_schema

from mastra_sync.errors import InvalidArgument

PYDANTICS_MARK = "__pydantic_serializer__"
"""What pydantic's models have; importing their base class takes longer than the rest of this library."""


class _Omit(Enum):
    OMIT = "omit"

    def __repr__(self) -> str:
        return "OMIT"


OMIT: Final = _Omit.OMIT
"""Stands for an argument that was not given, where None would be JSON's null."""

EXACT_IN_JAVASCRIPT = 2**53
"""JavaScript has all whole numbers up to this one, beyond it only some."""

_BITS_SHOWN = 256

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
"""What HTTP lets no header's value have; a tab may be in it."""


def path_segment(value: str, argument: str) -> str:
    """Return an id as one segment of a path, percent-encoded.

    Raises:
        InvalidArgument: Not a string, empty, or `.` or `..`, which URLs take for a place and not a name.
    """
    return quote(checked_id(value, argument), safe="")


def checked_id(value: str, argument: str) -> str:
    """Return an id as it is.

    Raises:
        InvalidArgument: Not a string, empty, not encodable, or one that could never be fetched again (`.`, `..`).
    """
    checked_text(value, argument)
    if not value:
        raise InvalidArgument(argument, "must not be empty")
    if value in (".", ".."):
        raise InvalidArgument(argument, f"must not be {value!r}: a URL with it leads to another route")
    return value


def checked_text(value: str, argument: str) -> str:
    """Return a text as it is.

    Raises:
        InvalidArgument: Not a string, or not encodable.
    """
    if not isinstance(value, str):
        raise InvalidArgument(argument, f"must be a string, not {type(value).__name__}")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidArgument(argument, "has characters that UTF-8 cannot encode") from None
    return value


def checked_switch(value: Any, argument: str) -> None:
    """Find what would count as True or False and is neither.

    Raises:
        InvalidArgument: It is neither.
    """
    if not isinstance(value, bool):
        raise InvalidArgument(argument, f"must be True or False, not {type(value).__name__}")


def checked_callable(value: Any, argument: str) -> None:
    """Find what cannot be called before a run is moved on that would call it.

    Raises:
        InvalidArgument: Neither a function nor None.
    """
    if value is not None and not callable(value):
        raise InvalidArgument(argument, f"must be a function, not {type(value).__name__}")


def checked_header(value: str, argument: str) -> str:
    """Return the value of an HTTP header as it is.

    Exceptions do not show it, for it may be a secret.

    Raises:
        InvalidArgument: HTTP could not carry it.
    """
    if not isinstance(value, str):
        raise InvalidArgument(argument, f"must be a string, not {type(value).__name__}")
    if _CONTROL.search(value) or value[:1].isspace():
        raise InvalidArgument(argument, "has line breaks or other control characters, or begins with a space")
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        raise InvalidArgument(argument, "has characters that an HTTP header cannot carry") from None
    return value


def request_body(**fields: Any) -> bytes:
    """Return the JSON body made of the fields that were given, their names in camelCase.

    Mastra refuses null for an optional field, so None means "leave out", but for `input_data` and `resume_data`,
    which may be any JSON value and are left out when they are `OMIT`.

    Raises:
        InvalidArgument: A value is not JSON.
    """
    body = {}
    for name, value in fields.items():
        if value is OMIT or (value is None and name not in ("input_data", "resume_data")):
            continue
        body[camel_case(name)] = plain_json(value, name)
    return json.dumps(body, separators=(",", ":")).encode("ascii")


def camel_case(name: str) -> str:
    """Return a Python name as Mastra spells it: `input_data` as `inputData`."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def plain_json(value: Any, argument: str) -> Any:
    """Return a value as plain JSON: dicts, lists, strings, numbers, booleans and None.

    Args:
        value: JSON values, pydantic models and dataclasses, in any nesting. Models keep their aliases.
        argument: The name that an exception gives for the value.

    Raises:
        InvalidArgument: Something that JSON, or JavaScript, could not give back as it is.
    """
    try:
        return _plain(value, argument)
    except RecursionError:
        raise InvalidArgument(argument, "is nested too deeply, or contains itself") from None


def _plain(value: Any, argument: str) -> Any:
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, (int, float)):
        return _checked_number(value, argument)
    if hasattr(value, PYDANTICS_MARK) or (dataclasses.is_dataclass(value) and not isinstance(value, type)):
        return _plain(_dumped(value, argument), argument)
    if isinstance(value, Mapping):
        return {_checked_key(key, argument): _plain(item, f"{argument}.{key}") for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, f"{argument}[{index}]") for index, item in enumerate(value)]
    raise InvalidArgument(
        argument, f"{type(value).__name__} is not JSON; use plain values, a pydantic model or a dataclass"
    )


def _dumped(value: Any, argument: str) -> Any:
    """Return a pydantic model or dataclass as JSON, its fields under their aliases."""
    try:
        _refuse_non_finite(_BY_VALUE.to_python(value, by_alias=True), argument)
        return _BY_VALUE.to_python(value, mode="json", by_alias=True)
    except InvalidArgument:
        raise
    except ValueError as error:
        raise InvalidArgument(argument, f"{type(value).__name__} cannot be made JSON: {error}") from None


_BY_VALUE = SchemaSerializer(core_schema.any_schema())
"""Goes by what a value is, so that a dataclass's annotations need not mean anything to pydantic."""


def _checked_number(value: float, argument: str) -> float:
    if isinstance(value, int):
        if abs(value) > EXACT_IN_JAVASCRIPT and not _comes_back(value):
            raise InvalidArgument(argument, f"JavaScript would round {_shown(value)}; send such a number as a string")
    elif not math.isfinite(value):
        raise InvalidArgument(argument, f"{value} is not JSON")
    return value


def _comes_back(value: int) -> bool:
    """True if JavaScript would write this number as it is.

    It writes as few digits as still mean the same float.
    """
    try:
        return int(Decimal(repr(float(value)))) == value
    except OverflowError:
        return False


def _shown(value: int) -> str:
    # Python refuses to write out a number of thousands of digits
    return str(value) if value.bit_length() < _BITS_SHOWN else f"a number of {value.bit_length()} bits"


def _checked_key(key: Any, argument: str) -> str:
    if not isinstance(key, str):
        raise InvalidArgument(argument, f"keys must be strings, got {key!r}")
    return key


def _refuse_non_finite(value: Any, argument: str) -> None:
    """Find NaN and infinities where pydantic's JSON mode would write null instead."""
    if isinstance(value, float):
        _checked_number(value, argument)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            _refuse_non_finite(key, argument)
            _refuse_non_finite(item, f"{argument}.{key}")
    elif isinstance(value, (list, tuple, set, frozenset)):
        for index, item in enumerate(value):
            _refuse_non_finite(item, f"{argument}[{index}]")


def resume_answer(value: Any) -> Any:
    """Return resume data as it goes over the wire.

    Raises:
        InvalidArgument: Not JSON, or a value that JavaScript takes for false: Mastra counts it as no answer, runs
            the step again from its start and suspends again.
    """
    if value is OMIT:
        return OMIT
    answer = plain_json(value, "resume_data")
    # `{}` and `[]` are true in JavaScript
    if answer is None or (not answer and not isinstance(answer, (dict, list))):
        raise InvalidArgument(
            "resume_data",
            f"Mastra takes {answer!r} for no answer and would suspend again; wrap it, as in {{'value': {answer!r}}}",
        )
    return answer


def step_path(step: str | Sequence[str] | None, argument: str = "step") -> list[str] | None:
    """Return a step as the list of names that leads to it, None for None.

    A string is split at its dots, as Mastra does it; a step whose id has a dot can be named by a list only.

    Raises:
        InvalidArgument: Not a string or a list of strings, or empty.
    """
    if step is None:
        return None
    if not isinstance(step, Sequence):
        raise InvalidArgument(argument, f"must be a string or a list of step ids, not {type(step).__name__}")
    names = step.split(".") if isinstance(step, str) else list(step)
    if not names:
        raise InvalidArgument(argument, "must not be empty")
    for name in names:
        if not isinstance(name, str) or not name:
            raise InvalidArgument(argument, f"must be made of step ids, got {step!r}")
    return names


def checked_inputs(inputs: Any) -> list[Any]:
    """Return several inputs.

    Raises:
        InvalidArgument: One input by itself, whose letters or keys would each be one; or nothing that has several.
    """
    kind = type(inputs)
    if isinstance(inputs, (str, bytes, Mapping)) or hasattr(kind, PYDANTICS_MARK) or not hasattr(kind, "__iter__"):
        raise InvalidArgument("inputs", f"must be several, a run each, such as [input, input], not {kind.__name__}")
    return list(inputs)


def checked_count(value: int | None, argument: str, *, least: int) -> int | None:
    """Return a whole number, or None if none was given.

    Raises:
        InvalidArgument: Not a whole number, below `least`, or beyond what fits into a machine's word.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidArgument(argument, f"must be a whole number, not {type(value).__name__}")
    if value < least:
        raise InvalidArgument(argument, f"must be at least {least}, got {value}")
    if value > sys.maxsize:
        raise InvalidArgument(argument, f"must be at most {sys.maxsize}, not a number of {value.bit_length()} bits")
    return value
