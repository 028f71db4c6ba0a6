"""A request that a recording has no answer for: what was asked, what comes closest, and what to do."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import responses

from pytest_mastra.cassettes.replay.entries import Entry
from pytest_mastra.cassettes.replay.request_key import Shape, question_of
from pytest_mastra.http.wire import WireRequest
from pytest_mastra.text.differences import describe, differences

CLOSEST = 3
"""How many recorded requests are shown."""

_WIDTH = 80


class NoRecordedReply(Exception):
    """A request was not recorded, and does not go to the network.

    No `requests.RequestException`, and no `OSError`: nobody is to take it for an outage and try again.
    """


@dataclass(frozen=True, slots=True)
class Miss:
    """Why there is no answer.

    Attributes:
        request: What was asked, without secrets.
        shape: What it was matched by.
        reason: Why no recorded exchange was the answer.
        entries: The recording.
    """

    request: WireRequest
    shape: Shape
    reason: str
    entries: tuple[Entry, ...]

    def explained(self, where: str, advice: str) -> str:
        """Return this in words.

        Args:
            where: Which recording it is.
            advice: What to do about it.
        """
        played = sum(entry.played for entry in self.entries)
        lines = [
            f"no recorded reply to {self.request.method} {self.request.path}",
            *_wrapped(f"{_verb(self.shape)}: {self.reason}.", "  "),
            *_wrapped(f"{where}: {len(self.entries)} exchanges, {played} of them played.", "  "),
            *self._closest(),
            *textwrap.indent(advice, "  ").split("\n"),
        ]
        return "\n".join(lines)

    def _closest(self) -> list[str]:
        if not self.entries:
            return []
        asked = question_of(self.request)
        ranked = sorted(self.entries, key=lambda entry: _distance(entry, self.shape, asked))[:CLOSEST]
        if _distance(ranked[0], self.shape, asked)[0]:
            verbs = dict.fromkeys(_verb(entry.shape) for entry in self.entries)
            return _wrapped(f"Nothing comes close; there are: {', '.join(verbs)}.", "  ")
        lines = ["  The closest that was recorded:"]
        for entry in ranked:
            if _distance(entry, self.shape, asked)[0]:
                break
            lines.append(f"  {told(entry)}{', played' if entry.played else ''}")
            lines += [f"    {line}" for line in _what_differs(entry, self.shape, asked)]
        return lines


def told(entry: Entry) -> str:
    """Say which exchange of a recording it is, and what came of it."""
    exchange = entry.exchange
    came = f"{exchange.status} {responses.get(exchange.status, '')}".strip() if exchange.status else exchange.failure
    return f"exchange {entry.place + 1}, {_verb(entry.shape)} -> {came}"


def _what_differs(entry: Entry, shape: Shape, asked: dict[str, object]) -> list[str]:
    found = describe(differences(asked, question_of(entry.exchange.request)), width=_WIDTH - 4)
    lines = [_of_requests(line) for line in found]
    if entry.shape.call.workflow != shape.call.workflow:
        lines.insert(0, f"recorded of workflow {entry.shape.call.workflow!r}")
    return lines or ["asked the same, ids and times aside"]


def _of_requests(line: str) -> str:
    """Return a line about what was expected and what is, as one about what was recorded and what is asked."""
    gone = ", but nothing is there"
    line = f"{line.removesuffix(gone)}, not asked" if line.endswith(gone) else line
    return line.replace("expected", "recorded", 1).replace("actual", "asked", 1)


def _distance(entry: Entry, shape: Shape, asked: dict[str, object]) -> tuple[bool, bool, int, bool, int]:
    """Return how far a recorded request is from one that is asked; the least is the closest."""
    call, other = entry.shape.call, shape.call
    is_other = call.verb != other.verb or (call.verb is None and entry.shape.key[0] != shape.key[0])
    unlike = 0 if is_other else len(differences(asked, question_of(entry.exchange.request)))
    return is_other, call.workflow != other.workflow, unlike, entry.played, entry.place


def _verb(shape: Shape) -> str:
    call = shape.call
    if call.verb is None:
        return shape.key[0]
    return f"{call.verb} of {call.workflow!r}" if call.workflow else call.verb


def _wrapped(text: str, indent: str) -> list[str]:
    wrapper = textwrap.TextWrapper(_WIDTH, indent, f"{indent}  ", break_long_words=False, break_on_hyphens=False)
    return wrapper.wrap(text)


def in_a_line(entries: Sequence[Entry]) -> list[str]:
    """Return what was recorded, a line for each."""
    return [told(entry) for entry in entries]
