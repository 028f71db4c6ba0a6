"""JSON values as JavaScript has them, and JSON text as V8 writes it.

There is undefined beside null, and one kind of number.
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
import zlib
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any, Final, final

import pydantic_core
from pydantic import BaseModel

LARGEST_EXACT = 2**53
LARGEST_PLAIN = 1e21
"""JavaScript writes whole numbers from here on with an exponent."""

PROTOTYPE = "__proto__"
"""The key that JSON.parse makes as any other, and that an assignment makes none of."""

INSTEAD = {
    "set": "list(...) makes JSON of it",
    "frozenset": "list(...) makes JSON of it",
    "bytes": ".decode() makes a text of it",
    "Decimal": "float(...) makes a number of it",
    "UUID": "str(...) makes a text of it",
    "function": "what a function of the context gives is said with a step: server.step(id, function)",
    "coroutine": "a step is a plain function, and nobody awaits what it gives: write def",
}
"""What becomes JSON, by the type of what is none."""

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@final
class _Undefined:
    """JavaScript's undefined: a key with this value is not there."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNDEFINED"

    def __bool__(self) -> bool:
        return False

    def __copy__(self) -> _Undefined:
        return self

    def __deepcopy__(self, memo: object) -> _Undefined:
        return self


@final
class _Null:
    """JavaScript's null where None means undefined: what a step returns."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "NULL"

    def __bool__(self) -> bool:
        return False


UNDEFINED: Final = _Undefined()
NULL: Final = _Null()


def returned_value(value: Any) -> Any:
    """Return what a Python function gave as JSON.

    None is undefined, as it is where JavaScript returns nothing.
    """
    if value is None or value is UNDEFINED:
        return UNDEFINED
    try:
        return to_json_value(value)
    except RecursionError:
        raise TypeError("a step's value nests deeper than this fake can follow, or holds itself") from None


def to_json_value(value: Any) -> Any:  # noqa: C901, PLR0911, PLR0912 -- one row per kind of value
    """Return an own copy of a value, as JSON would carry it.

    Raises:
        TypeError: JSON has nothing for it.
    """
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is dict:
        return {
            _key(key): item if type(item) is str else to_json_value(item)
            for key, item in value.items()
            if item is not UNDEFINED
        }
    if kind is list or kind is tuple:
        return [None if item is UNDEFINED else to_json_value(item) for item in value]
    if kind is int:
        return value if -LARGEST_EXACT <= value <= LARGEST_EXACT else _as_double(_nearest_double(value))
    if kind is float:
        return _as_double(value)
    if value is NULL:
        return None
    if isinstance(value, BaseModel):
        return to_json_value(value.model_dump(mode="json", by_alias=True))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return to_json_value({field.name: getattr(value, field.name) for field in dataclasses.fields(value)})
    if isinstance(value, Enum):
        return to_json_value(value.value)
    if isinstance(value, datetime):
        return iso(value.timestamp())
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, SparseObject):
        return value.mapped(to_json_value)
    if isinstance(value, Mapping):
        return to_json_value(dict(value))
    if isinstance(value, (list, tuple)):
        return to_json_value(list(value))
    if isinstance(value, (str, int, float)):
        return to_json_value(_plain(value))
    instead = INSTEAD.get(type(value).__name__)
    raise TypeError(f"{type(value).__name__} is not JSON: {value!r}{f'; {instead}' if instead else ''}")


class SparseObject(dict[str, Any]):
    """An object with undefined keys too: it equals no object without them.

    Args:
        fields: Its keys, undefined ones too.
    """

    __slots__ = ("undefined",)

    def __init__(self, fields: Mapping[str, Any]) -> None:
        super().__init__({key: value for key, value in fields.items() if value is not UNDEFINED})
        self.undefined = fields.keys() - self.keys()

    def mapped(self, change: Callable[[Any], Any]) -> SparseObject:
        """Return an object of the same keys, with changed values."""
        return SparseObject(
            {key: change(value) for key, value in self.items()} | dict.fromkeys(self.undefined, UNDEFINED)
        )


def copied(value: Any) -> Any:
    """Return a copy of a JSON value that its owner may change."""
    kind = type(value)
    if kind is SparseObject:
        return value.mapped(copied)
    if kind is dict:
        return {key: copied(item) for key, item in value.items()}
    if kind is list:
        return [copied(item) for item in value]
    return value


def present(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that are not undefined."""
    return {key: value for key, value in fields.items() if value is not UNDEFINED}


def as_parsed(value: Any) -> Any:
    """Return what JSON says of a value: objects have no undefined keys there."""
    if isinstance(value, dict):
        return {key: as_parsed(item) for key, item in value.items()}
    return [as_parsed(item) for item in value] if isinstance(value, list) else value


def spread(value: Any) -> dict[str, Any]:
    """Return the fields that `{...value}` has in JavaScript: lists and text have their indices."""
    if isinstance(value, dict):
        return dict(value)
    if isinstance(value, (list, str)):
        return {str(index): item for index, item in enumerate(value if isinstance(value, list) else code_units(value))}
    return {}


def assign(target: dict[str, Any], value: Any) -> None:
    """Set the fields of a value on an object, as `Object.assign(target, value)` does."""
    target.update({key: item for key, item in spread(value).items() if key != PROTOTYPE or key in target})


