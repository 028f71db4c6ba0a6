"""From what was seen of runs to what each step did: walks each sight along the workflow's graph. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pytest_mastra.cassettes.as_fake.infer_graph import Entry, say, step_id
from pytest_mastra.cassettes.as_fake.recorded_steps import Evidence, Kind, Seen
from pytest_mastra.cassettes.as_fake.run_snapshots import Sight, Step, StepCall, nested_sight, same
from pytest_mastra.cassettes.as_fake.step_reports import (
    flow_of,
    item_beside,
    item_of,
    marks_of,
    meta_of,
    round_of,
    seen_of,
)
from pytest_mastra.fake.workflows.javascript import UNDEFINED

TURN = 1e-7
"""Seconds by which steps side by side are kept apart: too few to be told."""


class Walk:
    """Walks what was seen of one run, sight after sight.

    Args:
        evidence: Takes what is found.
        run: The run's number.

    Attributes:
        answers: What the last known execution of each step was resumed with.
        counted: After how many resumes each step was told of last.
        items: What is known of the items of each foreach.
    """

    def __init__(self, evidence: Evidence, run: int) -> None:
        self._evidence = evidence
        self._run = run
        self.counted: dict[tuple[Any, ...], int] = {}
        self.answers: dict[tuple[Any, ...], Any] = {}
        self.items: dict[tuple[Any, ...], dict[int, Step]] = {}
        self._before: dict[tuple[Any, ...], Step] = {}
        self._told: set[tuple[str, str]] = set()
        self._state: Any = UNDEFINED
        self._last: Seen | None = None

    def take(self, sight: Sight, graph: list[Entry], *, place: tuple[Any, ...] = ()) -> None:
        """Take in one sight.

        Args:
            sight: The sight.
            graph: The graph of its workflow.
            place: Where the workflow is nested, from the outside in.
        """
        _SightWalk(self, self._evidence, self._run, sight, graph, place).go()
        if not place:
            self._take_state(sight)

    def before(self, place: tuple[Any, ...], id_: str) -> Step:
        """Return what was known of a step before."""
        return self._before.get((*place, id_), {})

    def remember(self, place: tuple[Any, ...], id_: str, step: Step, answers: int) -> None:
        """Note what is known of a step after so many resumes."""
        self._before[(*place, id_)] = step
        self.counted[(*place, id_)] = answers

    def add(self, workflow: str, id_: str, seen: Seen) -> Seen:
        """Add an execution of a step."""
        recorded = self._evidence.step(workflow, id_)
        known = recorded.add(self._run, seen)
        if known is seen and seen.kind is not Kind.RUNNING:
            self._last = seen
        return known

    def told_by_stream(self, workflow: str, id_: str) -> bool:
        """Return whether a stream has told of each execution of a step, and note it if not."""
        return (workflow, id_) in self._told

    def note_told(self, workflow: str, id_: str) -> None:
        """Note that a stream has told of each execution of a step."""
        self._told.add((workflow, id_))

    def _take_state(self, sight: Sight) -> None:
        if sight.state is UNDEFINED:
            return
        known, self._state = self._state, sight.state
        if self._last is not None and isinstance(sight.state, dict) and not same(known, sight.state):
            if sight.state:
                self._last.state = sight.state
                say(
                    self._evidence.gaps,
                    sight.workflow,
                    "which step changed the state is not recorded: taken to be the last one",
                )
            self._last = None


@dataclass
class _SightWalk:
    walk: Walk
    evidence: Evidence
    run: int
    sight: Sight
    graph: list[Entry]
    place: tuple[Any, ...]
    previous: Any = UNDEFINED

    def go(self) -> None:
        for order, call in enumerate(self.sight.calls):
            self._call(call, order)
        self.previous = self.sight.input
        reached = self._reached()
        for index, entry in enumerate(self.graph[: reached + 1]):
            self._entry(entry, self._after(index), is_last=index == reached)
        self._note_bail(reached)

    def _reached(self) -> int:
        """Return the place of the last entry that the run came to; -1 if it came to none."""
        steps = self.sight.steps
        reached = max((i for i, entry in enumerate(self.graph) if any(id_ in steps for id_ in _ids(entry))), default=-1)
        if self.sight.status != "success":
            return reached
        rest = self.graph[reached + 1 :]
        bailed = any(call.told.get("status") == "bailed" for call in self.sight.calls)
        # a branch of which nothing was taken leaves no trace but what the run gave
        if (
            all(entry["type"] == "conditional" for entry in rest)
            and not bailed
            and self.sight.result in ({}, UNDEFINED)
        ):
            return len(self.graph) - 1
        return reached

    def _after(self, index: int) -> Any:
        """Return what came after an entry: what the next one was given, or what the run gave."""
        if index + 1 >= len(self.graph):
            return self.sight.result if self.sight.status == "success" else UNDEFINED
        first = next((self.sight.steps[id_] for id_ in _ids(self.graph[index + 1]) if id_ in self.sight.steps), {})
        return first.get("payload", UNDEFINED) if round_of(first) in (None, 1) else UNDEFINED

    def _bailed_in(self, entry: Entry, after: Any) -> dict[str, Any] | None:
        """Note which steps of a block bailed: what they gave does not go on. Return what does, None if all of it."""
        if not isinstance(after, dict) or not all(name in self.previous for name in after) or after == self.previous:
            return None
        for child in entry["steps"]:
            for seen in self.evidence.step(self.sight.workflow, step_id(child)).seen.get(self.run, []):
                if step_id(child) not in after and seen.kind is Kind.GAVE:
                    seen.kind = Kind.BAILED
        return after

    def _entry(self, entry: Entry, after: Any, *, is_last: bool) -> None:
        kind = entry["type"]
        if kind == "parallel":
            for child in entry["steps"]:
                self._single(child)
            self.previous = self._gathered(entry)
            if (bailed := self._bailed_in(entry, after)) is not None:
                self.previous = bailed
        elif kind == "conditional":
            self._branch(entry)
        elif kind == "loop":
            self._loop(entry, is_last=is_last)
        elif kind == "foreach":
            self._foreach(entry)
        else:
            self._single(entry)
            self.previous = self._output(step_id(entry))

    # -- plain steps, and steps of blocks

    def _single(self, entry: Entry) -> None:
        id_ = step_id(entry)
        step = self.sight.steps.get(id_)
        if step is None:
            return
        self._note_input(id_, step)
        if (flow := flow_of(entry)) is not None:
            self._nested(id_, step, flow, self.sight.nested.get(id_, {}))
        # what a nested workflow gave is of use where nobody tells what its steps did
        if not self.sight.calls or not self.walk.told_by_stream(self.sight.workflow, id_):
            self._seen(id_, step, resumed_with=self._resumed_with(id_, step))
        self.walk.remember(self.place, id_, step, self.sight.answers)

    def _call(self, call: StepCall, order: int) -> None:
        self.walk.note_told(self.sight.workflow, call.step)
        answer = call.told.get("resumePayload", UNDEFINED) if call.resumed else UNDEFINED
        seen = self._seen(call.step, call.told, resumed_with=answer, written=call.written)
        if seen is not None and any(call.step in pair for pair in self.sight.beside):
            # of steps side by side that took as many milliseconds, each is to end in its turn
            seen.seconds = round(seen.seconds, 3) + order * TURN

    def _seen(
        self, id_: str, step: Step, *, resumed_with: Any, written: list[dict[str, Any]] | None = None
    ) -> Seen | None:
        seen = seen_of(step, resumed_with=resumed_with, labels=self._labels(id_, None))
        if seen is None:
            return None
        if seen.input is UNDEFINED and not self.sight.calls:
            seen.input = self.previous
        seen.written = written or []
        self.walk.answers[(*self.place, id_)] = resumed_with
        return self.walk.add(self.sight.workflow, id_, seen)

    def _answer(self, id_: str) -> dict[str, Any] | None:
        """Return what the run was answered since a step was last told of; None if nothing."""
        is_new = self.sight.answers > self.walk.counted.get((*self.place, id_), 0)
        return self.sight.answer if is_new else None

    def _resumed_with(self, id_: str, step: Step) -> Any:
        """Return the answer that a step went on with; what an earlier round was answered stays on it."""
        before = self.walk.before(self.place, id_)
        if not before:
            return step.get("resumePayload", UNDEFINED)
        if self._is_unmoved(id_, before, step):
            return self.walk.answers.get((*self.place, id_), UNDEFINED)
        waited = before.get("status") == "suspended" and round_of(before) == round_of(step)
        return step.get("resumePayload", UNDEFINED) if waited else UNDEFINED

    def _is_unmoved(self, id_: str, before: Step, step: Step) -> bool:
        if (before.get("status"), round_of(before)) != (step.get("status"), round_of(step)):
            return False
        moments = [one.get("suspendedAt", one.get("endedAt")) for one in (before, step)]
        return self._answer(id_) is None or (isinstance(moments[0], (int, float)) and moments[0] == moments[1])

    def _nested(self, id_: str, step: Step, flow: list[Entry], runs: Mapping[int | None, Sight]) -> None:
        if not runs and self.sight.shows_nested and all(entry["type"] == "conditional" for entry in flow):
            # no branch was taken, or there would be steps
            runs = {None: nested_sight(step, id_, None)}
        for index, inner in runs.items():
            self.evidence.looked_into.add(id_)
            inner.shows_nested = self.sight.shows_nested
            inner.answer, inner.answers = self.sight.answer, self.sight.answers
            self.walk.take(inner, flow, place=(*self.place, id_, index))
        if not runs and step.get("status") in ("success", "failed", "suspended"):
            say(
                self.evidence.gaps,
                self.sight.workflow,
                f"what the steps inside of {id_!r} did is not recorded of each run",
            )

    def _note_input(self, id_: str, step: Step) -> None:
        taken = step.get("payload", UNDEFINED)
        waited = self.walk.before(self.place, id_).get("status") in ("suspended", "running")
        if taken is not UNDEFINED and not waited and not same(taken, self.previous) and round_of(step) in (None, 1):
            self.evidence.inputs.setdefault((self.sight.workflow, id_), []).append((self.previous, taken))

    def _labels(self, id_: str, index: int | None) -> list[str]:
        labels: dict[str, Any] = dict(self.sight.labels)
        labels |= meta_of(self.sight.steps.get(id_, {})).get("resumeLabels") or {}
        return [
            name
            for name, label in labels.items()
            if isinstance(label, dict) and label.get("stepId") == id_ and label.get("foreachIndex") == index
        ]

    # -- branches and loops

    def _branch(self, entry: Entry) -> None:
        children = [step_id(child) for child in entry["steps"]]
        for child in entry["steps"]:
            self._single(child)
        if not any(self.walk.before((*self.place, "branch"), id_) for id_ in children):
            for child, shown in zip(children, entry.get("serializedConditions", ()), strict=False):
                condition = self.evidence.condition(self.sight.workflow, shown["id"])
                condition.add(self.run, self.previous, None, holds=child in self.sight.steps)
            for id_ in children:
                self.walk.remember((*self.place, "branch"), id_, {"status": "chosen"}, self.sight.answers)
        self.previous = self._gathered(entry)

    def _loop(self, entry: Entry, *, is_last: bool) -> None:
        id_ = step_id(entry["step"] if "type" in entry["step"] else entry)
        step = self.sight.steps.get(id_)
        if step is None:
            return
        rounds = round_of(step) or 1
        self._note_input(id_, step)
        flow = flow_of(entry)
        if flow is not None:
            self._nested(id_, step, flow, self.sight.nested.get(id_, {}))
        if not self.walk.told_by_stream(self.sight.workflow, id_):
            self._rounds(id_, step, rounds)
            self._seen(id_, step, resumed_with=self._resumed_with(id_, step))
        self._conditions(entry, id_, step, rounds, is_over=not is_last or self.sight.status == "success")
        self.walk.remember(self.place, id_, step, self.sight.answers)
        self.previous = self._output(id_)

    def _rounds(self, id_: str, step: Step, rounds: int) -> None:
        """Add the rounds of which no answer tells: of what they gave only the last one is known, the next input."""
        before = self.walk.before(self.place, id_)
        first = round_of(before) or 1
        given = before.get("payload", self.previous)
        for round_ in range(first, rounds):
            gave = step.get("payload", UNDEFINED)
            is_known = round_ == rounds - 1 and rounds - first == 1
            resumed = before.get("status") == "suspended" and round_ == first
            answer = step.get("resumePayload", UNDEFINED) if resumed else UNDEFINED
            marks = (round_, *marks_of(step))
            seen = Seen(Kind.GAVE, given, resumed_with=answer, value=gave, marks=marks, is_stand_in=not is_known)
            self.walk.add(self.sight.workflow, id_, seen)
            if not is_known:
                say(self.evidence.gaps, self.sight.workflow, f"what {id_!r} gave in its first rounds is not recorded")
            given = gave

    def _conditions(self, entry: Entry, id_: str, step: Step, rounds: int, *, is_over: bool) -> None:
        condition = self.evidence.condition(self.sight.workflow, entry["serializedCondition"]["id"])
        goes_on = entry["loopType"] == "dowhile"
        outputs = [
            (round_of(call.told) or 0, call.told.get("output", UNDEFINED))
            for call in self.sight.calls
            if call.step == id_ and call.told.get("status") == "success"
        ]
        for round_, output in outputs:
            if round_ < rounds:
                condition.add(self.run, output, round_, holds=goes_on)
        if not outputs:
            for round_ in range(1, rounds):
                condition.add(self.run, step.get("payload", UNDEFINED), round_, holds=goes_on)
        if step.get("status") == "success" and is_over:
            condition.add(self.run, step.get("output", UNDEFINED), rounds, holds=not goes_on)

    # -- foreach

    def _foreach(self, entry: Entry) -> None:
        id_ = step_id(entry["step"] if "type" in entry["step"] else entry)
        step = self.sight.steps.get(id_)
        if step is None:
            return
        before = self.walk.before(self.place, id_)
        items, only = self._items(step, before)
        if items is None:
            return
        flow = flow_of(entry)
        if flow is not None:
            self._nested(id_, step, flow, self.sight.nested.get(id_, {}))
        known = self.walk.items.setdefault((*self.place, id_), {})
        for index in range(len(items)):
            told = item_of(step, index) if only is None else item_beside(step, index, only)
            told = told or self._untold(entry, step, known, index)
            self._item(id_, told, step, known.get(index, {}), index, items)
            known[index] = told or known.get(index, {})
        if "loose" in step or any(one.get("written") for one in step.get("items", {}).values()):
            self._say_who_wrote(entry, id_)
        self.walk.remember(self.place, id_, {**step, "payload": items}, self.sight.answers)
        self.previous = self._output(id_)

    def _items(self, step: Step, before: Step) -> tuple[list[Any] | None, int | None]:
        """Return the items, and which one the step tells of: of one that ended the foreach, only that is told."""
        given = step.get("payload", UNDEFINED)
        known = before.get("payload", self.previous)
        if not isinstance(known, list) or same(given, known):
            return (given if isinstance(given, list) else None), None
        place = next((index for index, item in enumerate(known) if same(item, given)), None)
        if place is None:
            return (given if isinstance(given, list) else known), None
        return known, place

    def _untold(self, entry: Entry, step: Step, known: Mapping[int, Step], index: int) -> Step:
        """Return what an item did of a foreach that was stopped, where none are told of: the first one did it."""
        status = step.get("status")
        if status not in ("suspended", "failed") or "items" in step or meta_of(step).get("foreachOutput"):
            return {}
        answered = self._answer(step_id(entry["step"] if "type" in entry["step"] else entry)) is not None
        over = ("success", "suspended") if answered else ("success",)
        done = [place for place, item in known.items() if item.get("status") in over]
        first = next(place for place in range(len(known) + 1) if place not in done)
        if status == "failed":
            return {key: step[key] for key in ("status", "error", "tripwire") if key in step} if index == first else {}
        if not first <= index < first + entry.get("opts", {}).get("concurrency", 1):
            return {}
        is_first = index == first and "suspendPayload" in step
        return {"status": "suspended", **({"suspendPayload": step["suspendPayload"]} if is_first else {})}

    def _item(self, id_: str, now: Step, step: Step, known: Step, index: int, items: list[Any]) -> None:
        given = items[index]
        if known.get("status") == "success" or not now:
            return
        place = (*self.place, id_, index)
        answer = UNDEFINED
        if known.get("status") == "suspended":
            body = self._answer(id_)
            if body is not None and body.get("forEachIndex", index) == index:
                answer = step.get("resumePayload", body.get("resumeData", UNDEFINED))
            elif now.get("status") == "suspended":
                answer = self.walk.answers.get(place, UNDEFINED)
            else:
                return
        self.walk.answers[place] = answer
        seen = seen_of({"payload": given, **now}, resumed_with=answer, labels=self._labels(id_, index))
        if seen is None:
            return
        seen.input = given
        # the items of servers that do not tell of progress: whoever is first is taken to have written
        seen.written = step.get("items", {}).get(index, {}).get("written", []) + step.pop("loose", [])
        seen.is_stand_in = seen.kind is Kind.SUSPENDED and "suspendPayload" not in now
        if seen.is_stand_in:
            say(self.evidence.gaps, self.sight.workflow, f"what item {index} of {id_!r} suspended with is not recorded")
        self.walk.add(self.sight.workflow, id_, seen)
        if answer is not UNDEFINED:
            # servers before the current ones hand a resumed item the whole list
            self.walk.add(self.sight.workflow, id_, replace(seen, input=items))

    def _say_who_wrote(self, entry: Entry, id_: str) -> None:
        if entry.get("opts", {}).get("concurrency", 1) != 1 or "items" not in self.sight.steps[id_]:
            words = f"which item of {id_!r} wrote what is not recorded: taken to be the one that ended next"
            say(self.evidence.gaps, self.sight.workflow, words)

    # -- what comes after

    def _output(self, id_: str) -> Any:
        return self.sight.steps.get(id_, {}).get("output", UNDEFINED)

    def _gathered(self, entry: Entry) -> Any:
        outputs = {step_id(child): self._output(step_id(child)) for child in entry["steps"]}
        return {id_: output for id_, output in outputs.items() if output is not UNDEFINED}

    def _note_bail(self, reached: int) -> None:
        """A workflow that ended well before its end, with what its last step gave, was bailed out of."""
        if self.sight.status != "success" or reached < 0 or reached + 1 >= len(self.graph):
            return
        id_ = next((id_ for id_ in _ids(self.graph[reached]) if id_ in self.sight.steps), None)
        step = self.sight.steps.get(id_ or "", {})
        if id_ is None or not same(step.get("output", UNDEFINED), self.sight.result):
            return
        for seen in self.evidence.step(self.sight.workflow, id_).seen.get(self.run, []):
            if seen.kind is Kind.GAVE and same(seen.value, self.sight.result):
                seen.kind = Kind.BAILED


def _ids(entry: Entry) -> list[str]:
    if entry["type"] in ("parallel", "conditional"):
        return [step_id(child) for child in entry["steps"]]
    return [step_id(entry)]
