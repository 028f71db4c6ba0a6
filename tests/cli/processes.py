"""The command as a process, how it ended, and a terminal that it can be started on."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

PROCESS_TIMEOUT = 120
COMMAND = (sys.executable, "-m", "mastra_sync.cli")

# a test run in the background of a shell hands its children an ignored Ctrl-C
HEARS_CTRL_C = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
INTERRUPTIBLE = (
    sys.executable,
    "-c",
    f"{HEARS_CTRL_C}; import sys; from mastra_sync.cli import main; sys.exit(main())",
)
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str


@contextlib.contextmanager
def started(*command: str, **options: object) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(command, encoding="utf-8", **options) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.kill()


def interrupted(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Press Ctrl-C until a process ends, and return what it wrote: Python loses one that comes in a finalizer."""
    try:
        for _ in range(3):
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                return process.communicate(timeout=PROCESS_TIMEOUT / 3)
        raise AssertionError("three Ctrl-C did not end the process")
    finally:
        process.kill()


class Terminal:
    """A terminal that stderr leads to (and stdin, if wanted), and all that was written to it."""

    def __init__(self) -> None:
        pty = pytest.importorskip("pty")
        self._master, self.stderr = pty.openpty()
        self.text = ""

    def read_until(self, text: str) -> None:
        while text not in self.plain:
            if not select.select([self._master], [], [], PROCESS_TIMEOUT)[0]:
                pytest.fail(f"{text!r} is not on the terminal: {self.text!r}")
            self.text += os.read(self._master, 65536).decode("utf-8", "replace")

    def type(self, text: str) -> None:
        """Type as a person does."""
        os.write(self._master, text.encode())

    @property
    def plain(self) -> str:
        """What was written, without colours and moves of the cursor."""
        return ESCAPES.sub("", self.text)

    def close(self) -> None:
        os.close(self._master)
        os.close(self.stderr)
