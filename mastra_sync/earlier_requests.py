"""What a call has sent before a later request of it fails that never left."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from typing_extensions import Self

from mastra_sync.errors import APIConnectionError, MastraError


def was_sent(error: MastraError) -> bool:
    """Return whether a request that failed like this may have left."""
    return not isinstance(error, APIConnectionError) or error.sent is not False


class EarlierRequests:
    """What has been sent of one call.

    Args:
        has_left: Whether a request has left already.
    """

    __slots__ = ("_has_left",)

    def __init__(self, *, has_left: bool = False) -> None:
        self._has_left = has_left

    def note(self, error: MastraError) -> None:
        """Take notice of a request that failed."""
        self._has_left = self._has_left or was_sent(error)

    @contextlib.contextmanager
    def marking(self) -> Iterator[Self]:
        """Have what fails inside not say that nothing was sent, if something was."""
        try:
            yield self
        except APIConnectionError as error:
            if self._has_left and not was_sent(error):
                error.sent = None
            raise


def after_sending() -> contextlib.AbstractContextManager[EarlierRequests]:
    """Return a context for what a call does once it has sent what moves its run."""
    return EarlierRequests(has_left=True).marking()
