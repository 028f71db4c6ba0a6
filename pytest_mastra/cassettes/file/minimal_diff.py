"""Keeps what need not change: what differs from an older recording in ids, times, pace or polls only. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from typing import Any, TypeVar

from pytest_mastra.cassettes.file.format import chunk_borders_of, record_ends, set_body
from pytest_mastra.cassettes.file.order import Chapter, answered, asked, chapters_of, segments_of
from pytest_mastra.cassettes.file.stable_ids import alike, uuids, with_texts
from pytest_mastra.http.bodies import reply_json, run_in
from pytest_mastra.http.exchanges import Exchange
from pytest_mastra.http.wire import WireRequest
from pytest_mastra.redact.json_text import RECORD_END, Node, is_json, node_of
from pytest_mastra.redact.places import Place, move_borders, replaced

_TRANSIENT = frozenset({"pending", "running", "waiting"})
"""Statuses of which a poll sees more or fewer each time."""

_MOST_PAIRS = 10**7
"""Items times items up to which two sequences are compared: more takes too long."""

_END = RECORD_END.encode()

_T = TypeVar("_T")


def keep_what_says_the_same(new: Sequence[Exchange], old: Sequence[Exchange]) -> list[Exchange]:
    """Return a recording with as much of an older one as says the same.

    Args:
        new: The recording, in its order.
        old: The one before, laid out the same way.
    """
    if not old:
        return list(new)
    keeper = _Keeper()
    chapters = chapters_of(new)
    pairs = _paired([chapter.signature for chapter in chapters], old_chapters := chapters_of(old))
    told = [
        exchange
        for chapter, place in zip(chapters, pairs, strict=True)
        for exchange in (chapter.exchanges if place is None else keeper.chapter(chapter, old_chapters[place]))
    ]
    return [replace(keeper.with_ids(exchange), number=number) for number, exchange in enumerate(told)]


def _paired(signatures: Sequence[tuple[str, ...]], old: Sequence[Chapter]) -> list[int | None]:
    """Return for each chapter its place before: where the same was asked, else where something alike was."""
    left = dict(enumerate(chapter.signature for chapter in old))
    pairs: list[int | None] = [None] * len(signatures)
    for is_same in (lambda one, other: one == other, lambda one, other: _first_line(one) == _first_line(other)):
        for number, signature in enumerate(signatures):
            if pairs[number] is None:
                place = next((place for place, other in left.items() if is_same(signature, other)), None)
                if place is not None:
                    pairs[number] = place
                    del left[place]
    return pairs


def _first_line(signature: tuple[str, ...]) -> str:
    return signature[0].partition("\n")[0]


class _Keeper:
    """Remembers which old id stands for which new one, so that identity survives what is kept."""

    def __init__(self) -> None:
        self._old_ids: dict[str, str] = {}
        self._new_ids: dict[str, str] = {}

    def chapter(self, new: Chapter, old: Chapter) -> Iterator[Exchange]:
        """Give a run's exchanges, kept as far as they say the same."""
        segments, old_segments = segments_of(new.exchanges), segments_of(old.exchanges)
        keys = [move and asked(move) for move, _ in segments]
        old_keys = [move and asked(move) for move, _ in old_segments]
        for number, place in enumerate(_aligned(keys, old_keys)):
            move, reads = segments[number]
            old_move, old_reads = (None, {}) if place is None else old_segments[place]
            if move is not None:
                yield self.exchange(move, old_move) if old_move is not None else move
            in_order = [key for key in old_reads if key in reads] + [key for key in reads if key not in old_reads]
            for key in in_order:
                yield from self._polls(reads[key], old_reads.get(key, []))

    def _polls(self, new: Sequence[Exchange], old: Sequence[Exchange]) -> Iterator[Exchange]:
        """Give the answers to one poll; of those on the way as many as there were before."""
        *on_the_way, last = new
        if not old or not all(_is_transient(poll) for poll in [*on_the_way, *old[:-1]]):
            for poll, place in zip(new, _aligned([*map(answered, new)], [*map(answered, old)]), strict=True):
                yield poll if place is None else self.exchange(poll, old[place])
            return
        kept_last = self.exchange(last, old[-1])
        for poll in old[:-1]:
            same = next((one for one in on_the_way if _progress(one) == _progress(poll)), None)
            if same is not None:
                yield self.exchange(same, poll)
            elif (carried := _on_the_way(poll, old[-1], kept_last)) is not None:
                yield carried
        yield kept_last

    def exchange(self, new: Exchange, old: Exchange) -> Exchange:
        """Return an exchange, kept as far as it says the same."""
        request, old_request = new.request, old.request
        chunks, arrivals = self._chunks(new, old)
        old_headers = {name.lower(): value for name, value in old.headers}
        return replace(
            new,
            request=WireRequest(
                request.method,
                self._text(request.target, old_request.target),
                {name: self._text(value, old_request.header(name) or "") for name, value in request.headers.items()},
                self._body(request.body, old_request.body),
            ),
            headers=tuple((name, self._text(value, old_headers.get(name.lower(), ""))) for name, value in new.headers),
            chunks=chunks,
            arrivals=arrivals,
            failure=None if new.failure is None else self._text(new.failure, old.failure or ""),
            _call=None,
        )

    def with_ids(self, exchange: Exchange) -> Exchange:
        """Return an exchange with the old ids, also where nothing was kept."""
        renamed = {new: old for new, old in self._old_ids.items() if new != old}
        if not renamed:
            return exchange

        def rename(text: str) -> str:
            for name in {name for name in uuids(text) if name in renamed}:
                text = text.replace(name, renamed[name])
            return text

        return with_texts(exchange, rename)

    def _chunks(self, new: Exchange, old: Exchange) -> tuple[list[bytes], list[float]]:
        body, old_body = new.body.decode("latin-1"), old.body.decode("latin-1")
        if new.is_stream == old.is_stream and alike(body) == alike(old_body) and self._may_stand_for(body, old_body):
            return old.chunks, old.arrivals
        found = self._edits(body, old_body)
        if _has_the_same_places(new, old):
            # how a network glues chunks is no behaviour
            data = replaced(body, found).encode("latin-1")
            return set_body(replace(new), data, chunk_borders_of(old), []).chunks, old.arrivals
        borders, size = [], 0
        for chunk in new.chunks:
            size += len(chunk)
            borders.append(size)
        borders = move_borders(borders, found)
        data = replaced(body, found).encode("latin-1")
        chunks = [data[start:end] for start, end in zip([0, *borders], borders, strict=False)]
        return chunks, old.arrivals if len(chunks) == len(old.chunks) else new.arrivals

    def _body(self, new: bytes, old: bytes) -> bytes:
        text = new.decode("latin-1")
        return replaced(text, self._edits(text, old.decode("latin-1"))).encode("latin-1")

    def _text(self, new: str, old: str) -> str:
        return old if alike(new) == alike(old) and self._may_stand_for(new, old) else new

    def _edits(self, new: str, old: str) -> list[Place]:
        """Return what to replace in a text to keep what an older one says the same."""
        records, old_records = _records(new), _records(old)
        aligned = _aligned([alike(text) for _, text in records], [alike(text) for _, text in old_records])
        found: list[Place] = []
        for (start, text), place in zip(records, aligned, strict=True):
            if place is None:
                continue
            other = old_records[place][1]
            if self._text(text, other) != text:
                found.append(Place(start, start + len(text), other, ()))
            elif text != other and is_json(text) and is_json(other):
                found += (
                    replace(edit, start=edit.start + start, end=edit.end + start)
                    for edit in self._walk(text, node_of(text), other, node_of(other))
                )
        return found

    def _walk(self, new: str, node: Node, old: str, old_node: Node) -> Iterator[Place]:
        text, other = new[node.start : node.end], old[old_node.start : old_node.end]
        if text == other:
            return
        if self._text(text, other) != text:
            yield Place(node.start, node.end, other, ())
        elif isinstance(node.items, dict) and isinstance(old_node.items, dict):
            for key, item in node.items.items():
                if key in old_node.items:
                    yield from self._walk(new, item, old, old_node.items[key])
        elif isinstance(node.items, list) and isinstance(old_node.items, list):
            keys = [alike(new[item.start : item.end]) for item in node.items]
            old_keys = [alike(old[item.start : item.end]) for item in old_node.items]
            for item, place in zip(node.items, _aligned(keys, old_keys), strict=True):
                if place is not None:
                    yield from self._walk(new, item, old, old_node.items[place])

    def _may_stand_for(self, new: str, old: str) -> bool:
        """Return whether each id in an old text may stand for the one in a new text, and note it."""
        pairs = list(dict.fromkeys(zip(uuids(new), uuids(old), strict=False)))
        if len({id_ for id_, _ in pairs}) < len(pairs) or len({old_id for _, old_id in pairs}) < len(pairs):
            return False
        for id_, old_id in pairs:
            if self._old_ids.get(id_, old_id) != old_id or self._new_ids.get(old_id, id_) != id_:
                return False
        self._old_ids.update(pairs)
        self._new_ids.update((old_id, id_) for id_, old_id in pairs)
        return True


