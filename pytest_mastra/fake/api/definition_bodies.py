"""What servers take for stored definitions of workflows, in bodies and queries. No I/O.

The schema is that of Mastra's `dynamicWorkflowDefinitionBodySchema`, as JSON Schema.
"""

from __future__ import annotations

from typing import Any

from pytest_mastra.fake.api.body_schemas import Issue, option
from pytest_mastra.fake.workflows.generations import Generation
from pytest_mastra.fake.workflows.zod_parser import UnknownKeys, ZodParser
from pytest_mastra.fake.workflows.zod_releases import ZOD_4_6

STATUSES = ("active", "archived")

JsonSchema = dict[str, Any]

_TEXT: JsonSchema = {"type": "string"}
_FILLED: JsonSchema = {"type": "string", "minLength": 1}
_RECORD: JsonSchema = {"type": "object", "propertyNames": _TEXT, "additionalProperties": {}}
_WHOLE: JsonSchema = {"type": "integer", "minimum": 0, "maximum": 2**53 - 1}
_SCALAR: JsonSchema = {"anyOf": [_TEXT, {"type": "number"}, {"type": "boolean"}, {"type": "null"}]}


_MAY_LACK = frozenset({"description", "metadata", "options", "retries", "outputSchema", "opts"})
"""Fields that no object of a graph must have."""


def _object(**fields: JsonSchema) -> JsonSchema:
    """Return the schema of an object, whose fields servers tell in this order."""
    return {"type": "object", "properties": fields, "required": [name for name in fields if name not in _MAY_LACK]}


def _strict(**required: JsonSchema) -> JsonSchema:
    return {**_object(**required), "additionalProperties": False}


def _called(*names: str) -> JsonSchema:
    return {"type": "string", "enum": [*names]}


def _some(name: str, least: int = 0) -> JsonSchema:
    return {"type": "array", "items": {"$ref": f"#/$defs/{name}"}, "minItems": least}


_VALUE: JsonSchema = {"anyOf": [_strict(path=_FILLED), _strict(literal=_SCALAR)]}
_PREDICATE: JsonSchema = {
    "anyOf": [
        _strict(op=_called("eq", "ne", "lt", "lte", "gt", "gte"), left=_VALUE, right=_VALUE),
        _strict(op=_called("in", "notIn"), value=_VALUE, set={"type": "array", "items": _SCALAR, "minItems": 1}),
        _strict(op=_called("exists", "notExists"), path=_FILLED),
        _strict(op=_called("truthy", "falsy"), value=_VALUE),
        _strict(op=_called("and", "or"), args=_some("predicate", least=1)),
        _strict(op={"type": "string", "const": "not"}, arg={"$ref": "#/$defs/predicate"}),
    ]
}
_STEP: JsonSchema = {"$ref": "#/$defs/step"}
_SHOWN: dict[str, JsonSchema] = {"description": _TEXT, "metadata": _RECORD}
_OPTIONS = _object(retries=_WHOLE, metadata=_RECORD)
_CONCURRENCY = _object(concurrency={"type": "integer", "exclusiveMinimum": 0, "maximum": 2**53 - 1})


def _tag(name: str) -> JsonSchema:
    return {"type": "string", "const": name}


def _container(kind: str, **fields: JsonSchema) -> JsonSchema:
    """Return the schema of an entry around others, which needs no id."""
    made = _object(type=_tag(kind), id=_TEXT, **_SHOWN, **fields)
    return {**made, "required": [name for name in made["required"] if name != "id"]}


_CALLED: dict[str, JsonSchema] = {"description": _TEXT, "options": _OPTIONS}
_TOOL = _object(type=_tag("tool"), id=_TEXT, toolId=_TEXT, **_CALLED)
_MAPPING = _object(type=_tag("mapping"), id=_TEXT, **_SHOWN, mapConfig=_TEXT)
_WORKFLOW = _object(type=_tag("workflow"), id=_TEXT, workflowId=_TEXT, description=_TEXT)
_AGENT = _object(type=_tag("agent"), id=_TEXT, agentId=_TEXT, description=_TEXT, outputSchema=_RECORD, options=_OPTIONS)
_ENTRY: JsonSchema = {
    "oneOf": [
        *(_AGENT, _TOOL, _MAPPING, _WORKFLOW),
        _container("parallel", steps=_some("step")),
        _container("foreach", step={"oneOf": [_AGENT, _TOOL, _WORKFLOW]}, opts=_CONCURRENCY),
        _object(type=_tag("sleep"), id=_TEXT, **_SHOWN, duration={"type": "number"}),
        _object(type=_tag("sleepUntil"), id=_TEXT, **_SHOWN, date=_TEXT),
        _container("conditional", steps=_some("step"), predicates=_some("predicate")),
        _container("loop", step=_STEP, loopType=_called("dowhile", "dountil"), predicate={"$ref": "#/$defs/predicate"}),
    ]
}
_DEFINITION: JsonSchema = {
    "type": "object",
    "properties": {
        "id": _TEXT,
        **_SHOWN,
        "inputSchema": _RECORD,
        "outputSchema": _RECORD,
        "stateSchema": _RECORD,
        "requestContextSchema": _RECORD,
        "graph": _some("entry"),
    },
    "required": ["id", "inputSchema", "outputSchema", "graph"],
}
_BUNDLE: JsonSchema = {
    **_DEFINITION,
    "properties": {**_DEFINITION["properties"], "dependencies": _some("definition")},
    "$defs": {
        "entry": _ENTRY,
        "predicate": _PREDICATE,
        "definition": _DEFINITION,
        "step": {"oneOf": [_AGENT, _TOOL, _MAPPING, _WORKFLOW]},
    },
}
_PARSER = ZodParser(_BUNDLE, ZOD_4_6, UnknownKeys.DROPPED_OR_REFUSED)
_UNEQUAL = (
    "conditional entries must have exactly one predicate per branch (`predicates` and `steps` must be the same length)"
)


def definition(value: Any) -> list[Issue]:
    """A definition, and those that it needs."""
    _, faults = _PARSER.parse(value)
    if faults:
        return [{"code": _code(fault.message), "path": [*fault.path], "message": fault.message} for fault in faults]
    bundle = [value, *value.get("dependencies", ())]
    places = [(), *(("dependencies", number) for number in range(len(bundle) - 1))]
    return [
        {"code": "custom", "path": [*place, "graph", number, "predicates"], "message": _UNEQUAL}
        for place, one in zip(places, bundle, strict=True)
        for number, entry in enumerate(one["graph"])
        if entry["type"] == "conditional" and len(entry["predicates"]) != len(entry["steps"])
    ]


def _code(message: str) -> str:
    """Return zod's code for a fault whose words not all releases have."""
    codes = {"Invalid discriminator": "invalid_union", "Unrecognized key": "unrecognized_keys"}
    return next((code for begin, code in codes.items() if message.startswith(begin)), "custom")


def fitted(value: Any) -> Any:
    """Return a definition as servers keep it: only the fields that they know, in their order."""
    kept, _ = _PARSER.parse(value)
    return kept


def list_query(query: dict[str, Any], _generation: Generation) -> list[Issue]:
    """Which definitions to list."""
    return option("status", query, STATUSES)
