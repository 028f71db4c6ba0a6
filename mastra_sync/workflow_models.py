"""What a server says about workflows: their steps, graphs and schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from mastra_sync.json_types import Moment
from mastra_sync.normalise import schema_of
from mastra_sync.server_model import ServerModel


class WorkflowSchema(ServerModel):
    """A workflow's JSON Schemas; None where the workflow declares none."""

    input_schema: dict[str, Any] | None = None
    output_schema: dict[str, Any] | None = None
    state_schema: dict[str, Any] | None = None


class StepDetails(ServerModel):
    """What a server tells of a step that a workflow declares."""

    id: str = ""
    description: str | None = None
    input_schema: Annotated[dict[str, Any] | None, BeforeValidator(schema_of)] = None
    output_schema: Annotated[dict[str, Any] | None, BeforeValidator(schema_of)] = None
    resume_schema: Annotated[dict[str, Any] | None, BeforeValidator(schema_of)] = None
    suspend_schema: Annotated[dict[str, Any] | None, BeforeValidator(schema_of)] = None
    state_schema: Annotated[dict[str, Any] | None, BeforeValidator(schema_of)] = None
    is_workflow: bool = False


class WorkflowDetails(ServerModel):
    """What a server tells of a workflow: its steps, graph and schemas.

    Attributes:
        name: The workflow's id.
        steps: Top-level steps by id.
        all_steps: Steps of nested workflows too, as `nested.step`.
        step_graph: The graph as the server writes it; its entries differ between generations.
    """

    name: str = ""
    description: str | None = None
    metadata: dict[str, Any] | None = None
    steps: dict[str, StepDetails] = Field(default_factory=dict)
    all_steps: dict[str, StepDetails] = Field(default_factory=dict)
    step_graph: list[Any] = Field(default_factory=list)
    step_count: int | None = None
    input_schema: Annotated[dict[str, Any] | None, BeforeValidator(schema_of)] = None
    output_schema: Annotated[dict[str, Any] | None, BeforeValidator(schema_of)] = None
    state_schema: Annotated[dict[str, Any] | None, BeforeValidator(schema_of)] = None

    @model_validator(mode="before")
    @classmethod
    def _refuse_other_objects(cls, value: Any) -> Any:
        known = {name for field, info in cls.model_fields.items() for name in (field, info.alias)}
        if isinstance(value, Mapping) and not known.intersection(value):
            raise ValueError("this is no workflow, for it has no name, no steps and no schemas")
        return value

    @property
    def validates_inputs(self) -> bool:
        """False if the workflow takes, and keeps, its input as it comes."""
        options = (self.model_extra or {}).get("options")
        return not isinstance(options, Mapping) or options.get("validateInputs") is not False

    @property
    def schema_set(self) -> WorkflowSchema:
        """The workflow's own schemas."""
        return WorkflowSchema(
            input_schema=self.input_schema, output_schema=self.output_schema, state_schema=self.state_schema
        )


class DynamicWorkflowDefinition(ServerModel):
    """A workflow's definition as a server has stored it.

    Attributes:
        id: The workflow's id.
        graph: Its entries, as they were given.
        status: `active` or `archived`.
        author_id: Who stored it, where the server knows.
    """

    id: str
    description: str | None = None
    metadata: dict[str, Any] | None = None
    input_schema: dict[str, Any] | None = None
    output_schema: dict[str, Any] | None = None
    state_schema: dict[str, Any] | None = None
    request_context_schema: dict[str, Any] | None = None
    graph: list[Any] = Field(default_factory=list)
    status: str = "active"
    author_id: str | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None


class DynamicWorkflowList(ServerModel):
    """What servers answer to `list_dynamic_workflows`."""

    workflows: list[DynamicWorkflowDefinition] = Field(...)


class UpsertedDynamicWorkflow(ServerModel):
    """What a server has stored.

    Attributes:
        id: The workflow's id.
        dependency_ids: Those of the workflows that were stored with it.
    """

    id: str
    dependency_ids: list[str] = Field(default_factory=list)
