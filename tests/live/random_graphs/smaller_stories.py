"""The stories that are a step smaller than a story."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.conformance.stories import Act

PLAIN_VALUES: tuple[Any, ...] = ({}, 1)
PLAIN_ROUTES = {
    "start": "start-async",
    "stream": "start-async",
    "resume": "resume-async",
    "resume-no-wait": "resume-async",
    "resume-stream": "resume-async",
    "time-travel": "time-travel-async",
    "time-travel-stream": "time-travel-async",
}


def shorter_stories(story: list[Act]) -> Iterator[list[Act]]:
    """Return stories with some acts less, the boldest first."""
    for length in sorted({len(story) // 2, len(story) // 4, 1} - {0}, reverse=True):
        for start in range(len(story) - length, -1, -1):
            if rest := story[:start] + story[start + length :]:
                yield rest


def simpler_stories(story: list[Act]) -> Iterator[list[Act]]:
    """Return stories in which one act says less."""
    for index, act in enumerate(story):
        for simpler in _simpler_acts(act):
            yield [*story[:index], simpler, *story[index + 1 :]]


def _simpler_acts(act: Act) -> Iterator[Act]:
    if "query" in act:
        yield {key: value for key, value in act.items() if key != "query"}
    for index in range(len(act.get("acts", []))):
        yield {**act, "acts": act["acts"][:index] + act["acts"][index + 1 :]}
    for body in _simpler_bodies(act.get("body", {})):
        yield {**act, "body": body}
    if act.get("route") in PLAIN_ROUTES:
        yield {**act, "route": PLAIN_ROUTES[act["route"]]}


def _simpler_bodies(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for key in body.keys() - {"inputData", "step"}:
        yield {name: value for name, value in body.items() if name != key}
    if "inputData" not in body:
        return
    value = body["inputData"]
    if value not in PLAIN_VALUES:
        for plain in PLAIN_VALUES:
            yield {**body, "inputData": plain}
    if isinstance(value, list) and value:
        yield {**body, "inputData": value[:-1]}
