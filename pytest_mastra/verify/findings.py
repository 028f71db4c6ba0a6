"""What differs between fakes and a live server, with the tests that used the fakes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mastra_sync import StepDetails, WorkflowDetails
from mastra_sync.suggest import did_you_mean, nearest_name
from pytest_mastra.fake.workflows.describe import workflow_details
from pytest_mastra.fake.workflows.javascript import dumps
from pytest_mastra.verify.graphs import graph_differences, nodes_of, steps_of
from pytest_mastra.verify.schema_conflicts import schema_conflicts
from pytest_mastra.verify.seen_values import find_misfits

if TYPE_CHECKING:
    from pytest_mastra.fake import FakeMastra
    from pytest_mastra.fake.workflows.definition import Workflow

_OF_WORKFLOWS = {"input_schema": "input schema", "output_schema": "output schema", "state_schema": "state schema"}
_OF_STEPS = {**_OF_WORKFLOWS, "resume_schema": "resume schema", "suspend_schema": "suspend schema"}


class Findings:
    """In what fakes of workflows differ, with the tests that used them.

    Attributes:
        workflows: By id of the workflow: `tests` and, by sentence, `differences`, each a list of node ids. Plain data.
    """

    def __init__(self) -> None:
        self.workflows: dict[str, dict[str, Any]] = {}

    def add(self, workflow_id: str, test: str, sentences: Iterable[str]) -> None:
        """Note that a test used a fake of a workflow, and what differed there."""
        self.merge({workflow_id: {"tests": [test], "differences": {sentence: [test] for sentence in sentences}}})

    def merge(self, workflows: Mapping[str, Any]) -> None:
        """Add what another process found."""
        for workflow_id, found in workflows.items():
            known = self.workflows.setdefault(workflow_id, {"tests": [], "differences": {}})
            _extend(known["tests"], found["tests"])
            for sentence, tests in found["differences"].items():
                _extend(known["differences"].setdefault(sentence, []), tests)

    @property
    def differing(self) -> list[str]:
        """The workflows that differ, sorted."""
        return sorted(workflow_id for workflow_id, found in self.workflows.items() if found["differences"])

    def lines(self) -> Iterator[str]:
        """Give what differs, by workflow, with the tests that it concerns."""
        for workflow_id in self.differing:
            found = self.workflows[workflow_id]
            yield f"{workflow_id}, used by {_some(found['tests'])}"
            for sentence, tests in found["differences"].items():
                where = "" if set(tests) == set(found["tests"]) else f" (in {_some(tests)})"
                yield f"  {sentence}{where}"


class Comparison:
    """Holds fakes against what a live server told; knows what it has compared already.

    Args:
        live: What the live server tells of its workflows, by registered key.
    """

    def __init__(self, live: Mapping[str, WorkflowDetails]) -> None:
        self._live = {details.name or key: details for key, details in live.items()}
        self._ids = {key: details.name or key for key, details in live.items()} | {id_: id_ for id_ in self._live}
        self._graphs = {id_: nodes_of(details.step_graph) for id_, details in self._live.items()}
        self._declared: dict[bytes, list[str]] = {}

    def differences(self, server: FakeMastra, workflow: Workflow, *, with_runs: bool) -> list[str]:
        """Return in what a fake's workflow differs from the live server's, one sentence each.

        Args:
            server: The fake.
            workflow: One of its workflows.
            with_runs: Whether what its runs took and gave counts too.
        """
        id_ = self._ids.get(workflow.id)
        if id_ is None:
            return [f"the live server has no such workflow{did_you_mean(nearest_name(workflow.id, self._live))}"]
        found = dict.fromkeys(self._of_declaration(server, workflow, id_))
        if with_runs:
            for around, name in [("", workflow.id), *_nested(server, workflow)]:
                for view in server.runs(name):
                    found |= dict.fromkeys(find_misfits(view, self._live[id_], self._graphs[id_], around))
        return list(found)

    def _of_declaration(self, server: FakeMastra, workflow: Workflow, id_: str) -> list[str]:
        graph = server.state.serialized_graph(workflow)
        text = dumps(workflow_details(workflow, graph, server.generation))
        if text not in self._declared:
            details = WorkflowDetails.model_validate(json.loads(text))
            found = graph_differences(nodes_of(details.step_graph), self._graphs[id_])
            self._declared[text] = [*found, *self._of_schemas(details, id_)]
        return self._declared[text]

    def _of_schemas(self, fake: WorkflowDetails, id_: str) -> Iterator[str]:
        live = self._live[id_]
        yield from _conflicts(fake, live, _OF_WORKFLOWS, "")
        known = dict(steps_of(self._graphs[id_]))
        for name, step in fake.all_steps.items():
            if name in known and name in live.all_steps:
                yield from _conflicts(step, live.all_steps[name], _OF_STEPS, f" of step {name!r}")


def _nested(server: FakeMastra, workflow: Workflow) -> Iterator[tuple[str, str]]:
    """Give the workflows nested in one.

    Each by what stands before its steps' ids, and by what its runs are noted under.
    """
    for path, node in steps_of(nodes_of(server.state.serialized_graph(workflow))):
        if node.kind == "workflow":
            yield f"{path}.", node.id


def _conflicts(
    fake: WorkflowDetails | StepDetails, live: WorkflowDetails | StepDetails, names: Mapping[str, str], of: str
) -> Iterator[str]:
    for name, words in names.items():
        for sentence in schema_conflicts(getattr(fake, name), getattr(live, name)):
            yield f"{words}{of}: {sentence}"


def _extend(tests: list[str], more: Iterable[str]) -> None:
    tests.extend(test for test in more if test not in tests)


def _some(tests: list[str]) -> str:
    first, *others = sorted(tests)
    return first if not others else f"{first} and {len(others)} more"
