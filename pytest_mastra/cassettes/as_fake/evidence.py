"""Everything that a recording tells of steps and conditions. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pytest_mastra.cassettes.as_fake.recorded_steps import RecordedConditions, RecordedStep


@dataclass(eq=False)
class Evidence:
    """Everything that is known of steps and conditions.

    Attributes:
        steps: By workflow and id.
        conditions: By workflow and id.
        inputs: What steps were given, and what they took it for, after defaults and conversions: by workflow and id.
        gaps: What is not told, in words.
        looked_into: Nested workflows of which it is told what went on inside.
    """

    steps: dict[tuple[str, str], RecordedStep] = field(default_factory=dict)
    conditions: dict[tuple[str, str], RecordedConditions] = field(default_factory=dict)
    inputs: dict[tuple[str, str], list[tuple[Any, Any]]] = field(default_factory=dict)
    gaps: list[str] = field(default_factory=list)
    looked_into: set[str] = field(default_factory=set)

    def step(self, workflow: str, id_: str) -> RecordedStep:
        """Return what is known of a step."""
        return self.steps.setdefault((workflow, id_), RecordedStep(workflow, id_))

    def condition(self, workflow: str, id_: str) -> RecordedConditions:
        """Return what is known of a condition."""
        return self.conditions.setdefault((workflow, id_), RecordedConditions(workflow, id_))
