"""The test to write for a missed goal: in one line, and whole. No I/O."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mastra_sync.deadline import DEFAULT_RUN_TIMEOUT
from mastra_sync.workflow_graph import CONDITIONAL, FOREACH, LOOP, STEP, Node
from pytest_mastra.coverage.answers import LABEL, Part
from pytest_mastra.coverage.example_data import example_of
from pytest_mastra.coverage.folded import WorkflowCoverage
from pytest_mastra.coverage.goals import Goal
from pytest_mastra.coverage.graph import Graph
from pytest_mastra.coverage.guessed_input import guess_input, with_items

_ENDED = "assert result.ok"
_IMPORTS = {
    "pytest.": "import pytest",
    "MastraError": "from mastra_sync import MastraError",
    "BY_HAND": "from pytest_mastra import BY_HAND",
    "assert_run": "from pytest_mastra import assert_run",
    "StepError": "from pytest_mastra import StepError",
}
"""What the body of a test needs, by the word that stands in it."""

_MAY_BE_NONE = frozenset({"none_taken", "several_taken"})
"""Goals that nothing reaches where the conditions of a branch exclude each other, or one always holds."""

_LEADS_TO = "an input that leads to: "
"""So begins what is wanted where the graph does not say more."""

_UNTOLD = "replace this input, which is not known to lead there, by"
"""So begins the comment on an input that stands in for one that could not be told."""

_NO_NAME = re.compile(r"\W+")


@dataclass(frozen=True, slots=True)
class Advice:
    """What a test needs that reaches a goal.

    Attributes:
        hint: What it is about, in one line.
        lines: The body of the test.
        fixtures: What it asks for, besides our fixtures: others have the workflow declared by them.
    """

    hint: str
    lines: tuple[str, ...]
    fixtures: tuple[str, ...] = ()

    def skeleton(self, workflow_id: str, goal: Goal) -> str:
        """Return the test as Python."""
        name = _NO_NAME.sub("_", f"{workflow_id} {goal.label}".lower()).strip("_")
        body = "\n".join(f"    {line}" for line in self.lines)
        imports = "".join(f"{line}\n" for word, line in _IMPORTS.items() if word in body)
        apart = "\n\n" if imports else ""
        arguments = ", ".join([*self.fixtures, "mastra_server", "mastra_client"])
        return f"{imports}{apart}def test_{name}({arguments}):\n{body}\n"


class Adviser:
    """Says which tests a workflow lacks.

    Args:
        row: What was tried of the workflow.
        shared_steps: The ids of steps that other workflows have too.
    """

    def __init__(self, row: WorkflowCoverage, shared_steps: Collection[str]) -> None:
        self._row = row
        self._shared_steps = shared_steps
        self._guesses: dict[tuple[str, ...], Any] = {}
        tree = Graph.of(row.graph)
        self._nodes = {node.path: node for node in tree.nodes()}
        self._questions = [node for node in tree.nodes() if node.can_suspend]
        self._owners = {node.path: owner for node, owner in tree.with_owners(row.workflow_id)}
        self._places = {path: number for number, path in enumerate(self._nodes)}
        answered = {step for step, _, _ in row.answers}
        self._asked = [
            node
            for node in self._questions
            if not node.flow and ((node.path, "suspended") in row.reached or node.path in answered)
        ]
        self._foreach = [path for path, node in self._nodes.items() if node.repeats == FOREACH]
        self._conditions = _conditions_by_path(tree)
        pauses = sum(node.seconds or 0.0 for node in tree.nodes())
        self._timeout = f", timeout={int(pauses) + 600}" if pauses > DEFAULT_RUN_TIMEOUT / 2 else ""

    def advise(self, goal: Goal) -> Advice:
        """Return what a test needs that reaches a goal."""
        return replace(_ADVICE.get(goal.kind, Adviser.by_input)(self, goal), fixtures=self._row.fixtures or ())

    # -- one for each sort of goal

    def by_input(self, goal: Goal) -> Advice:
        """A goal that is reached by the right input."""
        wanted, check = self._wanted_input(goal), _check(goal)
        answered = self._asked_before(goal.path if check != _ENDED else "", goal.kind)
        pattern = f"{self._row.workflow_id}.{goal.path}:{goal.kind}"
        omit = [f"# if there can be none: mastra_coverage_omit = {pattern} -- why"] if goal.kind in _MAY_BE_NONE else []
        if answered and wanted == f"{_LEADS_TO}{goal.label}":
            # whoever asks has not got its answer yet
            asked = answered[-1]
            run = self._execute(goal.path, answered=answered)
            return Advice(f"answer what {asked} asks: {self._answer(asked)}", (*self._way_to(goal), *run, check))
        guessed = self._guessed(goal)
        note = wanted if guessed or self._is_told(goal) else f"{_UNTOLD} {wanted}"
        run = self._execute(goal.path, note, answered, guessed)
        return Advice(f"give {wanted}", (*self._way_to(goal), *omit, *run, check))

    def by_failure(self, goal: Goal) -> Advice:
        """A step that is to fail."""
        failing = self._to_fail(goal)
        answered = self._asked_before(failing.path if failing else "", goal.kind)
        if failing is None or self._row.origin == "server" or failing.flow:
            wanted = f"an input with which {failing.path if failing else 'a step'} fails"
            run = self._execute(goal.path, f"{_UNTOLD} {wanted}", answered)
            return Advice(f"give {wanted}", (*run, "assert_run(result).failed()"))
        line = f"{self._step(failing)}.fails('no')"
        if goal.kind == "later_round_failed":
            wanted = "an input with which the loop goes round again"
            run = self._execute(failing.path, f"{_UNTOLD} {wanted}", answered)
            lines = (*_failing_at_times(self._step(failing), "len(calls) > 1"), *run, "assert_run(result).failed()")
            return Advice(f"have {failing.path} fail when it is called again", lines)
        run = self._execute(failing.path, answered=answered)
        return Advice(line, (*self._way_to(goal), line, *run, f"assert_run(result).failed(step={failing.path!r})"))

    def by_retry(self, goal: Goal) -> Advice:
        """A step that is to fail once, and succeed when it is tried again."""
        node = self._nodes.get(goal.path)
        if node is None or self._row.origin == "server":
            return self.by_input(goal)
        run = self._execute(goal.path, answered=self._asked_before(goal.path, "succeeded"))
        lines = (*self._way_to(goal), *_failing_at_times(self._step(node), "len(calls) == 1"), *run, _ENDED)
        return Advice(f"have {goal.path} fail when it is called first", lines)

    def by_answer(self, goal: Goal, wanted: Part | None = None) -> Advice:
        """A question that is to be answered, in the way that is wanted."""
        line = self._answer(goal.path, ", for_each_index=0" if goal.kind == "item_answered" else "", wanted)
        before = [self._answer(path) for path in self._asked_before(goal.path, goal.kind)]
        begin = f"run.start_async({self._input(goal.path)})"
        resume = f"result = {line[:-1]}{self._timeout})"
        lines = (*self._way_to(goal), *self._create, begin, *before, resume, "assert result.ok")
        return Advice(line, lines)

    def test_of_answer(self, path: str, wanted: Part) -> str:
        """Return the test that gives an answer that nobody has given."""
        goal = Goal("resumed", "conversation", path, f"{path} answered {' '.join(wanted)}")
        advice = replace(self.by_answer(goal, wanted), fixtures=self._row.fixtures or ())
        return advice.skeleton(self._row.workflow_id, goal)

    def by_question(self, goal: Goal) -> Advice:
        """A step that is to ask."""
        step = goal.path or (self._questions[0].path if self._questions else "")
        wanted = f"an input with which {step or 'a step'} asks"
        check = (
            f"assert_run(result).suspended(step={step!r})"
            if goal.kind != "arm_suspended"
            else "assert result.suspensions"
        )
        run = self._execute(step, f"{_UNTOLD} {wanted}", self._asked_before(step, goal.kind))
        return Advice(f"give {wanted}", (*self._way_to(goal), *run, check))

    def by_cancel(self, _: Goal) -> Advice:
        """A run that is to be canceled."""
        at_work = "# a server's run must still be at work, or ask: give an input with which it takes its time"
        hold = at_work if self._row.origin == "server" else "mastra_server.pace = BY_HAND"
        lines = (
            hold,
            *self._create,
            f"run.start({self._input()})",
            "run.cancel()",
            "assert run.wait(timeout=5).status == 'canceled'",
        )
        return Advice("cancel a run: run.cancel() after run.start(...)", lines)

    def by_refusal(self, _: Goal) -> Advice:
        """Input that is to be refused."""
        wrong = "[]" if isinstance(example_of(self._row.declared.input_schema), Mapping) else "{}"
        lines = (*self._create, "with pytest.raises(MastraError):", f"    run.start_async({wrong})")
        return Advice("start_async with input that does not fit its schema", lines)

    # -- parts

    @property
    def _create(self) -> tuple[str, ...]:
        return (f"run = mastra_client.get_workflow({self._row.workflow_id!r}).create_run()",)

    def _step(self, node: Node) -> str:
        """Return what gives a fake's step, with its workflow if others have one."""
        owner = f", workflow={self._owners[node.path]!r}" if node.id in self._shared_steps else ""
        return f"mastra_server.step({node.id!r}{owner})"

    def _input(self, path: str = "") -> str:
        """Return an input that came to a step or around it, or may come there."""
        seen, ways = self._seen_around(path)
        guess = self._on_the_way(seen, ways)
        return self._row.examples.get(seen) or repr(self._example("")) if guess is None else repr(guess)

    def _seen_around(self, path: str) -> tuple[str, list[str]]:
        """Return the innermost place around a path that an input came to, and the conditions between."""
        seen = path
        while seen and seen not in self._row.examples:
            seen = seen.rpartition(".")[0]
        return seen, [way for arm, way in self._ways(path) if not _is_in(seen, arm)] if path != seen else []

    def _on_the_way(self, seen: str, ways: Sequence[str]) -> Any:
        # many goals are behind the same conditions, and each is asked for more than once
        key = (seen, *ways)
        if key not in self._guesses:
            self._guesses[key] = guess_input(self._example(seen), ways, lambda count: count == len(ways))
        return self._guesses[key]

    def _is_told(self, goal: Goal) -> bool:
        """Return whether the input of a goal's path should lead there."""
        if goal.kind in _OF_THEIR_OWN_INPUT:
            return False
        seen, ways = self._seen_around(goal.path)
        return not ways or self._on_the_way(seen, ways) is not None

    def _example(self, path: str) -> Any:
        """Return an input that came to a path, or one that fits."""
        try:
            return ast.literal_eval(self._row.examples[path])
        except (KeyError, ValueError, SyntaxError):
            return example_of(self._row.declared.input_schema)

    def _guessed(self, goal: Goal) -> str:
        """Return an input that may reach a goal; empty if none can be told."""
        node, guess = self._nodes.get(goal.path), None
        if goal.kind in _ITEMS and node is not None:
            guess = with_items(self._example(""), _ITEMS[goal.kind](node.concurrency or 1))
        elif goal.kind in _TAKEN and node is not None:
            ways = [self._conditions.get(arm.path, "") for arm in node.arms]
            guess = guess_input(self._example(""), ways, _TAKEN[goal.kind])
        return "" if guess is None else repr(guess)

    def _execute(self, path: str, wanted: str = "", answered: Sequence[str] = (), given: str = "") -> tuple[str, ...]:
        """Return the lines that run the workflow.

        Args:
            path: The step, whose input is given.
            wanted: What is said of that.
            answered: The steps that ask on the way.
            given: The input, instead of one that came to the step.
        """
        note = f"  # {wanted}" if wanted else ""
        data = given or self._input(path)
        if not answered:
            call = f"execute({data}{self._timeout})"
            return (f"result = mastra_client.get_workflow({self._row.workflow_id!r}).{call}{note}",)
        # answers of async verbs leave out the steps of nested workflows
        return (*self._create, *self._answer_all(data, note, answered), "result = run.result()")

    def _answer_all(self, data: str, note: str, answered: Sequence[str]) -> Iterator[str]:
        """Give the lines that start a run and answer what it asks on its way."""
        of_items = [each for each in self._foreach if any(_is_in(path, each) for path in answered)]
        if of_items:
            # how many items ask, and where, only the run itself tells
            inside = (node.path for node in self._questions if not node.flow)
            asking = (path for path in inside if any(_is_in(path, each) for each in of_items))
            answers = {path: self._answer_to(path) for path in dict.fromkeys((*answered, *asking))}
            yield f"result = run.start_async({data}){note}"
            yield f"answers = {answers!r}"
            yield "while result.suspensions:"
            yield "    asked = result.suspensions[0]"
            yield f"    result = run.resume_async(answers['.'.join(asked.path)], step=asked{self._timeout})"
            return
        yield f"run.start_async({data}){note}"
        yield from (f"{self._answer(asked)[:-1]}{self._timeout})" for asked in answered)

    def _answer(self, path: str, index: str = "", wanted: Part | None = None) -> str:
        return f"run.resume_async({self._answer_to(path, wanted)!r}, step={path!r}{index})"

    def _answer_to(self, path: str, wanted: Part | None = None) -> Any:
        return _with_part(example_of(self._row.declared.resume_schemas.get(path)), wanted)

    def _asked_before(self, path: str, kind: str) -> list[str]:
        """Return the steps that were seen to ask before one, or before the end."""
        place = self._places.get(path, len(self._places))
        arms = [arm for arm, node in self._nodes.items() if node.is_branch]
        return [
            node.path
            for node in self._asked
            if self._places[node.path] < place or (kind == "succeeded" and _is_in(node.path, path))
            if all(_is_in(path, arm) for arm in arms if _is_in(node.path, arm))
        ]

    def _to_fail(self, goal: Goal) -> Node | None:
        """Return the step that is to fail: the goal's own, or one that runs have passed."""
        node = self._nodes.get(goal.path)
        if node is not None and goal.kind != "run_failed":
            return next((one for one in node.nodes() if one.kind == STEP and not one.flow), node)
        steps = [one for one in self._nodes.values() if one.kind == STEP and not one.flow]
        passed = (one for one in steps if (one.path, "succeeded") in self._row.reached)
        return next(passed, steps[0] if steps else None)

    def _way_to(self, goal: Goal) -> tuple[str, ...]:
        """Return comments on the input that leads to a goal's step."""
        ways = () if goal.kind == "taken" else self._conditions_on_the_way(goal)
        said = "" if goal.kind in _OF_THEIR_OWN_INPUT or self._is_told(goal) else f"{_UNTOLD} "
        return tuple(f"# {said}an input for which this holds: {way}" for way in ways)

    def _conditions_on_the_way(self, goal: Goal) -> list[str]:
        return [condition for _, condition in self._ways(goal.path)]

    def _ways(self, path: str) -> list[tuple[str, str]]:
        """Return the branches in which a path is, each with its condition."""
        return [
            (arm, condition)
            for arm, condition in self._conditions.items()
            if arm in self._nodes and self._nodes[arm].is_branch and condition and _is_in(path, arm)
        ]

    def _wanted_input(self, goal: Goal) -> str:
        node = self._nodes.get(goal.path)
        told = _WANTED.get(goal.kind)
        if told is not None:
            return told
        if node is not None and node.kind == CONDITIONAL:
            which = "none of these holds" if goal.kind == "none_taken" else "two of these hold"
            return f"an input for which {which}: {self._all_of(*(arm.path for arm in node.arms))}"
        if node is not None and node.repeats == LOOP:
            rounds = "ends after one round" if goal.kind == "one_round" else "goes round again"
            return f"an input with which the loop {rounds}: {self._all_of(node.path)}"
        ways = self._conditions_on_the_way(goal)
        return f"an input for which this holds: {ways[-1]}" if ways else f"{_LEADS_TO}{goal.label}"

    def _all_of(self, *paths: str) -> str:
        return " | ".join(filter(None, map(self._conditions.get, paths))) or "its condition"


