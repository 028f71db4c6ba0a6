"""The fake Mastra server: what tests declare workflows on, and what answers their requests."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import partial
from os import PathLike
from typing import TYPE_CHECKING, Any

from typing_extensions import Self, Unpack

from mastra_sync.attributes import refuses_unknown, tells_missing
from mastra_sync.connections import seconds_left
from pytest_mastra.fake.api.declared_steps import find_step
from pytest_mastra.fake.api.exactly_once import describe_violations
from pytest_mastra.fake.api.fault_target import place_of_caller
from pytest_mastra.fake.api.faults import Faults, FaultySurface, UnusedFaults
from pytest_mastra.fake.api.gates import Gates
from pytest_mastra.fake.api.guard import GuardedSurface
from pytest_mastra.fake.api.journal import Journal, Request
from pytest_mastra.fake.api.load_workflows import Act, Loader, declare_workflow
from pytest_mastra.fake.api.problems import as_text, check_allowed, find_problems, unused_names
from pytest_mastra.fake.api.routes import HttpSurface
from pytest_mastra.fake.api.seen_runs import RunView, SeenRuns
from pytest_mastra.fake.api.server_process import MortalSurface, ServerProcess
from pytest_mastra.fake.api.stored_definitions import StoredDefinitions
from pytest_mastra.fake.api.workflow_names import id_of_workflow, names_in_requests
from pytest_mastra.fake.engine.progress import RunsInProgress
from pytest_mastra.fake.engine.state import ServerState, UnexpectedError
from pytest_mastra.fake.schedules.declared import ScheduleOptions, declare_schedules, read_schedules
from pytest_mastra.fake.schedules.timer import ScheduleTimer
from pytest_mastra.fake.virtual_time.clock import ServerClock, VirtualClock, check_clock, default_clock
from pytest_mastra.fake.virtual_time.overruns import Overruns
from pytest_mastra.fake.virtual_time.pace import AS_TIMED, AT_ONCE, Pace, check_pace
from pytest_mastra.fake.virtual_time.scheduler import Gate
from pytest_mastra.fake.workflows.arguments import (
    check_call,
    check_count,
    check_function,
    check_json,
    check_name,
    check_names,
    check_number,
    check_prefix,
    check_text,
    check_truth,
)
from pytest_mastra.fake.workflows.definition import Workflow
from pytest_mastra.fake.workflows.generations import generation_named
from pytest_mastra.fake.workflows.graph import Step, StepFunction, StepOptions
from pytest_mastra.fake.workflows.workflow_options import WorkflowOptions
from pytest_mastra.http.wire import ProcessDied, WireReply, WireRequest

SHORT_PATIENCE = 5.0
PATIENCE_OF_DEPLOYERS = 180.0


@refuses_unknown(
    generation="FakeMastra(generation=...), or the option --mastra-generation",
    zod="FakeMastra(zod=...), or the option --mastra-zod",
    clock="FakeMastra(clock=...)",
    seed="FakeMastra(seed=...)",
    patience="FakeMastra(patience=...)",
    faults="faults.on(verb) of the server's own",
)
class FakeMastra:
    """A Mastra server of which a test decides what its workflows do.

    Speaks HTTP through `handle`, without any I/O; the fronts (`in_process`, `socket`) carry requests to it.

    Args:
        generation: What it behaves like: `current`, `1.2` or `1.0-beta`.
        zod: The release of zod that words what does not fit: `4.6`, which a project of today has and `current` speaks,
            or `4.3`, which older generations speak.
        clock: Its time; by default virtual, or real if `mastra-sync serve` imports it.
        pace: How runs progress when nobody waits for them: `AT_ONCE` (the default with virtual time), `AS_TIMED`,
            `BY_HAND`, `Polls(n)` or `Seconds(s)`.
        token: The only token that is let in; by default nobody needs one.
        api_prefix: Where Mastra's routes are.
        body_limit: The largest body in bytes; by default there is no limit.
        patience: Real seconds that a request whose run is held waits for another thread to let it go on; by default 5
            with virtual time, and with real time 180, as Mastra's deployers.
        seed: Makes ids repeatable, and the faults that come by chance.

    Attributes:
        faults: What is to go wrong.
        overruns: The runs that took longer than the client would have waited, had time not been virtual.
        process: The process that it stands for, which can die.
        url: Where it answers, for a server that one of the pytest plugin's fixtures gives; else empty.
    """

    def __init__(
        self,
        *,
        generation: str = "current",
        zod: str | None = None,
        clock: ServerClock | None = None,
        pace: Pace | None = None,
        token: str | None = None,
        api_prefix: str = "/api",
        body_limit: int | None = None,
        patience: float | None = None,
        seed: int = 0,
    ) -> None:
        check_clock(clock)
        if patience is not None:
            check_number(patience, "patience, in seconds,", least=0)
        check_number(seed, "a seed", whole=True)
        self.generation = generation_named(generation, zod)
        self.clock: Any = clock or default_clock()
        self.journal = Journal()
        if patience is None:
            patience = SHORT_PATIENCE if self.clock.skips else PATIENCE_OF_DEPLOYERS
        self.state = ServerState(self.generation, self.clock, self.journal.note_event, patience=patience, seed=seed)
        self.overruns = Overruns(self.clock)
        usual_pace = AT_ONCE if self.clock.skips else AS_TIMED
        self._progress = RunsInProgress(self.state, usual_pace, self.overruns.note_skip, seconds_left)
        self.url = ""
        self.gaps: tuple[str, ...] = ()
        self._loader = Loader(self.state)
        self.process = ServerProcess(self.state, self._progress)
        self.process.listen(self.journal.note_death)
        self._gates = Gates(self.state, self._progress, self.process)
        virtual_clock = self.clock if isinstance(self.clock, VirtualClock) else None
        names = partial(names_in_requests, self.state)
        self.faults = Faults(seed=seed, clock=virtual_clock, workflows=names, process=self.process)
        alarms = [(self.process.next_return, self.process.look)]
        self._timer = ScheduleTimer(self.state, self._progress, self.journal.scheduled_walk, alarms)
        self.process.listen(lambda is_dead: self._timer.process_changed(is_dead=is_dead))
        definitions = StoredDefinitions(self.state, self._loader)
        self._http = HttpSurface(self.state, self.journal, self._progress, self.overruns, self._timer, definitions)
        self.token, self.api_prefix, self.body_limit = token, api_prefix, body_limit
        self.pace = usual_pace if pace is None else pace
        faulty = GuardedSurface(FaultySurface(self._http, self.faults), self.state)
        self._surface = MortalSurface(faulty, self.process, self.state)
        if virtual_clock is not None:
            virtual_clock.on_change(self.state.driver.notify)
            virtual_clock.on_change(self.process.look)

    def step(
        self,
        id: str,  # noqa: A002 -- Mastra's word
        run: StepFunction | None = None,
        *,
        workflow: str | None = None,
        **options: Unpack[StepOptions],
    ) -> Step:
        """Return a new step; without `run`, the one that is declared: `server.step("pay").fails("no money")`.

        Args:
            id: Its id.
            run: What it does.
            workflow: In which workflow it is declared, if several have one of this id.
            options: Those of `Step`.

        Raises:
            TypeError: What it does is no function, or there is no such option.
            ValueError: No step of this id is declared, or several are; says which may be meant.
        """
        if run is None:
            if options:
                raise TypeError(f"step {id!r} needs what it does: server.step({id!r}, lambda ctx: ..., **options)")
            return find_step(self.state, id, workflow)
        if workflow is not None:
            raise TypeError(f"step {id!r} is new; workflow={workflow!r} says where one is that is declared already")
        check_names(options, StepOptions.__annotations__, f"step {id!r}")
        return Step(id, run, **options)

    def workflow(
        self,
        id: str,  # noqa: A002 -- Mastra's word
        *,
        key: str | None = None,
        listed: bool = True,
        schedule: ScheduleOptions | Iterable[ScheduleOptions] | None = None,
        **options: Unpack[WorkflowOptions],
    ) -> Workflow:
        """Declare a workflow.

        Args:
            id: Its id.
            key: The key under which it is listed; by default its id.
            listed: Whether the server knows it by itself, not only as a step of other workflows.
            schedule: When it starts by itself, as the server's time passes: `{"cron": "0 2 * * *"}`, with `timezone`,
                `input_data`, `initial_state`, `request_context` and `metadata` if need be; or several of them, each
                with an `id`. It runs on the evented engine then.
            options: Those of `Workflow`.

        Raises:
            TypeError: There is no such option, or it is not what it may be.
            ValueError: A schedule that this server has not, that is never due, or whose expression it does not read.
        """
        check_names(options, ("key", "listed", "schedule", *WorkflowOptions.__annotations__), f"workflow {id!r}")
        read = read_schedules(schedule, id, self.generation, self.state.clock.now(), listed=listed, options=options)
        check_name(key, f"the key of workflow {id!r}")
        check_truth(listed, f"listed of workflow {id!r}")
        workflow = declare_workflow(self.state, id, key=key, listed=listed, **options)
        declare_schedules(read, workflow, self._timer)
        return workflow

    def load(self, details: Mapping[str, Any]) -> None:
        """Declare the workflows that a real server's `GET /workflows` lists; then `stub` their steps."""
        self._loader.load(details)

    def stub(
        self,
        id: str,  # noqa: A002 -- Mastra's word
        run: Any,
        *,
        workflow: str | None = None,
        retries: int | None = None,
    ) -> None:
        """Say what a step of a loaded workflow does.

        Args:
            id: The step's id; for conditions and computed values the id that `stepGraph` gives.
            run: What it does: a function of the context, or what it gives.
            workflow: Only there; by default wherever the id occurs.
            retries: How often the step is tried again, which details do not tell; by default not at all.

        Raises:
            TypeError: What it gives is no JSON, or would have to be awaited.
            ValueError: `retries` is no whole number from 0 up, or the id is that of a condition; or the step is
                declared with what it does.
        """
        check_count(retries, f"retries of step {id!r}")
        if callable(run):
            check_call(run, f"the stub of {id!r}")
        else:
            check_json(run, f"the stub of {id!r}")
        self._loader.stub(id, run, workflow=workflow, retries=retries, place=place_of_caller(1))

    def act_unstubbed(self, act: Act) -> None:
        """Have a function do what steps of loaded workflows do that have no stub."""
        check_function(act, "what acts unstubbed steps", "it takes the workflow's id, the step's, and the context", 3)
        self._loader.act_unstubbed(act)

    @classmethod
    def from_cassette(cls, path: str | PathLike[str], **options: Any) -> Self:
        """Return a fake whose workflows answer as they were recorded to: docs/drift.md.

        Args:
            path: The cassette.
            options: Those of this class; without `generation` it is that of the recorded server.

        Raises:
            ValueError: Which server it was, or the graph of a workflow, cannot be told from the cassette.
        """
        from pytest_mastra.cassettes.as_fake.build import build_fake  # noqa: PLC0415 -- few fakes are made so
        from pytest_mastra.cassettes.file.read_write import read_cassette  # noqa: PLC0415

        return build_fake(cls, read_cassette(path).exchanges, **options)

    def gate(self, name: str) -> Gate:
        """Return the gate of this name; a step that yields it waits until it is opened."""
        return self._gates.named(name)

    @property
    def requests(self) -> list[Request]:
        """All requests, in the order in which they came."""
        return self.journal.requests

    @property
    def strays(self) -> list[Request]:
        """The requests that met nothing: unknown workflows, routes and verbs."""
        return [request for request in self.journal.requests if request.stray]

    @property
    def unexpected_errors(self) -> list[UnexpectedError]:
        """Exceptions in declared steps that were not meant as failures, and the fake's own."""
        return self.state.unexpected_errors

    @property
    def token(self) -> str | None:
        """The only token that is let in; None if nobody needs one."""
        return self._http.token

    @token.setter
    def token(self, token: str | None) -> None:
        check_name(token, "a token")
        self._http.token = token

    @property
    def api_prefix(self) -> str:
        """Where Mastra's routes are."""
        return self._http.api_prefix

    @api_prefix.setter
    def api_prefix(self, api_prefix: str) -> None:
        check_prefix(api_prefix)
        self._http.api_prefix = api_prefix

    @property
    def body_limit(self) -> int | None:
        """The largest body in bytes; None if there is no limit."""
        return self._http.body_limit

    @body_limit.setter
    def body_limit(self, body_limit: int | None) -> None:
        check_count(body_limit, "body_limit, in bytes,")
        self._http.body_limit = body_limit

    @property
    def keep(self) -> int | None:
        """How many finished runs, requests and unexpected errors are kept; None for all."""
        return self._http.keep

    @keep.setter
    def keep(self, keep: int | None) -> None:
        check_count(keep, "keep")
        self._http.keep = self.journal.requests.limit = self.state.unexpected_errors.limit = keep

    @property
    def pace(self) -> Pace:
        """How runs progress whose workflow does not say."""
        return self._progress.pace

    @pace.setter
    def pace(self, pace: Pace) -> None:
        check_pace(pace)
        self._progress.pace = pace

    def runs(self, workflow_id: str) -> list[RunView]:
        """Return the runs of a workflow that requests named, in the order of their first request.

        Args:
            workflow_id: The workflow's id, or the key that it is listed under.

        Raises:
            ValueError: There is no such workflow; says which may be meant.
        """
        known_id = id_of_workflow(workflow_id, self.state)
        return SeenRuns(self, known_id, [RunView(self, notes) for notes in self.journal.runs(known_id)])

    def check(self, *, allow: str | Iterable[str] = ()) -> None:
        """Fail if anything went wrong unnoticed; the plugin's fixtures do so when a test ends.

        That is a request that met nothing, an exception in a step that was not meant, a fault that never came about,
        a gate that was opened and a step that was stubbed which there are not.

        Args:
            allow: What is meant: `strays`, `step_errors`, `unused_faults`, `unused_names`.

        Raises:
            AssertionError: Says what went wrong, and what came nearest.
            ValueError: There is no such thing to allow.
        """
        allowed = check_allowed(allow)
        found = find_problems(
            strays=self.strays,
            errors=self.unexpected_errors,
            faults=[UnusedFaults(self.faults)],
            names=unused_names([self.state]),
            allowed=allowed,
            how_to_allow="server.check(allow={!r})",
        )
        if found:
            raise AssertionError(as_text(found))

    def assert_exactly_once(self, workflow: str | None = None) -> None:
        """Fail if anything happened twice, or was begun and left, or nothing at all: docs/sweep.md.

        There is a run that was started. Each is started at most once, each suspension answered at most once, no step
        executed by two starts, and no run left unfinished that no request names.

        Args:
            workflow: Only runs of this workflow, by id or registered key; by default all.

        Raises:
            AssertionError: Says which runs, how often, and which steps were executed twice; or that none was started.
            ValueError: There is no such workflow; says which may be meant.
        """
        journal = self.journal
        notes = journal.all_runs() if workflow is None else journal.runs(id_of_workflow(workflow, self.state))
        named = {request.run_id for request in journal.requests}
        found = describe_violations(notes, named, self.state.store, "" if workflow is None else f" of {workflow!r}")
        if found:
            raise AssertionError("\n".join(["not exactly once:", *(f"  {one}" for one in found)]))

    def snapshot(self, workflow_id: str, run_id: str) -> dict[str, Any]:
        """Return a run as it is stored; empty if it is not.

        Raises:
            TypeError: An id is no text.
            ValueError: There is no such workflow; says which may be meant.
        """
        check_text(run_id, "a run's id")
        row = self.state.store.find(id_of_workflow(workflow_id, self.state), run_id)
        return row.snapshot if row is not None else {}

    @property
    def is_dead(self) -> bool:
        """Whether the server's process is dead, so that connections are refused."""
        return self.process.is_dead

    def die(self, *, back_after: float = math.inf) -> None:
        """Kill the server's process, as `kill -9` or a crash does: docs/faults.md.

        What is in its memory is gone, and what is stored stays: runs that were at work stay `running`. All
        connections are reset, and new ones refused until it is back. Called in a step, the step ends here.

        Args:
            back_after: Seconds after which it is back, on its clock or in reality; by default not before `revive()`.

        Raises:
            RuntimeError: It is dead already.
        """
        self.process.die(back_after, place_of_caller(1))

    def revive(self) -> None:
        """Have the process come back, with what is stored; one that lives is left alone."""
        self.process.revive()

    def advance_run(self, run_id: str) -> None:
        """Let the next step of a run that progresses by hand go on."""
        with self.state.driver.lock, suppress(ProcessDied):
            self._progress.advance(run_id)

    def open_gate(self, name: str) -> None:
        """Let all pass who wait at a gate, or come to it before the test ends."""
        with self.state.driver.lock:
            self._gates.open(name, place_of_caller(1))
        self.catch_up()

    def catch_up(self) -> None:
        """Let everything happen that is due by now; requests do so by themselves."""
        with self.state.driver.lock, suppress(ProcessDied):
            self._timer.catch_up()
            self._progress.catch_up()

    def handle(self, request: WireRequest) -> WireReply:
        """Return the reply to one request. May be called from several threads at once."""
        return self._surface.handle(request)

    def __repr__(self) -> str:
        workflows = ", ".join(self.state.workflows)
        return f"<FakeMastra {self.generation.name} [{workflows}] {len(self.requests)} requests>"

    if not TYPE_CHECKING:
        __getattr__ = tells_missing(
            run="runs",
            get_workflow="mastra_client.get_workflow",
            execute="mastra_client.get_workflow(id).execute(...)",
            add_workflow="workflow",
            create_workflow="workflow",
            create_step="step",
            on="faults.on",
        )
