"""What a server offers and what it remembers: workflows, runs, single runs."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta, timezone

import pytest

from mastra_sync import InvalidArgument, MastraClient, RunNotFound, UnsupportedByServer, Workflow
from mastra_sync.workflow import RUN_FIELDS
from tests.live.client.listening_session import Listener
from tests.live.http_calls import new_run_id

CONTEXT = {"tenant": "é/ü?"}


# -- workflows


def test_workflows_are_listed_by_key(client: MastraClient) -> None:
    """The list is keyed by registered key; the name is the id, and schemas are plain JSON Schema."""
    listed = client.list_workflows()
    assert listed["oddId"].name == "odd id/é"
    assert listed["city-workflow"].input_schema["properties"] == {"city": {"type": "string"}}  # type: ignore[index]
    assert list(listed["three"].steps) == ["t1", "t2", "t3"]


def test_a_partial_list_has_no_steps(client: MastraClient) -> None:
    """`partial` leaves out steps and schemas, and counts the steps instead."""
    three = client.list_workflows(partial=True)["three"]
    assert (three.name, three.step_count, three.steps, three.input_schema) == ("three", 3, {}, None)


def test_a_request_context_goes_with_the_list_and_the_details(heard: MastraClient, listener: Listener) -> None:
    """A GET carries the request context as base64 of its JSON, and servers accept it."""
    assert "three" in heard.list_workflows(request_context=CONTEXT)
    assert heard.get_workflow("three").details(request_context=CONTEXT).name == "three"
    sent = [json.loads(base64.b64decode(query["requestContext"][0])) for query in listener.queries()]
    assert sent == [CONTEXT, CONTEXT]


def test_a_handle_sends_nothing(heard: MastraClient, listener: Listener) -> None:
    """`get_workflow` and `get_run` make handles; nobody is asked whether there is such a thing."""
    assert heard.get_workflow("no such workflow").get_run("r").run_id == "r"
    assert listener.sent == []


@pytest.mark.parametrize("name", ["deepAsk", "deep-ask"])
def test_details_show_nested_steps(client: MastraClient, name: str) -> None:
    """Details come by key and by id; `all_steps` has the steps of nested workflows under dotted names."""
    details = client.get_workflow(name).details()
    assert details.name == "deep-ask"
    assert list(details.steps) == ["middle-ask", "after"]
    question = details.all_steps["middle-ask.inner-ask.inner-q"]
    assert question.resume_schema["required"] == ["answer"]  # type: ignore[index]
    assert details.all_steps["middle-ask"].is_workflow
    assert len(details.step_graph) == 2


def test_a_workflow_tells_its_description(client: MastraClient) -> None:
    """Workflow and steps have the description that they were declared with."""
    details = client.get_workflow("city-workflow").details()
    assert details.description == "Reports the weather of a city"
    assert details.steps["lookup"].description == "Looks the temperature up"


def test_a_schema_set_has_input_output_and_state(client: MastraClient, generation: str) -> None:
    """`get_schema` gives a workflow's own schemas; 1.0 beta does not tell the state's."""
    assert client.get_workflow("city-workflow").get_schema().output_schema["required"] == ["text"]  # type: ignore[index]
    strict = client.get_workflow("strict-input").get_schema().input_schema
    assert strict["additionalProperties"] is False  # type: ignore[index]
    state = client.get_workflow("stateful").get_schema().state_schema
    if generation == "1.0-beta":
        assert state is None
    else:
        assert state["required"] == ["count", "notes"]  # type: ignore[index]


def test_run_counts_are_known_to_current_servers_only(client: MastraClient, generation: str) -> None:
    """Current servers count active runs of every workflow; others are said not to, with advice."""
    if generation == "current":
        counts = client.list_workflow_run_counts()
        assert counts.keys() == client.list_workflows().keys()
        assert counts["three"].keys() == {"running", "suspended"}
    else:
        with pytest.raises(UnsupportedByServer, match="Count the rows"):
            client.list_workflow_run_counts()


# -- runs


class Made:
    """Five runs of `mapped`, and the moments around them, for the server holds runs of other tests too."""

    def __init__(self, client: MastraClient) -> None:
        self.workflow: Workflow = client.get_workflow("mapped")
        self.resource = new_run_id()
        self.before = datetime.now(timezone.utc)
        self.ids = [self._execute(n) for n in range(4)]
        self.pending = self.workflow.create_run(resource_id=self.resource).run_id
        self.newest_first = [self.pending, *reversed(self.ids)]

    def _execute(self, n: int) -> str:
        run = self.workflow.create_run(resource_id=self.resource)
        assert run.start_async({"n": n}).ok
        return run.run_id


@pytest.fixture
def made(client: MastraClient) -> Made:
    """Five runs of one workflow: four that have ended, and a pending one."""
    return Made(client)


def test_runs_are_listed_newest_first(made: Made) -> None:
    """Without numbers all runs come, as the result type, the latest first, and none of them is cut short."""
    found = made.workflow.runs(from_date=made.before)
    assert [run.run_id for run in found] == made.newest_first
    assert (len(found), found.total) == (5, 5)
    assert [run.result for run in found] == [None, *({"tripled": 3 * n} for n in (3, 2, 1, 0))]
    assert {run.workflow_id for run in found} == {"mapped"}


@pytest.mark.parametrize(
    ("numbers", "wanted"),
    [
        ({"page": 0, "per_page": 2}, slice(0, 2)),
        ({"page": 2, "per_page": 2}, slice(4, 5)),
        ({"page": 3, "per_page": 2}, slice(0, 0)),
        ({"per_page": 3}, slice(0, 3)),
        ({"page": 1}, slice(0, 0)),
        ({"limit": 2}, slice(0, 2)),
        ({"limit": 2, "offset": 2}, slice(2, 4)),
        ({"offset": 0}, slice(0, 5)),
    ],
    ids=str,
)
def test_runs_come_in_pages(made: Made, numbers: dict[str, int], wanted: slice) -> None:
    """Either way of paging gives the rows that it says, also with one number alone, which servers ignore."""
    found = made.workflow.runs(from_date=made.before, **numbers)  # type: ignore[arg-type]
    assert [run.run_id for run in found] == made.newest_first[wanted]
    assert found.total == 5


def test_an_offset_within_a_page_is_refused(made: Made) -> None:
    """Servers would round it to a page and give other rows, so nothing is sent."""
    with pytest.raises(InvalidArgument, match="offset: must be a multiple of 2"):
        made.workflow.runs(limit=2, offset=3)


def test_runs_can_be_chosen_by_status(made: Made) -> None:
    """Only the runs with the status come."""
    assert [run.run_id for run in made.workflow.runs(status="pending", from_date=made.before)] == [made.pending]
    succeeded = made.workflow.runs(status="success", from_date=made.before)
    assert [run.run_id for run in succeeded] == made.newest_first[1:]


def test_runs_can_be_chosen_by_resource(made: Made, generation: str) -> None:
    """Only the resource's runs come; 1.0 beta stores no resource and finds nothing."""
    found = made.workflow.runs(resource_id=made.resource)
    assert [run.run_id for run in found] == ([] if generation == "1.0-beta" else made.newest_first)
    assert {run.resource_id for run in found} <= {made.resource}


