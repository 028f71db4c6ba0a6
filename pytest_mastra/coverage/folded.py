"""The evidence of a suite's runs, folded by workflow and graph. No I/O."""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mastra_sync.generated_ids import with_numbered_ids
from mastra_sync.records import parse_json
from mastra_sync.step_graph import graph_of
from pytest_mastra.coverage.answers import Given
from pytest_mastra.coverage.evidence import EVERYTHING, evidence_of
from pytest_mastra.coverage.goals import FAMILIES, Declared, Family, Goal, Key, goals_of
from pytest_mastra.coverage.graph import Graph
from pytest_mastra.coverage.observed_run import ObservedRun, Origin
from pytest_mastra.report.trace_records import as_json
from pytest_mastra.run_history.last_state import NOT_FOUND

Omit = Callable[[str, Goal], "str | None"]
"""Says of a workflow's id and a goal why it is not counted; None if it is."""

RowKey = tuple[str, str, str]
"""What tells rows apart: workflow, origin, the shape of the graph."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many goals of a family, and how many of them were reached.

    Attributes:
        reached: Goals that a test has reached.
        total: All that are counted.
        cannot_tell: Those of them of which nobody knows.
    """

    reached: int = 0
    total: int = 0
    cannot_tell: int = 0

    @property
    def percent(self) -> float:
        """Of 100; that of no goals at all is 100."""
        return 100 * self.reached / self.total if self.total else 100.0

    def __add__(self, other: Count) -> Count:
        return Count(self.reached + other.reached, self.total + other.total, self.cannot_tell + other.cannot_tell)


@dataclass(slots=True)
class WorkflowCoverage:
    """What was tried of one workflow, on one kind of server, with one graph.

    Attributes:
        workflow_id: The workflow.
        origin: Whose graph it is: `fake` or `server`. The two are never divided by one another.
        graph: The graph, as it was told; None if no answer had it.
        declared: What else is known of the workflow.
        runs: How many runs there were.
        tests: The tests that ran it.
        reached: For each key of a goal the tests that reached it.
        unseen: Where runs may have reached more that nobody could see.
        examples: For each path an input with which a run came there, as Python; that of any run under an empty one.
        fixtures: The fixtures that all tests which ran it asked for, besides ours; None if nobody knows.
        answers: The tests that gave an answer, by step, and name and value of what it says; none of one that might be.
    """

    workflow_id: str
    origin: Origin
    graph: Any
    declared: Declared = field(default_factory=Declared)
    runs: int = 0
    tests: dict[str, None] = field(default_factory=dict)
    reached: dict[Key, dict[str, None]] = field(default_factory=dict)
    unseen: set[Key | str] = field(default_factory=set)
    answers: dict[Given, dict[str, None]] = field(default_factory=dict)
    examples: dict[str, str] = field(default_factory=dict)
    fixtures: tuple[str, ...] | None = None

    @property
    def key(self) -> RowKey:
        """What tells it from others."""
        return self.workflow_id, self.origin, Graph.of(self.graph).shape

    def goals(self, omit: Omit | None = None) -> list[Goal]:
        """Return the goals of its graph, each with the tests that reached it.

        Args:
            omit: Says which are not counted, and why.
        """
        found = []
        for goal in goals_of(self.graph, self.declared, self.reached):
            tests = tuple(self.reached.get(goal.key, ()))
            known = replace(goal, reached_by=tests, cannot_tell=not tests and self._is_unseen(goal))
            reason = omit(self.workflow_id, known) if omit is not None else None
            found.append(known if reason is None else replace(known, omitted=reason))
        return found

    def counts(self, omit: Omit | None = None) -> dict[Family, Count]:
        """Return for each family how many of its goals were reached."""
        return count(self.goals(omit))

    def merge(self, other: WorkflowCoverage) -> None:
        """Add what others have tried of the same graph."""
        self.runs += other.runs
        self.tests |= other.tests
        self.unseen |= other.unseen
        for key, tests in other.reached.items():
            self.reached[key] = {**self.reached.get(key, {}), **tests}
        for answer, tests in other.answers.items():
            self.answers[answer] = {**self.answers.get(answer, {}), **tests}
        self.examples = {**other.examples, **self.examples}
        self.fixtures = common_fixtures(self.fixtures, other.fixtures)
        if other.declared.is_told and not self.declared.is_told:
            self.declared = other.declared

    def _is_unseen(self, goal: Goal) -> bool:
        return (
            EVERYTHING in self.unseen
            or goal.key in self.unseen
            or any(isinstance(begin, str) and begin and goal.path.startswith(begin) for begin in self.unseen)
        )


