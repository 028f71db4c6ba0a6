"""A proxy in front of a server, through which the requests of one cell go and where some meet a fault."""

from __future__ import annotations

import socket
from dataclasses import dataclass

from tests.faults.loopback_server import LoopbackServer
from tests.faults.proxy import Forwarded
from tests.faults.wire_server import Received, read_request
from tests.matrix.faults import Fault


@dataclass(frozen=True)
class Plan:
    """Which requests meet a fault, and when.

    Attributes:
        fault: What they meet.
        method: The verb's HTTP method.
        path_end: How the path of the verb's route ends.
        scope: `once` (the verb's first request), `always` (each of them), `everything` (each request from the
            verb's first one on, whatever it asks).
        after_effect: Whether the server gets the request first.
    """

    fault: Fault
    method: str
    path_end: str
    scope: str
    after_effect: bool


class FaultyProxy(LoopbackServer):
    """Passes requests on, or has them meet the fault of its plan.

    Args:
        port: Where the server behind it listens on 127.0.0.1.
        plan: Which requests meet what; it holds from `arm` on.

    Attributes:
        forwarded: The verb's requests that reached the server since `arm`.
    """

    def __init__(self, port: int, plan: Plan) -> None:
        self.forwarded = 0
        self._upstream_port = port
        self._plan = plan
        self._is_armed = False
        self._met = 0
        super().__init__()

    def arm(self) -> None:
        """Have the plan hold from the next request on."""
        self._is_armed = True

    def disarm(self) -> None:
        """Pass everything on again."""
        self._is_armed = False

    @property
    def met(self) -> int:
        """How many requests have met the fault."""
        return self._met

    @property
    def open_connections(self) -> int:
        """How many connections the client has not closed."""
        with self._lock:
            return len(self._open)

    def serve(self, connection: socket.socket, number: int) -> None:
        """Take one request; the answer's end is the connection's."""
        with connection.makefile("rb") as stream:
            request = read_request(stream, number)
        if request is None:
            return
        plan, is_faulty = self._plan, self._is_faulty(request)
        if is_faulty and not plan.after_effect:
            plan.fault.act(connection, b"")
            return
        with socket.create_connection(("127.0.0.1", self._upstream_port)) as upstream:
            forwarded = Forwarded(request, upstream)
            forwarded.send()
            if is_faulty:
                plan.fault.act(connection, forwarded.receive_all())
                return
            while piece := forwarded.receive():
                connection.sendall(piece)
        # what the client has not read yet would be lost in a reset
        connection.shutdown(socket.SHUT_WR)

    def _is_faulty(self, request: Received) -> bool:
        plan = self._plan
        with self._lock:
            if not self._is_armed:
                return False
            is_verb = request.method == plan.method and request.path.endswith(plan.path_end)
            is_faulty = (is_verb or (plan.scope == "everything" and self._met > 0)) and (
                plan.scope != "once" or self._met == 0
            )
            self._met += is_faulty
            self.forwarded += is_verb and (not is_faulty or plan.after_effect)
            return is_faulty
