"""The parts of a cron expression, read as croner 10 reads them, which Mastra uses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")

FEWEST_PARTS, MOST_PARTS = 5, 7
NAME_LENGTH = 3
"""From this length on croner looks for names in a part."""

FIRST_YEAR, LAST_YEAR = 1970, 2099
"""The years that both croner and the library here know."""


class CronError(ValueError):
    """An expression that is none, or that this fake does not read; says why."""


@dataclass(frozen=True, slots=True)
class _Part:
    name: str
    first: int
    last: int
    length: int
    shift: int = 0
    legal: str = r"[^/*0-9,\-]"


_PARTS = (
    _Part("second", 0, 59, 60),
    _Part("minute", 0, 59, 60),
    _Part("hour", 0, 23, 24),
    _Part("day", 1, 31, 31, 1, r"[^/*0-9,\-WwLl]"),
    _Part("month", 1, 12, 12, 1),
    _Part("dayOfWeek", 0, 7, 7, 0, r"[^/*0-9,\-#Ll]"),
    _Part("year", FIRST_YEAR, LAST_YEAR, 10000),
)
"""What each part may hold; croner's messages count days and months from 0."""

_SECOND, _MINUTE, _HOUR, _DAY, _MONTH, _WEEKDAY, _YEAR = range(len(_PARTS))


@dataclass(frozen=True, slots=True)
class CronFields:
    """An expression whose parts are spelled out.

    Attributes:
        parts: Seconds, minutes, hours, days, months, weekdays and years: lists of numbers, `*`, `l` for the last day.
        needs_both_days: A day must be one of the month's and one of the week's; otherwise one of the two, if both are
            given.
    """

    parts: tuple[str, ...]
    needs_both_days: bool = False

    @property
    def text(self) -> str:
        """The expression, seconds first."""
        return " ".join(self.parts)


def read_cron(expression: str) -> CronFields:
    """Return what an expression says.

    Raises:
        CronError: croner refuses it, in its words; or this fake does not read it.
    """
    words = _words_of(expression)
    words[_MONTH] = _numbered(words[_MONTH], {name: str(number) for number, name in enumerate(_MONTHS, 1)})
    words[_WEEKDAY] = _numbered(words[_WEEKDAY], {"-sun": "-7"} | {name: str(at) for at, name in enumerate(_DAYS)})
    needs_both = words[_WEEKDAY].startswith("+")
    if needs_both:
        words[_WEEKDAY] = words[_WEEKDAY][1:]
        if not words[_WEEKDAY]:
            raise CronError("CronPattern: Day-of-week field cannot be empty after '+' modifier.")
    # to croner a question mark is a list of all days, and an asterisk is none
    lists_days = words[_DAY] != "*" and words[_WEEKDAY] != "*"
    words = [word.replace("?", "*") for word in words]
    for index, (word, part) in enumerate(zip(words, _PARTS, strict=True)):
        if re.search(part.legal, word):
            raise CronError(f"CronPattern: configuration entry {index} ({word}) contains illegal characters.")
    spelled = [_spelled(word, part) for word, part in zip(words, _PARTS, strict=True)]
    if lists_days and not needs_both and "*" in (spelled[_DAY], spelled[_WEEKDAY]):
        # the library takes a list of all days for none, and would then ask for the other one
        spelled[_DAY] = spelled[_WEEKDAY] = "*"
    if re.search("[#L]", spelled[_WEEKDAY]) and spelled[_DAY] != "*":
        raise CronError(f"this fake server does not read {expression!r}: nth weekdays beside days of the month")
    return CronFields(tuple(spelled), needs_both)


def _words_of(expression: str) -> list[str]:
    """Return the seven parts of an expression, or of what its nickname stands for."""
    text = expression.strip()
    if text.lower() == "@reboot":
        raise CronError(
            "CronPattern: @reboot is not supported in this environment. This is an event-based trigger that "
            "requires system startup detection."
        )
    words = _NICKNAMES.get(text.lower(), text).split()
    if not FEWEST_PARTS <= len(words) <= MOST_PARTS:
        raise CronError(
            f"CronPattern: invalid configuration format ('{expression}'), exactly five, six, or seven space "
            "separated parts are required."
        )
    if len(words) == FEWEST_PARTS:
        words.insert(0, "0")
    if len(words) < MOST_PARTS:
        words.append("*")
    return words


