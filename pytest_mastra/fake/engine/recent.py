"""A list of what happened that may forget what came first."""

from __future__ import annotations

import threading
from typing import TypeVar

_Item = TypeVar("_Item")


class Recent(list[_Item]):
    """A list that is only added to, and keeps no more than its limit.

    Attributes:
        limit: How many items are kept, the latest; None for all.
        total: How many have been added.
    """

    def __init__(self) -> None:
        super().__init__()
        self.limit: int | None = None
        self.total = 0
        self._lock = threading.Lock()

    def append(self, item: _Item) -> None:
        """Add an item, and forget the first if there are too many."""
        with self._lock:
            super().append(item)
            self.total += 1
            if self.limit is not None and len(self) > self.limit:
                del self[: len(self) - self.limit]

    def since(self, total: int) -> tuple[list[_Item], int]:
        """Return what was added since there had been so many, and how many there are.

        What is forgotten by now is left out.
        """
        with self._lock:
            return self[max(0, len(self) - (self.total - total)) :], self.total
