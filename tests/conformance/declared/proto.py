"""Workflows whose inputs are objects with keys that nobody has named."""

from __future__ import annotations

from typing import Any

from pytest_mastra.fake.server import FakeMastra
from tests.conformance.declared.plain import same

_NAMES = {"type": "string"}
RECORD = {"type": "object", "propertyNames": _NAMES, "additionalProperties": {"type": "number"}}
LOOSE = {"type": "object", "properties": {"a": {}}, "additionalProperties": {}}
REST = {"type": "object", "properties": {"a": {}}, "additionalProperties": {"type": "object"}}


def declare(server: FakeMastra) -> None:
    """Declare them."""
    schemas: dict[str, dict[str, Any]] = {"record": RECORD, "loose": LOOSE, "rest": REST}
    for name, schema in schemas.items():
        server.workflow(f"proto-{name}", input_schema=schema).then(server.step("echo", same)).commit()
