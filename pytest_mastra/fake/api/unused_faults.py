"""Why a fault never came about: what it waited for, and the requests that came nearest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mastra_sync.suggest import nearest_names
from pytest_mastra.http.verbs import VERBS, call_of
from pytest_mastra.text.values import counted

if TYPE_CHECKING:
    from pytest_mastra.fake.api.fault import Fault
    from pytest_mastra.fake.api.faults import Faults, UnusedFaults
    from pytest_mastra.http.verbs import RouteMatch

NEAREST = 3
"""How many kinds of requests are shown that came near."""

UNFINISHED = "This says which requests are meant, and not what happens to them: .status(503), .reset(), ..."


def explain_unused(some: UnusedFaults) -> Iterator[list[str]]:
    """Give some lines for each fault that never came about: the rule, where it stands, why."""
    faults = some.faults
    for rule in some.unfinished:
        yield [rule.text, f"  {rule.place}", f"  {UNFINISHED}"]
    for fault in some.unused:
        yield [fault.rule.text, f"  {fault.rule.place}", *(f"  {line}" for line in explain_fault(fault, faults))]


def explain_fault(fault: Fault, faults: Faults) -> list[str]:
    """Return in a few lines why a fault of a server never came about."""
    reasons = [faults.explain_unknown(fault.meant.workflow), _reason(fault, faults), *_nearest(fault, faults)]
    return [line for line in reasons if line]


def _reason(fault: Fault, faults: Faults) -> str:
    meant = fault.meant.verb or "request"
    if fault.calls == 0:
        early = sum(fault.means(call_of(request)) for number, request in faults.asked if number < fault.rule.number)
        before = f"; {early} came before it was declared" if early else ""
        return f"It waited for {_described(fault.meant)}, and none came{before}."
    came = f"{counted(fault.calls, meant)} came"
    turns = sorted(fault.turns or ())
    if turns and turns[0] > fault.calls:
        return f"It waited for nth={turns[0]} of {_described(fault.meant)}, and only {came}."
    if fault.chosen == 0:
        return f"{came}, and the dice of probability={fault.probability:g} took none of them."
    if fault.behind is not None:
        return f"{came}, and met another fault, which was declared before: {fault.behind.rule.text}."
    return f"{came}, and {fault.waits_for}: {fault.description}."


def _nearest(fault: Fault, faults: Faults) -> Iterator[str]:
    """Give the requests that came nearest, if none was meant."""
    if fault.calls:
        return
    seen = Counter((call_of(request), f"{request.method} {request.path}") for _, request in faults.asked)
    if not seen:
        yield "No request came at all."
        return
    alike = nearest_names(fault.meant.verb or "", VERBS, most=len(VERBS))
    ranked = sorted(seen, key=lambda asked: _distance(asked[0], fault.meant, alike))
    yield "The requests that came nearest:"
    for call, line in ranked[:NEAREST]:
        run = f", run {call.run}" if call.run and fault.meant.run else ""
        often = seen[call, line]
        yield f"  {line} ({call.verb or 'no verb'}{run})" + (f", {often} times" if often > 1 else "")


def _distance(call: RouteMatch, meant: RouteMatch, alike: list[str]) -> tuple[bool, int, bool, bool]:
    """Return how far a request is from what is meant: by workflow, verb, run."""
    verb = call.verb or ""
    verbs_apart = 0 if meant.verb in (None, verb) else 1 + (alike.index(verb) if verb in alike else len(alike))
    other_workflow = meant.workflow not in (None, call.workflow)
    return verbs_apart > 0 and other_workflow, verbs_apart, other_workflow, meant.run not in (None, call.run)


def _described(meant: RouteMatch) -> str:
    parts = [f"`{meant.verb}`" if meant.verb else "any request"]
    parts += [f"workflow {meant.workflow!r}"] if meant.workflow else []
    parts += [f"run {meant.run!r}"] if meant.run else []
    return " of ".join(parts)
