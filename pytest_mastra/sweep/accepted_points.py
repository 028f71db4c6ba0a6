"""Points that a marker accepts, as patterns with `*`: which of them can be meant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

from mastra_sync.suggest import did_you_mean, nearest_name
from pytest_mastra.http.verbs import VERBS
from pytest_mastra.sweep.families import FAMILIES
from pytest_mastra.sweep.points import Points, as_text

_WILD = re.compile(r"[*?\[]")
_PARTS = re.compile(r"(?P<verb>[^(#:]*)(?P<request>[^:]*)(?::(?P<family>[^@+]*))?", re.DOTALL)


def accepts(pattern: str, points: Points) -> bool:
    """Return whether a pattern is about these points."""
    return fnmatchcase(as_text(points), pattern)


def explain_no_pattern(pattern: str) -> str:
    """Return why a pattern is about no point of any test, if so."""
    for part in pattern.split("+"):
        found = _PARTS.match(part)
        verb, family = (found["verb"], found["family"]) if found else ("", None)
        if not _is_among(verb, VERBS):
            return f"there is no verb {verb!r}{_hint(verb, VERBS)}"
        if family is None and not _WILD.search(part):
            return "it is no point: one is written like 'start#1:lost', or with *, 'start#1:*'"
        if family is not None and not _is_among(family, FAMILIES):
            hint = _hint(family, FAMILIES) or ":"
            return f"there is no fault {family!r}{hint} there are {', '.join(FAMILIES)}"
    return ""


def find_idle(patterns: Iterable[str], known: Iterable[Points]) -> list[str]:
    """Return the patterns that are about none of a test's points, without those of pairs."""
    points = list(known)
    return [one for one in patterns if "+" not in one and not any(accepts(one, each) for each in points)]


def _is_among(pattern: str, names: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for name in names)


def _hint(name: str, names: Iterable[str]) -> str:
    return did_you_mean(nearest_name(name, list(names)), before=": ", after="")
