"""Ids that mean the same in a recording and in the test that is replaying it, under two names. No I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, pairwise

from mastra_sync.generated_ids import UUID, is_uuid

_UUIDS = re.compile(UUID)


class Names:
    """Which recorded id is meant by one that is asked for, and the other way round.

    What nobody has told is called the same on both sides. No two ids have one name. One thread at a time.
    """

    __slots__ = ("_asked", "_pattern", "_recorded", "_words")

    def __init__(self) -> None:
        self._recorded: dict[str, str] = {}
        self._asked: dict[str, str] = {}
        self._words: set[str] = set()
        self._pattern: re.Pattern[bytes] | None = None

    @property
    def differ(self) -> bool:
        """Whether anything is called otherwise in the test than in the recording."""
        return bool(self._recorded)

    def recorded(self, asked: str) -> str:
        """Return what an id is called in the recording."""
        return self._recorded.get(asked, asked)

    def asked(self, recorded: str) -> str:
        """Return what a recorded id is called in the test."""
        return self._asked.get(recorded, recorded)

    def knows_asked(self, asked: str) -> bool:
        """Say whether it was told what an id is called in the recording."""
        return asked in self._recorded

    def knows_recorded(self, recorded: str) -> bool:
        """Say whether it was told what a recorded id is called in the test."""
        return recorded in self._asked

    def tell(self, asked: str, recorded: str) -> None:
        """Note that two ids mean the same, and UUIDs in them too; what either was called before is forgotten."""
        if asked in self._recorded:
            del self._asked[self._recorded[asked]]
        if recorded in self._asked:
            del self._recorded[self._asked[recorded]]
        self._recorded[asked] = recorded
        self._asked[recorded] = asked
        if not is_uuid(recorded):
            self._words.add(recorded)
            self._pattern = None
            # where an id is no run's, its UUID is all that is seen of it
            for one, other in _inner(asked, recorded):
                self.tell(one, other)

    def exchange(self, asked: str, recorded: str) -> None:
        """Have an id mean another recorded one; whatever meant that one now means what this did."""
        before, other = self.recorded(asked), self.asked(recorded)
        self.tell(asked, recorded)
        if other != asked:
            self.tell(other, before)

    def as_asked(self, chunks: Sequence[bytes]) -> list[bytes]:
        """Return a recorded body with its ids as the test knows them, in as many chunks.

        An id that a border of chunks goes through is found too; if its length changes, it stands before the border.
        """
        return replaced(chunks, self._found_ids(), self._asked_bytes)

    def as_asked_text(self, text: str) -> str:
        """Return a header's value with its ids as the test knows them."""
        return b"".join(self.as_asked([text.encode("utf-8", "surrogateescape")])).decode("utf-8", "surrogateescape")

    def _found_ids(self) -> re.Pattern[bytes]:
        if self._pattern is None:
            words = sorted(self._words, key=len, reverse=True)
            # what is no UUID may be any word; in JSON, and in a path, it stands alone
            given = "".join(rf'|(?<=["/=]){re.escape(word)}(?=["/?&]|$)' for word in words)
            self._pattern = re.compile((UUID + given).encode())
        return self._pattern

    def _asked_bytes(self, found: bytes) -> bytes:
        text = found.decode()
        return self._asked.get(text.lower() if is_uuid(text) else text, text).encode()


def _inner(asked: str, recorded: str) -> Iterator[tuple[str, str]]:
    """Give the UUIDs in two ids that differ in nothing else."""
    if _UUIDS.sub("", asked) == _UUIDS.sub("", recorded):
        for one, other in zip(_UUIDS.findall(asked), _UUIDS.findall(recorded), strict=False):
            yield one.lower(), other.lower()


def replaced(chunks: Sequence[bytes], pattern: re.Pattern[bytes], by: Callable[[bytes], bytes]) -> list[bytes]:
    """Return chunks with what a pattern finds in their whole replaced; the borders stay where they were in it."""
    whole = b"".join(chunks)
    parts: list[bytes] = []
    borders = list(accumulate(map(len, chunks)))
    moved: list[int] = []
    place = made = 0
    for found in pattern.finditer(whole):
        new = by(found[0])
        while len(moved) < len(borders) and borders[len(moved)] <= found.start():
            moved.append(made + borders[len(moved)] - place)
        while len(moved) < len(borders) and borders[len(moved)] < found.end():
            inside = borders[len(moved)] - found.start() if len(new) == len(found[0]) else len(new)
            moved.append(made + found.start() - place + inside)
        parts += [whole[place : found.start()], new]
        made += found.start() - place + len(new)
        place = found.end()
    parts.append(whole[place:])
    moved += [made + border - place for border in borders[len(moved) :]]
    new_whole = b"".join(parts)
    return [new_whole[start:end] for start, end in pairwise([0, *moved])]
