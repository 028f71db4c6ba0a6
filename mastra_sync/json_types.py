"""Fields that servers, or the JavaScript behind them, write in more than one way."""

from __future__ import annotations

import json
import math
from datetime import datetime, timedelta, timezone
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import to_jsonable_python

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def _as_datetime(value: Any) -> Any:
    """Mastra writes step times as epoch milliseconds and run times as ISO strings."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            return EPOCH + timedelta(milliseconds=value)
        except OverflowError:
            raise ValueError(f"{value} ms is no point in time") from None
    return value


def milliseconds(moment: datetime) -> int:
    """Return a moment as JavaScript counts time."""
    return round((moment - EPOCH) / timedelta(milliseconds=1))


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


Moment = Annotated[datetime, BeforeValidator(_as_datetime), AfterValidator(_aware)]
"""An aware datetime; UTC where a server's storage does not say."""


def encodable(name: str) -> str:
    r"""Return a text with half a character in it escaped (`\ud800`), any other as it is."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _as_text(value: Any) -> Any:
    """JavaScript lets the properties of an error be anything."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _as_text_or_whole_number(value: Any) -> Any:
    return value if isinstance(value, int) and not isinstance(value, bool) else _as_text(value)


Text = Annotated[str, BeforeValidator(_as_text)]
Code = Annotated[str | int, BeforeValidator(_as_text_or_whole_number)]

_PLAIN = (str, int, bool, type(None))


def to_plain_json(value: Any) -> Any:
    """Return what a model dumps as plain JSON, as pydantic's JSON mode writes it.

    That refuses half a character in a key, which servers send.
    """
    root: list[Any] = [value]
    # no call for each level: servers nest deeper than Python's calls may
    left: list[tuple[Any, Any]] = [(root, 0)]
    while left:
        container, key = left.pop()
        item = container[key]
        kind = type(item)
        if kind is dict:
            container[key] = made = {_plain_key(name): inner for name, inner in item.items()}
            left += [(made, name) for name in made]
        elif kind is list or kind is tuple:
            container[key] = copied = list(item)
            left += [(copied, index) for index in range(len(copied))]
        elif kind is float:
            container[key] = item if math.isfinite(item) else None
        elif kind not in _PLAIN:
            container[key] = to_jsonable_python(item)
    return root[0]


def _plain_key(key: Any) -> str:
    return key if type(key) is str else next(iter(to_jsonable_python({key: None})))
