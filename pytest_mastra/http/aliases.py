"""Other names for ids, times and durations, so that two runs can be compared."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mastra_sync.generated_ids import UUID, is_uuid

TIME = "<time>"
DURATION = "<duration>"

_ISO = (
    r"(?<!\d)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r"[T ](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?(?!\d)"
)
_FIRED = r"(?P<fired>(?<![\w-])sched_[\w-]+_)\d{13}(?![\w-])"
"""The id of a run that a schedule has fired: it ends with the moment."""

_KNOWN_BY_FORM = re.compile(f"(?P<id>{UUID})|(?P<time>{_ISO})|{_FIRED}")
_TIME_KEY = re.compile(r"(?:[a-z0-9]At|_at|[tT]imestamp|_ts)\Z")
_DURATION_KEY = re.compile(r"(?:duration|elapsed|latency|took)_?ms\Z", re.IGNORECASE)
_FIRST_MOMENT, _LAST_MOMENT = 10**11, 10**13
"""Milliseconds since 1970 of 1973 and 2286; a number outside of them is no moment, whatever it is called."""


class Aliases:
    """Names for what is another one each time.

    The same thing gets the same name each time it is met. Each run, snapshot or side of a comparison has its own.
    What is renamed:

    * UUIDs anywhere in strings and keys, in either case: `<id 1>`, `<id 2>`, ... in order of appearance;
    * what `name` was called with, anywhere in strings and keys where it stands as a word of its own;
    * ISO times to the second or finer anywhere in strings, and milliseconds since 1970 under names like `startedAt`,
      `created_at`, `timestamp`: `<time>`;
    * the moment in the ids that schedules give to their runs: `sched_..._<time>`;
    * numbers under names like `durationMs`: `<duration>`.

    Dates without a time of day stay, and so does a `duration`, which may be what a workflow is about.
    """

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._made = 0
        self._pattern = _KNOWN_BY_FORM

    def name(self, identifier: str, alias: str) -> None:
        """Call an identifier by a name of one's own from now on, UUID or not.

        Raises:
            ValueError: The identifier is empty, or already has another name.
        """
        if not identifier:
            raise ValueError("an empty identifier cannot have an alias")
        known = self._names.setdefault(_key(identifier), alias)
        if known != alias:
            raise ValueError(f"the identifier is already called {known!r}; name it {alias!r} before it is first met")
        if not is_uuid(identifier):
            words = sorted((name for name in self._names if not is_uuid(name)), key=len, reverse=True)
            given = "|".join(map(re.escape, words))
            self._pattern = re.compile(rf"(?<![\w-])(?P<word>{given})(?![\w-])|{_KNOWN_BY_FORM.pattern}")

    @property
    def names(self) -> Mapping[str, str]:
        """The aliases given so far, by identifier; UUIDs in small letters."""
        return self._names

    def apply(self, value: Any) -> Any:
        """Return a copy of a JSON value with its ids, times and durations renamed."""
        return self._renamed(value, "")

    def text(self, text: str) -> str:
        """Return a text with its ids and times renamed."""
        return self._pattern.sub(self._alias_of, text)

    def _renamed(self, value: Any, key: str) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {
                self.text(name) if isinstance(name, str) else name: self._renamed(item, str(name))
                for name, item in value.items()
            }
        if isinstance(value, (list, tuple)):
            return [self._renamed(item, key) for item in value]
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return _renamed_number(value, key)
        return value

    def _alias_of(self, match: re.Match[str]) -> str:
        if match.lastgroup == "time":
            return TIME
        if match.lastgroup == "fired":
            return self.text(match["fired"]) + TIME
        key = _key(match[0])
        if key not in self._names:
            self._made += 1
            self._names[key] = f"<id {self._made}>"
        return self._names[key]


def _renamed_number(value: float, key: str) -> Any:
    if _DURATION_KEY.search(key):
        return DURATION
    if _FIRST_MOMENT <= value < _LAST_MOMENT and _TIME_KEY.search(key):
        return TIME
    return value


def _key(identifier: str) -> str:
    return identifier.lower() if is_uuid(identifier) else identifier
