"""Differences between two values, without the secrets in them."""

from __future__ import annotations

import re

from pytest_mastra.redact.scrubber import Scrubber
from pytest_mastra.text.differences import MISSING, Difference, common_prefix_length
from pytest_mastra.text.values import bounded

_EXCERPT = 5_000
_KEYS = re.compile(r'\.(\w+)|\["((?:[^"\\]|\\.)*)"\]')


def redact_difference(difference: Difference, scrubber: Scrubber) -> Difference:
    """Return a difference without secrets, not even in the names on its path.

    Of long texts it has what is near it.
    """
    names = ["".join(key) for key in _KEYS.findall(difference.path)]
    name = next((name for name in names if name in scrubber.names), "")
    expected, actual = difference.expected, difference.actual
    if isinstance(expected, str) and isinstance(actual, str):
        start = max(common_prefix_length(expected, actual) - _EXCERPT, 0)
        expected, actual = (text[start : start + 2 * _EXCERPT] for text in (expected, actual))
    return Difference(scrubber.text(difference.path), _under(name, expected, scrubber), _under(name, actual, scrubber))


def _under(name: str, value: object, scrubber: Scrubber) -> object:
    if value is MISSING:
        return value
    (masked,) = scrubber.data({name: bounded(value)}).values()
    return masked