def test_runs_can_be_chosen_by_time(made: Made) -> None:
    """From and to bound when a run was made, as a datetime of any zone, a date or ISO text."""
    elsewhere = made.before.astimezone(timezone(timedelta(hours=5, minutes=30)))
    for moment in (made.before, elsewhere, made.before.isoformat()):
        assert [run.run_id for run in made.workflow.runs(from_date=moment)] == made.newest_first
        assert not {run.run_id for run in made.workflow.runs(to_date=moment)} & set(made.newest_first)
    tomorrow = made.before.date() + timedelta(days=1)
    assert not made.workflow.runs(from_date=tomorrow + timedelta(days=1)).runs
    assert made.workflow.runs(from_date=made.before, to_date=tomorrow + timedelta(days=1)).total == 5


def test_runs_are_iterated_lazily(made: Made, heard: MastraClient, listener: Listener) -> None:
    """`iter_runs` asks for a page when its first run is wanted, and gives every run once."""
    runs = heard.get_workflow("mapped").iter_runs(per_page=2, from_date=made.before)
    assert listener.sent == []
    assert [next(runs).run_id for _ in range(2)] == made.newest_first[:2]
    assert len(listener.sent) == 1
    assert [run.run_id for run in runs] == made.newest_first[2:]
    assert len(listener.sent) == 3


