"""Compares recorded JSON values with live ones, ids and times aside. No I/O."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mastra_sync.generated_ids import UUID
from mastra_sync.step_paths import NESTED_META
from pytest_mastra.cassettes.drift.findings import Finding, RunDrift
from pytest_mastra.http.aliases import Aliases
from pytest_mastra.redact.names import MASK
from pytest_mastra.text.differences import MISSING, Difference, differences

if TYPE_CHECKING:
    from pytest_mastra.redact.scrubber import Scrubber

_UUID = re.compile(UUID)

RUN = "<run>"
ANOTHER = "<another id>"
"""What an id is called that stands where another one should."""

_MADE_BY_WORKFLOWS = frozenset(
    {
        "output",
        "payload",
        "result",
        "input",
        "inputData",
        "initialState",
        "state",
        "value",
        "suspendPayload",
        "suspendOutput",
        "resumePayload",
        "resumeData",
        "finalWorkflowResult",
        "iterationOutput",
        "requestContext",
        "data",
    }
)
"""Names under which servers put what workflows give and get: whatever changes in there has changed."""

_BY_STEP = frozenset({"steps", "allSteps", "context", "suspendedPaths", "resumeLabels", "activeStepsPath"})
"""Names of objects whose keys are the workflow's, not the server's."""

_CODE = frozenset({"fn", "mapConfig"})
_NOISE = frozenset({"usage"})
"""Tokens that agents used: they are others each time."""

_KEY = re.compile(r'\.([^.\[\]"]+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]')


class JsonComparison:
    """Compares the recorded and the live side of a run, or of no run.

    The ids of the live side get the names of those that stand in their places on the recorded side, so that one id more
    or less does not rename all that follow, and an id that is another one than it was before shows.

    Args:
        drift: Takes what is found.
        scrubber: Takes secrets out of both sides.
    """

    def __init__(self, drift: RunDrift, scrubber: Scrubber | None = None) -> None:
        self._drift = drift
        self._scrubber = scrubber
        self._recorded = Aliases()
        self._live = Aliases()
        self._paired: set[str] = set()
        self._partners: dict[str, str] = {}
        self._pending: list[Callable[[], None]] = []

    def pair_runs(self, recorded: str | None, live: str | None) -> None:
        """Name the run on both sides."""
        if recorded and live:
            self._recorded.name(recorded, RUN)
            self._live.name(live, RUN)
            self._paired.add(live.lower())

    def compare(self, where: str, recorded: Any, live: Any, *, root: str = "", is_users: bool = False) -> None:
        """Have two JSON values compared by `finish`.

        Args:
            where: What they are part of.
            recorded: The recorded one.
            live: The live one.
            root: A key under which both stand.
            is_users: Whether a workflow made the whole of them.
        """
        recorded, live = self._prepare(recorded), self._prepare(live)
        self._pair(recorded, live)

        def compare() -> None:
            for found in differences(self._live.apply(live), self._recorded.apply(recorded)):
                self._file_difference(where, found, is_users=is_users, skip=1 if root else 0)

        self._pending.append(compare)

    def note(self, where: str, words: str, *, said: str | None = None) -> None:
        """Note a difference in words.

        Args:
            where: Where it was met.
            words: What differs.
            said: What the live server said to it.
        """

        def note() -> None:
            reason = "" if said is None else f": {self._live.apply(self._prepare(said))}"
            self._drift.differences.append(Finding(where, f"{words}{reason}"))

        self._pending.append(note)

    def finish(self) -> None:
        """Add to the drift what was found, in its order.

        Values are compared only now, for now all ids are known.
        """
        for finding in self._pending:
            finding()
        self._pending.clear()

    def _file_difference(self, where: str, found: Difference, *, is_users: bool, skip: int) -> None:
        keys = list(_keys(found.path))[skip:]
        if _differ_in_masks_only(found) or _NOISE & set(keys):
            return
        is_note = found.expected is MISSING and not is_users and not _belongs_to_user(keys)
        if keys and keys[-1] in _CODE and MISSING not in (found.expected, found.actual):
            is_note = True
        (self._drift.notes if is_note else self._drift.differences).append(Finding(where, found))

    def _prepare(self, value: Any) -> Any:
        return _parse_schemas(value if self._scrubber is None else self._scrubber.data(value))

    def _pair(self, recorded: Any, live: Any) -> None:
        """Call each id of the live side as the one in its place is called."""
        if isinstance(recorded, str) and isinstance(live, str):
            self._pair_texts(recorded, live)
        elif isinstance(recorded, Mapping) and isinstance(live, Mapping):
            by_masked_key: dict[str, list[str]] = {}
            for key in live:
                by_masked_key.setdefault(mask_ids(key), []).append(key)
            for key, value in recorded.items():
                candidates = by_masked_key.get(mask_ids(key))
                if candidates:
                    live_key = candidates.pop(0) if key not in live else key
                    self._pair_texts(key, live_key)
                    self._pair(value, live[live_key])
        elif isinstance(recorded, list) and isinstance(live, list):
            for item, live_item in zip(recorded, live, strict=False):
                self._pair(item, live_item)

    def _pair_texts(self, recorded: str, live: str) -> None:
        if mask_ids(recorded) != mask_ids(live):
            return
        for id_, live_id in zip(_UUID.findall(recorded), _UUID.findall(live), strict=True):
            if live_id.lower() not in self._paired:
                self._paired.add(live_id.lower())
                partner = self._partners.setdefault(id_.lower(), live_id.lower())
                self._live.name(live_id, self._recorded.text(id_) if partner == live_id.lower() else ANOTHER)


def mask_ids(text: str) -> str:
    """Return a text with its ids masked."""
    return _UUID.sub("<id>", text)


def _keys(path: str) -> Iterator[str | int]:
    for match in _KEY.finditer(path):
        plain, index, quoted = match.groups()
        yield plain if plain is not None else int(index) if index is not None else json.loads(quoted)


def _belongs_to_user(keys: list[str | int]) -> bool:
    """Return whether what stands at a path was made by a workflow, not by a server."""
    *above, last = keys or [""]
    if isinstance(last, int) or (above and above[-1] in _BY_STEP):
        return True
    inside = [key for key in above if isinstance(key, str)]
    if NESTED_META in inside:
        return False
    # a step may be called like one of the server's fields
    names = [key for index, key in enumerate(inside) if index == 0 or inside[index - 1] not in _BY_STEP]
    return bool(_MADE_BY_WORKFLOWS & set(names))


def _differ_in_masks_only(found: Difference) -> bool:
    """Return whether two values differ in nothing but a secret that was taken out."""
    if not isinstance(found.expected, str) or MASK not in found.expected or found.actual is MISSING:
        return False
    if found.expected == MASK:
        return True
    pattern = ".*".join(map(re.escape, found.expected.split(MASK)))
    return isinstance(found.actual, str) and re.fullmatch(pattern, found.actual, re.DOTALL) is not None


def _parse_schemas(value: Any, key: str = "") -> Any:
    """Return a value with its schemas parsed, which servers send as texts of JSON."""
    if isinstance(value, Mapping):
        return {name: _parse_schemas(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_parse_schemas(item) for item in value]
    if isinstance(value, str) and key.endswith("Schema"):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
