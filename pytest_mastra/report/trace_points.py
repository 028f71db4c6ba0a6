"""The points of a swept test as records of its trace, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pytest_mastra.fake.api.exactly_once import Repeated
from pytest_mastra.suite.swept_point import SweptPoint

if TYPE_CHECKING:
    from pytest_mastra.redact.scrubber import Scrubber


def point_record(point: SweptPoint, scrubber: Scrubber) -> dict[str, Any]:
    """Return the record of a point, without secrets."""
    return {
        "record": "point",
        "point": point.name,
        "verb": point.verb,
        "nth": point.nth,
        "family": point.family,
        "after_events": point.at,
        "outcome": point.outcome,
        "reasons": [scrubber.text(reason) for reason in point.reasons],
        "repeated": [_repeated_record(one, scrubber) for one in point.repeated],
        "is_shown": point.is_shown,
    }


def point_of(record: Mapping[str, Any]) -> SweptPoint:
    """Return the point that a record is of."""
    return SweptPoint(
        record["point"],
        record["verb"],
        record["nth"],
        record["family"],
        record["after_events"],
        record["outcome"],
        tuple(record["reasons"]),
        tuple(_repeated_of(one) for one in record["repeated"]),
        record["is_shown"],
    )


def _repeated_record(one: Repeated, scrubber: Scrubber) -> dict[str, Any]:
    return {
        "workflow": scrubber.text(one.workflow_id),
        "id": scrubber.text(one.run_id),
        "what": scrubber.text(one.what),
        "count": one.count,
        "allowed": one.allowed,
        "steps": [scrubber.text(step) for step in one.steps],
    }


def _repeated_of(record: Mapping[str, Any]) -> Repeated:
    return Repeated(
        record["workflow"], record["id"], record["what"], record["count"], record["allowed"], tuple(record["steps"])
    )
