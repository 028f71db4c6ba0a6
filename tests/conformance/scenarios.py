"""All scenarios; importing this module fills the corpus."""

from __future__ import annotations

from tests.conformance import (
    scenarios_asking,
    scenarios_causes,
    scenarios_constructs,
    scenarios_corners,
    scenarios_dying,
    scenarios_errors,
    scenarios_graphs,
    scenarios_guarded,
    scenarios_items,
    scenarios_moving,
    scenarios_names,
    scenarios_names_moving,
    scenarios_odd,
    scenarios_older_nested,
    scenarios_older_servers,
    scenarios_payloads,
    scenarios_proto,
    scenarios_reading,
    scenarios_templates,
    scenarios_travelling,
)

MODULES = (
    scenarios_asking,
    scenarios_causes,
    scenarios_constructs,
    scenarios_corners,
    scenarios_dying,
    scenarios_errors,
    scenarios_graphs,
    scenarios_guarded,
    scenarios_items,
    scenarios_moving,
    scenarios_names,
    scenarios_names_moving,
    scenarios_older_nested,
    scenarios_older_servers,
    scenarios_odd,
    scenarios_payloads,
    scenarios_proto,
    scenarios_reading,
    scenarios_templates,
    scenarios_travelling,
)
