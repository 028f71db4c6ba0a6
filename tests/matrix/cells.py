"""One cell: a verb, a fault, how often and on which side of the effect; and what is right there."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Protocol

from typing_extensions import Self

from mastra_sync import APIConnectionError, InvalidArgument, MastraClient, MastraError, Run
from mastra_sync.waiting import START_GRACE
from pytest_mastra import FakeMastra
from pytest_mastra.fake import OnSocket, StepContext
from tests.faults.clocks import LeapingClock
from tests.matrix.faults import Fault
from tests.matrix.faulty_proxy import FaultyProxy, Plan
from tests.matrix.secrets import KEY, TOKEN, secret_in, shown_of
from tests.matrix.verbs import ALL, ANSWER, DONE, NEVER, WORKFLOW, WRITTEN, Target, Verb, schedule_of

SCOPES = ("once", "always", "everything")

TIMEOUT = 60.0
"""Seconds of the client's clock that a verb may take; they pass in leaps."""

SLOW_TIMEOUT = 1.5
"""The same where the fault takes as long as it may: these pass as they are."""

SLACK = 10.0
"""Seconds beyond its time after which a cell did not end: far more than a busy machine takes.

Its time is the verb's `timeout`; a verb that has none may give a run that does not move its grace.
"""

ATTEMPT = 10.0
"""Seconds: the client's own timeout, to connect and between two pieces."""

SLOW_ATTEMPT = 0.4
"""The same where the fault takes as long as it may."""

ATTEMPTS = 3
"""How often a cell is tried whose time is up before a request meets the fault."""

REPLY_LIMIT = 4 * 2**20
"""Bytes: what the gzip bomb goes beyond."""


@dataclass(frozen=True)
class Cell:
    """Where in the matrix.

    Attributes:
        verb: What is called.
        fault: What it meets.
        scope: `once`, `always` or `everything`.
        after_effect: Whether the server gets the request first.
    """

    verb: Verb
    fault: Fault
    scope: str
    after_effect: bool

    def __str__(self) -> str:
        side = "after" if self.after_effect else "before"
        return f"{self.verb.name} x {self.fault.name}, {self.scope}, {side} its effect"


@dataclass
class Outcome:
    """What came of a cell.

    Attributes:
        cell: Where.
        gave: `the answer`, or the name of the exception.
        problems: Why it is wrong; empty if it is right.
        seconds: How long the call took.
        met: Whether a request met the fault; on a busy machine the time may be up before.
    """

    cell: Cell
    gave: str
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0
    met: bool = False

    @property
    def row(self) -> tuple[str, ...]:
        """The outcome as texts: verb, fault, scope, side of the effect, what came, seconds, problems."""
        cell = self.cell
        side = "after" if cell.after_effect else "before"
        problems = "; ".join(self.problems).replace("\n", " ").replace("\t", " ")
        return cell.verb.name, cell.fault.name, cell.scope, side, self.gave, f"{self.seconds:.1f}", problems


class Server(Protocol):
    """A server with the matrix's workflow, which does what its input says."""

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""

    def executions_of(self, run_id: str) -> int:
        """Return how often the run's step was entered."""

    def open_gate(self, name: str) -> None:
        """Let the run of this id pass that was held."""


class FakeServer:
    """The fake with that workflow, listening on loopback."""

    def __init__(self) -> None:
        self._executions: Counter[str] = Counter()
        self._held: set[str] = set()
        self.fake = FakeMastra()
        self.fake.workflow(WORKFLOW).then(self.fake.step("q", self._act)).commit()
        self._front = OnSocket(self.fake)

    def __enter__(self) -> Self:
        self._front.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._front.stop()

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""
        return int(self._front.url.rpartition(":")[2])

    def executions_of(self, run_id: str) -> int:
        """Return how often the run's step was entered."""
        return self._executions[run_id]

    def open_gate(self, name: str) -> None:
        """Let the run of this id pass that was held."""
        self.fake.open_gate(name)

    def _act(self, ctx: StepContext) -> Any:
        self._executions[ctx.run_id] += 1
        kind = (ctx.input_data or {}).get("kind")
        if kind == "ask" and ctx.resume_data is None:
            yield 0
            return ctx.suspend({"ask": "?"})
        if kind == "hold" and ctx.run_id not in self._held:
            self._held.add(ctx.run_id)
            yield self.fake.gate(ctx.run_id)
        for number in range(WRITTEN):
            ctx.writer.write({"number": number})
        return DONE


def prepare(server: Server, client: MastraClient, needs: str, run_id: str) -> Run:
    """Bring a run to where a verb can move it."""
    workflow = client.get_workflow(WORKFLOW)
    if needs == "schedule":
        client.create_schedule(WORKFLOW, NEVER, id=schedule_of(run_id).partition("_")[2])
    if needs in ("nothing", "schedule", "no schedule"):
        return workflow.get_run(run_id)
    run = workflow.create_run(run_id)
    if needs in ("suspended", "answered"):
        run.start_async({"kind": "ask"})
        if needs == "answered":
            run.resume_async(ANSWER)
    elif needs == "running":
        run.start({"kind": "hold"})
        while server.executions_of(run_id) == 0:
            run.result()
    elif needs == "success":
        run.start_async({})
    elif needs == "streamed":
        run.stream({}).result()
    return run


