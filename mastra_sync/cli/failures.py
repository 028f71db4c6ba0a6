"""Every way in which the command can fail: what it says, and its exit status."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from mastra_sync import errors
from mastra_sync.cli.exits import Exit, Stop
from mastra_sync.cli.outcome import resume_schemas, waiting_line
from mastra_sync.cli.schemas import fields_of, in_words
from mastra_sync.cli.server import Server
from mastra_sync.delivery import HOW_TO_GIVE_TOKEN
from mastra_sync.documentation import see_error, slug_of
from mastra_sync.durations import duration
from mastra_sync.proxies import OVER_PROXY
from mastra_sync.recorded_data import listed_paths
from mastra_sync.suggest import did_you_mean, nearest_name, nearest_names
from mastra_sync.terminal.writing import one_line, printable
from mastra_sync.tls import CERT_VARIABLE, HOW_TO_OPEN, KEY_PASSWORD_VARIABLE
from mastra_sync.tls_failures import HOW_TO_SHOW, HOW_TO_TRUST

if TYPE_CHECKING:
    from mastra_sync.client import MastraClient

_OPTIONS = {
    "base_url": "the server's address (--url or MASTRA_BASE_URL)",
    "api_prefix": "--api-prefix",
    "headers": "--header",
    "token": "MASTRA_API_TOKEN",
    "proxy": "the proxy",
    "verify": "--ca-file",
    "cert": "--client-cert",
    "cert[0]": "--client-cert",
    "cert[1]": "--client-key",
    "workflow_id": "WORKFLOW",
    "run_id": "the run's id",
    "input_data": "the input",
    "resume_data": "the answer",
    "initial_state": "--initial-state",
    "context": "--context",
    "request_context": "--request-context",
    "resource_id": "--resource-id",
    "timeout": "--timeout",
    "step": "--step",
    "label": "--label",
    "for_each_index": "--for-each-index",
    "per_step": "--per-step",
    "limit": "--limit",
    "per_page": "--limit",
}
_LOOKED_THROUGH = 100
"""How many runs are looked through for one that may have been meant."""
_MOST = 3
_DOUBLED_PREFIX = re.compile(r"(?P<server>.*[^/])(?P<prefix>/[^/].*)(?P=prefix)")


@dataclass(slots=True)
class CommandContext:
    """What the command is doing, for whoever must explain why it did not work.

    Attributes:
        server: The server.
        client: Its client.
        workflow_id: The workflow, empty if it is about none.
        run_id: The run, empty if it is about none.
        input_data: What the run is to be started with; None if it is not.
        has_begun: True once the run may have been started or resumed by this command.
    """

    server: Server
    client: MastraClient
    workflow_id: str = ""
    run_id: str = ""
    input_data: Any = None
    has_begun: bool = False


def explain(error: errors.MastraError, context: CommandContext) -> Stop:
    """Return how the command ends because of a failure, and where the documentation explains that."""
    make = next((make for kind, make in _EXPLANATIONS if isinstance(error, kind)), _explain_other)
    stop = make(error, context)
    if not isinstance(error, errors.InvalidArgument):
        # a wrong command line is explained by --help
        stop.see = see_error(slug_of(type(error).__name__))
    return stop


def first_line(error: errors.MastraError) -> str:
    """Return what an exception says, in one line, without advice for programmers."""
    if isinstance(error, errors.APIStatusError):
        said = [error.message, *(f"{issue.get('field', '?')}: {issue.get('message', '?')}" for issue in error.issues)]
        # what is wrong with the whole of a value has no place in it
        text = "; ".join(said).replace("\n- : ", "\n- ")
        return one_line(text.replace(": \n- ", ": ").replace("\n- ", "; "), None)
    return one_line(str(error).partition("\n")[0], None)


# -- one function for each kind


def _explain_usage(error: errors.MastraError, context: CommandContext) -> Stop:
    return Stop(Exit.USAGE, _answer_of(error, context))


def _answer_of(error: errors.MastraError, context: CommandContext) -> str:
    """Return what an exception says, and the status if it is the server's word."""
    status = error.status_code if isinstance(error, errors.APIStatusError) else None
    line = first_line(error)
    return line if status is None else f"{context.client.base_url} answered {status}: {line}"


def _explain_argument(error: errors.InvalidArgument, _attempt: CommandContext) -> Stop:
    return Stop(Exit.USAGE, in_options(error))


def in_options(error: errors.InvalidArgument) -> str:
    """Return what is wrong with an argument, named as on the command line."""
    # an argument may be named with the path inside of it: `input_data.items[2]`
    name, path = re.fullmatch(r"(\w*)\.?(.*)", error.argument, re.DOTALL).groups()  # type: ignore[union-attr]
    if error.argument in _OPTIONS:
        name, path = error.argument, ""
    problem = str(error.args[0]).removeprefix(f"{error.argument}: ")
    problem = problem.replace(HOW_TO_OPEN, f"{KEY_PASSWORD_VARIABLE} has its password")
    return one_line(f"{_OPTIONS.get(name, name)}{f', at {path}' if path else ''}: {problem}", None)


