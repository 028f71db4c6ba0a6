"""Workflows that a server has been given over HTTP: dynamic, or stored, ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from mastra_sync.api import Api
from mastra_sync.arguments import checked_id, checked_text, request_body
from mastra_sync.keywords import takes
from mastra_sync.operations import (
    DELETE_DYNAMIC_WORKFLOW,
    DYNAMIC_WORKFLOW,
    LIST_DYNAMIC_WORKFLOWS,
    UPSERT_DYNAMIC_WORKFLOW,
)
from mastra_sync.options import checked_choice

if TYPE_CHECKING:
    # pydantic's models take their time to load: they come with the first answer
    from mastra_sync.workflow_models import DynamicWorkflowDefinition, UpsertedDynamicWorkflow

DefinitionStatus = Literal["active", "archived"]
"""Whether a stored definition is in use."""


class DynamicWorkflow:
    """A handle on the stored definition of one workflow. Making one sends nothing.

    Its runs are those of `client.get_workflow(id)`.

    Attributes:
        id: The workflow's id.
    """

    def __init__(self, api: Api, workflow_id: str) -> None:
        self.id = checked_id(workflow_id, "dynamic_workflow_id")
        self._api = api

    def details(self) -> DynamicWorkflowDefinition:
        """Return the definition: schemas and graph as they were given, status, times.

        Raises:
            WorkflowNotFound: The server has stored no such workflow.
            UnsupportedByServer: A server before the current ones.
        """
        from mastra_sync.workflow_models import DynamicWorkflowDefinition  # noqa: PLC0415

        operation = DYNAMIC_WORKFLOW.at(definition=self.id)
        return self._api.parse(self._api.call_current(operation), operation, DynamicWorkflowDefinition.model_validate)

    def delete(self) -> str:
        """Delete the definition, and the workflow with it; return the server's message.

        The same if there is none. Servers take away a workflow of this id that is declared in code, too, until they are
        started again.

        Raises:
            UnsupportedByServer: A server before the current ones.
        """
        operation = DELETE_DYNAMIC_WORKFLOW.at(definition=self.id)
        return self._api.message(self._api.call_current(operation), operation)

    def __repr__(self) -> str:
        return f"<DynamicWorkflow {self.id!r} of {self._api.root}>"


class DynamicWorkflows:
    """What a client can do with stored definitions of workflows, on current servers.

    Attributes:
        api: The server's operations.
    """

    api: Api

    @takes()
    def list_dynamic_workflows(
        self, *, status: DefinitionStatus | None = None, author_id: str | None = None
    ) -> list[DynamicWorkflowDefinition]:
        """Return the definitions that the server has stored.

        Args:
            status: Those that are `active`, which is the default, or `archived`.
            author_id: Only those of this author.

        Raises:
            UnsupportedByServer: A server before the current ones.
        """
        from mastra_sync.workflow_models import DynamicWorkflowList  # noqa: PLC0415

        query = [
            ("status", None if status is None else checked_choice(status, "status", DefinitionStatus)),
            ("authorId", None if author_id is None else checked_text(author_id, "author_id")),
        ]
        answer = self.api.call_current(LIST_DYNAMIC_WORKFLOWS, query=query)
        return self.api.parse(answer, LIST_DYNAMIC_WORKFLOWS, DynamicWorkflowList.model_validate).workflows

    @takes()
    def upsert_dynamic_workflow(
        self,
        id: str,  # noqa: A002 - Mastra's word
        *,
        input_schema: Mapping[str, Any],
        output_schema: Mapping[str, Any],
        graph: Sequence[Mapping[str, Any]],
        description: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        state_schema: Mapping[str, Any] | None = None,
        request_context_schema: Mapping[str, Any] | None = None,
        dependencies: Sequence[Mapping[str, Any]] | None = None,
    ) -> UpsertedDynamicWorkflow:
        """Have the server store a workflow's definition, and offer the workflow at once.

        One that is there is replaced, also if it is declared in code.

        Args:
            id: The workflow's id.
            input_schema: JSON Schema of its input.
            output_schema: JSON Schema of its output.
            graph: Its entries, as Mastra writes them: `{"type": "mapping", "id": ..., "mapConfig": ...}` and so on.
            description: What `details` tells of it.
            metadata: Whatever is to be noted with it.
            state_schema: JSON Schema of its state.
            request_context_schema: JSON Schema of its request context.
            dependencies: Definitions of workflows that it nests, as JSON; stored with it, or none of them.

        Raises:
            BadRequestError: The graph names what the server does not have, or is none.
            UnsupportedByServer: A server before the current ones.
        """
        from mastra_sync.workflow_models import UpsertedDynamicWorkflow  # noqa: PLC0415

        body = request_body(
            id=checked_id(id, "id"),
            input_schema=input_schema,
            output_schema=output_schema,
            graph=graph,
            description=description,
            metadata=metadata,
            state_schema=state_schema,
            request_context_schema=request_context_schema,
            dependencies=dependencies,
        )
        answer = self.api.call_current(UPSERT_DYNAMIC_WORKFLOW, body=body)
        return self.api.parse(answer, UPSERT_DYNAMIC_WORKFLOW, UpsertedDynamicWorkflow.model_validate)

    def get_dynamic_workflow(self, dynamic_workflow_id: str) -> DynamicWorkflow:
        """Return a handle on a stored definition; sends nothing."""
        return DynamicWorkflow(self.api, dynamic_workflow_id)