def try_cell(server: Server, cell: Cell) -> Outcome:
    """Call the verb through a proxy where its request meets the fault, and judge what came of it."""
    for _ in range(ATTEMPTS):
        outcome = _try_once(server, cell)
        if outcome.met:
            return outcome
    outcome.problems.append("no request met the fault")
    return outcome


def _try_once(server: Server, cell: Cell) -> Outcome:
    run_id = str(uuid.uuid4())
    with MastraClient(f"http://127.0.0.1:{server.port}", token="") as direct:
        run = prepare(server, direct, cell.verb.needs, run_id)
        before = server.executions_of(run_id)
        path_end = cell.verb.path_end.format(run=run_id, schedule=schedule_of(run_id))
        plan = Plan(cell.fault, cell.verb.method, path_end, cell.scope, cell.after_effect)
        with FaultyProxy(server.port, plan) as proxy:
            outcome, error = _call(cell, proxy, run_id)
            outcome.problems += _wrong_connections(proxy)
        if cell.verb.name != "map":
            executed = _executed_since(before, cell, server, run, proxy)
            if "schedule" in cell.verb.needs:
                executed = len(direct.list_schedule_triggers(schedule_of(run_id)))
            outcome.problems += _wrong_effects(cell, proxy, executed, error)
        server.open_gate(run_id)
    return outcome


def _call(cell: Cell, proxy: FaultyProxy, run_id: str) -> tuple[Outcome, BaseException | None]:
    client = MastraClient(
        proxy.base_url,
        token=TOKEN,
        headers={"X-Key": KEY},
        timeout=SLOW_ATTEMPT if cell.fault.is_slow else ATTEMPT,
        backoff=0.001,
        reply_limit=REPLY_LIMIT,
        # a run that does not move is given ten seconds: here they take ten polls
        clock=LeapingClock(haste=20),
    )
    with client:
        run = client.get_workflow(WORKFLOW).get_run(run_id)
        proxy.arm()
        began = time.monotonic()
        try:
            answer = cell.verb.call(Target(client, run, SLOW_TIMEOUT if cell.fault.is_slow else TIMEOUT))
        except Exception as error:  # noqa: BLE001 - which exceptions come out is what is asked here
            outcome = Outcome(cell, type(error).__name__, _wrong_exception(error), time.monotonic() - began)
            failure: BaseException | None = error
        else:
            outcome = Outcome(cell, "the answer", [], time.monotonic() - began)
            failure = None
            if not cell.verb.is_right(answer):
                outcome.problems.append(f"the answer is wrong: {answer!r:.200}")
        proxy.disarm()
        outcome.met = proxy.met > 0
    if outcome.seconds > SLOW_TIMEOUT + START_GRACE + SLACK:
        outcome.problems.append(f"took {outcome.seconds:.1f} s")
    return outcome, failure


def _wrong_exception(error: Exception) -> list[str]:
    problems = []
    if not isinstance(error, MastraError):
        problems.append(f"no documented exception: {error!r:.200}")
    if secret := secret_in(shown_of(error)):
        problems.append(f"shows the secret {secret}: {str(error)[:200]}")
    return problems


def _wrong_connections(proxy: FaultyProxy) -> list[str]:
    deadline = time.monotonic() + SLACK
    while proxy.open_connections and time.monotonic() < deadline:
        time.sleep(0.005)
    return [f"{proxy.open_connections} connections left open"] if proxy.open_connections else []


def _executed_since(before: int, cell: Cell, server: Server, run: Run, proxy: FaultyProxy) -> int:
    """Return how often the verb's requests had the step executed, once the run has come to rest."""
    if cell.verb.moves and proxy.forwarded and "schedule" not in cell.verb.needs:
        # the fake moves a run when somebody waits for it
        run.wait(SLACK)
    return server.executions_of(run.run_id) - before


def _wrong_effects(cell: Cell, proxy: FaultyProxy, executed: int, error: BaseException | None) -> list[str]:
    problems = []
    if executed > (1 if cell.verb.moves else 0):
        problems.append(f"executed {executed} times")
    if error is None and cell.verb.moves and executed != 1:
        problems.append(f"answered, and executed {executed} times")
    never_sent = isinstance(error, InvalidArgument) or (isinstance(error, APIConnectionError) and error.sent is False)
    if never_sent and proxy.forwarded:
        problems.append(f"{type(error).__name__} says that nothing was sent")
    if error is not None and _must_answer(cell):
        problems.append(f"{type(error).__name__}, though the effect shows: {str(error)[:200]}")
    return problems


def _must_answer(cell: Cell) -> bool:
    """True where a fault that comes once must not be noticed: the request is repeated, or its effect is seen."""
    if cell.scope != "once" or not cell.fault.loses or cell.fault.is_slow:
        return False
    return cell.fault.is_repeated if cell.verb.reads else cell.after_effect and cell.verb.looks


def cells_of(fault: Fault) -> list[Cell]:
    """Return the cells of one fault: each verb, each scope, before the effect and after it."""
    return [Cell(verb, fault, scope, after) for verb in ALL for scope in SCOPES for after in (False, True)]