def _has_the_same_places(new: Exchange, old: Exchange) -> bool:
    """Return whether the borders in an older stream, all between records, are places in this one too."""
    places = chunk_borders_of(old)
    return (
        places is not None
        and "+" not in places
        and (new.is_stream, new.ending) == (old.is_stream, old.ending)
        and len(record_ends(new.body)) == len(record_ends(old.body))
        and new.body.endswith(_END) == old.body.endswith(_END)
    )


def _aligned(new: Sequence[_T], old: Sequence[_T]) -> list[int | None]:
    """Return for each item its place in the older sequence: where it is the same, or stands in the place of another."""
    first = next((place for place, (one, other) in enumerate(zip(new, old, strict=False)) if one != other), None)
    if first is None:
        first = min(len(new), len(old))
    last = 0
    while last < min(len(new), len(old)) - first and new[-1 - last] == old[-1 - last]:
        last += 1
    places: list[int | None] = [*range(first), *[None] * (len(new) - first - last), *range(len(old) - last, len(old))]
    middle, old_middle = new[first : len(new) - last], old[first : len(old) - last]
    if len(middle) * len(old_middle) > _MOST_PAIRS:
        return places
    for _, old_start, old_end, start, end in SequenceMatcher(None, old_middle, middle, autojunk=False).get_opcodes():
        for number, place in zip(range(start, end), range(old_start, old_end), strict=False):
            places[first + number] = first + place
    return places


