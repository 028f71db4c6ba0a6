"""One run of a script that is a process: killed for real, and run again."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pytest_mastra.fake.fronts.socket import OnSocket
from pytest_mastra.http.exchanges import ExchangeLog
from pytest_mastra.http.surface_recorder import WatchedSurface
from pytest_mastra.suite.settings import URL_VARIABLE
from pytest_mastra.sweep.attempts import Attempt
from pytest_mastra.sweep.invariants import find_left
from pytest_mastra.sweep.killed import Killed
from pytest_mastra.sweep.points import Points, most_reruns
from pytest_mastra.sweep.trouble import Trouble

if TYPE_CHECKING:
    from pytest_mastra.fake.server import FakeMastra


class ScriptFailed(Exception):
    """The script ended with another exit status than 0."""


class ScriptHung(Exception):
    """The script did not come to its end in time."""


class ProcessScript:
    """A script that is a process, and the fake that it asks.

    Args:
        command: What is run.
        server: The fake, fresh.
        points: What goes wrong.
        timeout: Seconds that one run may take.

    Attributes:
        attempt: What is known of it.
        said: What each run of it wrote.
    """

    def __init__(self, command: Sequence[str], server: FakeMastra, points: Points, timeout: float) -> None:
        self._command = command
        self._server = server
        self._timeout = timeout
        self._most_passes = 1 + most_reruns(points)
        self._process: subprocess.Popen[bytes] | None = None
        self._was_killed = threading.Event()
        self.attempt = Attempt(Trouble(points, is_quiet=True), servers=[server])
        self.said: list[str] = []

    def run(self) -> Attempt:
        """Run it, and again if the fault ended it; return what is known afterwards.

        Raises:
            OSError: It cannot be started.
        """
        attempt, log = self.attempt, ExchangeLog()
        attempt.trouble.kill_script = self._kill
        surface = attempt.trouble.surround(self._server, in_process=False)
        watched = WatchedSurface(surface, log, "", self._server.clock.monotonic)
        attempt.trouble.begin()
        with OnSocket(watched) as front:
            watched.url = front.url
            attempt.near = frozenset([front.url])
            while not attempt.endings or (attempt.endings[-1] is not None and len(attempt.endings) < self._most_passes):
                if attempt.endings:
                    attempt.trouble.run_again()
                attempt.turns.append(len(log))
                attempt.endings.append(self._pass(front.url))
        attempt.trouble.end()
        attempt.exchanges = list(log)
        attempt.left = list(find_left([self._server], [], attempt.exchanges, attempt.turns[-1]))
        return attempt

    def _pass(self, url: str) -> Exception | BaseException | None:
        self._was_killed.clear()
        environment = {**os.environ, URL_VARIABLE: url, "NO_PROXY": "*", "no_proxy": "*"}
        process = subprocess.Popen(  # noqa: S603 -- what the user asks for
            self._command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._process = process
        try:
            said, _ = process.communicate(timeout=self._timeout)
        except subprocess.TimeoutExpired as error:
            self.said.append((error.output or b"").decode("utf-8", "replace"))
            return ScriptHung(f"it was not at its end after {self._timeout:g} s")
        finally:
            # Ctrl-C ends it too
            _kill(process)
            process.wait()
        self.said.append(said.decode("utf-8", "replace"))
        if self._was_killed.is_set():
            return Killed()
        if process.returncode:
            last = self.said[-1].strip().rpartition("\n")[2]
            return ScriptFailed(
                f"exit status {process.returncode}: {last}" if last else f"exit status {process.returncode}"
            )
        return None

    def _kill(self) -> None:
        self._was_killed.set()
        if self._process is not None:
            _kill(self._process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and those that it has started.

    What a shell runs would go on without it.
    """
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