def _explain_workflow(error: errors.WorkflowNotFound, context: CommandContext) -> Stop:
    hint = error.hint()
    return Stop(
        Exit.USAGE,
        f"{context.client.base_url} has no workflow {printable(context.workflow_id)!r}{'; ' if hint else ''}{hint}",
    )


def _explain_run(_error: errors.MastraError, context: CommandContext) -> Stop:
    near = did_you_mean(*_near_runs(context))
    hint = context.server.command("runs", context.workflow_id)
    return Stop(
        Exit.USAGE,
        f"{printable(context.workflow_id)!r} has no run {printable(context.run_id)!r}"
        f"{f'{near} List' if near else '; list'} its runs with: {hint}",
    )


def _near_runs(context: CommandContext) -> list[str]:
    """Return the ids of newer runs that begin as the wanted one, or are spelled alike."""
    wanted, known = context.run_id, list[str]()
    with contextlib.suppress(errors.MastraError):
        runs = context.client.get_workflow(context.workflow_id).iter_runs(per_page=_LOOKED_THROUGH)
        known += [run.run_id for run in islice(runs, _LOOKED_THROUGH) if run.run_id]
    beginning = [run_id for run_id in known if run_id.startswith(wanted)] if wanted else []
    return [printable(run_id) for run_id in (beginning or nearest_names(wanted, known, _MOST))[:_MOST]]


def _explain_started(_error: errors.MastraError, context: CommandContext) -> Stop:
    run_id, workflow_id = context.run_id, context.workflow_id
    run = f"run {printable(run_id)!r} of {printable(workflow_id)!r}"
    stands = ""
    with contextlib.suppress(errors.MastraError):
        stands = f" (it is {context.client.get_workflow(workflow_id).run_execution_result(run_id).status})"
    look = context.server.command("result", workflow_id, run_id)
    return Stop(
        Exit.USAGE,
        f"{run} was started before{stands}, so it was not started again; look at it with: {look}",
    )


def _explain_mismatch(error: errors.InputMismatch, context: CommandContext) -> Stop:
    run_id, workflow_id = context.run_id, context.workflow_id
    look = context.server.command("result", workflow_id, run_id)
    is_answer = error.argument == "resume_data"
    what = "answered otherwise" if is_answer else "started with another input"
    instead = "" if is_answer else "give another --run-id, or "
    return Stop(
        Exit.USAGE,
        f"run {printable(run_id)!r} of {printable(workflow_id)!r} was {what}: "
        f"{printable(listed_paths(error.paths))}; {instead}look at it with: {look}",
    )


def _explain_input(error: errors.MastraError, context: CommandContext) -> Stop:
    hint = ""
    with contextlib.suppress(errors.MastraError):
        schema = context.client.get_workflow(context.workflow_id).get_schema().input_schema
        hint = f" (the workflow takes {printable(in_words(schema))}{_misspelt_fields(context.input_data, schema)})"
    return Stop(Exit.USAGE, f"{first_line(error)}{hint}")


def _misspelt_fields(input_data: Any, schema: Mapping[str, Any] | None) -> str:
    known = [name.removesuffix("?") for name in fields_of(schema)]
    given = input_data if isinstance(input_data, Mapping) else {}
    near = {name: nearest_name(name, known) for name in given if name not in known}
    meant = [f"; no {printable(name)!r}{did_you_mean(found, before=': ')}" for name, found in near.items() if found]
    return "".join(meant[:_MOST])


def _explain_conflict(error: errors.MastraError, context: CommandContext) -> Stop:
    run, look = printable(context.run_id), context.server.command("result", context.workflow_id, context.run_id)
    return Stop(
        Exit.USAGE,
        f"run {run} of {printable(context.workflow_id)!r}: {first_line(error)}; look at it with: {look}",
    )


def _explain_several(error: errors.SeveralStepsSuspended, context: CommandContext) -> Stop:
    waiting = ", ".join(printable(step) for step in error.available)
    return Stop(
        Exit.USAGE, f"run {printable(context.run_id)} waits at several steps ({waiting}); say which one with --step"
    )


def _explain_answer(error: errors.MastraError, context: CommandContext) -> Stop:
    wanted = ""
    with contextlib.suppress(errors.MastraError):
        workflow = context.client.get_workflow(context.workflow_id)
        schemas = resume_schemas(workflow)
        places = dict.fromkeys(place.step for place in workflow.get_run(context.run_id).result().suspensions)
        wanted = "".join(
            f"{printable(step)} takes {printable(in_words(schemas[step]))}; " for step in places if step in schemas
        )
    return Stop(Exit.USAGE, f"{first_line(error)} ({wanted}the run is still suspended)")


