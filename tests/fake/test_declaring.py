"""Declaring workflows: the builder, the short forms, schemas, and workflows loaded from a real server."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from pydantic import BaseModel, field_validator

from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.fake.workflows.errors import StepError, TripWire
from tests.conformance.transcript_files import FOLDER as TRANSCRIPTS
from tests.fake.http_calls import call, post, run_state

DETAILS = TRANSCRIPTS / "current" / "details_of_each_workflow.json"


class City(BaseModel):
    city: str
    days: int = 3

    @field_validator("city")
    @classmethod
    def _known(cls, value: str) -> str:
        if value == "Atlantis":
            raise ValueError("no such city")
        return value


def result_of(server: FakeMastra, workflow: str, input_data: Any = None, **body: Any) -> Any:
    """Run a workflow and return what start-async answers."""
    return post(server, workflow, "start-async", "r", {"inputData": input_data, **body}).json()


def test_a_workflow_that_only_returns() -> None:
    """`returns` gives a value, or what a function makes of the context."""
    server = FakeMastra()
    server.workflow("report").returns({"text": "sunny"})
    server.workflow("double").returns(lambda ctx: ctx.input_data * 2)
    assert result_of(server, "report")["result"] == {"text": "sunny"}
    assert result_of(server, "double", 4)["result"] == 8


def test_a_workflow_that_only_asks() -> None:
    """`suspends` asks, and `then_returns` is what comes after the answer."""
    server = FakeMastra()
    server.workflow("approval").suspends("approve", {"ask": "ok?"}).then_returns({"ok": True})
    asked = result_of(server, "approval")
    assert asked["suspendPayload"] == {"approve": {"ask": "ok?"}}
    result = post(server, "approval", "resume-async", "r", {"step": "approve", "resumeData": {"yes": 1}}).json()
    assert (result["status"], result["result"]) == ("success", {"ok": True})


@pytest.mark.parametrize(
    ("answer", "status"), [({}, "success"), ([], "success"), (False, "suspended"), ("", "suspended")]
)
def test_an_answer_is_what_javascript_takes_for_true(answer: Any, status: str) -> None:
    """An empty object is an answer; what `if (!resumeData)` takes for none has it ask again."""
    server = FakeMastra()
    server.workflow("approval").suspends("approve", {"ask": "ok?"}).then_returns({"ok": True})
    result_of(server, "approval")
    assert (
        post(server, "approval", "resume-async", "r", {"step": "approve", "resumeData": answer}).json()["status"]
        == status
    )


def test_a_workflow_that_only_fails() -> None:
    """`fails` fails at a step, with a message or an exception; the test that means it is not disturbed."""
    server = FakeMastra()
    server.workflow("broken").fails("boom", step="fetch")
    server.workflow("odd").fails(StepError("odd", name="OddError", code="E_ODD"))
    assert result_of(server, "broken")["steps"]["fetch"]["error"] == {"message": "boom", "name": "Error"}
    assert result_of(server, "odd")["error"] == {"message": "odd", "name": "OddError", "code": "E_ODD"}
    assert server.unexpected_errors == []


def test_a_model_fills_in_defaults_and_drops_what_it_does_not_know() -> None:
    """A pydantic model is a schema: defaults apply, unknown keys go, its validators are asked."""
    server = FakeMastra()
    server.workflow("weather", input_schema=City).returns(lambda ctx: ctx.input_data)
    assert result_of(server, "weather", {"city": "NY", "more": 1})["result"] == {"city": "NY", "days": 3}
    refused = post(server, "weather", "start-async", "r", {"inputData": {"city": "Atlantis"}})
    assert (refused.status, "no such city" in refused.json()["error"]) == (400, True)


def test_a_json_schema_keeps_what_it_does_not_know() -> None:
    """A JSON Schema refuses unknown keys only if it says so."""
    server = FakeMastra()
    declared = {"type": "object", "properties": {"n": {"type": "number"}}, "required": ["n"]}
    server.workflow("open", input_schema=declared).returns(lambda ctx: ctx.input_data)
    server.workflow("closed", input_schema={**declared, "additionalProperties": False}).returns(1)
    assert result_of(server, "open", {"n": 1, "more": 2})["result"] == {"n": 1, "more": 2}
    refused = post(server, "closed", "start-async", "r", {"inputData": {"n": 1, "more": 2}}).json()
    assert refused["error"] == 'Invalid input data: \n- : Unrecognized key: "more"'


def test_what_is_no_schema_is_refused_at_once() -> None:
    """A wrong schema is the test's mistake, told where it is made."""
    with pytest.raises(TypeError, match="a pydantic model or a JSON Schema"):
        FakeMastra().workflow("w", input_schema=5)  # type: ignore[arg-type]


