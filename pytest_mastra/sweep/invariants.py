"""What must hold after each point: everything happened once, and nothing was left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_mastra.fake.api.exactly_once import (
    Repeated,
    begun_walks,
    blind_answers,
    describe_left_behind,
    find_repeated,
    repeated_of,
)
from pytest_mastra.fake.engine.walks import Cause
from pytest_mastra.sweep.misplaced_answers import Answered, answered_questions, find_misplaced
from pytest_mastra.sweep.undone_answers import count_undone
from pytest_mastra.text.values import counted

if TYPE_CHECKING:
    from pytest_mastra.fake.api.journal import RunNotes
    from pytest_mastra.fake.server import FakeMastra
    from pytest_mastra.http.exchanges import Exchange

FIRST_REFUSAL = 300
"""The lowest status that says that a request did not take effect."""

_TO_BE_DONE = (Cause.START, Cause.RESUME)

_OF_SCHEDULES = {"run_schedule": "fired", "create_schedule": "made"}
"""Verbs that do more each time, besides those of runs, and what is done then to a schedule."""

_VOID = ("failed", "canceled", "tripwire")
"""Statuses of runs after which a script may well begin another one."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a test does on purpose, seen where nothing went wrong.

    Attributes:
        walks: How often a run was started, answered and so on; by workflow, run and cause.
        blind: How many answers it sends that come when nothing was asked, without being told so.
        left: How many runs it leaves that it does not name.
        done: How often any run of a workflow is started or answered that requests have asked for.
        schedules: How often schedules are fired by hand, and made, by the verb.
        runs: The ids of the runs of a workflow that were begun, without those that failed or were canceled.
        answers: Which questions are answered how.
    """

    walks: Counter[tuple[str, str, Cause]] = field(default_factory=Counter)
    blind: int = 0
    left: int = 0
    done: Counter[tuple[str, Cause]] = field(default_factory=Counter)
    schedules: Counter[str] = field(default_factory=Counter)
    runs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    answers: Answered = field(default_factory=dict)

    def of(self, workflow_id: str, run_id: str, cause: Cause) -> int:
        """Return how often something may happen to a run."""
        own = self.walks.get((workflow_id, run_id, cause))
        if own is None:
            # ids that the test or the server makes up differ from time to time
            same = (count for (workflow, _, of), count in self.walks.items() if (workflow, of) == (workflow_id, cause))
            own = max(same, default=0)
        return max(own, 1) if cause is Cause.START else own


def allowance_of(servers: Sequence[FakeMastra], left: int) -> Allowance:
    """Return what a test does on purpose, on all fakes that it asks."""
    runs = [notes for _, notes in _runs_of(servers)]
    moves = [
        ((notes.workflow_id, notes.run_id, cause), len(begun_walks(notes, cause)), notes.is_asked_for)
        for notes in runs
        for cause in Cause
    ]
    walks: Counter[tuple[str, str, Cause]] = Counter()
    for key, count, _ in moves:
        # runs of one name on two servers are two runs
        walks[key] = max(walks[key], count)
    blind = sum(len(blind_answers(notes)) for notes in runs)
    done = done_of((key, count) for key, count, is_asked_for in moves if is_asked_for)
    requests = ((request.verb, request.status) for server in servers for request in server.journal.requests)
    answers = answered_questions(runs)
    return Allowance(walks, blind, left, done, of_schedules(requests), _runs_at_work(servers), answers)


def _runs_of(servers: Iterable[FakeMastra]) -> Iterator[tuple[FakeMastra, RunNotes]]:
    for server in servers:
        for notes in server.journal.all_runs():
            yield server, notes


def _runs_at_work(servers: Iterable[FakeMastra]) -> dict[str, list[str]]:
    """Return the ids of the runs, by workflow, that requests have begun, and whose work counts."""
    runs: dict[str, list[str]] = {}
    for server, notes in _runs_of(servers):
        row = server.state.store.find(notes.workflow_id, notes.run_id)
        is_void = row is not None and str(row.status) in _VOID and not notes.did_work
        if notes.is_asked_for and begun_walks(notes, Cause.START) and not is_void:
            runs.setdefault(notes.workflow_id, []).append(notes.run_id)
    return runs


def done_of(moves: Iterable[tuple[tuple[str, str, Cause], int]]) -> Counter[tuple[str, Cause]]:
    """Return how often any run of a workflow was started or answered.

    Args:
        moves: How often something happened to a run; by workflow, run and cause.
    """
    done: Counter[tuple[str, Cause]] = Counter()
    for (workflow, _, cause), count in moves:
        if cause in _TO_BE_DONE:
            done[workflow, cause] += count
    return done


def of_schedules(requests: Iterable[tuple[str | None, int]]) -> Counter[str]:
    """Return how often a server fired and made schedules.

    Args:
        requests: Verb and status of each request.
    """
    return Counter(verb for verb, status in requests if verb in _OF_SCHEDULES and 0 < status < FIRST_REFUSAL)


def find_schedules(done: Allowance, allowance: Allowance) -> Iterator[tuple[str, str]]:
    """Give verb and line of what was done to schedules more often than on purpose.

    Args:
        done: What the script did.
        allowance: What it does on purpose.
    """
    for verb, count in done.schedules.items():
        expected = allowance.schedules[verb]
        if count > expected:
            not_so = "" if expected == 1 else f", not {expected}"
            yield verb, f"a schedule was {_OF_SCHEDULES[verb]} {counted(count, 'time')}{not_so}"


def find_undone(done: Allowance, allowance: Allowance) -> Iterator[str]:
    """Give a line for each workflow of which a script did less than without a fault.

    Args:
        done: What it did until it came to its end.
        allowance: What it does on purpose.
    """
    told = set()
    for (workflow, cause), expected in allowance.done.items():
        count = done.done[workflow, cause]
        if count < expected and workflow not in told:
            # what was not started could not be answered either
            told.add(workflow)
            was = f"was {cause.value} {count} of {counted(expected, 'time')}" if count else f"was not {cause.value}"
            yield f"{workflow!r} {was}, and the script ended as if all were well"


def find_more_runs(done: Allowance, allowance: Allowance) -> Iterator[str]:
    """Give a line for each workflow whose work was done again by more runs.

    Args:
        done: What the script did.
        allowance: What it does on purpose; workflows that it only starts where something goes wrong may be started.
    """
    for workflow, runs in done.runs.items():
        expected = len(allowance.runs.get(workflow, ()))
        if expected and len(runs) > expected:
            yield f"{workflow!r} was started in {len(runs)} runs, not {expected}: {', '.join(runs)}"


def find_too_often(servers: Iterable[FakeMastra], allowance: Allowance, *, deaths: int) -> Iterator[Repeated]:
    """Give what happened too often.

    Args:
        servers: The fakes that the test asked.
        allowance: What the test does on purpose.
        deaths: How often a server died: runs may be restarted as often, and given the answers again that it undid.
    """
    for _, notes in _runs_of(servers):
        names = notes.workflow_id, notes.run_id
        again = {Cause.RESTART: deaths, Cause.RESUME: count_undone(notes)} if deaths else {}
        too_often = [
            repeated_of(notes, walks, allowed)
            for cause in Cause
            if len(walks := begun_walks(notes, cause)) > (allowed := allowance.of(*names, cause) + again.get(cause, 0))
        ]
        yield from too_often or [one for one in find_repeated([notes]) if allowance.of(*names, Cause.START) == 1]


def find_blind(servers: Iterable[FakeMastra], allowance: Allowance) -> Iterator[str]:
    """Give a line for each run that was answered when it had asked nothing."""
    blind = [(notes, len(blind_answers(notes))) for _, notes in _runs_of(servers) if blind_answers(notes)]
    if sum(count for _, count in blind) > allowance.blind:
        for notes, count in blind:
            answers = counted(count, "answer")
            yield f"{notes.workflow_id!r} was sent {answers} when it had asked nothing (run {notes.run_id})"


def find_misplaced_answers(servers: Iterable[FakeMastra], allowance: Allowance) -> Iterator[str]:
    """Give a line for each answer to a question that another one is meant for."""
    return find_misplaced((notes for _, notes in _runs_of(servers)), allowance.answers)


@dataclass(frozen=True, slots=True)
class LeftRun:
    """A run that a script does not name when it comes to its end.

    Attributes:
        workflow_id: Its workflow.
        line: What is said of it.
        is_known_done: Whether it did its work, and the script knew its name when it was run before.
    """

    workflow_id: str
    line: str
    is_known_done: bool


def find_left(
    servers: Iterable[FakeMastra], known: Collection[RunNotes], exchanges: Sequence[Exchange], last: int
) -> Iterator[LeftRun]:
    """Give each run that the script made and does not name.

    Args:
        servers: The fakes that the test asked.
        known: Of the runs that were there before.
        exchanges: What the script said and was told.
        last: Which of them is the first of when it ran to its end.
    """
    names, earlier = is_named_in(exchanges[last:]), is_named_in(exchanges[:last])
    for server, notes in _runs_of(servers):
        row = server.state.store.find(notes.workflow_id, notes.run_id)
        if not notes.is_asked_for or notes in known or row is None or names(notes.run_id):
            continue
        is_known_done = row.status == "success" and earlier(notes.run_id)
        yield LeftRun(notes.workflow_id, describe_left_behind(notes, str(row.status)), is_known_done)


def is_named_in(exchanges: Iterable[Exchange]) -> Callable[[str], bool]:
    """Return what says whether a run is named in what a script said and was told."""
    said = list(exchanges)
    called = {exchange.call.run for exchange in said}
    texts = [exchange.request.body + b" " + exchange.body for exchange in said]

    def is_named(run_id: str) -> bool:
        written = run_id.encode("utf-8", "replace")
        return run_id in called or any(written in text for text in texts)

    return is_named


def lines_of_left(left: Iterable[LeftRun], done: Allowance, allowance: Allowance) -> list[str]:
    """Return a line for each run that was left.

    A script that keeps what it has done, and goes on from there, need not name it again: as long as as many runs have
    done the work as do on purpose.

    Args:
        left: The runs that it does not name.
        done: What the script did.
        allowance: What it does on purpose.
    """

    def is_no_more(one: LeftRun) -> bool:
        return len(done.runs.get(one.workflow_id, ())) <= len(allowance.runs.get(one.workflow_id, ()))

    return [one.line for one in left if not (one.is_known_done and is_no_more(one))]
