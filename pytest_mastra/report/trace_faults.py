"""The faults of a test's fakes as records of its trace, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_mastra.fake.api.unused_faults import UNFINISHED, explain_fault

if TYPE_CHECKING:
    from pytest_mastra.http.exchanges import Exchange
    from pytest_mastra.redact.scrubber import Scrubber
    from pytest_mastra.suite.scene import Scene

Written = tuple[str, str]
"""What tells faults apart: what was written, and where."""


@dataclass(frozen=True, slots=True)
class TracedFault:
    """A fault that a test has declared, or met.

    Attributes:
        rule: What was written: `faults.on('start', nth=1).reset()`.
        place: File and line.
        what: What was to happen; empty if the rule does not say.
        fired: How often it did.
        why: If it never did, why not, a line each.
    """

    rule: str
    place: str
    what: str
    fired: int
    why: tuple[str, ...] = ()


def faults_of(scene: Scene) -> dict[Written, TracedFault]:
    """Return the faults of a test's fakes; of shared ones, those that its requests met."""
    found: dict[Written, TracedFault] = {}
    for fault in _declared(scene):
        known = found.get((fault.rule, fault.place))
        # a loop declares one line several times
        fired = fault.fired + (0 if known is None else known.fired)
        found[fault.rule, fault.place] = TracedFault(
            fault.rule, fault.place, fault.what, fired, () if fired else fault.why
        )
    own = set(found)
    for strike in (strike for exchange in scene.log for strike in exchange.strikes):
        key = strike.rule, strike.place
        if strike.has_fired and key not in own:
            before = found[key].fired if key in found else 0
            found[key] = TracedFault(*key, "", before + 1)
    return found


def _declared(scene: Scene) -> Iterator[TracedFault]:
    for server in scene.servers if scene.target == "fake" else ():
        faults = server.faults
        for fault in faults.written:
            why = () if fault.fired else tuple(explain_fault(fault, faults))
            yield TracedFault(fault.rule.text, fault.rule.place, fault.description, fault.fired, why)
        for rule in faults.unfinished:
            yield TracedFault(rule.text, rule.place, "", 0, (UNFINISHED,))


def numbers_of(exchange: Exchange, numbers: Mapping[Written, int]) -> list[int]:
    """Return the numbers of the faults that an exchange has met."""
    met = [(strike.rule, strike.place) for strike in exchange.strikes if strike.has_fired]
    return [numbers[key] for key in met if key in numbers]


def fault_record(number: int, fault: TracedFault, scrubber: Scrubber) -> dict[str, Any]:
    """Return the record of a fault, without secrets."""
    return {
        "record": "fault",
        "fault": number,
        "rule": scrubber.text(fault.rule),
        "place": scrubber.text(fault.place),
        "what": scrubber.text(fault.what),
        "fired": fault.fired,
        "why": [scrubber.text(line) for line in fault.why],
    }


def fault_of(record: Mapping[str, Any]) -> TracedFault:
    """Return the fault that a record is of."""
    return TracedFault(record["rule"], record["place"], record["what"], record["fired"], tuple(record["why"]))
