"""What servers on other hosts say otherwise than those behind hono."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.conformance.corpus import Scenario
from tests.conformance.transcript_files import NEWER_ZOD
from tests.live.install import GENERATIONS, Kind

OF_THE_HOST = frozenset(
    {
        "bodies_of_create_run_that_are_no_objects",
        "bodies_that_are_no_json",
        "bodies_that_are_not_sent_as_json",
        "bodies_that_count_as_nothing",
        "body_empty_or_null",
        "body_limit",
        "body_of_another_shape",
        "broken_json",
        "no_old_routes",
        "other_content_types",
        "token_given",
        "token_needed",
        "unknown_routes",
    }
)
"""Scenarios in which the host itself answers, before Mastra sees the request."""

_BY_POSTGRES = {
    "half of a surrogate pair in a text becomes U+FFFD": "numbers_and_surrogates|.*_text|.*_unicode",
    "keys called __proto__ are left out": "proto_.*",
    "what lies deeper than 98 lists or objects becomes '[Max depth exceeded]'": "stored_depths",
    "a reading may be older than what has happened": "restart_a_running_run|restart_all_active",
    "steps side by side wait for the store, and end in another order": ".*(items|foreach|block|branch|beside|mixed).*"
    "|corner_state_nested|evented_cancel_of_a_question|fresh_retries",
}
"""What a store in Postgres makes of scenarios, by patterns of their names."""


def folders_of(kind: Kind) -> list[str]:
    """Return the folders of transcripts that say what a server says, the first that has a scenario counts."""
    if kind.name in GENERATIONS:
        return [kind.generation]
    return [host_folder(kind), *([NEWER_ZOD] if kind.newer_zod else []), kind.generation]


def host_folder(kind: Kind) -> str:
    """Return the folder of what a host says itself."""
    return f"{kind.generation}-on-{kind.host or kind.name}"


def reason_of(scenario: Scenario, kind: Kind) -> str:
    """Return why a server may do otherwise in a scenario than is written down; empty if it must not."""
    if kind.name == "express" and scenario.name == "unknown_routes":
        return "Express finds a route with a slash at its end too, here the one that lists all workflows"
    if not kind.in_postgres:
        return ""
    return next((reason for reason, names in _BY_POSTGRES.items() if re.fullmatch(names, scenario.name)), "")


def comparable(transcript: list[Any], kind: Kind) -> list[Any]:
    """Return a transcript, in Postgres without the order of keys, and of events, for steps side by side overtake."""
    if not kind.in_postgres:
        return transcript
    plain = json.loads(re.sub(r"<(\w+) \d+>", r"<\1>", json.dumps(transcript, sort_keys=True)))
    return [_without_order_of_events(said) for said in plain]


def _without_order_of_events(said: Any) -> Any:
    if isinstance(said, dict):
        return {key: _without_order_of_events(value) for key, value in said.items()}
    if not isinstance(said, list):
        return said
    inner = [_without_order_of_events(value) for value in said]
    if all(isinstance(each, dict) and {"from", "type"} <= each.keys() for each in inner):
        inner.sort(key=json.dumps)
    return inner