@dataclass(frozen=True, slots=True)
class NeverRun:
    """A workflow that a server, or a fake, has, and that no test has run.

    Attributes:
        workflow_id: The workflow.
        origin: Who has it.
    """

    workflow_id: str
    origin: Origin


class Coverage:
    """What a suite has tried of all its workflows."""

    def __init__(self) -> None:
        self._rows: dict[RowKey, WorkflowCoverage] = {}
        self._known: dict[tuple[str, Origin], None] = {}
        self._graphs: dict[bytes, Graph] = {}
        self._numbered: dict[str, Graph] = {}

    @property
    def workflows(self) -> list[WorkflowCoverage]:
        """A row for each workflow, origin and graph that was run, by their names."""
        return sorted((row for row in self._rows.values() if row.runs), key=lambda row: row.key)

    def shared_steps(self) -> frozenset[str]:
        """Return the ids of steps that fakes have in several workflows."""
        owners: dict[str, set[str]] = {}
        for row in self._rows.values():
            if row.origin == "fake":
                for node, owner in self._read(row.graph).with_owners(row.workflow_id):
                    owners.setdefault(node.id, set()).add(owner)
        return frozenset(step for step, found in owners.items() if len(found) > 1)

    @property
    def never_run(self) -> list[NeverRun]:
        """The workflows that no test has run, not even inside of another one."""
        run = {(row.workflow_id, row.origin) for row in self.workflows}
        run |= {(node.id, row.origin) for row in self.workflows for node in Graph.of(row.graph).nodes() if node.flow}
        return [NeverRun(*known) for known in sorted(self._known) if known not in run]

    @property
    def runs(self) -> int:
        """How many runs there were."""
        return sum(row.runs for row in self._rows.values())

    @property
    def ambiguous(self) -> list[str]:
        """Sentences on workflows of which there are several rows with different graphs."""
        by_id: dict[str, list[WorkflowCoverage]] = {}
        for row in self.workflows:
            by_id.setdefault(row.workflow_id, []).append(row)
        return [sentence for name, rows in by_id.items() if (sentence := _differences(name, rows)) is not None]

    def counts(self, omit: Omit | None = None) -> dict[Family, Count]:
        """Return for each family how many goals of all workflows were reached."""
        total = {family: Count() for family in FAMILIES}
        for row in self.workflows:
            for family, own in row.counts(omit).items():
                total[family] += own
        return total

    def note_workflow(
        self,
        workflow_id: str,
        origin: Origin,
        graph: Any = None,
        declared: Callable[[], Declared] = Declared,
    ) -> None:
        """Note that there is a workflow, whether any test runs it or not.

        Args:
            workflow_id: The workflow.
            origin: Who has it.
            graph: Its graph, if it is known.
            declared: Gives what else is known; asked once for each graph.
        """
        self._known[workflow_id, origin] = None
        if graph is not None:
            row = self._row(workflow_id, origin, graph, self._read(graph))
            if not row.declared.is_told:
                row.declared = declared()

    def add_run(self, run: ObservedRun) -> frozenset[Key]:
        """Add one run; return the keys of the goals that it reached.

        One that its server does not know, as its workflow perhaps, is none.
        """
        if run.status == NOT_FOUND:
            return frozenset()
        graph = graph_of(run.state)
        graph = run.graph if graph is None else graph
        tree = self._read(graph)
        if graph is None:
            row = self._row_without_graph(run)
            tree = self._read(row.graph)
        else:
            row = self._row(run.workflow_id, run.origin, graph, tree)
        row.runs += 1
        row.tests[run.test] = None
        self._known[run.workflow_id, run.origin] = None
        found = evidence_of(run, tree)
        for key in found.reached:
            row.reached.setdefault(key, {})[run.test] = None
        row.unseen |= found.unseen
        # an input that was refused is no example: each test that gave it again would be refused too
        is_example = run.example and ("", "input_refused") not in found.reached
        for path in {path for path, _ in found.reached} | {""} if is_example else ():
            row.examples.setdefault(path, run.example)
        row.fixtures = common_fixtures(row.fixtures, run.fixtures)
        for answer, is_given in found.answers.items():
            row.answers.setdefault(answer, {}).update({run.test: None} if is_given else {})
        return frozenset(found.reached)

    def merge(self, other: Coverage) -> None:
        """Add what another part of the suite has tried: another worker, another shard."""
        self._known |= other._known
        for key, row in other._rows.items():
            if key in self._rows:
                self._rows[key].merge(row)
            else:
                self._rows[key] = row

    def rows(self) -> list[WorkflowCoverage]:
        """Return all rows, those too that no run belongs to."""
        return list(self._rows.values())

    def known(self) -> list[tuple[str, Origin]]:
        """Return the workflows that are there, run or not."""
        return list(self._known)

    def add_row(self, row: WorkflowCoverage) -> None:
        """Add a row that was kept."""
        added = Coverage()
        added._rows[row.key] = row
        self.merge(added)

    def _row(self, workflow_id: str, origin: Origin, graph: Any, tree: Graph) -> WorkflowCoverage:
        key = (workflow_id, origin, tree.shape)
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = WorkflowCoverage(workflow_id, origin, graph)
        return row

    def _row_without_graph(self, run: ObservedRun) -> WorkflowCoverage:
        """Return the row of a run of whose graph nobody has told."""
        rows = [row for key, row in self._rows.items() if key[:2] == (run.workflow_id, run.origin) and row.graph]
        return rows[0] if len(rows) == 1 else self._row(run.workflow_id, run.origin, None, self._read(None))

    def _read(self, graph: Any) -> Graph:
        try:
            # in a form of its own for each value, and ten times as fast as JSON
            text = marshal.dumps(graph, 2)
        except ValueError:
            return Graph.of(None)
        tree = self._graphs.get(text)
        if tree is None:
            tree = self._read_new(graph)
            if not tree.numbered:
                self._graphs[text] = tree
        return tree

    def _read_new(self, graph: Any) -> Graph:
        """Return a graph; one that differs in made-up ids alone from another is the other."""
        numbered: dict[str, str] = {}
        text = with_numbered_ids(as_json(graph), numbered)
        if not numbered:
            return Graph.of(graph)
        tree = self._numbered.get(text)
        if tree is None:
            tree = self._numbered[text] = Graph.of(parse_json(text.encode("utf-8", "surrogatepass")))
        return tree.as_told(numbered)


