"""What stands between a fake and a swept test: it has one request meet a fault."""

from __future__ import annotations

import threading
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from pytest_mastra.http.verbs import call_of
from pytest_mastra.sweep.families import Meeting
from pytest_mastra.sweep.killed import Killed

if TYPE_CHECKING:
    from pytest_mastra.fake.server import FakeMastra
    from pytest_mastra.http.wire import Surface, WireReply, WireRequest
    from pytest_mastra.sweep.points import Point, Points


class Trouble:
    """What goes wrong in one run of a test.

    Args:
        points: What is to go wrong.
        is_quiet: Whether nothing is reported of this run.

    Attributes:
        is_quiet: Whether nothing is reported of this run.
        fired: What came about.
    """

    def __init__(self, points: Points, *, is_quiet: bool) -> None:
        self.is_quiet = is_quiet
        self.fired: list[Point] = []
        self._points = points
        self._counts: Counter[str] = Counter()
        self._server: FakeMastra | None = None
        self._is_dead = False
        self._lock = threading.Lock()

    def begin(self, server: FakeMastra) -> None:
        """Have things go wrong from now on, with requests to this server."""
        self._server = server

    def end(self) -> None:
        """Let nothing go wrong any more."""
        self._server = None

    def run_again(self) -> None:
        """Take requests again, after the script was killed."""
        self._is_dead = False

    def surround(self, surface: Surface, *, in_process: bool) -> Surface:
        """Return what is asked in a surface's stead."""
        del in_process
        return _TroubledSurface(surface, self)

    def handle(self, surface: Surface, request: WireRequest) -> WireReply:
        """Return the reply to a request, or what becomes of it.

        Raises:
            Killed: The script ends here.
        """
        verb = call_of(request).verb if self._server is not None else None
        if self._server is None or verb is None:
            return surface.handle(request)
        with self._lock:
            if self._is_dead:
                # what a script does while it is torn down, a process that was killed does not
                raise Killed
            self._counts[verb] += 1
            asked = verb, self._counts[verb]
            point = next((point for point in self._points if (point.verb, point.nth) == asked), None)
        if point is None:
            return surface.handle(request)
        meeting = Meeting(partial(surface.handle, request), partial(self._note, point), self._server, point.at)
        return point.family.meet(meeting)

    def _note(self, point: Point) -> None:
        self.fired.append(point)
        self._is_dead = point.family.ends_script


class _TroubledSurface:
    def __init__(self, surface: Surface, trouble: Trouble) -> None:
        self._surface = surface
        self._trouble = trouble

    def handle(self, request: WireRequest) -> WireReply:
        return self._trouble.handle(self._surface, request)