def _numbered(word: str, names: Mapping[str, str]) -> str:
    if len(word) < NAME_LENGTH:
        return word
    for name, number in names.items():
        word = re.sub(re.escape(name), number, word, flags=re.IGNORECASE)
    return word


def _spelled(word: str, part: _Part) -> str:
    """Return a part as a list of numbers, `*` if it has all of them."""
    if word == "*":
        return word
    if part.name == "day" and word.upper() == "L":
        return "l"
    if part.name == "dayOfWeek" and re.search("[#Ll]", word):
        return _nth_weekdays(word)
    if re.search("[WwLl]", word):
        raise CronError(f"this fake server does not read {word!r}: of the month's days it knows numbers and L alone")
    numbers: set[int] = set()
    for item in word.split(","):
        numbers.update(_numbers(item, part))
    if part.name == "dayOfWeek":
        numbers = {number % 7 for number in numbers}
    if part.name != "year" and len(numbers) == part.length:
        return "*"
    return ",".join(map(str, sorted(numbers)))


def _numbers(item: str, part: _Part) -> range:
    """Return the numbers that one item of a list has."""
    if item == "*":
        return range(part.first, part.first + part.length)
    whole = re.fullmatch(r"\d+", item)
    if whole:
        number = _in_range(int(item), part)
        return range(number, number + 1)
    spread = re.fullmatch(r"(\*|\d+-\d+)(?:/(\d+))?", item)
    if spread is None:
        raise CronError(_explain_item(item, part))
    low, high = (part.first, part.last) if spread[1] == "*" else map(int, spread[1].split("-"))
    if low > high:
        raise CronError(f"CronPattern: From value is larger than to value: '{item}'")
    step = 1 if spread[2] is None else _checked_step(int(spread[2]), part)
    if spread[1] == "*":
        return range(low, min(high, low + part.length - 1) + 1, step)
    return range(_in_range(low, part), _in_range(high, part) + 1, step)


def _explain_item(item: str, part: _Part) -> str:
    if not item:
        return f"CronPattern: configuration entry {part.name} () is empty, check for trailing spaces."
    use = "Use wildcard (*/step) or range (min-max/step) instead."
    if re.fullmatch(r"/\d*", item):
        return f"CronPattern: Syntax error, stepping with missing prefix ('{item}') is not allowed. {use}"
    if re.fullmatch(r"\d+/\d*", item):
        return f"CronPattern: Syntax error, stepping with numeric prefix ('{item}') is not allowed. {use}"
    return f"this fake server does not read {item!r} as {part.name}: a number, a-b, */n or a-b/n is meant"


def _checked_step(step: int, part: _Part) -> int:
    if step == 0:
        raise CronError("CronPattern: Syntax error, illegal stepping: 0")
    if step > part.length:
        raise CronError(
            f"CronPattern: Syntax error, steps cannot be greater than maximum value of part ({part.length})"
        )
    return step


def _in_range(number: int, part: _Part) -> int:
    if part.first <= number <= part.last:
        return number
    if part.name == "year":
        raise CronError(f"this fake server knows the years from {FIRST_YEAR} to {LAST_YEAR}, not {number}")
    raise CronError(f"CronPattern: Invalid value for {part.name}: {number - part.shift}")


def _nth_weekdays(word: str) -> str:
    """Return weekdays of which some are `5#2`, the second Friday, or `5L`, the last one."""
    items = []
    for item in word.split(","):
        found = re.fullmatch(r"([0-7])(?:#([1-5])|#?([Ll]))", item)
        if found is None:
            raise CronError(
                f"this fake server does not read the weekday {item!r} beside nth weekdays: 5#2 or 5L is meant"
            )
        day = int(found[1]) % 7
        items.append(f"{day}#{found[2]}" if found[2] else f"L{day}")
    return ",".join(items)
