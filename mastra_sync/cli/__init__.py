"""The `mastra-sync` command; it needs the extra `cli`."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence

from mastra_sync import __version__
from mastra_sync.cli.ctrl_c import heard_in_finalizers
from mastra_sync.cli.exits import Exit, Stop
from mastra_sync.extras import describe_missing, missing_libraries
from mastra_sync.terminal.writing import complain, print_text


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status.

    Args:
        arguments: The command line after the command's name; by default that of the process.
    """
    try:
        with heard_in_finalizers():
            return _run_command(list(sys.argv[1:] if arguments is None else arguments))
    except BrokenPipeError:
        _drop_output()
        return Exit.BROKEN_PIPE
    except OSError as error:
        # once a run may have been started, it is a `Stop` that says so
        _say(f"cannot write: {error.strerror or error}")
        return Exit.SERVER
    except Stop as stop:
        _say(stop.message)
        if stop.see:
            _complain(stop.see)
        return stop.status
    except KeyboardInterrupt:
        _say("interrupted")
        return Exit.INTERRUPTED


def _run_command(arguments: list[str]) -> int:
    missing = missing_libraries("cli")
    if missing and arguments == ["--version"]:
        print_text(f"mastra-sync, version {__version__}")
        return Exit.SUCCESS
    if missing:
        raise Stop(Exit.USAGE, describe_missing("this command needs", missing, "cli"))
    # only now, for it needs them
    from mastra_sync.cli.commands import run_command  # noqa: PLC0415

    return run_command(arguments)


def _say(message: str) -> None:
    _complain(f"mastra-sync: {message}")


def _complain(line: str) -> None:
    with contextlib.suppress(BrokenPipeError):
        complain(line)


def _drop_output() -> None:
    """Drop what is still to be written, of which the interpreter would complain at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            os.dup2(nowhere, stream.fileno())
