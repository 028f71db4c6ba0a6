"""Every refusal."""

from __future__ import annotations

from typing import Any

from tests.conformance.conversation import Talk
from tests.conformance.corpus import CURRENT, scenario

VERBS = (
    "create-run",
    "start",
    "start-async",
    "stream",
    "observe",
    "resume",
    "resume-async",
    "resume-stream",
    "restart",
    "restart-async",
    "time-travel",
    "time-travel-async",
    "time-travel-stream",
)
NEEDS_RUN = ("start", "observe", "resume", "resume-async", "resume-stream", "restart", "restart-async")
TRAVELS = ("time-travel", "time-travel-async", "time-travel-stream")


def _body(verb: str) -> dict[str, Any]:
    return {"step": "t1"} if verb in TRAVELS else {}


@scenario()
def unknown_workflow(talk: Talk) -> None:
    """No route knows a workflow that is not there."""
    run_id = talk.run_id()
    for verb in (*VERBS, "restart-all-active-workflow-runs", "restart-all-active-workflow-runs-async"):
        talk.post("nope", verb, run_id, _body(verb))
    talk.call("GET", "/workflows/nope")
    talk.call("GET", "/workflows/nope/runs")
    talk.by_id("nope", run_id)
    talk.call("DELETE", f"/workflows/nope/runs/{run_id}")
    talk.cancel("nope", run_id)


@scenario()
def unknown_run(talk: Talk) -> None:
    """Most verbs need a run that is there."""
    run_id = talk.run_id()
    for verb in (*NEEDS_RUN, *TRAVELS[:2]):
        talk.post("three", verb, run_id, _body(verb))
    talk.by_id("three", run_id)
    talk.cancel("three", run_id)
    talk.call("DELETE", f"/workflows/three/runs/{run_id}")


@scenario("current", "1.2")
def unknown_run_time_travel_stream(talk: Talk) -> None:
    """A time travel's stream needs a run that is there."""
    talk.post("three", "time-travel-stream", talk.run_id(), {"step": "t1"})


@scenario()
def run_of_another_workflow(talk: Talk) -> None:
    """A run belongs to one workflow."""
    run_id = talk.run_id()
    talk.post("three", "start-async", run_id, {"inputData": {}})
    talk.by_id("echo", run_id)
    talk.post("echo", "resume-async", run_id)


@scenario()
def run_id_missing(talk: Talk) -> None:
    """Most verbs need a run id."""
    for verb in (*NEEDS_RUN, "stream", *TRAVELS):
        talk.post("three", verb, None, _body(verb))


@scenario()
def run_id_empty(talk: Talk) -> None:
    """An empty run id is none."""
    for verb in (*NEEDS_RUN, "stream", *TRAVELS):
        talk.post("three", verb, "", _body(verb))


@scenario()
def run_id_twice(talk: Talk) -> None:
    """Two run ids are too many."""
    talk.call("POST", "/workflows/three/start?runId=x1&runId=x2", {})
    talk.call("POST", "/workflows/three/create-run?runId=x1&runId=x2", {})


@scenario()
def run_id_made_by_the_server(talk: Talk) -> None:
    """Without a run id the server makes one."""
    talk.post("three", "create-run", None)
    talk.post("three", "create-run", "")
    talk.post("three", "start-async", None, {"inputData": {}})
    talk.post("three", "start-async", "", {"inputData": {}})


@scenario()
def unknown_routes(talk: Talk) -> None:
    """Unknown paths and methods are plain text."""
    talk.call("GET", "/nope")
    talk.call("GET", "/workflows/")
    talk.call("GET", "/workflows/three/")
    talk.call("PUT", "/workflows/three", {})
    talk.call("DELETE", "/workflows/three")
    talk.call("GET", "/workflows/three/start")
    talk.call("POST", "/workflows/three/nope", {})
    talk.call("POST", "/workflows/three/runs", {})
    talk.call("GET", "/workflows/three/observe?runId=x")


@scenario(*CURRENT)
def broken_json(talk: Talk) -> None:
    """A body that is not JSON is refused with V8's words."""
    texts = (
        "{",
        "{x}",
        '{"a" 1}',
        '{"a":1,}',
        '{"a":1 "b"}',
        "[1,]",
        "[1 2]",
        "nope",
        "tru",
        '"abc',
        '{"a":"x\ty"}',
        '{"a":"\\x"}',
        '{"a":"\\u12"}',
        "1 2",
        "-",
        "1.",
        "1e",
        "{} trailing",
        "x" * 60,
        '{"a": "' + "y" * 50 + '", nope}',
        "\n\n  {bad",
        "NaN",
        "undefined",
        "'a'",
    )
    for text in texts:
        talk.call("POST", "/workflows/three/create-run", raw=text.encode())


@scenario("current", "1.2")
def other_content_types(talk: Talk) -> None:
    """A body that is not sent as JSON is not read."""
    talk.call("POST", "/workflows/three/start-async", raw=b'{"inputData":{"i":"no number"}}', content_type="text/plain")
    talk.call("POST", "/workflows/three/start-async", raw=b'{"inputData":{"i":"no number"}}', content_type=None)
    talk.call(
        "POST",
        "/workflows/three/start-async",
        raw=b'{"inputData":{"i":1}}',
        content_type="application/json; charset=utf-8",
    )


