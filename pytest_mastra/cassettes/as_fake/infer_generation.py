"""Which server generation was recorded, as its answers show it. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from mastra_sync.records import END_MARK
from pytest_mastra.http.bodies import OK, is_stream, records_of, reply_json, rest_of
from pytest_mastra.http.exchanges import Ending, Exchange

CURRENT, RELEASE_1_2, BETA_1_0 = "current", "1.2", "1.0-beta"
EVERY = (CURRENT, RELEASE_1_2, BETA_1_0)
OLDER = frozenset({RELEASE_1_2, BETA_1_0})

_REFUSED = 400


class GenerationUnclear(ValueError):
    """A recording speaks for no one generation."""


def infer_generation(exchanges: Iterable[Exchange], gaps: list[str]) -> str:
    """Return the generation of the server that was recorded.

    Args:
        exchanges: The recording.
        gaps: Takes what was taken for granted, in words.

    Raises:
        GenerationUnclear: It speaks for none: recordings of several servers in one.
    """
    left = set(EVERY)
    for exchange in exchanges:
        for possible in _possible_generations(exchange):
            if not left & possible:
                raise GenerationUnclear(
                    "the recording is not of one server generation: "
                    f"{exchange.request.method} {exchange.request.path} was answered as by {_listed(possible)}, "
                    f"what came before as by {_listed(left)}; say which one to fake: "
                    'from_cassette(..., generation="current")'
                )
            left &= possible
    chosen = next(name for name in EVERY if name in left)
    if len(left) > 1:
        gaps.append(f"the server's generation is not clear ({_listed(left)}): taken to be {chosen}")
    return chosen


def _listed(names: Iterable[str]) -> str:
    return " or ".join(name for name in EVERY if name in names)


def _possible_generations(exchange: Exchange) -> Iterator[set[str]]:
    """Give which generations would answer so, for each thing that tells them apart."""
    verb = exchange.call.verb
    if is_stream(exchange):
        yield from _of_stream(exchange)
        return
    answer = reply_json(exchange)
    if not isinstance(answer, dict):
        return
    if exchange.status != OK:
        yield from _of_refusal(exchange, answer)
    elif verb == "run_execution_result":
        yield {BETA_1_0}
    elif verb == "run_by_id":
        yield from _of_reading(exchange, answer)
    elif verb in ("list_workflows", "details"):
        yield from _of_details(answer)
    elif exchange.call.row.answers_run and "steps" in answer:
        # the evented engine of current servers says neither
        evented = "input" not in answer
        yield {CURRENT} if "runId" in answer or "stepExecutionPath" in answer or evented else set(OLDER)
        if answer.get("status") == "suspended" and "suspendPayload" not in answer and not evented:
            yield {BETA_1_0}
        yield from _of_steps(answer)


def _of_stream(exchange: Exchange) -> Iterator[set[str]]:
    if exchange.ending is Ending.WHOLE and not exchange.call.row.replays:
        ended = b"".join(exchange.chunks).rstrip().endswith(END_MARK) or bool(rest_of(exchange))
        yield set(OLDER) if ended else {CURRENT}
    for record in records_of(exchange):
        payload = record.get("payload") if isinstance(record, dict) else None
        if isinstance(payload, dict) and str(record.get("type", "")).startswith("workflow-"):
            yield from _of_error(payload.get("error"))


def _of_reading(exchange: Exchange, answer: dict[str, Any]) -> Iterator[set[str]]:
    if "snapshot" in answer and "status" not in answer:
        yield {BETA_1_0}
        return
    yield {CURRENT, RELEASE_1_2}
    if "fields=" not in exchange.request.query and not answer.get("isFromInMemory"):
        yield {CURRENT} if "suspendedPaths" in answer else {RELEASE_1_2}


def _of_details(answer: dict[str, Any]) -> Iterator[set[str]]:
    for workflow in [answer] if "stepGraph" in answer else list(answer.values()):
        if isinstance(workflow, dict) and "stepGraph" in workflow:
            yield {CURRENT} if "origin" in workflow else set(OLDER)


def _of_refusal(exchange: Exchange, answer: dict[str, Any]) -> Iterator[set[str]]:
    error = answer.get("error")
    if isinstance(error, str) and error.startswith(("Invalid input data: \n", "Invalid resume data: \n")):
        yield {CURRENT} if exchange.status == _REFUSED else set(OLDER)
    if "details" in answer:
        yield {BETA_1_0}
    elif isinstance(issues := answer.get("issues"), list) and issues and isinstance(issues[0], dict):
        yield {RELEASE_1_2} if issues[0].get("field") == "unknown" else {CURRENT}


def _of_steps(answer: dict[str, Any]) -> Iterator[set[str]]:
    steps = answer.get("steps")
    for step in steps.values() if isinstance(steps, dict) else ():
        if not isinstance(step, dict):
            continue
        yield from _of_error(step.get("error"))
        names = list(step)
        if {"metadata", "output"} <= set(names) and names != sorted(names):
            yield {BETA_1_0} if names.index("metadata") < names.index("output") else {CURRENT, RELEASE_1_2}


def _of_error(error: Any) -> Iterator[set[str]]:
    if error is not None:
        yield {BETA_1_0} if isinstance(error, str) else {CURRENT, RELEASE_1_2}
