"""What stands between fakes and a swept test: it has one request meet a fault."""

from __future__ import annotations

import threading
import time
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote

from pytest_mastra.fake.api.fault_effects import silence
from pytest_mastra.http.exchanges import ExchangeLog
from pytest_mastra.http.surface_recorder import WatchedSurface
from pytest_mastra.http.verbs import call_of
from pytest_mastra.http.wire import Cut, WireRequest
from pytest_mastra.sweep.asking_line import find_asking_line
from pytest_mastra.sweep.families import Meeting
from pytest_mastra.sweep.held_runs import HeldRuns
from pytest_mastra.sweep.kill_script import KillingSurface
from pytest_mastra.sweep.killed import Killed
from pytest_mastra.sweep.live_work import LiveWork
from pytest_mastra.sweep.outages import Outages

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_mastra.fake.server import FakeMastra
    from pytest_mastra.http.wire import Surface, WireReply
    from pytest_mastra.sweep.points import Point, Points

_ACTIVE = ("running", "waiting")


class Trouble:
    """What goes wrong in one run of a test.

    Args:
        points: What is to go wrong.
        is_quiet: Whether nothing is reported of this run.

    Attributes:
        is_quiet: Whether nothing is reported of this run.
        fired: What came about.
        not_at_work: The points of it at which a run of a live server was to be at work, and was not.
        asking_lines: Which lines of the script sent what met a fault, as far as it is of this process.
        served: What a live server was asked and answered, whatever the script was told of it.
        is_script_over: Whether the script has been killed, and was not run again since.
        kill_script: Ends a script that asks over a socket.
        has_threads: Whether other threads than the test's own asked, whose order may be a matter of chance.
    """

    def __init__(self, points: Points, *, is_quiet: bool) -> None:
        self.is_quiet = is_quiet
        self.fired: list[Point] = []
        self.not_at_work: list[Point] = []
        self.asking_lines: list[str] = []
        self.served = ExchangeLog()
        self._points = points
        self._counts: Counter[tuple[str, str | None]] = Counter()
        self._servers: list[FakeMastra] = []
        self.is_script_over = False
        self.has_threads = False
        self.kill_script: Callable[[], None] = lambda: None
        self._own_thread: int | None = None
        self._has_begun = False
        self._interrupted: set[FakeMastra] = set()
        self._held = HeldRuns()
        self._live: LiveWork | None = None
        self._outages = Outages()
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Have things go wrong from now on; this thread is the test's own."""
        self._own_thread = threading.get_ident()
        self._has_begun = True

    def end(self) -> None:
        """Let nothing go wrong any more."""
        self._outages.end()
        self._held.let_all_go()
        if self._live is not None:
            self._live.end()
        self._has_begun = False

    def run_again(self) -> None:
        """Take requests again after a pass; a server that has died is back by then."""
        self.is_script_over = False
        self._outages.end()
        self._held.begin_pass()
        if self._live is not None:
            self._live.begin_pass()
        for server in self._servers:
            server.revive()
            self._restart_runs(server)

    def surround(self, server: FakeMastra, *, in_process: bool) -> Surface:
        """Return what is asked in a fake's stead."""
        surface = _TroubledSurface(server, server, self, in_process=in_process)
        return surface if in_process else KillingSurface(surface, self._kill_script)

    def surround_live(self, surface: Surface, url: str) -> Surface:
        """Return what is asked in a live server's stead; what the server is asked is noted."""
        self._live = LiveWork(surface)
        return _TroubledSurface(WatchedSurface(surface, self.served, url, time.time), None, self, in_process=True)

    def handle(
        self, surface: Surface, server: FakeMastra | None, request: WireRequest, *, in_process: bool
    ) -> WireReply:
        """Return the reply to a request, or what becomes of it.

        Args:
            surface: What answers it.
            server: The fake that this is; None for a live server.
            request: The request.
            in_process: Whether a thread of this process sends it, which is this one then.

        Raises:
            Killed: The script ends here.
        """
        call = call_of(request) if self._has_begun else None
        if call is not None and request.is_look:
            return silence(Cut.REFUSED) if self._outages.has(server) else surface.handle(request)
        if call is None or call.verb is None:
            return surface.handle(request)
        find_line = find_asking_line if in_process else str
        with self._lock:
            if self.is_script_over:
                # what a script does while it is torn down, a process that was killed does not
                raise Killed
            if in_process and threading.get_ident() != self._own_thread:
                # also if they asked one after the other this time: an executor may have had one thread do all
                self.has_threads = True
            counted = {(call.verb, None), (call.verb, call.run)}
            self._counts.update(counted)
            point = next((one for one in self._points if self._is_at(one, counted)), None)
            if self._outages.refuses(server, call, find_line):
                return silence(Cut.REFUSED)
            self._held.look(call)
        if server is not None:
            self._note_server(server)
        if point is None:
            return surface.handle(request)
        if line := find_line():
            self.asking_lines.append(line)
        meeting = Meeting(
            handle=partial(surface.handle, request),
            on_fired=partial(self._note, point, server),
            server=server,
            begin=partial(self._begin, surface, server, request, point),
            on_away=partial(self._outages.begin, server, line),
            at=point.at,
        )
        return point.family.meet(meeting)

    def _begin(self, surface: Surface, server: FakeMastra | None, request: WireRequest, point: Point) -> None:
        """Have a request take effect as far as its run being at work."""
        if server is not None:
            self._held.begin(server, call_of(request).run, partial(surface.handle, request))
        elif self._live is not None and not self._live.begin(surface, request):
            self.not_at_work.append(point)

    def _kill_script(self) -> None:
        # whoever runs the script says how, and may do so after a server was surrounded
        self.kill_script()

    def _is_at(self, point: Point, counted: set[tuple[str, str | None]]) -> bool:
        """Return whether a request is the one of a point, counted as it is."""
        key = (point.verb, point.of)
        return key in counted and self._counts[key] == point.nth

    def _note_server(self, server: FakeMastra) -> None:
        if server not in self._servers:
            self._servers.append(server)
        self._restart_runs(server)

    def _restart_runs(self, server: FakeMastra) -> None:
        """Restart the active runs of a server that is back, once."""
        if server not in self._interrupted or server.is_dead:
            return
        self._interrupted.remove(server)
        authorization = {} if server.token is None else {"authorization": f"Bearer {server.token}"}
        for notes in server.journal.all_runs():
            row = server.state.store.find(notes.workflow_id, notes.run_id)
            if notes.is_asked_for and row is not None and row.status in _ACTIVE:
                path = f"{server.api_prefix}/workflows/{quote(notes.workflow_id, safe='')}/restart"
                target = f"{path}?runId={quote(notes.run_id, safe='')}"
                headers = {"content-type": "application/json", **authorization}
                server.handle(WireRequest("POST", target, headers, b"{}")).close()

    def _note(self, point: Point, server: FakeMastra | None) -> None:
        self.fired.append(point)
        if server is not None and point.family.restarts_runs:
            self._interrupted.add(server)
        self.is_script_over = point.family.ends_script


class _TroubledSurface:
    def __init__(self, surface: Surface, server: FakeMastra | None, trouble: Trouble, *, in_process: bool) -> None:
        self._surface = surface
        self._server = server
        self._trouble = trouble
        self._in_process = in_process

    def handle(self, request: WireRequest) -> WireReply:
        return self._trouble.handle(self._surface, self._server, request, in_process=self._in_process)
