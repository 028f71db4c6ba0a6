"""The end of a script in the middle of what it does."""

from __future__ import annotations


class Killed(BaseException):
    """The script ends here, as a process that is killed."""