def common_fixtures(some: tuple[str, ...] | None, others: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Return the fixtures that both ask for; None is nobody."""
    if some is None or others is None:
        return others if some is None else some
    return tuple(name for name in some if name in others)


def fold(runs: Iterable[ObservedRun]) -> Coverage:
    """Return what runs have tried of their workflows."""
    coverage = Coverage()
    for run in runs:
        coverage.add_run(run)
    return coverage


def count(goals: Iterable[Goal]) -> dict[Family, Count]:
    """Return for each family how many goals were reached; omitted ones are not counted."""
    counts: dict[Family, Count] = {family: Count() for family in FAMILIES}
    for goal in goals:
        if goal.omitted is None:
            counts[goal.family] += Count(bool(goal.reached_by), 1, goal.cannot_tell)
    return counts


def _differences(name: str, rows: list[WorkflowCoverage]) -> str | None:
    shapes: Mapping[Origin, set[str]] = {
        origin: {Graph.of(row.graph).shape for row in rows if row.origin == origin and row.graph is not None}
        for origin in ("fake", "server")
    }
    several = [origin for origin, found in shapes.items() if len(found) > 1]
    if several:
        return f"{name}: there are several graphs of it on the {several[0]}; each has its own row"
    if shapes["fake"] and shapes["server"] and shapes["fake"] != shapes["server"]:
        return f"{name}: the fake declares another graph than the server has; neither counts for the other"
    return None