def test_iterating_takes_every_filter(made: Made, generation: str) -> None:
    """`iter_runs` chooses as `runs` does."""
    bounds = {"from_date": made.before, "to_date": made.before + timedelta(days=1)}
    chosen = made.workflow.iter_runs(per_page=1, status="success", **bounds)  # type: ignore[arg-type]
    assert [run.run_id for run in chosen] == made.newest_first[1:]
    mine = [run.run_id for run in made.workflow.iter_runs(resource_id=made.resource)]
    assert mine == ([] if generation == "1.0-beta" else made.newest_first)


def test_runs_made_while_iterating_are_not_given_twice(made: Made) -> None:
    """A new run pushes another to the next page, where it is not given again."""
    runs = made.workflow.iter_runs(per_page=2, from_date=made.before)
    given = [next(runs).run_id, next(runs).run_id]
    made.workflow.create_run()
    given += [run.run_id for run in runs]
    assert given == made.newest_first


# -- single runs


def test_a_run_is_read_by_its_id(client: MastraClient) -> None:
    """`run_by_id` gives the run as it is now."""
    workflow = client.get_workflow("city-workflow")
    made = workflow.execute({"city": "NY"})
    run = workflow.run_by_id(str(made.run_id))
    assert (run.status, run.result, run.input_data) == ("success", {"text": "NY: 2"}, {"city": "NY"})
    assert list(run.steps) == ["lookup", "report"]


@pytest.mark.parametrize("field", RUN_FIELDS)
def test_a_run_can_be_read_in_part(client: MastraClient, generation: str, field: str) -> None:
    """With `fields` only those come beside status and times; 1.0 beta always tells everything."""
    workflow = client.get_workflow("city-workflow")
    run_id = str(workflow.execute({"city": "NY"}).run_id)
    run = workflow.run_by_id(run_id, fields=[field])
    assert (run.status, run.run_id) == ("success", run_id)
    if generation == "1.0-beta":
        assert "snapshot" in run.raw
    else:
        assert set(RUN_FIELDS) & set(run.raw) == {field} - {"error"}


def test_a_field_that_no_run_has_is_refused(client: MastraClient) -> None:
    """A wrong field is named before anything is sent."""
    with pytest.raises(InvalidArgument, match="fields: 'status' is not one of result"):
        client.get_workflow("three").run_by_id("r", fields=["status"])


def test_nested_steps_can_be_left_out(client: MastraClient, generation: str) -> None:
    """`with_nested_workflows=False` leaves them out; 1.0 beta tells of them in the whole result only."""
    workflow = client.get_workflow("nested")
    run_id = str(workflow.execute({"n": 1}).run_id)
    nested = ["inner", "inner.increment", "inner.double", "after"]
    top = ["inner", "after"]
    assert set(workflow.run_by_id(run_id, with_nested_workflows=False).steps) == set(top)
    for wanted in (True, None):
        steps = workflow.run_by_id(run_id, with_nested_workflows=wanted).steps
        assert set(steps) == set(top if generation == "1.0-beta" else nested)
    whole = workflow.run_execution_result(run_id).steps
    assert set(whole) == set(nested)
    assert whole["inner.double"].path == ["inner", "double"]


def test_the_execution_result_is_the_same_everywhere(client: MastraClient, generation: str) -> None:
    """`run_execution_result` takes the route that the server has; its first answer tells which."""
    workflow = client.get_workflow("city-workflow")
    run_id = str(workflow.execute({"city": "NY"}).run_id)
    for _ in range(2):
        result = workflow.run_execution_result(run_id)
        assert (result.run_id, result.status, result.result) == (run_id, "success", {"text": "NY: 2"})
        assert {step.status for step in result.steps.values()} == {"success"}
        assert ("runId" in result.raw) == (generation != "1.0-beta")


def test_a_run_can_be_deleted(client: MastraClient) -> None:
    """A deleted run is not found any more."""
    workflow = client.get_workflow("three")
    run_id = str(workflow.execute({}).run_id)
    assert workflow.delete_run_by_id(run_id) == "Workflow run deleted"
    with pytest.raises(RunNotFound):
        workflow.run_by_id(run_id)


def test_deleting_an_unknown_run(client: MastraClient, generation: str) -> None:
    """An unknown run cannot be deleted; 1.0 beta says that it has been."""
    workflow = client.get_workflow("three")
    if generation == "1.0-beta":
        assert workflow.delete_run_by_id(new_run_id()) == "Workflow run deleted"
    else:
        with pytest.raises(RunNotFound):
            workflow.delete_run_by_id(new_run_id())
