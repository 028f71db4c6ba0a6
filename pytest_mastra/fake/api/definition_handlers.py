"""What the routes of stored definitions answer."""

from __future__ import annotations

from pytest_mastra.fake.api import definition_bodies
from pytest_mastra.fake.api.call import Call
from pytest_mastra.fake.workflows.errors import Refusal
from pytest_mastra.fake.workflows.javascript import dumps


def list_definitions(call: Call) -> bytes:
    """All definitions that are in use; none is archived here, and none has an author."""
    listed = call.query.get("status", "active") == "active" and not call.query.get("authorId")
    found = call.definitions.listed() if listed else []
    return dumps({"workflows": found, "total": len(found)})


def get_definition(call: Call) -> bytes:
    """One definition."""
    found = call.definitions.find(call.subject)
    if found is None:
        raise Refusal(f'Dynamic workflow "{call.subject}" not found', 404)
    return dumps(found)


def upsert_definition(call: Call) -> bytes:
    """Store a definition, with those that it needs, and offer their workflows."""
    body = definition_bodies.fitted(call.body)
    helpers = body.pop("dependencies", [])
    call.definitions.store([*helpers, body])
    answer = {"ok": True, "id": body["id"]}
    return dumps({**answer, "dependencyIds": [helper["id"] for helper in helpers]} if helpers else answer)


def delete_definition(call: Call) -> bytes:
    """Forget a definition, and the workflow of its id."""
    call.definitions.remove(call.subject)
    return dumps({"success": True, "message": f"Workflow {call.subject} deleted"})
