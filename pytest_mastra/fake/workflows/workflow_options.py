"""What may be said of a workflow and of its entries, beside what they do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

from pytest_mastra.fake.virtual_time.pace import Pace
from pytest_mastra.fake.workflows.arguments import check_names, check_number
from pytest_mastra.fake.workflows.engines import Engine
from pytest_mastra.fake.workflows.schemas import SchemaLike
from pytest_mastra.text.values import shown


@dataclass(frozen=True, slots=True)
class RetryConfig:
    """How often a workflow's steps are tried again.

    Attributes:
        attempts: Further attempts.
        delay: Seconds between two.
    """

    attempts: int = 0
    delay: float = 0.0

    def __post_init__(self) -> None:
        check_number(self.attempts, "attempts of a retry_config", least=0, whole=True)
        check_number(self.delay, "the delay of a retry_config, in seconds,", least=0)

    @classmethod
    def of(cls, given: RetryConfig | Mapping[str, Any] | None) -> RetryConfig:
        """Return what was given, as one.

        Raises:
            TypeError: It is none; says what there is.
        """
        if isinstance(given, cls):
            return given
        if not isinstance(given, Mapping | None):
            raise TypeError(f"a retry_config is a mapping like {{'attempts': 2, 'delay': 1}}, not {shown(given)}")
        check_names(given or {}, ("attempts", "delay"), "a retry_config")
        return cls(**(given or {}))


class WorkflowOptions(TypedDict, total=False):
    """What `server.workflow` takes beside `id`, `key` and `listed`: see `Workflow`."""

    input_schema: SchemaLike
    output_schema: SchemaLike
    state_schema: SchemaLike
    request_context_schema: SchemaLike
    description: str | None
    metadata: Mapping[str, Any] | None
    retry_config: RetryConfig | Mapping[str, Any] | None
    validate_inputs: bool
    pace: Pace | None
    engine: Engine


class EntryOptions(TypedDict, total=False):
    """What may be said of an entry, for `details` to show."""

    id: str
    description: str | None
    metadata: Mapping[str, Any] | None


class ShownOptions(TypedDict, total=False):
    """What may be said of a mapping or a pause beside its `id`, for `details`."""

    description: str | None
    metadata: Mapping[str, Any] | None
