"""What the evented engine stores is told as the default engine would tell it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mastra_sync import RunResult
from mastra_sync.evented import misleads_streamed_answer

Json = dict[str, Any]

START = 1_795_000_000_000
IDS = ["status", "output", "__state", "a"]
VALUES: st.SearchStrategy[Any] = st.sampled_from([None, 1, "success", {}, [], {"status": "success"}, {"a": 1}])


def record(output: Any, moment: int) -> Json:
    """Return the report of a step that succeeded."""
    return {"startedAt": moment, "payload": {}, "status": "success", "endedAt": moment, "output": output}


def lookalikes(records: list[Json]) -> st.SearchStrategy[Any]:
    """Give what a step may well give that looks like the envelope of another one, or of a block."""
    envelopes = [
        *records,
        *({**each, "__state": {}} for each in records),
        *({"status": "success", "output": each["output"]} for each in records),
        *({"status": "success", "output": {"a": each["output"]}} for each in records),
        {"status": "failed", "startedAt": START, "endedAt": START, "output": 1},
        {"status": "success", "output": {}},
    ]
    return st.sampled_from(envelopes) | VALUES


@st.composite
def ended_runs(draw: st.DrawFn) -> tuple[list[Json], dict[str, Json], Any, Json | None]:
    """Give a graph, its steps, what they gave in the end, and the last one's report."""
    ids = draw(st.lists(st.sampled_from(IDS), min_size=1, unique=True))
    steps: dict[str, Json] = {}
    for index, name in enumerate(ids):
        steps[name] = record(draw(lookalikes(list(steps.values()))), START + index)
    in_block = draw(st.integers(0, len(ids)))
    before, block = ids[: len(ids) - in_block], ids[len(ids) - in_block :]
    entries: list[Json] = [{"type": "step", "step": {"id": name}} for name in before]
    output = steps[ids[-1]]["output"]
    last: Json | None = steps[ids[-1]]
    if block:
        children = [{"type": "step", "step": {"id": name}} for name in block]
        entries.append({"type": draw(st.sampled_from(["parallel", "conditional"])), "steps": children})
        output = {name: steps[name]["output"] for name in block}
        last = None
    if draw(st.booleans()):
        entries.append({"type": "sleep", "id": "sleep_1", "duration": 1})
    return entries, steps, output, last


def stored(graph: list[Json], steps: dict[str, Json], result: Any, **more: Any) -> list[Json]:
    """Return a run as run-by-id tells it, and as lists of runs do."""
    paths: Json = {"activeStepsPath": {}, "suspendedPaths": {}, "serializedStepGraph": graph, **more}
    run = {"runId": "r", "workflowName": "w", "status": "success", "result": result}
    row = {"runId": "r", "workflowName": "w", "snapshot": {**run, **paths, "context": {"input": {}, **steps}}}
    return [{**run, "steps": steps, **paths}, row]


@given(ended_runs())
def test_no_result_of_the_default_engine_is_unwrapped(
    run: tuple[list[Json], dict[str, Json], Any, Json | None],
) -> None:
    """Whatever its steps gave, an envelope of one another too: what is stored is the result."""
    graph, steps, output, _ = run
    for told in stored(graph, steps, output):
        result = RunResult.model_validate(told)
        assert (result.status, result.result) == ("success", output)
        assert list(result.steps) == list(steps)


@given(ended_runs())
def test_each_result_of_the_evented_engine_is_unwrapped(
    run: tuple[list[Json], dict[str, Json], Any, Json | None],
) -> None:
    """What is stored is the envelope of what came last, of a step or of a block."""
    graph, steps, output, last = run
    envelope = {"status": "success", "output": output} if last is None else last
    for told in stored(graph, steps, envelope):
        assert RunResult.model_validate(told).result == output


@given(VALUES)
def test_what_a_step_bailed_with_is_unwrapped(output: Any) -> None:
    """The step is not among those that are stored, but still taken for active."""
    graph = [{"type": "step", "step": {"id": "a"}}]
    envelope = {**record(output, START), "__state": {}}
    for told in stored(graph, {}, envelope, activeStepsPath={"a": [0]}):
        assert RunResult.model_validate(told).result == output
    for told in stored(graph, {}, envelope):
        assert RunResult.model_validate(told).result == envelope


