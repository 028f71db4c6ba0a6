"""Answers that were given to another question than the one that they are meant for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pytest_mastra.fake.api.exactly_once import begun_walks
from pytest_mastra.fake.engine.walks import Cause

if TYPE_CHECKING:
    from pytest_mastra.fake.api.journal import RunNotes
    from pytest_mastra.fake.engine.walks import Walk

Answered = Mapping[tuple[str, tuple[str, ...]], frozenset[tuple[str, str]]]
"""Questions with their answers, as texts; by workflow, and by the step that asks."""


def answered_questions(runs: Iterable[RunNotes]) -> Answered:
    """Return which questions were answered how."""
    pairs: dict[tuple[str, tuple[str, ...]], set[tuple[str, str]]] = {}
    for walk in _answers(runs):
        pairs.setdefault((walk.workflow_id, walk.question[0]), set()).add((_text(walk.asked), _text(walk.answer)))
    return {place: frozenset(found) for place, found in pairs.items()}


def find_misplaced(runs: Iterable[RunNotes], on_purpose: Answered) -> Iterator[str]:
    """Give a line for each question that got an answer meant for another one.

    Args:
        runs: What the runs went through.
        on_purpose: Which questions are answered how where nothing goes wrong. What is asked or answered
            otherwise there, by chance or by the hour, tells nothing.
    """
    for walk in _answers(runs):
        known = on_purpose.get((walk.workflow_id, walk.question[0]), frozenset())
        asked, answer = _text(walk.asked), _text(walk.answer)
        is_known = asked in {question for question, _ in known} and answer in {given for _, given in known}
        if is_known and (asked, answer) not in known:
            step = ".".join(walk.question[0])
            yield (
                f"{walk.workflow_id!r} asked {asked} at {step!r}, and was given what is meant for another question: "
                f"{answer} (run {walk.run_id})"
            )


def _answers(runs: Iterable[RunNotes]) -> Iterator[Walk]:
    """Give the answers of which it is known what had been asked."""
    for notes in runs:
        for walk in begun_walks(notes, Cause.RESUME):
            # of an item of a foreach what is stored beside it may be another one's question
            if walk.asked and walk.question[1] is None:
                yield walk


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
