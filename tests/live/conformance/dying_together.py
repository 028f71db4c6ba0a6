"""Scenarios that are played at once against one server, which dies once for all of them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from filelock import FileLock

from tests.conformance.corpus import Scenario
from tests.conformance.transcript_files import play
from tests.live.conformance.real_wire import RealWire
from tests.live.server import LiveServer


class Meeting:
    """Where the players of several scenarios wait for each other.

    Args:
        players: How many there are.
    """

    def __init__(self, players: int) -> None:
        self._players = players
        self._waiting: list[Callable[[], None]] = []
        self._round = 0
        self._changed = threading.Condition()

    def meet(self, act: Callable[[], None]) -> None:
        """Wait for all who still play; one of them does what they have met for."""
        with self._changed:
            this_round = self._round
            self._waiting.append(act)
            self._go_on_if_all_are_here()
            while self._round == this_round:
                self._changed.wait()

    def leave(self) -> None:
        """Play no more."""
        with self._changed:
            self._players -= 1
            self._go_on_if_all_are_here()

    def _go_on_if_all_are_here(self) -> None:
        if self._waiting and len(self._waiting) == self._players:
            act, self._waiting = self._waiting[0], []
            self._round += 1
            self._changed.notify_all()
            act()


class WireOfMany(RealWire):
    """A real server that several scenarios converse with, and that dies once all want it to.

    Args:
        server: Which.
        meeting: Where they wait for each other.
    """

    def __init__(self, server: LiveServer, meeting: Meeting) -> None:
        super().__init__(server)
        self._meeting = meeting

    def die(self) -> None:
        # another one may be quicker to kill it
        self._has_died = True
        self._meeting.meet(super().die)

    def revive(self) -> None:
        self._meeting.meet(super().revive)


def play_all_once(
    start_server: Callable[[], LiveServer], scenarios: Sequence[Scenario], kept: Path
) -> dict[str, Future[list[Any]]]:
    """Return the transcript of each scenario, or what kept it from its end, by its name.

    If all came to their ends, the workers that ask later find them in a file.

    Args:
        start_server: Starts the server that they are played against.
        scenarios: Which.
        kept: The file, in a folder of all workers.
    """
    with FileLock(f"{kept}.lock"):
        if kept.exists():
            return {name: _done(transcript) for name, transcript in json.loads(kept.read_text("utf-8")).items()}
        played = _play_all(start_server(), scenarios)
        if not any(future.exception() for future in played.values()):
            kept.write_text(json.dumps({name: future.result() for name, future in played.items()}), "utf-8")
        return played


def _play_all(server: LiveServer, scenarios: Sequence[Scenario]) -> dict[str, Future[list[Any]]]:
    groups = ([each for each in scenarios if each.in_a_hurry is in_a_hurry] for in_a_hurry in (True, False))
    return {name: played for group in groups if group for name, played in _play_at_once(server, group).items()}


def _play_at_once(server: LiveServer, scenarios: Sequence[Scenario]) -> dict[str, Future[list[Any]]]:
    meeting = Meeting(len(scenarios))

    def tell(scenario: Scenario) -> list[Any]:
        try:
            return play(scenario, WireOfMany(server, meeting))
        finally:
            meeting.leave()

    with ThreadPoolExecutor(len(scenarios)) as pool:
        played = {scenario.name: pool.submit(tell, scenario) for scenario in scenarios}
    if not server.is_running:
        # all have failed after its death
        server.start()
    return played


def _done(transcript: list[Any]) -> Future[list[Any]]:
    future: Future[list[Any]] = Future()
    future.set_result(transcript)
    return future
