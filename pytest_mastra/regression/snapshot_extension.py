"""How syrupy stores runs: one JSON file each, compared by meaning, with JSON paths."""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from syrupy.extensions.json import JSONSnapshotExtension

from mastra_sync import RunResult, RunStream, StreamEvent
from pytest_mastra.http.aliases import Aliases
from pytest_mastra.redact.scrubber import Scrubber
from pytest_mastra.regression.bare_comparison import place_of_bare_comparison
from pytest_mastra.regression.differing_steps import ComparedRun, compared_runs
from pytest_mastra.regression.outcome import event_outcomes, outcome_of
from pytest_mastra.text.differences import Difference, describe, differences

FILE_EXTENSION = "jsonc"
"""JSON to editors, but not to syrupy's own JSON extension, whose files would have the same names."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_HINT = "If this is how it should be: pytest --snapshot-update"


class RunSnapshotExtension(JSONSnapshotExtension):
    """Stores a `RunResult`, a `RunStream`, a list of `StreamEvent`, or a list of `RunResult`."""

    file_extension = FILE_EXTENSION
    _file_extension = FILE_EXTENSION  # what syrupy 4 calls it
    is_asked = False
    """Whether anything was compared with it."""

    bare: Sequence[str] = ()
    """Where it was compared with something, and nobody looked at the outcome."""

    _runs: Sequence[ComparedRun] = ()

    def scrub(self, outcome: Any) -> Any:
        """Return what is to be stored without secrets."""
        return Scrubber().data(outcome)

    def note(self, found: Iterable[Difference], runs: Sequence[ComparedRun]) -> None:
        """Take in what differs, and of which runs."""

    def serialize(self, data: Any, **options: Any) -> str:
        """Return a run as the text that is stored.

        Args:
            data: The run.
            options: syrupy's `exclude`, `include`, `matcher`; they see the form that is stored.

        Raises:
            TypeError: Not a run.
            ValueError: A stream of which events are gone, or a list without a run.
        """
        self.is_asked = True
        if place := place_of_bare_comparison():
            self.bare = [*self.bare, place]
        self._runs = compared_runs(data)
        text = str(super().serialize(_order_keys(self.scrub(_outcome_of_any(data))), **options))
        return _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)

    def matches(self, *, serialized_data: Any, snapshot_data: Any) -> bool:
        """Return whether two texts say the same, however they are laid out."""
        try:
            found = differences(json.loads(serialized_data), json.loads(snapshot_data))
        except ValueError:
            return False
        self.note(found, self._runs)
        return not found

    def diff_lines(self, serialized_data: Any, snapshot_data: Any) -> Iterator[str]:
        """Give what differs, in lines of 80 columns at most."""
        if not snapshot_data:
            yield "To store what this run did: pytest --snapshot-update"
            return
        try:
            stored = json.loads(snapshot_data)
        except ValueError as error:
            yield f"What is stored is not JSON: {error}."
            yield "Take the file back from version control, or pytest --snapshot-update"
            return
        yield from describe(differences(json.loads(serialized_data), stored))
        yield _HINT


def _outcome_of_any(data: Any) -> Any:
    if isinstance(data, RunResult):
        return outcome_of(data)
    if isinstance(data, RunStream):
        return _outcome_of_stream(data)
    if isinstance(data, (list, tuple)):
        if not data:
            raise ValueError("mastra_snapshot compares what runs did, and this is an empty list: there was no run")
        if all(isinstance(item, StreamEvent) for item in data):
            return event_outcomes(data)
        if all(isinstance(item, RunResult) for item in data):
            return [outcome_of(item) for item in data]
    raise TypeError(
        "mastra_snapshot stores runs: a RunResult, a RunStream, a list of StreamEvent or of RunResult, "
        f"not {type(data).__name__}; for other values there is syrupy's own fixture `snapshot`"
    )


def _outcome_of_stream(stream: RunStream) -> dict[str, Any]:
    if stream.position:
        raise ValueError(
            f"{stream!r} has been read from; keep what it gives, events = list(stream), and compare that list"
        )
    aliases = Aliases()
    events = list(stream)
    return {**outcome_of(stream.result(), aliases), "events": event_outcomes(events, aliases)}


def _order_keys(outcome: Any) -> Any:
    """Return an outcome with its own keys in their order; syrupy sorts the workflow's."""
    if isinstance(outcome, list):
        return [_order_keys(item) for item in outcome]
    ordered = OrderedDict(outcome)
    for name in ("steps", "suspensions", "events"):
        if name == "steps" and isinstance(outcome.get(name), Mapping):
            ordered[name] = OrderedDict((step, OrderedDict(result)) for step, result in outcome[name].items())
        elif name in outcome:
            ordered[name] = [OrderedDict(item) for item in outcome[name]]
    return ordered
