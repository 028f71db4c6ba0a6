"""Texts, each of them once; a test's UUIDs are kept apart from them. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from mastra_sync.generated_ids import places_of_uuids
from pytest_mastra.report.trace_records import as_json

MISSING_TEXT = -1
"""The number of a text that there is not."""

_MARK = "\0"
_BETWEEN = uuid4().hex
"""Stands between values that are encoded together, and surely in none of them."""

_FIRST_ID = 0x30
_MOST_IDS = 10_000


class Interned:
    """Texts, each kept once.

    The UUIDs in what a test was told differ from test to test, where all else may be the same. So in values they are
    replaced by a character that no JSON has, and one that says which of the test's UUIDs stands there.
    """

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._numbers: dict[str, int] = {}
        self.ids: dict[str, str] = {}

    def begin_test(self) -> None:
        """Forget the UUIDs of the test before."""
        self.ids = {}

    def text(self, text: str | None) -> int:
        """Return the number of a text; -1 for none and for an empty one."""
        if not text:
            return MISSING_TEXT
        number = self._numbers.get(text)
        if number is None:
            number = self._numbers[text] = len(self.texts)
            self.texts.append(text)
        return number

    def value(self, value: Any) -> int:
        """Return the number of a JSON value; -1 for null."""
        if value is None:
            return MISSING_TEXT
        return self.told(as_json(value))

    def values(self, values: Sequence[Any]) -> list[int]:
        """Return the numbers of JSON values, in half the time that it takes one by one."""
        items = [_BETWEEN] * (2 * len(values) - 1)
        items[::2] = values
        texts = self._with_stand_ins(as_json(items)[1:-1]).split(f',"{_BETWEEN}",')
        if len(texts) != len(values):
            # there are none, or they are written in another way
            return [self.value(value) for value in values]
        return [MISSING_TEXT if text == "null" else self.text(text) for text in texts]

    def told(self, text: str) -> int:
        """Return the number of a text in which UUIDs may stand."""
        number = self._numbers.get(text)
        return self.text(self._with_stand_ins(text)) if number is None else number

    def _with_stand_ins(self, text: str) -> str:
        """Return a text with what stands for UUIDs in it."""
        if "-" not in text:
            return text
        parts: list[str] = []
        last = 0
        for begin, end in places_of_uuids(text):
            parts += (text[last:begin], self._stand_in(text[begin:end]))
            last = end
        return "".join((*parts, text[last:])) if parts else text

    def _stand_in(self, uuid: str) -> str:
        if len(self.ids) >= _MOST_IDS:
            return self.ids.get(uuid, uuid)
        return self.ids.setdefault(uuid, f"{_MARK}{chr(_FIRST_ID + len(self.ids))}")