def _explain_authentication(error: errors.AuthenticationError, context: CommandContext) -> Stop:
    sent = error.advice.replace(HOW_TO_GIVE_TOKEN, "set MASTRA_API_TOKEN").replace("the argument headers", "--header")
    return _at_the_server(
        f"{context.client.base_url} refuses access ({first_line(error)}). {sent}".rstrip().rstrip("."), context
    )


def _explain_connection(error: errors.APIConnectionError, context: CommandContext) -> Stop:
    problem = one_line(str(error).partition("\n")[0].rpartition(": ")[2], None)
    if error.advice:
        advice = error.advice.replace(HOW_TO_TRUST, "--ca-file or MASTRA_CA_FILE")
        advice = advice.replace(HOW_TO_SHOW, f"--client-cert or {CERT_VARIABLE}").rstrip(".")
        return _at_the_server(
            f"cannot reach {context.client.base_url}: {one_line(error.problem, None)}. {advice}", context
        )
    if OVER_PROXY in problem:
        advice = "HTTP_PROXY, HTTPS_PROXY and ALL_PROXY say which proxy is used, NO_PROXY where none is"
    else:
        advice = "is it running? --url or MASTRA_BASE_URL say where the server is"
    return _at_the_server(f"cannot reach {context.client.base_url}: {problem}; {advice}", context)


def _explain_route(_error: errors.MastraError, context: CommandContext) -> Stop:
    base_url = context.client.base_url
    # the prefix comes behind the address by itself
    doubled = _DOUBLED_PREFIX.fullmatch(base_url)
    hint = did_you_mean(f"--url {doubled['server']}", shown=str) if doubled else ""
    return _at_the_server(f"no Mastra server at {base_url}; check --url and --api-prefix{hint}", context)


def _explain_unlisted(error: errors.RunsNotListed, context: CommandContext) -> Stop:
    lines = [
        f"{printable(workflow_id)!r}: {_answer_of(failure, context)}" for workflow_id, failure in error.failures.items()
    ]
    inside = ", ".join(repr(printable(workflow_id)) for workflow_id in error.withheld)
    lines += [f"nor those of {inside}, which may be parts of runs of these"] if inside else []
    return Stop(Exit.SERVER, "\n  ".join(["this is not all: some workflows' runs could not be listed", *lines]))


def _explain_timeout(error: errors.RunTimeout, context: CommandContext) -> Stop:
    line = waiting_line(context.workflow_id, context.run_id, context.server)
    run = f"run {printable(context.run_id)} of {printable(context.workflow_id)!r}"
    why = error.advice or error.hint
    goes_on = f". {why} It was left as it is;" if why else "; it goes on,"
    return Stop(Exit.TIMEOUT, f"{run} has not ended after {duration(error.waited)}{goes_on} wait for it with\n{line}")


def _explain_unknown(error: errors.MastraError, context: CommandContext) -> Stop:
    look = context.server.command("result", context.workflow_id, context.run_id)
    return Stop(Exit.UNKNOWN, f"{first_line(error)} It was not sent again; look at the run with: {look}")


def _explain_other(error: errors.MastraError, context: CommandContext) -> Stop:
    return _at_the_server(_answer_of(error, context), context)


def _at_the_server(message: str, context: CommandContext) -> Stop:
    if not context.has_begun:
        return Stop(Exit.SERVER, message)
    line = waiting_line(context.workflow_id, context.run_id, context.server)
    return Stop(Exit.UNKNOWN, f"run {printable(context.run_id)} goes on, but {message}; wait for it with\n{line}")


_EXPLANATIONS: tuple[tuple[type[errors.MastraError], Callable[[Any, CommandContext], Stop]], ...] = (
    (errors.InvalidArgument, _explain_argument),
    (errors.APIConnectionError, _explain_connection),
    (errors.WorkflowNotFound, _explain_workflow),
    (errors.RunNotFound, _explain_run),
    (errors.RouteNotFound, _explain_route),
    (errors.RunAlreadyStarted, _explain_started),
    (errors.RunAlreadyFinished, _explain_started),
    (errors.InputMismatch, _explain_mismatch),
    (errors.InvalidInput, _explain_input),
    (errors.InvalidResumeData, _explain_answer),
    (errors.AuthenticationError, _explain_authentication),
    (errors.SeveralStepsSuspended, _explain_several),
    (errors.ConflictError, _explain_conflict),
    (errors.BadRequestError, _explain_usage),
    (errors.PayloadTooLarge, _explain_usage),
    (errors.UnsupportedByServer, _explain_usage),
    (errors.RunsNotListed, _explain_unlisted),
    (errors.RunTimeout, _explain_timeout),
    (errors.OutcomeUnknown, _explain_unknown),
)
