"""How scenarios converse with a server, real or fake."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol
from urllib.parse import quote

from typing_extensions import Self

from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.http.wire import ProcessDied, WireRequest
from tests.conformance.declared.dying import EXECUTIONS
from tests.conformance.graph_workflows import declare_graph
from tests.conformance.transcript import Transcript

TIMEOUT = 30.0
POLL_INTERVAL = 0.005
MAX_POLLS = 4000


@dataclass(frozen=True)
class Answer:
    """What a server answered.

    The status is 0 where nothing of it came before it was cut.
    """

    status: int
    content_type: str | None
    body: bytes
    is_cut: bool = False

    def json(self) -> Any:
        """Return the body, decoded."""
        return json.loads(self.body)


def ignore() -> None:
    """What to do about the first bytes, if nothing."""


class Wire(Protocol):
    """A server that scenarios converse with."""

    generation: str

    def send(
        self, method: str, path: str, headers: dict[str, str], body: bytes, on_first: Callable[[], None] = ...
    ) -> Answer:
        """Send a request; the path begins below the API prefix. Tell when the first bytes of the answer are there."""

    def declare_graph(self, graph: dict[str, Any]) -> None:
        """Add the workflow of a graph that is JSON."""

    def wait_for_gate(self, name: str, count: int) -> None:
        """Return when so many steps wait at a gate."""

    def open_gate(self, name: str) -> None:
        """Let them pass."""

    def hold_time(self) -> None:
        """Let sleeps last, where they cost nothing otherwise."""

    def let_time_pass(self, seconds: float) -> None:
        """Let what sleeps so long wake up, where time was held."""

    def rest(self, seconds: float) -> None:
        """Let time pass for what goes on by itself."""

    def die(self) -> None:
        """Kill the server's process."""

    def revive(self) -> None:
        """Put another process in its place, with the same database."""

    def executions(self, run_id: str) -> dict[str, int]:
        """Return how often each step of a run was executed in this process; only of `declared/dying.py`."""


class FakeWire:
    """The fake, called without any socket."""

    def __init__(self, server: FakeMastra) -> None:
        self._server = server
        self.generation = server.generation.name

    def send(
        self, method: str, path: str, headers: dict[str, str], body: bytes, on_first: Callable[[], None] = ignore
    ) -> Answer:
        reply = self._server.handle(WireRequest(method, self._server.api_prefix + path, headers, body))
        if reply.script is not None:
            return Answer(0, None, b"", is_cut=True)
        content_type = next((value for name, value in reply.headers if name == "content-type"), None)
        chunks = iter([reply.body] if isinstance(reply.body, bytes) else reply.body)
        first = next(chunks, b"")
        on_first()
        came = [first]
        try:
            came.extend(chunks)
        except ProcessDied:
            return Answer(reply.status, content_type, b"".join(came), is_cut=True)
        return Answer(reply.status, content_type, b"" if method == "HEAD" else b"".join(came))

    def declare_graph(self, graph: dict[str, Any]) -> None:
        declare_graph(self._server, graph)

    def wait_for_gate(self, name: str, count: int) -> None:
        gate = self._server.gate(name)
        with self._server.state.driver.lock:
            while gate.waiting < count:
                assert self._server.state.driver.wait_for_change(), f"{gate!r} waits for {count}"

    def open_gate(self, name: str) -> None:
        self._server.open_gate(name)

    def hold_time(self) -> None:
        self._server.clock.freeze()

    def let_time_pass(self, seconds: float) -> None:
        self._server.clock.advance(seconds)

    def rest(self, seconds: float) -> None:
        time.sleep(seconds)  # another thread may wait for the run, and drives it

    def die(self) -> None:
        self._server.die()

    def revive(self) -> None:
        EXECUTIONS[self._server].clear()
        self._server.revive()

    def executions(self, run_id: str) -> dict[str, int]:
        return dict(Counter(step for run, step in EXECUTIONS[self._server] if run == run_id))


class Begun:
    """A call that was begun; calling this waits for its answer and records it."""

    def __init__(self, pending: Future[Answer], record: Callable[[Answer], None]) -> None:
        self._pending = pending
        self._record = record

    def __call__(self) -> Answer:
        answer = self._pending.result(TIMEOUT)
        self._record(answer)
        return answer

    def is_answered(self) -> bool:
        """Return whether the answer is there."""
        return self._pending.done()


