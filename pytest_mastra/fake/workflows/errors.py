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
from datetime import date
from pathlib import Path
from typing import Any

from pytest_mastra.fake.workflows.arguments import check_json, check_name, check_truth
from pytest_mastra.fake.workflows.javascript import (
    NULL,
    UNDEFINED,
    dumps,
    present,
    spread,
    to_json_value,
    truthy,
    without,
)
from pytest_mastra.text.values import shown

MOST_CAUSES = 5
"""Of causes deeper than this only the properties of their own are told."""

_MACHINERY = (f"{Path(__file__).parents[1]}", "<frozen ", f"{importlib.__file__}")
"""How the names of files begin whose frames are not the user's."""


class StepError(Exception):
    """A failure that a step is meant to have.

    The run fails with it, and the test does not.

    Args:
        message: The error's message.
        name: The class of the JavaScript error.
        cause: What caused it: another exception, or what JSON has; `NULL` for null.
        properties: Further properties of the JavaScript error, `code="E_X"` for example.

    Raises:
        TypeError: The message or the name is no text, or JSON has nothing for the cause or for a property.
    """

    def __init__(self, message: str = "", *, name: str = "Error", cause: Any = None, **properties: Any) -> None:
        what = type(self).__name__
        hint = f"; {what}(str(error), cause=error) tells of both" if isinstance(message, BaseException) else ""
        if not isinstance(message, str):
            raise TypeError(f"the message of a {what} is a text, not {shown(message)}{hint}")
        if not isinstance(name, str):
            raise TypeError(f"the name of a {what} is a text, not {shown(name)}")
        check_json(properties, f"a property of a {what}")
        super().__init__(message)
        self.message = message
        self.name = name
        if not isinstance(cause, BaseException):
            check_json(cause, f"the cause of a {what}")
        self.cause = cause if cause is NULL or isinstance(cause, BaseException) else to_json_value(cause)
        self.properties = properties


class NonRetryable(StepError):
    """A failure that a step is meant to have, at once: its retries are not used.

    Args:
        message: The error's message.
        name: The class of the JavaScript error.
        cause: As that of a `StepError`.
        properties: Further properties of the JavaScript error.
    """

    def __init__(
        self, message: str = "", *, name: str = "MastraNonRetryableError", cause: Any = None, **properties: Any
    ) -> None:
        super().__init__(message, name=name, cause=cause, **{"isNonRetryable": True, **properties})


class TripWire(Exception):
    """A guard stops the run: its status becomes `tripwire`.

    Args:
        reason: Why.
        retry: Whether the caller should try again.
        metadata: Anything that JSON has.
        processor_id: Who stopped it.

    Raises:
        TypeError: An argument is of the wrong kind.
    """

    def __init__(
        self, reason: str, *, retry: bool | None = None, metadata: Any = None, processor_id: str | None = None
    ) -> None:
        if not isinstance(reason, str):
            raise TypeError(f"the reason of a TripWire is a text, not {shown(reason)}")
        if retry is not None:
            check_truth(retry, "retry of a TripWire")
        check_json(metadata, "the metadata of a TripWire")
        check_name(processor_id, "the processor_id of a TripWire")
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
        told = UNDEFINED if value is UNDEFINED else to_json_value(value)
        # a moment is an object there, whose JSON becomes the message
        self.value = dumps(told).decode() if isinstance(value, date) else told


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
        return _rethrown(error)
    if isinstance(error, Refusal):
        return error.as_error()
    if isinstance(error, TripWire):
        return _tripwire_error(error)
    if isinstance(error, Throw):
        return error_of_value(error.value)
    cause = error.cause if isinstance(error, StepError) else error.__cause__
    properties = to_json_value(error.properties) if isinstance(error, StepError) else {}
    if depth > MOST_CAUSES:
        return properties
    fields: dict[str, Any] = {"message": _message(error), "name": _name(error)}
    if isinstance(cause, BaseException):
        fields["cause"] = error_object(cause, depth + 1)
    elif cause is not None:
        fields["cause"] = None if cause is NULL else cause
    return fields | {key: value for key, value in properties.items() if key not in fields}


def _rethrown(error: Thrown) -> Any:
    """Return an error that a nested workflow throws on; a final one is wrapped."""
    if not error.non_retryable:
        return error_of_value(error.error)
    return error_object(NonRetryable(error.error.get("message", ""), cause=error.error))


def error_of_value(value: Any, fallback: str = "Unknown step execution error") -> dict[str, Any]:
    """Return the error that current and 1.2 servers make of what is thrown and is none."""
    if not isinstance(value, (dict, list)):
        return {"message": value if value and isinstance(value, str) else fallback, "name": "Error"}
    fields = spread(value)
    error = {"message": fields.get("message", _object_text(value)), "name": fields.get("name", "Error")}
    if "cause" in fields:
        error["cause"] = fields["cause"]
    indices = {key: item for key, item in fields.items() if key.isdecimal()}
    return indices | error | without(fields, frozenset({*error, "stack"}))


def error_string(error: BaseException) -> str:
    """Return an exception as 1.0 beta puts it into results: a string without its class."""
    if isinstance(error, Thrown):
        return f"Error: {error.error}"
    if isinstance(error, TripWire):
        return f"Error: {error.reason}"
    if isinstance(error, Throw):
        return f"Error: {_thrown_text(error.value)}"
    return f"Error: {_message(error)}"


def request_error(error: Refusal) -> Any:
    """Return the `metadata.error` of a stream whose request was refused."""
    return error.as_error() if error.code is not None else {}


def refusal_body(refusal: Refusal) -> bytes:
    """Return the body of an error answer."""
    return dumps({"error": refusal.message, **refusal.fields})


def _thrown_text(value: Any) -> str:
    if value is UNDEFINED or not truthy(value):
        return "Unknown error"
    return value if isinstance(value, str) else _object_text(value)


def _object_text(value: Any) -> str:
    return "[object Object]" if value == {} else dumps(value).decode()


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
