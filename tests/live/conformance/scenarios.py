"""All scenarios; importing this module fills the corpus."""

from __future__ import annotations

from . import scenarios_asking, scenarios_constructs, scenarios_errors, scenarios_moving, scenarios_reading

__all__ = ["scenarios_asking", "scenarios_constructs", "scenarios_errors", "scenarios_moving", "scenarios_reading"]