class Conversation:
    """One scenario's conversation with a server. Leave it as a context, so that no call is left behind.

    Attributes:
        generation: The server's.
        transcript: What was said.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._left_behind = ExitStack()
        self.generation = wire.generation
        self.transcript = Transcript(wire.generation)

    def __enter__(self) -> Self:
        self._pool = self._left_behind.enter_context(ThreadPoolExecutor())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._left_behind.close()

    @property
    def is_current(self) -> bool:
        return self.generation == "current"

    @property
    def is_beta(self) -> bool:
        return self.generation == "1.0-beta"

    def run_id(self) -> str:
        return str(uuid.uuid4())

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        raw: bytes | None = None,
        content_type: str | None = "application/json",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Make a call and record it."""
        answer = self._send(method, path, body, raw, content_type, headers)
        self._record(method, path, body if raw is None else raw.decode(errors="replace"), answer)
        return answer

    def record_value(self, what: str, value: Any) -> None:
        """Record something that was read."""
        self.transcript.exchanges.append({"read": what, "body": value})

    def call_unrecorded(self, method: str, path: str, body: Any = None) -> Answer:
        """Make a call whose answer is not to be compared."""
        return self._send(method, path, body, None, "application/json", None)

    def _send(
        self,
        method: str,
        path: str,
        body: Any,
        raw: bytes | None,
        content_type: str | None,
        headers: dict[str, str] | None,
    ) -> Answer:
        sent = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        all_headers = {**({"content-type": content_type} if content_type else {}), **(headers or {})}
        return self._wire.send(method, path, all_headers, sent)

    def _record(self, method: str, path: str, sent: Any, answer: Answer) -> None:
        self.transcript.add(
            f"{method} {path}", sent, answer.status, answer.content_type, answer.body, is_cut=answer.is_cut
        )

    def post(self, workflow: str, route: str, run_id: str | None, body: Any = None) -> Answer:
        """Call a verb of a run and record it."""
        return self.call("POST", _target(workflow, route, run_id), {} if body is None else body)

    def begin(self, workflow: str, route: str, run_id: str, body: Any = None, *, wait_for_first: bool = False) -> Begun:
        """Call a verb that does not answer at once; what is returned waits for the answer and records it.

        With `and_see` this waits for the first bytes of the answer.
        """
        target = _target(workflow, route, run_id)
        sent = {} if body is None else body
        seen = threading.Event()
        headers = {"content-type": "application/json"}
        pending: Future[Answer] = self._pool.submit(
            self._wire.send, "POST", target, headers, json.dumps(sent).encode(), seen.set
        )
        if wait_for_first:
            assert seen.wait(TIMEOUT)

        return Begun(pending, lambda answer: self._record("POST", target, sent, answer))

    def read_run(self, workflow: str, run_id: str, query: str = "") -> Answer:
        """Read a run and record it."""
        return self.call("GET", f"/workflows/{quote(workflow, safe='')}/runs/{run_id}{query}")

    def wait_and_stream(self, workflow: str, body: dict[str, Any]) -> str:
        """Wait for a run, read another's stream, look at both, and return the id of the second."""
        waited, streamed = self.run_id(), self.run_id()
        self.post(workflow, "start-async", waited, body)
        self.read_run(workflow, waited)
        self.post(workflow, "stream", streamed, body)
        self.read_run(workflow, streamed)
        return streamed

    def cancel(self, workflow: str, run_id: str) -> Answer:
        """Cancel a run and record it."""
        return self.call("POST", f"/workflows/{quote(workflow, safe='')}/runs/{run_id}/cancel", {})

    def declare_graph(self, graph: dict[str, Any]) -> None:
        """Add the workflow of a graph that is JSON."""
        self._wire.declare_graph(graph)

    def wait_for_gate(self, name: str, count: int = 1) -> None:
        self._wire.wait_for_gate(name, count)

    def open_gate(self, name: str) -> None:
        self._wire.open_gate(name)

    def hold_time(self) -> None:
        """Let sleeps last, where they cost nothing otherwise."""
        self._wire.hold_time()

    def let_time_pass(self, seconds: float) -> None:
        """Let what sleeps so long wake up, where time was held."""
        self._wire.let_time_pass(seconds)

    def rest(self, seconds: float) -> None:
        """Let time pass for what goes on by itself."""
        self._wire.rest(seconds)

    def die(self) -> None:
        """Kill the server's process; calls that were begun are cut."""
        self._wire.die()

    def revive(self) -> None:
        """Put another process in its place, with the same database."""
        self._wire.revive()

    def executions(self, run_id: str) -> dict[str, int]:
        """Return how often each step of a run was executed in this process; only of `declared/dying.py`."""
        return self._wire.executions(run_id)

    def wait_for_status(self, workflow: str, run_id: str, *statuses: str) -> None:
        """Ask for a run, without recording it, until it has one of these statuses."""
        for _ in range(MAX_POLLS):
            run = self.call_unrecorded("GET", f"/workflows/{quote(workflow, safe='')}/runs/{run_id}").json()
            if (run.get("status") or run.get("snapshot", {}).get("status")) in statuses:
                return
            time.sleep(POLL_INTERVAL)
        raise AssertionError(f"run {run_id} of {workflow} never became {statuses}")


def _target(workflow: str, route: str, run_id: str | None) -> str:
    query = "" if run_id is None else f"?runId={quote(run_id, safe='')}"
    return f"/workflows/{quote(workflow, safe='')}/{route}{query}"
