"""A text that is deflated while it grows. No I/O."""

from __future__ import annotations

import base64
import zlib

_LEVEL = 6
_MOST_PENDING = 50_000
_SHARE = 4
_GUESSED = 3
"""How many bytes are guessed to deflate to one."""


class DeflatedText:
    """A text that is deflated while it grows: its size is known before its end.

    Attributes:
        length: How many bytes it has as it is.
    """

    def __init__(self) -> None:
        self._deflate = zlib.compressobj(_LEVEL)
        self._plain: list[bytes] = []
        self._deflated: list[bytes] = []
        self._known = 0
        self.length = 0
        self._pending = 0

    @property
    def size(self) -> int:
        """About how many bytes it takes, deflated."""
        return self._known + self._pending // _GUESSED

    def add(self, text: str) -> None:
        """Add to its end."""
        # half a character is no UTF-8
        data = text.encode("utf-8", "backslashreplace")
        self._plain.append(data)
        self.length += len(data)
        self._keep(self._deflate.compress(data))
        self._pending += len(data)
        # to look takes time, and room
        if self._pending > _MOST_PENDING + self._known // _SHARE:
            self._keep(self._deflate.flush(zlib.Z_SYNC_FLUSH))
            self._pending = 0

    def finished(self) -> tuple[bytes, str]:
        """Return it as it is, and deflated in base64; nothing can be added any more."""
        self._keep(self._deflate.flush())
        return b"".join(self._plain), base64.b64encode(b"".join(self._deflated)).decode("ascii")

    def _keep(self, deflated: bytes) -> None:
        self._deflated.append(deflated)
        self._known += len(deflated)