def asking(path: list[Any], payload_path: list[Any]) -> Json:
    """Return an answer of the evented engine, whose step asks."""
    meta = {"runId": "r", "path": payload_path}
    step = {"startedAt": START, "payload": {}, "status": "suspended", "suspendedAt": START}
    return {
        "status": "suspended",
        "steps": {"input": {}, "q": {**step, "suspendPayload": {"ask": 1, "__workflow_meta": meta}}},
        "suspended": [path],
    }


def test_a_step_that_is_named_twice_is_named_once() -> None:
    """Where it is known which run was asked for; the answer alone does not tell such a step from a nested one."""
    answer = asking(["q", "q"], ["q"])
    assert RunResult.from_server(answer, workflow_id="w", run_id="r").suspended == [["q"]]
    assert RunResult.from_server(answer, workflow_id="w", run_id="another").suspended == [["q", "q"]]
    assert RunResult.model_validate(answer).suspended == [["q", "q"]]


@pytest.mark.parametrize("beside", [{"input": {}}, {"runId": "r"}, {"suspendPayload": {"q": {"ask": 1}}}])
def test_an_answer_of_the_default_engine_keeps_its_paths(beside: Json) -> None:
    """There a step of a nested workflow of its name is meant, which shares the run's id."""
    result = RunResult.from_server({**asking(["q", "q"], ["q"]), **beside}, workflow_id="w", run_id="r")
    assert result.suspended == [["q", "q"]]


def test_numbers_in_a_path_lead_to_the_items_of_a_foreach() -> None:
    """Those that wait are told of one by one, with what each asked."""
    answer = asking(["q", 0, 1], [0, 1])
    item = {**answer["steps"]["q"], "suspendPayload": {"ask": 2, "__workflow_meta": {"runId": "r", "path": ["q"]}}}
    answer["steps"]["q"]["output"] = [{"status": "suspended"}, item, None]
    result = RunResult.from_server(answer, workflow_id="w", run_id="r")
    assert [(each.path, each.for_each_index, each.payload) for each in result.suspensions] == [(["q"], 1, {"ask": 2})]


@pytest.mark.parametrize("path", [[], [0, 1], [0, "q"], ["q", "q", {}], 7, [None]])
def test_what_is_no_path_is_no_answer_of_mastra(path: Any) -> None:
    """Numbers stand behind the name of a step only."""
    with pytest.raises(ValueError, match="expected the path of a step"):
        RunResult.model_validate({**asking(["q"], ["q"]), "suspended": [path]})


@pytest.mark.parametrize(
    ("message", "code", "advice"),
    [
        ("Execution path is empty: []", "MASTRA_WORKFLOW", "Start a new run."),
        ("Nested workflow run id not found for auto-detection: {}", "MASTRA_WORKFLOW", "a foreach over a workflow."),
        ("Execution path is empty: []", None, ""),
        ("boom", "MASTRA_WORKFLOW", ""),
    ],
)
def test_faults_of_the_engine_are_explained(message: str, code: str | None, advice: str) -> None:
    """Where the engine's own error ended a run, not a step's that reads like it."""
    error = {"message": message, "name": "Error", **({"code": code} if code else {})}
    told = RunResult.model_validate({"runId": "r", "status": "failed", "error": error})
    assert told.explain().rpartition(message)[2].endswith(advice)
    assert ("evented engine" in told.explain()) == bool(advice)


FOREACH = [{"type": "foreach", "step": {"type": "step", "step": {"id": "q"}}, "opts": {"concurrency": 1}}]


@pytest.mark.parametrize(
    ("graph", "waiting", "index", "expected"),
    [
        (FOREACH, [0, 1], 0, False),
        (FOREACH, [0, 1], 1, True),
        (FOREACH, [1], 1, False),
        ([{**FOREACH[0], "opts": {"concurrency": 2}}], [0, 1], 0, True),
        ([{**FOREACH[0], "opts": {"concurrency": 2}}], [0], 0, False),
        (None, [0, 1], 0, True),
    ],
)
def test_which_item_a_streamed_answer_reaches(
    graph: Any, waiting: list[int | None], index: int, *, expected: bool
) -> None:
    """The first that wait, as many as are executed at once; where the graph is not known, perhaps others too."""
    step = {"path": ["q"], "output": [None, None], "suspendPayload": {"__workflow_meta": {"path": [0, 1]}}}
    assert misleads_streamed_answer(step, graph, waiting, index) == expected
    default = {**step, "suspendPayload": {"__workflow_meta": {"path": ["q"]}}}
    assert not misleads_streamed_answer(default, graph, waiting, index)
