"""A request that a recording does not answer: why, and what comes closest."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from http.client import responses

from mastra_sync.guard import NotAFailure
from pytest_mastra.cassettes.replay.entries import Entry
from pytest_mastra.cassettes.replay.request_key import RequestKey, describe_request
from pytest_mastra.http.wire import WireRequest
from pytest_mastra.text.differences import Difference, describe, differences

CLOSEST = 3
"""How many recorded requests are shown."""

_WIDTH = 80


class NoRecordedReply(NotAFailure):
    """A request was not recorded, and does not go to the network.

    No `requests.RequestException`, and no `OSError`: nobody is to take it for an outage and try again.
    """


@dataclass(frozen=True, slots=True)
class Miss:
    """Why there is no answer.

    Attributes:
        request: What was asked, without secrets.
        key: What it was matched by.
        reason: Why no recorded exchange was the answer.
        entries: The recording.
    """

    request: WireRequest
    key: RequestKey
    reason: str
    entries: tuple[Entry, ...]

    def explain(self, cassette: str, advice: str) -> str:
        """Return this in words.

        Args:
            cassette: Which recording it is.
            advice: What to do about it.
        """
        played = sum(entry.played for entry in self.entries)
        lines = [
            f"no recorded reply to {self.request.method} {self.request.path}",
            *_wrapped(f"{_verb_of(self.key)}: {self.reason}.", "  "),
            *_wrapped(f"{cassette}: {len(self.entries)} exchanges, {played} of them played.", "  "),
            *self._closest(),
            *textwrap.indent(advice, "  ").split("\n"),
        ]
        return "\n".join(lines)

    @property
    def differences(self) -> tuple[str, list[Difference]]:
        """Which recorded request comes closest, and in what it differs; empty if none does."""
        question = describe_request(self.request)
        closest = min(self.entries, key=lambda entry: _distance(entry, self.key, question), default=None)
        if closest is None or _distance(closest, self.key, question)[0]:
            return "", []
        found = differences(question, describe_request(closest.exchange.request))
        return f"{_verb_of(self.key)}, recorded as exchange {closest.index + 1}", found

    def _closest(self) -> list[str]:
        if not self.entries:
            return []
        question = describe_request(self.request)
        ranked = sorted(self.entries, key=lambda entry: _distance(entry, self.key, question))[:CLOSEST]
        if _distance(ranked[0], self.key, question)[0]:
            verbs = dict.fromkeys(_verb_of(entry.request_key) for entry in self.entries)
            return _wrapped(f"Nothing comes close; there are: {', '.join(verbs)}.", "  ")
        lines = ["  The closest that was recorded:"]
        for entry in ranked:
            if _distance(entry, self.key, question)[0]:
                break
            lines.append(f"  {describe_entry(entry)}{', played' if entry.played else ''}")
            lines += [f"    {line}" for line in _differences_from(entry, self.key, question)]
        return lines


def describe_entry(entry: Entry) -> str:
    """Say which exchange of a recording it is, and what came of it."""
    exchange = entry.exchange
    came = f"{exchange.status} {responses.get(exchange.status, '')}".strip() if exchange.status else exchange.failure
    return f"exchange {entry.index + 1}, {_verb_of(entry.request_key)} -> {came}"


def _differences_from(entry: Entry, key: RequestKey, question: dict[str, object]) -> list[str]:
    found = describe(differences(question, describe_request(entry.exchange.request)), width=_WIDTH - 4)
    lines = [_in_words_of_requests(line) for line in found]
    if entry.request_key.call.workflow != key.call.workflow:
        lines.insert(0, f"recorded of workflow {entry.request_key.call.workflow!r}")
    return lines or ["asked the same, ids and times aside"]


def _in_words_of_requests(line: str) -> str:
    """Return a line about expected and actual values, as one about recorded and asked ones."""
    gone = ", but nothing is there"
    line = f"{line.removesuffix(gone)}, not asked" if line.endswith(gone) else line
    return line.replace("expected", "recorded", 1).replace("actual", "asked", 1)


def _distance(entry: Entry, key: RequestKey, question: dict[str, object]) -> tuple[bool, bool, int, bool, int]:
    """Return how far a recorded request is from one that is asked."""
    recorded, call = entry.request_key.call, key.call
    is_other = recorded.verb != call.verb or (call.verb is None and entry.request_key.question[0] != key.question[0])
    unlike = 0 if is_other else len(differences(question, describe_request(entry.exchange.request)))
    return is_other, recorded.workflow != call.workflow, unlike, entry.played, entry.index


def _verb_of(key: RequestKey) -> str:
    call = key.call
    if call.verb is None:
        return key.question[0]
    return f"{call.verb} of {call.workflow!r}" if call.workflow else call.verb


def _wrapped(text: str, indent: str) -> list[str]:
    wrapper = textwrap.TextWrapper(_WIDTH, indent, f"{indent}  ", break_long_words=False, break_on_hyphens=False)
    return wrapper.wrap(text)