def _is_in(path: str, outer: str) -> bool:
    """Return whether a path is another one, or inside of it."""
    return f"{path}.".startswith(f"{outer}.")


def _failing_at_times(step: str, when: str) -> tuple[str, ...]:
    """Return the lines that have a fake's step fail at some of its calls only."""
    return (
        f"step, calls = {step}, []",
        "does = step.run",
        "",
        "def fails_at_times(ctx):",
        "    calls.append(ctx)",
        f"    if {when}:",
        "        raise StepError('no')",
        "    return does(ctx)",
        "",
        "step.run = fails_at_times",
    )


def _with_part(answer: Any, wanted: Part | None) -> Any:
    if wanted is None or wanted[0] == LABEL or not wanted[1]:
        return answer
    name, value = wanted
    return {**answer, name: json.loads(value)} if name and isinstance(answer, dict) else json.loads(value)


def _conditions_by_path(tree: Graph) -> dict[str, str]:
    return {
        node.path: node.loop_condition if node.repeats == LOOP else node.condition
        for node in tree.nodes()
        if node.repeats == LOOP or node.is_branch
    }


def _check(goal: Goal) -> str:
    """Return the line that checks that a run has reached a goal."""
    if goal.kind in ("entered", "taken", "succeeded") and "#" not in goal.path:
        return f"assert_run(result).visited({goal.path!r})"
    return _ENDED


