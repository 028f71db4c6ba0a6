"""docs/errors.md, taken apart: its places, and each one's example with what it ends with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "errors.md"

_PLACE = re.compile(r"^### (?P<title>.+) \{ #(?P<slug>[\w-]+) \}$", re.MULTILINE)
_BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Place:
    """One place of the page.

    Attributes:
        slug: Its anchor.
        title: Its heading.
        text: What stands there.
        part: The heading that it stands under.
    """

    slug: str
    title: str
    text: str
    part: str

    def block(self, language: str) -> str:
        """Return the place's block of a language; empty if it has none."""
        return next((match["text"] for match in _BLOCK.finditer(self.text) if match["language"] == language), "")


def places() -> list[Place]:
    """Return the places, in their order."""
    found = []
    for part in re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        matches = list(_PLACE.finditer(part))
        ends = [match.start() for match in matches[1:]] + [len(part)]
        found += [
            Place(match["slug"], match["title"], part[match.end() : end], part.partition("\n")[0])
            for match, end in zip(matches, ends, strict=True)
        ]
    return found
