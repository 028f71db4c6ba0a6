"""What steps raise, what a server refuses, and how both look on the wire.

Exception
  StepError            a failure that a step is meant to have
    NonRetryable       the same, and the step's retries are not used
  TripWire             a guard stops the run
  UnstubbedStep        a step of a loaded workflow that nobody has stubbed ran
  Refusal              a server refuses a request; becomes an error answer
"""

from __future__ import annotations

import importlib
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytest_mastra.fake.workflows.javascript import UNDEFINED, dumps, present, to_json_value, without

MOST_CAUSES = 5
"""Causes deeper than this are left out."""

_MACHINERY = (f"{Path(__file__).parents[1]}", "<frozen ", f"{importlib.__file__}")
"""How the names of files begin whose frames are not the user's."""


class StepError(Exception):
    """A failure that a step is meant to have.

    The run fails with it, and the test does not.

    Args:
        message: The error's message.
        name: The class of the JavaScript error.
        cause: What caused it: another exception.
        properties: Further properties of the JavaScript error, `code="E_X"` for example.
    """

    def __init__(
        self, message: str = "", *, name: str = "Error", cause: BaseException | None = None, **properties: Any
    ) -> None:
        super().__init__(message)
        self.message = message
        self.name = name
        self.cause = cause
        self.properties = properties


class NonRetryable(StepError):
    """A failure that a step is meant to have, at once: its retries are not used."""


class TripWire(Exception):
    """A guard stops the run: its status becomes `tripwire`.

    Args:
        reason: Why.
        retry: Whether the caller should try again.
        metadata: Anything.
        processor_id: Who stopped it.
    """

    def __init__(
        self, reason: str, *, retry: bool | None = None, metadata: Any = None, processor_id: str | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry = retry
        self.metadata = metadata
        self.processor_id = processor_id

    def details(self) -> dict[str, Any]:
        """Return what the run's `tripwire` holds."""
        return present(
            {
                "reason": self.reason,
                "retry": UNDEFINED if self.retry is None else self.retry,
                "metadata": UNDEFINED if self.metadata is None else to_json_value(self.metadata),
                "processorId": UNDEFINED if self.processor_id is None else self.processor_id,
            }
        )


class Throw(Exception):
    """What a JavaScript step throws that is no Error: a text, an object, or nothing.

    Args:
        value: What is thrown.
    """

    def __init__(self, value: Any = UNDEFINED) -> None:
        super().__init__(value)
        self.value = UNDEFINED if value is UNDEFINED else to_json_value(value)


class UnstubbedStep(Exception):
    """A step of a loaded workflow ran that nobody has stubbed."""


class Thrown(Exception):
    """An error that is on its way through nested workflows, as JSON already."""

    def __init__(self, error: Any, *, non_retryable: bool = False) -> None:
        super().__init__(str(error))
        self.error = error
        self.non_retryable = non_retryable


class Refusal(Exception):
    """A server refuses a request.

    Args:
        message: What the answer's `error` says.
        status: HTTP status.
        name: The class of the JavaScript error.
        code: Mastra's own code, by which some refusals are known.
        details: What Mastra adds for code.
        cause: What it came from, as JSON.
        fields: Further fields of the answer.
    """

    def __init__(
        self,
        message: str,
        status: int = 500,
        *,
        name: str = "Error",
        code: str | None = None,
        details: Mapping[str, Any] | None = None,
        cause: Mapping[str, Any] | None = None,
        fields: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.name = name
        self.code = code
        self.details = dict(details or {})
        self.cause = cause
        self.fields = dict(fields or {})

    def as_error(self) -> Any:
        """Return the error as a step or a stream shows it."""
        if self.code is None:
            return {"message": self.message, "name": self.name}
        error = {
            "message": self.message,
            "domain": "MASTRA_WORKFLOW",
            "category": "USER",
            "code": self.code,
            "details": self.details,
        }
        return error if self.cause is None else {**error, "cause": self.cause}


def is_meant(error: BaseException) -> bool:
    """Return whether a test means an exception to be a failure of the run."""
    return isinstance(error, (StepError, Throw, TripWire, Thrown, Refusal))


def error_object(error: BaseException, depth: int = 0) -> Any:
    """Return an exception as current and 1.2 servers put it into results."""
    if isinstance(error, Thrown):
        return rethrown(error.error)
    if isinstance(error, Refusal):
        return error.as_error()
    if isinstance(error, TripWire):
        return _tripwire_error(error)
    if isinstance(error, Throw):
        return _thrown_object(error.value)
    fields: dict[str, Any] = {"message": _message(error), "name": _name(error)}
    cause = error.cause if isinstance(error, StepError) else error.__cause__
    if cause is not None and depth < MOST_CAUSES:
        fields["cause"] = error_object(cause, depth + 1)
    properties = to_json_value(error.properties) if isinstance(error, StepError) else {}
    return fields | {key: value for key, value in properties.items() if key not in fields}


def rethrown(error: Any) -> Any:
    """Return an error after a nested workflow has thrown it on to the workflow around it."""
    if not isinstance(error, Mapping):
        return {"message": str(error), "name": "Error"}
    head = {"message": error.get("message", ""), "name": error.get("name", "Error")}
    cause = {"cause": rethrown(error["cause"])} if "cause" in error else {}
    return head | cause | without(error, frozenset({"message", "name", "cause"}))


def error_string(error: BaseException) -> str:
    """Return an exception as 1.0 beta puts it into results: a string."""
    if isinstance(error, Thrown):
        return f"Error: {error.error}"
    if isinstance(error, Refusal):
        return f"Error: {error.message}"
    if isinstance(error, TripWire):
        return f"Error: {error.reason}"
    if isinstance(error, Throw):
        return f"Error: {_thrown_text(error.value)}"
    return f"{_name(error)}: {_message(error)}"


def request_error(error: Refusal) -> Any:
    """Return the `metadata.error` of a stream whose request was refused."""
    return error.as_error() if error.code is not None else {}


def refusal_body(refusal: Refusal) -> bytes:
    """Return the body of an error answer."""
    return dumps({"error": refusal.message, **refusal.fields})


def _thrown_object(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        message = value["message"] if isinstance(value.get("message"), str) else dumps(value).decode()
        return {"message": message, "name": "Error"} | without(value, frozenset({"message", "name"}))
    return {"message": value if value and isinstance(value, str) else "Unknown step execution error", "name": "Error"}


def _thrown_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "Unknown error" if value is UNDEFINED else dumps(value).decode()


def _message(error: BaseException) -> str:
    return error.message if isinstance(error, (StepError, Refusal)) else str(error)


def _name(error: BaseException) -> str:
    return error.name if isinstance(error, StepError) else type(error).__name__


def _tripwire_error(error: TripWire) -> dict[str, Any]:
    details = error.details()
    options = {key: details[key] for key in ("retry", "metadata") if key in details}
    processor = {"processorId": details["processorId"]} if "processorId" in details else {}
    return {"message": error.reason, "name": "Error", "options": options, **processor}


def own_traceback(error: BaseException) -> str:
    """Return a traceback without the leading frames of the fake and the import system.

    For people who declare workflows: it begins in their own code.
    """
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename.startswith(_MACHINERY):
        frames = frames.tb_next
    return "".join(traceback.format_exception(type(error), error, frames, chain=False)).rstrip()