@scenario()
def body_empty_or_null(talk: Talk) -> None:
    """An empty body is an empty object; null is one on older servers only."""
    talk.call("POST", "/workflows/three/create-run", raw=b"")
    talk.call("POST", "/workflows/three/create-run", raw=b"   ")
    talk.call("POST", "/workflows/three/create-run", raw=b"null")


@scenario()
def body_of_another_shape(talk: Talk) -> None:
    """Fields of another type are refused, all at once on current servers."""
    run_id = talk.run_id()
    bodies: list[Any] = [
        [],
        "text",
        5,
        {"requestContext": [], "perStep": "yes"},
        {"requestContext": None},
        {"tracingOptions": {"metadata": 1}},
        {"tracingOptions": "x"},
    ]
    for body in bodies:
        talk.post("three", "start-async", run_id, body)


@scenario(*CURRENT)
def body_of_another_shape_current(talk: Talk) -> None:
    """Fields that only current servers know or check."""
    run_id = talk.run_id()
    for body in (
        {"resourceId": None},
        {"resourceId": 5},
        {"tracingOptions": {"tags": "x", "hideInput": 1, "traceId": 7, "requestContextKeys": ["a", 1]}, "perStep": 0},
    ):
        talk.post("three", "start-async", run_id, body)
    talk.post("three", "stream", run_id, {"closeOnSuspend": "no"})
    for index in (-1, 1.5, "1", None):
        talk.post("three", "resume-async", run_id, {"forEachIndex": index})
    talk.post("three", "create-run", None, {"disableScorers": 1, "resourceId": []})
    talk.post("three", "time-travel-async", run_id, {"step": "t1", "context": [], "nestedStepsContext": {"a": 1}})


@scenario()
def step_of_another_shape(talk: Talk) -> None:
    """A step is a text or a list of texts."""
    run_id = talk.run_id()
    talk.post("three", "resume-async", run_id, {"step": 5})
    talk.post("three", "resume-async", run_id, {"step": ["a", 1]})
    talk.post("three", "time-travel-async", run_id, {})
    talk.post("three", "time-travel-async", run_id, {"step": {}})


@scenario()
def input_that_does_not_fit(talk: Talk) -> None:
    """Input is checked; a refused start leaves the run pending."""
    waited, streamed = talk.run_id(), talk.run_id()
    talk.post("city-workflow", "start-async", waited, {"inputData": {"city": 3}})
    talk.by_id("city-workflow", waited)
    talk.post("city-workflow", "start-async", waited, {})
    talk.post("city-workflow", "start-async", waited, {"inputData": []})
    talk.post("city-workflow", "start-async", waited, {"inputData": None})
    talk.post("city-workflow", "stream", streamed, {"inputData": {"city": 3}})
    talk.by_id("city-workflow", streamed)
    talk.post("city-workflow", "observe", streamed)


@scenario(*CURRENT)
def input_that_does_not_fit_unseen(talk: Talk) -> None:
    """`start` does not tell of a refusal (older servers may die of it)."""
    run_id = talk.run_id()
    talk.post("city-workflow", "create-run", run_id)
    talk.post("city-workflow", "start", run_id, {"inputData": {"city": 3}})
    talk.by_id("city-workflow", run_id)


@scenario()
def input_with_many_faults(talk: Talk) -> None:
    """Each fault is a line, in the order of the schema."""
    run_id = talk.run_id()
    for data in (
        {"name": "", "age": 1.5, "address": {}, "unknown": 1},
        {
            "name": 1,
            "age": "x",
            "tags": [1, "a", None],
            "address": {"city": 1, "more": 1},
            "level": "mid",
            "x": 1,
            "y": 2,
        },
        {"name": "x", "age": 1, "tags": "t", "address": "NY", "level": 5},
    ):
        talk.post("strict-input", "start-async", run_id, {"inputData": data})
    talk.post("failing", "start-async", run_id, {"inputData": {"kind": "other"}})
    talk.post("failing", "start-async", run_id, {"inputData": {}})
    talk.post("foreach", "start-async", run_id, {"inputData": [1, "x", None]})
    talk.post("foreach-nested", "start-async", run_id, {"inputData": [{"n": 1}, {}]})


@scenario()
def input_is_stripped(talk: Talk) -> None:
    """Keys that a schema does not declare are dropped."""
    run_id = talk.run_id()
    talk.post("city-workflow", "start-async", run_id, {"inputData": {"city": "NY", "more": 1}})
    talk.by_id("city-workflow", run_id)


@scenario()
def context_that_does_not_fit(talk: Talk) -> None:
    """The request context is checked, but for 1.0 beta."""
    run_id = talk.run_id()
    talk.post("context-schema", "start-async", run_id, {"inputData": {}})
    talk.post("context-schema", "start-async", run_id, {"inputData": {}, "requestContext": {"tenant": 5}})
    talk.post("context-schema", "start-async", run_id, {"inputData": {}, "requestContext": {"tenant": "x"}})


@scenario()
def numbers_and_surrogates(talk: Talk) -> None:
    """Numbers pass through JavaScript."""
    run_id = talk.run_id()
    raw = (
        b'{"inputData":{"big":12345678901234567890,"infinite":1e400,"whole":1.0,"half":0.5,"zero":-0,"lone":"\\ud800"}}'
    )
    talk.call("POST", f"/workflows/echo/start-async?runId={run_id}", raw=raw)
    talk.by_id("echo", run_id)
