"""Keeps what need not change: ids, times, pace and polls of an older recording. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from itertools import accumulate
from typing import Any, TypeVar

from pytest_mastra.cassettes.file.format import chunk_borders_of, record_ends, set_body
from pytest_mastra.cassettes.file.order import (
    ExchangeGroup,
    group_for_order,
    masked_reply,
    masked_request,
    split_at_moves,
)
from pytest_mastra.cassettes.file.stable_ids import map_texts, mask_ids_and_times, uuids_in
from pytest_mastra.http.bodies import reply_json, run_in
from pytest_mastra.http.exchanges import Exchange
from pytest_mastra.http.wire import WireRequest
from pytest_mastra.redact.json_text import RECORD_END, ValueInText, is_json, node_of
from pytest_mastra.redact.places import Place, move_borders, replaced

_TRANSIENT = frozenset({"pending", "running", "waiting"})
"""Statuses of which a poll sees more or fewer each time."""

_MOST_PAIRS = 10**7
"""Items times items up to which two sequences are compared: more takes too long."""

_RECORD_END = RECORD_END.encode()

_T = TypeVar("_T")


def keep_what_says_the_same(new: Sequence[Exchange], old: Sequence[Exchange]) -> list[Exchange]:
    """Return a recording with as much of an older one as says the same.

    Args:
        new: The recording, in its order.
        old: The one before, laid out the same way.
    """
    if not old:
        return list(new)
    merger = _Merger()
    groups, old_groups = group_for_order(new), group_for_order(old)
    kept = [
        exchange
        for group, old_group in zip(groups, _pair(groups, old_groups), strict=True)
        for exchange in (group.exchanges if old_group is None else merger.merge_group(group, old_group))
    ]
    return [replace(merger.with_old_ids(exchange), number=number) for number, exchange in enumerate(kept)]


def _pair(groups: Sequence[ExchangeGroup], old: Sequence[ExchangeGroup]) -> list[ExchangeGroup | None]:
    """Return for each group the older one that asked the same, else one that began alike."""
    left = dict(enumerate(old))
    pairs: list[ExchangeGroup | None] = [None] * len(groups)
    for is_same in (_asked_the_same, _began_alike):
        for index, group in enumerate(groups):
            if pairs[index] is None:
                found = next((number for number, candidate in left.items() if is_same(group, candidate)), None)
                pairs[index] = None if found is None else left.pop(found)
    return pairs


def _asked_the_same(left: ExchangeGroup, right: ExchangeGroup) -> bool:
    return left.requests == right.requests


def _began_alike(left: ExchangeGroup, right: ExchangeGroup) -> bool:
    return left.requests[0].partition("\n")[0] == right.requests[0].partition("\n")[0]


class _Merger:
    """Remembers which old id stands for which new one, so that identity survives what is kept."""

    def __init__(self) -> None:
        self._old_ids: dict[str, str] = {}
        self._new_ids: dict[str, str] = {}

    def merge_group(self, new: ExchangeGroup, old: ExchangeGroup) -> Iterator[Exchange]:
        """Give a run's exchanges, kept as far as they say the same."""
        parts, old_parts = split_at_moves(new.exchanges), split_at_moves(old.exchanges)
        requests = [move and masked_request(move) for move, _ in parts]
        old_requests = [move and masked_request(move) for move, _ in old_parts]
        for (move, polls), old_index in zip(parts, _align(requests, old_requests), strict=True):
            old_move, old_polls = (None, {}) if old_index is None else old_parts[old_index]
            if move is not None:
                yield self.merge_exchange(move, old_move) if old_move is not None else move
            in_order = [key for key in old_polls if key in polls] + [key for key in polls if key not in old_polls]
            for key in in_order:
                yield from self._merge_polls(polls[key], old_polls.get(key, []))

    def _merge_polls(self, new: Sequence[Exchange], old: Sequence[Exchange]) -> Iterator[Exchange]:
        """Give the answers to one poll, as many transient ones as there were before."""
        *on_the_way, last = new
        if not old or not all(_is_transient(poll) for poll in [*on_the_way, *old[:-1]]):
            for poll, old_index in zip(new, _align([*map(masked_reply, new)], [*map(masked_reply, old)]), strict=True):
                yield poll if old_index is None else self.merge_exchange(poll, old[old_index])
            return
        kept_last = self.merge_exchange(last, old[-1])
        for old_poll in old[:-1]:
            same = next((poll for poll in on_the_way if _progress(poll) == _progress(old_poll)), None)
            if same is not None:
                yield self.merge_exchange(same, old_poll)
            elif (adapted := _adapt_transient(old_poll, old[-1], kept_last)) is not None:
                yield adapted
        yield kept_last

    def merge_exchange(self, new: Exchange, old: Exchange) -> Exchange:
        """Return an exchange, kept as far as it says the same."""
        request, old_request = new.request, old.request
        chunks, arrivals = self._merge_chunks(new, old)
        old_headers = {name.lower(): value for name, value in old.headers}
        return replace(
            new,
            request=WireRequest(
                request.method,
                self._merge_text(request.target, old_request.target),
                {
                    name: self._merge_text(value, old_request.header(name) or "")
                    for name, value in request.headers.items()
                },
                self._merge_body(request.body, old_request.body),
            ),
            headers=tuple(
                (name, self._merge_text(value, old_headers.get(name.lower(), ""))) for name, value in new.headers
            ),
            chunks=chunks,
            arrivals=arrivals,
            failure=None if new.failure is None else self._merge_text(new.failure, old.failure or ""),
            _call=None,
        )

    def with_old_ids(self, exchange: Exchange) -> Exchange:
        """Return an exchange with the old ids, also where nothing was kept."""
        old_ids = {new: old for new, old in self._old_ids.items() if new != old}
        if not old_ids:
            return exchange

        def restore(text: str) -> str:
            for id_ in {id_ for id_ in uuids_in(text) if id_ in old_ids}:
                text = text.replace(id_, old_ids[id_])
            return text

        return map_texts(exchange, restore)

    def _merge_chunks(self, new: Exchange, old: Exchange) -> tuple[list[bytes], list[float]]:
        body, old_body = new.body.decode("latin-1"), old.body.decode("latin-1")
        is_masked_same = mask_ids_and_times(body) == mask_ids_and_times(old_body)
        if new.is_stream == old.is_stream and is_masked_same and self._pair_ids(body, old_body):
            return old.chunks, old.arrivals
        edits = self._edits(body, old_body)
        if _has_the_same_borders(new, old):
            # how a network glues chunks is no behaviour
            data = replaced(body, edits).encode("latin-1")
            return set_body(replace(new), data, chunk_borders_of(old), []).chunks, old.arrivals
        borders = move_borders(list(accumulate(map(len, new.chunks))), edits)
        data = replaced(body, edits).encode("latin-1")
        chunks = [data[start:end] for start, end in zip([0, *borders], borders, strict=False)]
        return chunks, old.arrivals if len(chunks) == len(old.chunks) else new.arrivals

    def _merge_body(self, new: bytes, old: bytes) -> bytes:
        text = new.decode("latin-1")
        return replaced(text, self._edits(text, old.decode("latin-1"))).encode("latin-1")

    def _merge_text(self, new: str, old: str) -> str:
        return old if mask_ids_and_times(new) == mask_ids_and_times(old) and self._pair_ids(new, old) else new

    def _edits(self, new: str, old: str) -> list[Place]:
        """Return what to replace in a text to keep what an older one says the same."""
        records, old_records = _records_in(new), _records_in(old)
        aligned = _align(*([mask_ids_and_times(text) for _, text in texts] for texts in (records, old_records)))
        edits: list[Place] = []
        for (start, text), old_index in zip(records, aligned, strict=True):
            if old_index is None:
                continue
            old_text = old_records[old_index][1]
            if self._merge_text(text, old_text) != text:
                edits.append(Place(start, start + len(text), old_text, ()))
            elif text != old_text and is_json(text) and is_json(old_text):
                edits += (
                    replace(edit, start=edit.start + start, end=edit.end + start)
                    for edit in self._json_edits(text, node_of(text), old_text, node_of(old_text))
                )
        return edits

    def _json_edits(self, new: str, node: ValueInText, old: str, old_node: ValueInText) -> Iterator[Place]:
        text, old_text = new[node.start : node.end], old[old_node.start : old_node.end]
        if text == old_text:
            return
        if self._merge_text(text, old_text) != text:
            yield Place(node.start, node.end, old_text, ())
        elif isinstance(node.items, dict) and isinstance(old_node.items, dict):
            for key, item in node.items.items():
                if key in old_node.items:
                    yield from self._json_edits(new, item, old, old_node.items[key])
        elif isinstance(node.items, list) and isinstance(old_node.items, list):
            masked = [mask_ids_and_times(new[item.start : item.end]) for item in node.items]
            old_masked = [mask_ids_and_times(old[item.start : item.end]) for item in old_node.items]
            for item, old_index in zip(node.items, _align(masked, old_masked), strict=True):
                if old_index is not None:
                    yield from self._json_edits(new, item, old, old_node.items[old_index])

    def _pair_ids(self, new: str, old: str) -> bool:
        """Return whether the ids of an old text may stand for the new ones; note them."""
        pairs = list(dict.fromkeys(zip(uuids_in(new), uuids_in(old), strict=False)))
        if len({id_ for id_, _ in pairs}) < len(pairs) or len({old_id for _, old_id in pairs}) < len(pairs):
            return False
        for id_, old_id in pairs:
            if self._old_ids.get(id_, old_id) != old_id or self._new_ids.get(old_id, id_) != id_:
                return False
        self._old_ids.update(pairs)
        self._new_ids.update((old_id, id_) for id_, old_id in pairs)
        return True