def test_a_step_that_yields_takes_time() -> None:
    """Seconds that a step yields pass on the virtual clock."""
    server = FakeMastra()

    def slow(ctx: Any) -> Any:
        yield 86_400
        return {"slept": True}

    server.workflow("slow").then(server.step("slow", slow)).commit()
    began = server.clock.now()
    assert result_of(server, "slow")["result"] == {"slept": True}
    assert 86_400 <= server.clock.now() - began < 86_401


def test_a_duration_shows_in_the_times() -> None:
    """A step's duration lies between its start and its end."""
    server = FakeMastra()
    server.workflow("w").then(server.step("s", lambda ctx: 1, duration=2.5)).commit()
    step = result_of(server, "w")["steps"]["s"]
    assert step["endedAt"] - step["startedAt"] == 2500


def test_a_map_has_templates() -> None:
    """A template is filled from the input, the steps, the state and the request context."""
    server = FakeMastra()
    first = server.step("first", lambda ctx: {"n": 2})
    template = "${initData.who} ${inputData.n} ${stepResults.first.n} ${requestContext.language}"
    server.workflow("w").then(first).map({"text": {"template": template}, "made": {"fn": lambda ctx: 5}}).commit()
    result = result_of(server, "w", {"who": "x"}, requestContext={"language": "en"})
    assert result["result"] == {"text": "x 2 2 en", "made": 5}


@pytest.mark.parametrize(
    ("template", "complaint"),
    [
        ("a ${}", "#1 (${}) in 'a ${}' has empty"),
        ("${inputData} ${ state}", "#2 (${ state}) in '${inputData} ${ state}' has empty"),
        ("${nope.a}", 'unknown namespace "nope"'),
        ("${stepResults}", "must be of the form ${stepResults.<stepId>}"),
        ("${requestContext}", "requires a request-context key"),
    ],
)
def test_a_template_that_cannot_be_filled_is_refused_where_it_is_declared(template: str, complaint: str) -> None:
    """The refusal says which placeholder, and what is allowed."""
    with pytest.raises(ValueError, match=re.escape(complaint)):
        FakeMastra().workflow("w").map({"text": {"template": template}})


def test_a_cause_is_an_exception_or_json() -> None:
    """What JSON has nothing for is refused where the error is made."""
    with pytest.raises(TypeError, match="the cause of a StepError is JSON, not a object"):
        StepError("x", cause=object())
    server = FakeMastra()
    server.workflow("w").fails(StepError("x", cause=ValueError("y")))
    assert result_of(server, "w")["error"]["cause"] == {"message": "y", "name": "ValueError"}


def test_a_tripwire_stops_the_run() -> None:
    """The run's status and reason are the guard's."""
    server = FakeMastra()
    server.workflow("guarded").fails(TripWire("no", retry=False), step="guard")
    result = result_of(server, "guarded")
    assert (result["status"], result["tripwire"]) == ("tripwire", {"reason": "no", "retry": False})


def test_an_exception_that_nobody_meant_is_kept_with_its_traceback() -> None:
    """A bug in a declared step fails the run, and the test can see where it is."""
    server = FakeMastra()
    server.workflow("w").then(server.step("s", lambda ctx: ctx.input_data["missing"])).commit()
    assert result_of(server, "w", {})["status"] == "failed"
    (kept,) = server.unexpected_errors
    assert (kept.workflow_id, kept.run_id, kept.step_id) == ("w", "r", "s")
    assert isinstance(kept.error, KeyError)
    assert kept.error.__traceback__ is not None


def test_what_is_not_json_fails_the_step() -> None:
    """A step that gives what JSON cannot carry is a mistake of the test."""
    server = FakeMastra()
    server.workflow("w").returns(lambda ctx: {"x": object()})
    assert result_of(server, "w")["status"] == "failed"
    assert "not JSON" in str(server.unexpected_errors[0].error)


