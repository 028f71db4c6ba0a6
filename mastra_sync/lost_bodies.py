"""Runs that do not show what they were given: their server may have lost it."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mastra_sync import evented
from mastra_sync.api import Api
from mastra_sync.errors import BadRequestError, MastraError
from mastra_sync.generations import CURRENT
from mastra_sync.operations import TIME_TRAVEL_ASYNC
from mastra_sync.request import HARMLESS_BODY
from mastra_sync.run_input import INPUT
from mastra_sync.step_graph import GRAPH

if TYPE_CHECKING:
    # pydantic's models take their time to load: they come with the first answer
    from mastra_sync.models import RunResult


@dataclass(frozen=True, slots=True)
class Given:
    """What a verb gives a run.

    Attributes:
        has_input: True if it gives an input.
        is_input_empty: True if that is an empty object.
        answers: True if it answers a suspension.
        names_owner: True if the run was made for a resource.
    """

    has_input: bool = False
    is_input_empty: bool = False
    answers: bool = False
    names_owner: bool = False

    @property
    def fills_input(self) -> bool:
        """True if it gives an input in which there is something."""
        return self.has_input and not self.is_input_empty


NOTHING_GIVEN = Given()


def given_as_input(input_data: Any) -> Given:
    """Return what is given by an input; None is nothing."""
    return Given(input_data is not None, _is_empty(input_data))


def lacks_input(run: RunResult, given: Given) -> bool:
    """True if a run was executed without any input, and was given one."""
    # what has no whole answer may have an input that is not told
    is_whole = run.step_execution_path is not None or GRAPH in (run.model_extra or {})
    # a step of that id takes the input's place
    is_missing = is_whole and bool(run.steps) and run.input_data is None and INPUT not in run.steps
    return given.has_input and is_missing


def sign_of_loss(run: RunResult, given: Given) -> str:
    """Return what speaks for a run not having got what it was given.

    It is empty if nothing does, and it proves nothing: a schema may leave nothing of an input, a run may have been made
    by somebody else.
    """
    # the evented engine takes {} for an input that is not there; what is stored does not tell the engine
    may_be_evented = evented.is_answer(run.raw) or GRAPH in run.raw
    if given.fills_input and _is_empty(run.input_data) and may_be_evented:
        return "The run was executed with an empty input"
    if given.answers and run.steps and not any(step.resumed_at for step in run.steps.values()):
        return "The answer did not reach the run"
    if given.names_owner and "resource_id" in run.model_fields_set and run.resource_id is None:
        return "The run belongs to nobody"
    return ""


def may_lack_input(payload: Mapping[str, Any], given: Given) -> bool:
    """True if a run's first step may lack the input that was given.

    Args:
        payload: What is told of the step when it begins.
        given: What the run was given.
    """
    if "payload" not in payload:
        return given.has_input
    return given.fills_input and _is_empty(payload["payload"])


def sees_bodies(api: Api, run: RunResult) -> bool:
    """True unless the run's server is known to lose bodies; current ones are asked once."""
    known = api.generation
    if known.sees_bodies is None and (known.current is CURRENT or evented.is_answer(run.raw)):
        # refused without a step as without a body, so that nothing can come of it
        with contextlib.suppress(MastraError):
            try:
                api.look(TIME_TRAVEL_ASYNC, body=HARMLESS_BODY)
            except BadRequestError as error:
                known.sees_bodies = not any(map(_misses_body, error.issues))
    return known.sees_bodies is not False


def _misses_body(issue: Mapping[str, Any]) -> bool:
    """True if a server that was sent an empty object says that nothing was sent."""
    return issue.get("field") == "root" and str(issue.get("message")).endswith("received undefined")


def _is_empty(value: Any) -> bool:
    return isinstance(value, Mapping) and not value