def _has_the_same_borders(new: Exchange, old: Exchange) -> bool:
    """Return whether an older stream's chunks end where records of this one end."""
    borders = chunk_borders_of(old)
    return (
        borders is not None
        and "+" not in borders
        and (new.is_stream, new.ending) == (old.is_stream, old.ending)
        and len(record_ends(new.body)) == len(record_ends(old.body))
        and new.body.endswith(_RECORD_END) == old.body.endswith(_RECORD_END)
    )


def _align(new: Sequence[_T], old: Sequence[_T]) -> list[int | None]:
    """Return the index of the older item that each is the same as, or replaces."""
    pairs = enumerate(zip(new, old, strict=False))
    first = next((index for index, (item, old_item) in pairs if item != old_item), min(len(new), len(old)))
    last = 0
    while last < min(len(new), len(old)) - first and new[-1 - last] == old[-1 - last]:
        last += 1
    aligned: list[int | None] = [*range(first), *[None] * (len(new) - first - last), *range(len(old) - last, len(old))]
    middle, old_middle = new[first : len(new) - last], old[first : len(old) - last]
    if len(middle) * len(old_middle) > _MOST_PAIRS:
        return aligned
    for _, old_start, old_end, start, end in SequenceMatcher(None, old_middle, middle, autojunk=False).get_opcodes():
        for index, old_index in zip(range(start, end), range(old_start, old_end), strict=False):
            aligned[first + index] = first + old_index
    return aligned


