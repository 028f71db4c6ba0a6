"""Attributes that the client's objects do not have: the error says which was meant, and nothing else changes."""

from __future__ import annotations

import copy
import pickle
import traceback
from typing import Any

import pytest

from mastra_sync import MastraClient, RunFailed, RunNotFound, RunResult, StreamError, StreamEvent
from mastra_sync.attributes import tells_missing

CLIENT = MastraClient("http://localhost:1")
WORKFLOW = CLIENT.get_workflow("city-workflow")
RESULT = RunResult.model_validate(
    {"status": "failed", "error": "boom", "notKnown": 1, "steps": {"a": {"status": "success", "output": 1}}}
)


class Thing:
    """Has all that an attribute can be."""

    __slots__ = ("unset",)

    kept = 1

    @property
    def broken(self) -> Any:
        return self.kept.nothing  # type: ignore[attr-defined]

    __getattr__ = tells_missing()


@pytest.mark.parametrize(
    ("owner", "name", "offered"),
    [
        (CLIENT, "getWorkflow", "'get_workflow'"),
        (CLIENT, "listWorkflows", "'list_workflows'"),
        (CLIENT, "execute", "get_workflow(id).execute(...)"),
        (WORKFLOW, "createRun", "'create_run'"),
        (WORKFLOW, "start", "create_run().start(...), or execute(...)"),
        (WORKFLOW, "startAsync", "create_run().start_async(...), or execute(...)"),
        (WORKFLOW, "resume", "get_run(run_id).resume(...)"),
        (WORKFLOW.get_run("r"), "startAsync", "'start_async'"),
        (WORKFLOW.get_run("r"), "resumeStream", "'resume_stream'"),
        (WORKFLOW.get_run("r"), "status", "result().status"),
        (RESULT, "output", "'result'"),
        (RESULT, "runId", "'run_id'"),
        (RESULT.steps["a"], "result", "'output'"),
        (StreamEvent({}), "data", "'payload'"),
        (RunFailed(RESULT), "error", "result.error"),
        (RunNotFound("x", method="GET", url="u"), "status", "'status_code'"),
    ],
)
def test_a_name_that_is_not_there_leads_to_the_one_that_is(owner: object, name: str, offered: str) -> None:
    """Names of client-js, of other objects, and misspelt ones."""
    with pytest.raises(AttributeError) as raised:
        getattr(owner, name)
    assert str(raised.value) == f"{type(owner).__name__!r} object has no attribute {name!r}; did you mean {offered}?"


@pytest.mark.parametrize(
    ("owner", "key", "offered"),
    [
        (RESULT, "status", "; did you mean .status?"),
        (RESULT, "runId", "; did you mean .run_id?"),
        (RESULT, "output", "; did you mean .result?"),
        (RESULT, 0, ""),
        (RESULT.steps["a"], "output", "; did you mean .output?"),
        (StreamEvent({"type": "t"}), "type", "; did you mean .type?"),
        (StreamEvent({"type": "t"}), "stepId", "; did you mean .step_id?"),
    ],
)
def test_what_is_no_mapping_leads_to_its_attributes(owner: Any, key: object, offered: str) -> None:
    """Results and events are asked by attributes, and not as the JSON that they came from."""
    with pytest.raises(TypeError) as raised:
        owner[key]
    assert str(raised.value) == f"{type(owner).__name__!r} object is not subscriptable{offered}"


def test_what_comes_near_nothing_is_said_as_python_says_it() -> None:
    """No question without an answer."""
    with pytest.raises(AttributeError, match=r"^'MastraClient' object has no attribute 'zzz'$"):
        CLIENT.zzz  # type: ignore[attr-defined]  # noqa: B018


def test_python_does_not_ask_a_second_time() -> None:
    """Where a script ends of it, the question is there once."""
    with pytest.raises(AttributeError) as raised:
        WORKFLOW.exceute({})  # type: ignore[attr-defined]
    assert "".join(traceback.format_exception(raised.value)).lower().count("did you mean") == 1


def test_an_error_within_a_property_is_told_as_it_is() -> None:
    """A property that there is does not become one that there is not; neither does an empty slot."""
    with pytest.raises(AttributeError, match="'int' object has no attribute 'nothing'"):
        Thing().broken  # noqa: B018
    with pytest.raises(AttributeError, match=r"^(unset|.* object has no attribute 'unset')$"):
        Thing().unset  # type: ignore[attr-defined]  # noqa: B018


def test_what_looks_for_attributes_finds_what_it_found() -> None:
    """`hasattr`, copies, pickles, and pydantic's further fields."""
    assert not hasattr(RESULT, "startAsync")
    assert getattr(CLIENT, "startAsync", None) is None
    assert RESULT.notKnown == 1  # type: ignore[attr-defined]
    for made in (copy.copy(RESULT), copy.deepcopy(RESULT), pickle.loads(pickle.dumps(RESULT))):
        assert made == RESULT
    error = pickle.loads(pickle.dumps(RunFailed(RESULT)))
    assert error.result == RESULT
    assert pickle.loads(pickle.dumps(StreamError("cut"))).args == ("cut",)
    assert pickle.loads(pickle.dumps(CLIENT)).base_url == CLIENT.base_url


@pytest.mark.parametrize("given", [{"requestContext": {}}, {"initialState": {}}])
def test_keywords_of_client_js_lead_to_ours(given: dict[str, Any]) -> None:
    """`requestContext=` is `request_context=`."""
    with pytest.raises(TypeError, match=r"did you mean '(request_context|initial_state)'"):
        WORKFLOW.execute({}, **given)