_WANTED: Mapping[str, str] = {
    "no_items": "a list without items",
    "one_item": "a list of one item",
    "more_items": "a list of two or more items",
    "above_concurrency": "a longer list than are at work at once",
}
"""What input reaches some kinds of goals."""

_ITEMS: Mapping[str, Callable[[int], int]] = {
    "no_items": lambda _: 0,
    "one_item": lambda _: 1,
    "more_items": lambda _: 2,
    "above_concurrency": lambda concurrency: concurrency + 1,
}
"""How many items of a foreach reach some kinds of goals, by how many are at work at once."""

_TAKEN: Mapping[str, Callable[[int], bool]] = {"none_taken": lambda count: not count, "several_taken": lambda n: n > 1}
"""How many conditions of a branch are to hold for some kinds of goals."""

_OF_THEIR_OWN_INPUT = frozenset({*_ITEMS, *_TAKEN, "one_round", "more_rounds"})
"""Goals that an input which came to their place need not reach."""

_ADVICE: Mapping[str, Callable[[Adviser, Goal], Advice]] = {
    **dict.fromkeys(("failed", "item_failed", "later_round_failed", "arm_failed", "run_failed"), Adviser.by_failure),
    **dict.fromkeys(("resumed", "item_answered"), Adviser.by_answer),
    **dict.fromkeys(("suspended", "arm_suspended", "run_suspended"), Adviser.by_question),
    "retried": Adviser.by_retry,
    "run_canceled": Adviser.by_cancel,
    "input_refused": Adviser.by_refusal,
}
"""What is advised for some kinds of goals; for all others it is an input."""