def _records_in(text: str) -> list[tuple[int, str]]:
    """Return the records of a text, each with its offset; other text is one record."""
    records, start = [], 0
    for record in text.split(RECORD_END):
        records.append((start, record))
        start += len(record) + 1
    return records


def _is_transient(exchange: Exchange) -> bool:
    return run_in(reply_json(exchange)).get("status") in _TRANSIENT


def _progress(exchange: Exchange) -> tuple[Any, ...]:
    """Return how far a run had come: its status, and those of its steps."""
    run = run_in(reply_json(exchange))
    steps = run.get("steps", run.get("context"))
    items = steps.items() if isinstance(steps, dict) else ()
    return run.get("status"), *sorted((name, str(step.get("status"))) for name, step in items if isinstance(step, dict))


def _adapt_transient(poll: Exchange, old_last: Exchange, last: Exchange) -> Exchange | None:
    """Return an older transient answer, adapted to another last answer.

    What it had in common with the last answer then, it has in common with the one now: a step that has ended says
    the same until the run's end. None if that cannot be said.
    """
    texts = [exchange.body.decode("latin-1") for exchange in (poll, old_last, last)]
    if not all(map(is_json, texts)):
        return poll if texts[1] == texts[2] else None
    edits = list(_edits_towards(*((text, node_of(text)) for text in texts)))
    if None in edits:
        return None
    body = replaced(texts[0], [edit for edit in edits if edit is not None]).encode("latin-1")
    return replace(poll, chunks=[body])


def _edits_towards(
    poll: tuple[str, ValueInText], old_last: tuple[str, ValueInText], last: tuple[str, ValueInText]
) -> Iterator[Place | None]:
    """Give what to replace in an older answer; None where the last answer lacks it."""
    text, old_text, new_text = (text[node.start : node.end] for text, node in (poll, old_last, last))
    masked_old = mask_ids_and_times(old_text)
    if mask_ids_and_times(text) == masked_old:
        if masked_old != mask_ids_and_times(new_text):
            yield Place(poll[1].start, poll[1].end, new_text, ())
        return
    items, old_items, new_items = poll[1].items, old_last[1].items, last[1].items
    if isinstance(items, dict) and isinstance(old_items, dict) and isinstance(new_items, dict):
        for key, item in items.items():
            if key in old_items and key not in new_items:
                yield None
            elif key in old_items:
                yield from _edits_towards((poll[0], item), (old_last[0], old_items[key]), (last[0], new_items[key]))
