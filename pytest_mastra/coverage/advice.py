"""The test to write for a missed goal: in one line, and whole. No I/O."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mastra_sync.deadline import DEFAULT_RUN_TIMEOUT
from mastra_sync.workflow_graph import CONDITIONAL, LOOP, STEP, Node
from pytest_mastra.coverage.answers import LABEL, Part
from pytest_mastra.coverage.example_data import example_of
from pytest_mastra.coverage.fold import WorkflowCoverage
from pytest_mastra.coverage.goals import Goal
from pytest_mastra.coverage.graph import Graph

_IMPORTS = {
    "pytest.": "import pytest",
    "MastraError": "from mastra_sync import MastraError",
    "BY_HAND": "from pytest_mastra import BY_HAND",
    "assert_run": "from pytest_mastra import assert_run",
}
"""What the body of a test needs, by the word that stands in it."""

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
    """

    def __init__(self, row: WorkflowCoverage) -> None:
        self._row = row
        tree = Graph.of(row.graph)
        self._nodes = {node.path: node for node in tree.nodes()}
        self._questions = [node for node in tree.nodes() if node.can_suspend]
        self._conditions = _conditions_by_path(tree) | dict(row.declared.conditions)
        pauses = sum(node.seconds or 0.0 for node in tree.nodes())
        self._timeout = f", timeout={int(pauses) + 600}" if pauses > DEFAULT_RUN_TIMEOUT / 2 else ""

    def advise(self, goal: Goal) -> Advice:
        """Return what a test needs that reaches a goal."""
        return replace(_ADVICE.get(goal.kind, Adviser.by_input)(self, goal), fixtures=self._row.fixtures or ())

    # -- one for each sort of goal

    def by_input(self, goal: Goal) -> Advice:
        """A goal that is reached by the right input."""
        wanted = self._wanted_input(goal)
        return Advice(f"give {wanted}", (*self._way_to(goal), *self._execute(goal.path, wanted), _check(goal)))

    def by_failure(self, goal: Goal) -> Advice:
        """A step that is to fail."""
        node = self._nodes.get(goal.path)
        if goal.kind == "run_failed" or node is None:
            node = next((one for one in self._nodes.values() if one.id and not one.flow), None)
        failing = next((one for one in _inside(node) if one.kind == STEP and not one.flow), node)
        if failing is None or self._row.origin == "server" or failing.flow:
            wanted = f"an input with which {failing.path if failing else 'a step'} fails"
            return Advice(f"give {wanted}", (*self._execute(goal.path, wanted), "assert_run(result).failed()"))
        line = f"mastra_server.step({failing.id!r}).fails('no')"
        if goal.kind == "later_round_failed":
            wanted = f"an input with which {failing.path} fails in a later round"
            return Advice(f"give {wanted}", (*self._execute(failing.path, wanted), "assert_run(result).failed()"))
        check = f"assert_run(result).failed(step={failing.path!r})"
        return Advice(line, (*self._way_to(goal), line, *self._execute(failing.path), check))

    def by_answer(self, goal: Goal, wanted: Part | None = None) -> Advice:
        """A question that is to be answered, in the way that is wanted."""
        answer = _with_part(example_of(self._row.declared.resume_schemas.get(goal.path)), wanted)
        index = ", for_each_index=0" if goal.kind == "item_answered" else ""
        line = f"run.resume_async({answer!r}, step={goal.path!r}{index})"
        begin = f"run.start_async({self._input(goal.path)})"
        resume = f"result = {line[:-1]}{self._timeout})"
        lines = (*self._way_to(goal), *self._create, begin, resume, "assert result.ok")
        return Advice(line, lines)

    def test_of_answer(self, path: str, wanted: Part) -> str:
        """Return the test that gives an answer that nobody has given."""
        goal = Goal("resumed", "conversation", path, f"{path} answered {' '.join(wanted)}")
        return self.by_answer(goal, wanted).skeleton(self._row.workflow_id, goal)

    def by_question(self, goal: Goal) -> Advice:
        """A step that is to ask."""
        step = goal.path or (self._questions[0].path if self._questions else "")
        wanted = f"an input with which {step or 'a step'} asks"
        check = (
            f"assert_run(result).suspended(step={step!r})"
            if goal.kind != "arm_suspended"
            else "assert result.suspensions"
        )
        return Advice(f"give {wanted}", (*self._way_to(goal), *self._execute(step, wanted), check))

    def by_cancel(self, _: Goal) -> Advice:
        """A run that is to be canceled."""
        hold = () if self._row.origin == "server" else ("mastra_server.pace = BY_HAND",)
        lines = (
            *hold,
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
        return Advice("give input that does not fit its schema", lines)

    # -- parts

    @property
    def _create(self) -> tuple[str, ...]:
        return (f"run = mastra_client.get_workflow({self._row.workflow_id!r}).create_run()",)

    def _input(self, path: str = "") -> str:
        """Return an input that came to a step or what is around it, or that fits."""
        while path and path not in self._row.examples:
            path = path.rpartition(".")[0]
        return self._row.examples.get(path) or repr(example_of(self._row.declared.input_schema))

    def _execute(self, path: str, wanted: str = "") -> tuple[str, ...]:
        note = f"  # {wanted}" if wanted else ""
        call = f"execute({self._input(path)}{self._timeout})"
        return (f"result = mastra_client.get_workflow({self._row.workflow_id!r}).{call}{note}",)

    def _way_to(self, goal: Goal) -> tuple[str, ...]:
        """Return comments on the input that leads to a goal's step."""
        ways = () if goal.kind == "taken" else self._conditions_on_the_way(goal)
        return tuple(f"# an input for which this holds: {way}" for way in ways)

    def _conditions_on_the_way(self, goal: Goal) -> list[str]:
        return [
            condition
            for path, condition in self._conditions.items()
            if path in self._nodes
            and self._nodes[path].is_branch
            and condition
            and f"{goal.path}.".startswith(f"{path}.")
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
        return f"an input for which this holds: {ways[-1]}" if ways else f"an input that leads to: {goal.label}"

    def _all_of(self, *paths: str) -> str:
        return " | ".join(filter(None, map(self._conditions.get, paths))) or "its condition"


def _inside(node: Node | None) -> Iterator[Node]:
    """Give an entry, and what it consists of."""
    if node is not None:
        yield node
        for inner in node.inner:
            yield from _inside(inner)


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
    return "assert result.ok"


_WANTED: Mapping[str, str] = {
    "no_items": "a list without items",
    "one_item": "a list of one item",
    "more_items": "a list of two or more items",
    "above_concurrency": "a longer list than are at work at once",
}
"""What input reaches some kinds of goals."""

_ADVICE: Mapping[str, Callable[[Adviser, Goal], Advice]] = {
    **dict.fromkeys(("failed", "item_failed", "later_round_failed", "arm_failed", "run_failed"), Adviser.by_failure),
    **dict.fromkeys(("resumed", "item_answered"), Adviser.by_answer),
    **dict.fromkeys(("suspended", "arm_suspended", "run_suspended"), Adviser.by_question),
    "run_canceled": Adviser.by_cancel,
    "input_refused": Adviser.by_refusal,
}
"""What is advised for some kinds of goals; for all others it is an input."""
