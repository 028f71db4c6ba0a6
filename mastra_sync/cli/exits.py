"""The exit statuses of the command, and the exception that ends it with one."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """What a script may conclude from how the command ended."""

    SUCCESS = 0
    """The run succeeded, or what was asked for is done."""
    FAILED = 1
    """The run failed, was canceled, or was stopped by a tripwire."""
    USAGE = 2
    """The command line, or the data in it, is wrong: nothing was started or resumed."""
    SUSPENDED = 3
    """The run waits for an answer, or is paused."""
    TIMEOUT = 4
    """The time was up; the run goes on."""
    SERVER = 5
    """The server could not be reached, or refused: nothing was started or resumed; not all could be listed."""
    UNKNOWN = 6
    """The run may have been started or resumed, and what became of it could not be found out or told."""
    INTERRUPTED = 130
    """Ctrl-C; the run goes on."""
    BROKEN_PIPE = 141
    """Nobody reads the output any more; the run goes on."""


EXITS_OF_STATUSES = {
    "success": Exit.SUCCESS,
    "bailed": Exit.SUCCESS,
    "failed": Exit.FAILED,
    "canceled": Exit.FAILED,
    "tripwire": Exit.FAILED,
    "suspended": Exit.SUSPENDED,
    "paused": Exit.SUSPENDED,
    # a run that is still going when it is looked at
    "pending": Exit.TIMEOUT,
    "running": Exit.TIMEOUT,
    "waiting": Exit.TIMEOUT,
}


def exit_of(status: str) -> Exit:
    """Return the exit status for a run's status.

    One that only newer servers know is not known to be well.
    """
    return EXITS_OF_STATUSES.get(status, Exit.UNKNOWN)


class Stop(Exception):
    """Ends the command.

    Attributes:
        status: What to exit with.
        message: What to say on stderr.
        see: Where the documentation explains it, to be said below; empty if it does not.
    """

    def __init__(self, status: Exit, message: str, see: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.see = see
