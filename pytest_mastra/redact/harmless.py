"""Texts in which nothing stands under a sensitive name: looked at together, and mostly once."""

from __future__ import annotations

from functools import lru_cache

from pytest_mastra.redact.names import Names
from pytest_mastra.redact.places import as_latin1, find_places
from pytest_mastra.redact.quoted_places import find_quoted, may_be_base64

_SHORT = 64
_MOST_KNOWN = 8192
"""Texts, each of `_SHORT` characters at most, that are kept in mind."""


class Harmless:
    """Says of texts that nothing in them is a secret by its name.

    Any thread may use it. A text is harmless if it is no sensitive name, has none that something stands under, no user
    of an address, and nothing that may be JSON in base64. Suites say the same again and again: what is known is not
    looked at again.

    Args:
        names: The sensitive names.
    """

    def __init__(self, names: Names) -> None:
        self.names = names
        self._known: set[str] = set()

    def are(self, texts: set[str]) -> bool:
        """Return whether all of some texts are harmless."""
        new = texts - self._known
        # what may be in none of them is not in their sum
        if new and self._may_be_in("\n".join(new)) and not all(map(self._is, new)):
            return False
        if len(self._known) > _MOST_KNOWN:
            self._known = set()
        self._known.update([text for text in new if len(text) <= _SHORT])
        return True

    def _is(self, text: str) -> bool:
        if text in self.names:
            return False
        if not self._may_be_in(text):
            return True
        latin1 = as_latin1(text)
        if may_be_base64(latin1) or next(find_places(latin1, self.names), None) is not None:
            return False
        found = (find_quoted(latin1, self.names, is_prose=is_prose) for is_prose in (True, False))
        return not self.names.may_be_in(latin1) or all(next(places, None) is None for places in found)

    def _may_be_in(self, text: str) -> bool:
        return "://" in text or self.names.may_be_in(text) or may_be_base64(text)


@lru_cache(maxsize=16)
def harmless_texts(further: frozenset[str]) -> Harmless:
    """Return what knows harmless texts, the same for all who have the same names.

    Args:
        further: Names that are sensitive beside the built-in ones.
    """
    return Harmless(Names(further))
