"""What runs wait for, whichever workflow they are of: listed, watched, answered."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from mastra_sync import errors
from mastra_sync.cli.exits import Exit, Stop
from mastra_sync.cli.failures import CommandContext, explain, first_line
from mastra_sync.cli.following import ResumeArguments, WatchOptions, answer, connect
from mastra_sync.cli.listing import local_time
from mastra_sync.cli.outcome import distinct_suspensions, item_of, resume_schemas, resuming_line
from mastra_sync.cli.questions import Unanswered, ask_person
from mastra_sync.cli.schemas import in_words
from mastra_sync.cli.server import PROGRAM, Server
from mastra_sync.cli.tables import print_table
from mastra_sync.terminal.writing import complain, is_terminal, one_line, print_json, print_text, printable

if TYPE_CHECKING:
    from mastra_sync.models import RunResult, Suspension

LONG_AGO = datetime.min.replace(tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class InboxOptions:
    """What is wanted of the inbox.

    Attributes:
        run_id: Only runs whose id begins so; None for all.
        answers: Ask the person at the terminal.
        watches: Go on with what comes later.
        every: Seconds between two looks.
        as_json: Print JSON.
        watching: How a run is watched that was answered.
    """

    run_id: str | None
    answers: bool
    watches: bool
    every: float
    as_json: bool
    watching: WatchOptions


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """One place where a run waits.

    Attributes:
        workflow_id: The run's workflow.
        run: The run.
        suspension: The place.
        schema: JSON Schema of the answer, None where the server tells none.
    """

    workflow_id: str
    run: RunResult
    suspension: Suspension
    schema: Mapping[str, Any] | None

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self.run.run_id or ""

    @property
    def since(self) -> datetime | None:
        """When it was asked."""
        return self.suspension.suspended_at or self.run.updated_at

    @property
    def key(self) -> tuple[Any, ...]:
        """What tells it from each other one, and from a later one of the same step."""
        place = self.suspension
        return self.workflow_id, self.run_id, place.step, place.for_each_index, place.suspended_at

    @property
    def where(self) -> str:
        """The step, and the item of a foreach."""
        return f"{self.suspension.step}{item_of(self.suspension)}"


@dataclass(frozen=True, slots=True)
class Look:
    """What one look has found.

    Attributes:
        questions: What runs wait for, the oldest first.
        unlisted: Of which workflows that could not be seen; None if of none.
    """

    questions: list[OpenQuestion]
    unlisted: errors.RunsNotListed | None


def show_inbox(server: Server, options: InboxOptions) -> Exit:
    """Print what runs wait for, the oldest first, or ask for answers.

    Raises:
        RunsNotListed: Once that is done, if runs of some workflows could not be seen.
    """
    if options.answers and not is_terminal(sys.stdin):
        hint = server.command("resume", "WORKFLOW", "RUN_ID", last=["KEY=VALUE"])
        raise Stop(Exit.USAGE, f"--answer asks a person, and stdin is no terminal; a script answers with: {hint}")
    with connect(server) as context:
        if options.answers:
            _use_each(context, options, lambda question: _put(question, context, options.watching))
        elif options.watches:
            _use_each(context, options, lambda question: _print(question, server, options))
        else:
            _list(context, options)
        return Exit.SUCCESS


def _list(context: CommandContext, options: InboxOptions) -> None:
    found = _waiting(context, options)
    questions = found.questions
    if not questions and found.unlisted is None:
        _say_empty(context, options)
    if options.as_json:
        print_json([_record(question, context.server) for question in questions])
    elif options.run_id is not None:
        for question in questions:
            _print(question, context.server, options)
    elif questions:
        print_table(("RUN", "WORKFLOW", "STEP", "SINCE", "ASKS", "ANSWER"), [_row(question) for question in questions])
        complain(f"{PROGRAM}: answer with: {context.server.command('inbox', options=['--answer'])}")
    if found.unlisted is not None:
        raise found.unlisted


def _waiting(context: CommandContext, options: InboxOptions) -> Look:
    """Return what runs wait for."""
    questions: list[OpenQuestion] = []
    unlisted: errors.RunsNotListed | None = None
    try:
        questions.extend(_questions(context, options.run_id or ""))
    except errors.RunsNotListed as error:
        unlisted = error
    return Look(sorted(questions, key=lambda question: question.since or LONG_AGO), unlisted)


def _questions(context: CommandContext, beginning: str) -> Iterator[OpenQuestion]:
    schemas: dict[str, dict[str, dict[str, Any]]] = {}
    for run in context.client.iter_suspended():
        if not (run.run_id or "").startswith(beginning):
            continue
        workflow_id = run.workflow_id or ""
        workflow = context.client.get_workflow(workflow_id)
        if workflow_id not in schemas:
            schemas[workflow_id] = resume_schemas(workflow)
        for suspension in distinct_suspensions(run, workflow.get_run(run.run_id or "")):
            yield OpenQuestion(workflow_id, run, suspension, schemas[workflow_id].get(suspension.step))


def _say_empty(context: CommandContext, options: InboxOptions) -> None:
    """Say that nothing waits.

    Raises:
        Stop: A run was meant, and that one does not.
    """
    if options.run_id is None:
        complain(f"{PROGRAM}: no run of {context.client.base_url} waits for an answer")
        return
    listing = context.server.command("inbox")
    raise Stop(Exit.USAGE, f"no run {printable(options.run_id)!r} waits for an answer; list those that do: {listing}")


def _use_each(context: CommandContext, options: InboxOptions, use: Callable[[OpenQuestion], None]) -> None:
    """Use each question once, those that come meanwhile too, until none is new.

    Whoever watches goes on for ever, and is told once of what cannot be seen.
    """
    used: set[tuple[Any, ...]] = set()
    told = ""
    found = _waiting(context, options)
    if not found.questions and found.unlisted is None and not options.watches:
        _say_empty(context, options)
    while True:
        missing = explain(found.unlisted, context).message if found.unlisted is not None else ""
        if options.watches and missing not in ("", told):
            complain(f"{PROGRAM}: {missing}")
        told = missing
        new = [question for question in found.questions if question.key not in used]
        for question in new:
            used.add(question.key)
            use(question)
        if not new and not options.watches:
            if found.unlisted is not None:
                raise found.unlisted
            return
        if not new:
            time.sleep(options.every)
        found = _look_again(context, options)


def _look_again(context: CommandContext, options: InboxOptions) -> Look:
    """Return what runs wait for now; whoever watches waits for a server that is away."""
    if not options.watches:
        return _waiting(context, options)
    is_told = False
    while (found := _try_again(context, options, is_told=is_told)) is None:
        is_told = True
        time.sleep(options.every)
    return found


def _try_again(context: CommandContext, options: InboxOptions, *, is_told: bool) -> Look | None:
    try:
        return _waiting(context, options)
    except (errors.APIConnectionError, errors.ServerError) as error:
        if not is_told:
            complain(f"{PROGRAM}: {first_line(error)}; looking again every {options.every:g} s")
        return None


def _put(question: OpenQuestion, context: CommandContext, watching: WatchOptions) -> None:
    """Put a question to the person until their answer is taken, or they pass it over."""
    context.workflow_id, context.run_id = question.workflow_id, question.run_id
    complain(_in_words(question))
    complain("    (Ctrl-D passes it over)")
    while True:
        context.has_begun = False
        try:
            given = ask_person(question.schema)
            step = question.suspension
            arguments = ResumeArguments(given, step, None, None, joins=False, options={})
            answer(context, arguments, watching)
        except Unanswered:
            return
        except (errors.InvalidResumeData, errors.InvalidArgument) as error:
            complain(f"{PROGRAM}: {explain(error, context).message}")
        except errors.ConflictError as error:
            # somebody else was faster
            complain(f"{PROGRAM}: {explain(error, context).message}")
            return
        else:
            context.has_begun = False
            return


def _print(question: OpenQuestion, server: Server, options: InboxOptions) -> None:
    if options.as_json:
        print_json(_record(question, server), one_per_line=True)
        return
    print_text(_in_words(question))
    print_text(f"    {_line(question, server)}")


def _in_words(question: OpenQuestion) -> str:
    since = f", since {local_time(question.since)}" if question.since else ""
    run = f"run {printable(question.run_id)} of {printable(question.workflow_id)!r}"
    lines = [f"{run} at {printable(question.where)}{since}"]
    if question.suspension.payload not in (None, {}):
        lines.append(f"    asks    {one_line(question.suspension.payload, None)}")
    if question.schema is not None:
        lines.append(f"    answer  {printable(in_words(question.schema))}")
    return "\n".join(lines)


def _line(question: OpenQuestion, server: Server) -> str:
    return resuming_line(question.workflow_id, question.run_id, question.suspension, question.schema, server)


def _row(question: OpenQuestion) -> tuple[str, ...]:
    asks = one_line(question.suspension.payload)
    since = local_time(question.since)
    return question.run_id, question.workflow_id, question.where, since, asks, in_words(question.schema)


def _record(question: OpenQuestion, server: Server) -> dict[str, Any]:
    place = question.suspension
    return {
        "workflowId": question.workflow_id,
        "runId": question.run_id,
        "step": place.step,
        "forEachIndex": place.for_each_index,
        "labels": place.labels,
        "suspendedAt": question.since,
        "payload": place.payload,
        "resumeSchema": question.schema,
        "command": _line(question, server),
    }
