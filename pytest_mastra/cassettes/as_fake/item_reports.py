"""Which items a foreach had, and what became of each, where reports leave it open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_mastra.cassettes.as_fake.run_snapshots import StepReport, are_same
from pytest_mastra.cassettes.as_fake.step_reports import meta_of
from pytest_mastra.fake.workflows.javascript import UNDEFINED


def has_unseen_answer(step: StepReport) -> bool:
    """Return whether items were answered, as the first report of a foreach says."""
    return step.get("status") == "success" and "resumePayload" in step and "items" not in step


def items_of(step: StepReport, before: StepReport, given_on: Any) -> tuple[list[Any] | None, int | None]:
    """Return the items, and the index of the one that ended the foreach, if any did.

    The report of the step is of that one only then.

    Args:
        step: The report of the foreach; has an input.
        before: The one before it; empty if there was none.
        given_on: What the entry before the foreach gave on.
    """
    given = step.get("payload", UNDEFINED)
    known = before.get("payload", given_on)
    if not isinstance(known, list) or are_same(given, known):
        return (given if isinstance(given, list) else None), None
    only = next((index for index, item in enumerate(known) if are_same(item, given)), None)
    if only is None:
        return (given if isinstance(given, list) else known), None
    return known, only


def guess_item(
    step: StepReport, known: Mapping[int, StepReport], index: int, concurrency: int, *, answered: bool
) -> StepReport:
    """Return the report of an item of a stopped foreach whose items have none.

    The first item that is not done is taken to have stopped it.

    Args:
        step: The report of the foreach.
        known: What is known of its items.
        index: Which item.
        concurrency: How many are at work at once.
        answered: Whether the run was resumed since the report before.
    """
    status = step.get("status")
    if status not in ("suspended", "failed") or "items" in step or meta_of(step).get("foreachOutput"):
        return {}
    over = ("success", "suspended") if answered else ("success",)
    done = [number for number, item in known.items() if item.get("status") in over]
    first = next(number for number in range(len(known) + 1) if number not in done)
    if status == "failed":
        return {key: step[key] for key in ("status", "error", "tripwire") if key in step} if index == first else {}
    if not first <= index < first + concurrency:
        return {}
    is_first = index == first and "suspendPayload" in step
    return {"status": "suspended", **({"suspendPayload": step["suspendPayload"]} if is_first else {})}