def _records(text: str) -> list[tuple[int, str]]:
    """Return the records of a text, each with the place where it begins; a text that is no stream is one."""
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
    told = steps.items() if isinstance(steps, dict) else ()
    return run.get("status"), *sorted((name, str(step.get("status"))) for name, step in told if isinstance(step, dict))


def _on_the_way(poll: Exchange, old_last: Exchange, last: Exchange) -> Exchange | None:
    """Return an older answer on the way, as it would have been on the way to another last answer.

    What it had in common with the last answer then, it has in common with the one now: a step that has ended says
    the same until the run's end. None if that cannot be said.
    """
    texts = [exchange.body.decode("latin-1") for exchange in (poll, old_last, last)]
    if not all(map(is_json, texts)):
        return poll if texts[1] == texts[2] else None
    found = list(_carried_over(*((text, node_of(text)) for text in texts)))
    if None in found:
        return None
    body = replaced(texts[0], [place for place in found if place is not None]).encode("latin-1")
    return replace(poll, chunks=[body])


def _carried_over(poll: tuple[str, Node], old_last: tuple[str, Node], last: tuple[str, Node]) -> Iterator[Place | None]:
    text, old_text, new_text = (text[node.start : node.end] for text, node in (poll, old_last, last))
    if alike(text) == alike(old_text):
        if alike(old_text) != alike(new_text):
            yield Place(poll[1].start, poll[1].end, new_text, ())
        return
    items, old_items, new_items = poll[1].items, old_last[1].items, last[1].items
    if isinstance(items, dict) and isinstance(old_items, dict) and isinstance(new_items, dict):
        for key, item in items.items():
            if key in old_items and key not in new_items:
                yield None
            elif key in old_items:
                yield from _carried_over((poll[0], item), (old_last[0], old_items[key]), (last[0], new_items[key]))