def without(fields: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    """Return the fields but those named."""
    return {key: value for key, value in fields.items() if key not in names}


def truthy(value: Any) -> bool:
    """Return whether JavaScript takes a value for true: empty objects and lists are."""
    return isinstance(value, (dict, list)) or bool(value)


def to_number(value: Any) -> float:
    """Return what `Number(value)` gives for a JSON value or undefined."""
    if value is None:
        return 0.0
    if isinstance(value, (bool, int, float)):
        return float(value)
    if isinstance(value, list):
        # a list is the text of its items, and of an item alone the text is the item's own
        return 0.0 if not value else to_number("" if value[0] is None else value[0]) if len(value) == 1 else math.nan
    return number_from_text(value) if isinstance(value, str) else math.nan


def number_from_text(text: str) -> float:
    """Return what `Number(text)` gives."""
    stripped = text.strip()
    if not stripped:
        return 0.0
    try:
        return (
            float(int(stripped, 0)) if stripped[:2].lower() in ("0x", "0b", "0o") else float(stripped.replace("_", "x"))
        )
    except ValueError:
        return math.nan


def code_units(text: str) -> list[str]:
    """Return the characters of a text as JavaScript counts them: some are halves of a pair."""
    if text.isascii():
        return list(text)
    data = text.encode("utf-16-le", "surrogatepass")
    return [chr(int.from_bytes(data[index : index + 2], "little")) for index in range(0, len(data), 2)]


def deep_equal(left: Any, right: Any) -> bool:
    """Return whether two JSON values are the same; unlike in Python, true is not 1."""
    if isinstance(left, dict) and isinstance(right, dict):
        if _undefined_keys(left) != _undefined_keys(right):
            return False
        return left.keys() == right.keys() and all(deep_equal(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(deep_equal, left, right))
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return bool(left == right)


def _undefined_keys(value: dict[str, Any]) -> set[str]:
    return value.undefined if isinstance(value, SparseObject) else set()


def dumps(value: Any) -> bytes:
    """Return JSON text as JSON.stringify writes it, in UTF-8."""
    try:
        return pydantic_core.to_json(value)
    except pydantic_core.PydanticSerializationError:
        text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
        return _LONE_SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", text).encode()


def packed(value: Any) -> bytes:
    """Return a value in as few bytes as may be."""
    return zlib.compress(dumps(value), 1)


def unpacked(data: bytes) -> Any:
    """Return what was packed."""
    text = zlib.decompress(data)
    try:
        return pydantic_core.from_json(text)
    except ValueError:
        # half of a character that takes two, which JavaScript's texts may hold
        return json.loads(text)


def loads(text: str) -> Any:
    """Return what JSON.parse makes of a text.

    Raises:
        ValueError: It is not JSON.
    """
    return _DECODER.decode(text)


def is_nested_deeper(value: Any, limit: int) -> bool:
    """Return whether a JSON value has lists and objects within each other beyond a limit."""
    level = [value]
    for _ in range(limit + 1):
        level = [
            inner
            for each in level
            if isinstance(each, (dict, list))
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return False
    return True


def iso(seconds: float) -> str:
    """Return a time as `Date.prototype.toISOString` writes it."""
    moment = datetime.fromtimestamp(round(seconds * 1000) / 1000, timezone.utc)
    return f"{moment.year:04d}-{moment:%m-%dT%H:%M:%S}.{round(moment.microsecond / 1000):03d}Z"


def _key(key: Any) -> str:
    if isinstance(key, str):
        return key
    if isinstance(key, bool):
        return "true" if key else "false"
    if key is None:
        return "null"
    if isinstance(key, (int, float)):
        return str(_as_double(key) if isinstance(key, float) else key)
    raise TypeError(f"{type(key).__name__} is no key in JSON: {key!r}")


def _as_double(value: float) -> Any:
    if math.isnan(value) or math.isinf(value):
        return None
    if value.is_integer() and abs(value) < LARGEST_PLAIN:
        return int(Decimal(repr(value)))
    return value


def _nearest_double(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _plain(value: str | float) -> str | float:
    if isinstance(value, str):
        return str.__str__(value)
    return int(value) if isinstance(value, int) else float(value)


def _parsed_int(text: str) -> Any:
    value = int(text)
    return value if -LARGEST_EXACT <= value <= LARGEST_EXACT else _as_double(float(text))


def _parsed_float(text: str) -> Any:
    return _as_double(float(text))


def _refused_constant(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")


# made once: json.loads would make a new decoder at each call
_DECODER = json.JSONDecoder(parse_int=_parsed_int, parse_float=_parsed_float, parse_constant=_refused_constant)


_DATE = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>0[1-9]|1[0-2])(?:-(?P<day>0[1-9]|[12]\d|3[01]))?)?"
    r"(?:[T ](?P<hour>[01]\d|2[0-3]|24(?=:00(?!:00\.0*[1-9]|:0[1-9]|:[1-5])))"
    r":(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d)(?:\.(?P<part>\d+))?)?"
    r"(?:Z|(?P<sign>[+-])(?P<hours>[01]\d|2[0-3]):?(?P<minutes>[0-5]\d))?)?",
    re.ASCII | re.IGNORECASE,
)


def iso_date(text: Any) -> str | None:
    """Return a date in ISO form, as JavaScript's `new Date(text)` reads it; None if it cannot.

    Of what JavaScript can read these are the forms of ISO 8601, whose days may be up to 31 in each month.
    """
    found = _DATE.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    units = ("day", "hour", "minute", "second", "hours", "minutes")
    day, hour, minute, second, hours, minutes = (int(found[unit] or 0) for unit in units)
    seconds = second + float(f"0.{found['part'] or 0}")
    after = timedelta(days=max(day, 1) - 1, hours=hour, minutes=minute, seconds=seconds)
    offset = timedelta(hours=hours, minutes=minutes) * (-1 if found["sign"] == "-" else 1)
    try:
        moment = datetime(int(found["year"]), int(found["month"] or 1), 1, tzinfo=timezone.utc) + after - offset
    except (ValueError, OverflowError):
        return None
    return iso(moment.timestamp())