def test_what_is_not_json_is_told_with_what_is() -> None:
    """A set, and what an async function gives, which nobody awaits."""

    async def fetch() -> int:
        return 1

    fetched = fetch()
    server = FakeMastra()
    server.workflow("w").returns(lambda ctx: {1})
    server.workflow("v").returns(lambda ctx: fetched)
    result_of(server, "w")
    result_of(server, "v")
    fetched.close()
    of_set, of_coroutine = (str(kept.error) for kept in server.unexpected_errors)
    assert of_set == "set is not JSON: {1}; list(...) makes JSON of it"
    assert of_coroutine.endswith("; a step is a plain function, and nobody awaits what it gives: write def")


def test_a_step_cannot_change_what_others_see() -> None:
    """Each step gets its own copy of its input."""
    server = FakeMastra()
    spoil = server.step("spoil", lambda ctx: ctx.input_data.update(n=9))
    server.workflow("w").then(spoil).returns(lambda ctx: ctx.get_init_data())
    assert result_of(server, "w", {"n": 1})["result"] == {"n": 1}
    assert run_state(server, "w", "r")["payload"] == {"n": 1}


def loaded_server() -> FakeMastra:
    """Return a server with the workflows that a real one told of."""
    server = FakeMastra()
    server.load({exchange["body"]["name"]: exchange["body"] for exchange in json.loads(DETAILS.read_text("utf-8"))})
    return server


@pytest.mark.parametrize("cassette", ["details_of_each_workflow", "details_with_made_up_ids", "corner_details"])
@pytest.mark.parametrize("generation", ["current", "1.2", "1.0-beta"])
def test_loaded_workflows_describe_themselves_as_the_real_ones(generation: str, cassette: str) -> None:
    """What `load` makes answers the details that it was made of."""
    recorded = json.loads((TRANSCRIPTS / generation / f"{cassette}.json").read_text("utf-8"))
    server = FakeMastra(generation=generation)
    server.load({exchange["body"]["name"]: exchange["body"] for exchange in recorded})
    for exchange in recorded:
        result = call(server, "GET", f"/workflows/{quote(exchange['body']['name'], safe='')}").json()
        assert result == exchange["body"]


def test_loaded_workflows_run_once_stubbed() -> None:
    """A stub is a function or a value; conditions are stubbed by their id."""
    server = loaded_server()
    server.stub("lookup", lambda ctx: {"city": ctx.input_data["city"], "temperature": 1})
    server.stub("report", {"text": "warm"})
    assert result_of(server, "city-workflow", {"city": "NY"})["result"] == {"text": "warm"}
    server.stub("positive-condition", lambda ctx: True)
    server.stub("positive", 1)
    assert result_of(server, "branch", {"n": 1})["result"] == {"positive": 1}


def test_loaded_workflows_check_their_input() -> None:
    """The schemas come along; keys that they do not declare are dropped, as zod does."""
    server = loaded_server()
    server.stub("lookup", lambda ctx: ctx.input_data, workflow="city-workflow")
    server.stub("report", lambda ctx: ctx.get_init_data())
    refused = post(server, "city-workflow", "start-async", "r", {"inputData": {"city": 5}})
    assert refused.status == 400
    result = result_of(server, "city-workflow", {"city": "NY", "more": 1})
    assert result["steps"]["input"] == {"city": "NY"}


def test_a_step_without_stub_says_so() -> None:
    """Running it fails with its name and the stub that was perhaps meant for it."""
    server = loaded_server()
    server.stub("lokup", {})
    result = result_of(server, "city-workflow", {"city": "NY"})
    assert result["status"] == "failed"
    assert "'lookup' of workflow 'city-workflow' has no stub" in result["error"]["message"]
    assert "nearest stub is 'lokup'" in result["error"]["message"]


@pytest.mark.parametrize("what", ["lookup", len, None])
def test_what_is_no_step(what: Any) -> None:
    """A name or a bare function among the steps is refused where it is written; nothing is added."""
    server = FakeMastra()
    workflow = server.workflow("w")
    said = f"^workflow 'w' is made of steps and workflows, not of {re.escape(repr(what))}; server.step"
    with pytest.raises(TypeError, match=said):
        workflow.then(what)
    with pytest.raises(TypeError, match=said):
        workflow.parallel([server.step("a", lambda ctx: 1), what])
    assert workflow.entries == []
    assert workflow.steps == {}
