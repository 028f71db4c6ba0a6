"""Every refusal."""

from __future__ import annotations

from typing import Any

from tests.conformance.conversation import Conversation
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
def unknown_workflow(conversation: Conversation) -> None:
    """No route knows a workflow that is not there."""
    run_id = conversation.run_id()
    for verb in (*VERBS, "restart-all-active-workflow-runs", "restart-all-active-workflow-runs-async"):
        conversation.post("nope", verb, run_id, _body(verb))
    conversation.call("GET", "/workflows/nope")
    conversation.call("GET", "/workflows/nope/runs")
    conversation.read_run("nope", run_id)
    conversation.call("DELETE", f"/workflows/nope/runs/{run_id}")
    conversation.cancel("nope", run_id)


@scenario()
def unknown_run(conversation: Conversation) -> None:
    """Most verbs need a run that is there."""
    run_id = conversation.run_id()
    for verb in (*NEEDS_RUN, *TRAVELS[:2]):
        conversation.post("three", verb, run_id, _body(verb))
    conversation.read_run("three", run_id)
    conversation.cancel("three", run_id)
    conversation.call("DELETE", f"/workflows/three/runs/{run_id}")


@scenario("current", "1.2")
def unknown_run_time_travel_stream(conversation: Conversation) -> None:
    """A time travel's stream needs a run that is there."""
    conversation.post("three", "time-travel-stream", conversation.run_id(), {"step": "t1"})


@scenario()
def run_of_another_workflow(conversation: Conversation) -> None:
    """A run belongs to one workflow."""
    run_id = conversation.run_id()
    conversation.post("three", "start-async", run_id, {"inputData": {}})
    conversation.read_run("echo", run_id)
    conversation.post("echo", "resume-async", run_id)


@scenario()
def run_id_missing(conversation: Conversation) -> None:
    """Most verbs need a run id."""
    for verb in (*NEEDS_RUN, "stream", *TRAVELS):
        conversation.post("three", verb, None, _body(verb))


@scenario()
def run_id_empty(conversation: Conversation) -> None:
    """An empty run id is none."""
    for verb in (*NEEDS_RUN, "stream", *TRAVELS):
        conversation.post("three", verb, "", _body(verb))


@scenario()
def run_id_twice(conversation: Conversation) -> None:
    """Two run ids are too many."""
    conversation.call("POST", "/workflows/three/start?runId=x1&runId=x2", {})
    conversation.call("POST", "/workflows/three/create-run?runId=x1&runId=x2", {})


@scenario()
def run_id_made_by_the_server(conversation: Conversation) -> None:
    """Without a run id the server makes one."""
    conversation.post("three", "create-run", None)
    conversation.post("three", "create-run", "")
    conversation.post("three", "start-async", None, {"inputData": {}})
    conversation.post("three", "start-async", "", {"inputData": {}})


@scenario()
def unknown_routes(conversation: Conversation) -> None:
    """Unknown paths and methods are plain text."""
    conversation.call("GET", "/nope")
    conversation.call("GET", "/workflows/")
    conversation.call("GET", "/workflows/three/")
    conversation.call("PUT", "/workflows/three", {})
    conversation.call("DELETE", "/workflows/three")
    conversation.call("GET", "/workflows/three/start")
    conversation.call("POST", "/workflows/three/nope", {})
    conversation.call("POST", "/workflows/three/runs", {})
    conversation.call("GET", "/workflows/three/observe?runId=x")


@scenario(*CURRENT)
def broken_json(conversation: Conversation) -> None:
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
        conversation.call("POST", "/workflows/three/create-run", raw=text.encode())


@scenario("current", "1.2")
def other_content_types(conversation: Conversation) -> None:
    """A body that is not sent as JSON is not read."""
    conversation.call(
        "POST", "/workflows/three/start-async", raw=b'{"inputData":{"i":"no number"}}', content_type="text/plain"
    )
    conversation.call("POST", "/workflows/three/start-async", raw=b'{"inputData":{"i":"no number"}}', content_type=None)
    conversation.call(
        "POST",
        "/workflows/three/start-async",
        raw=b'{"inputData":{"i":1}}',
        content_type="application/json; charset=utf-8",
    )


@scenario()
def body_empty_or_null(conversation: Conversation) -> None:
    """An empty body is an empty object; null is one on older servers only."""
    conversation.call("POST", "/workflows/three/create-run", raw=b"")
    conversation.call("POST", "/workflows/three/create-run", raw=b"   ")
    conversation.call("POST", "/workflows/three/create-run", raw=b"null")


@scenario()
def body_of_another_shape(conversation: Conversation) -> None:
    """Fields of another type are refused, all at once on current servers."""
    run_id = conversation.run_id()
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
        conversation.post("three", "start-async", run_id, body)


@scenario(*CURRENT)
def body_of_another_shape_current(conversation: Conversation) -> None:
    """Fields that only current servers know or check."""
    run_id = conversation.run_id()
    for body in (
        {"resourceId": None},
        {"resourceId": 5},
        {"tracingOptions": {"tags": "x", "hideInput": 1, "traceId": 7, "requestContextKeys": ["a", 1]}, "perStep": 0},
    ):
        conversation.post("three", "start-async", run_id, body)
    conversation.post("three", "stream", run_id, {"closeOnSuspend": "no"})
    for index in (-1, 1.5, "1", None):
        conversation.post("three", "resume-async", run_id, {"forEachIndex": index})
    conversation.post("three", "create-run", None, {"disableScorers": 1, "resourceId": []})
    conversation.post(
        "three", "time-travel-async", run_id, {"step": "t1", "context": [], "nestedStepsContext": {"a": 1}}
    )


@scenario()
def step_of_another_shape(conversation: Conversation) -> None:
    """A step is a text or a list of texts."""
    run_id = conversation.run_id()
    conversation.post("three", "resume-async", run_id, {"step": 5})
    conversation.post("three", "resume-async", run_id, {"step": ["a", 1]})
    conversation.post("three", "time-travel-async", run_id, {})
    conversation.post("three", "time-travel-async", run_id, {"step": {}})


@scenario()
def input_that_does_not_fit(conversation: Conversation) -> None:
    """Input is checked; a refused start leaves the run pending."""
    waited, streamed = conversation.run_id(), conversation.run_id()
    conversation.post("city-workflow", "start-async", waited, {"inputData": {"city": 3}})
    conversation.read_run("city-workflow", waited)
    conversation.post("city-workflow", "start-async", waited, {})
    conversation.post("city-workflow", "start-async", waited, {"inputData": []})
    conversation.post("city-workflow", "start-async", waited, {"inputData": None})
    conversation.post("city-workflow", "stream", streamed, {"inputData": {"city": 3}})
    conversation.read_run("city-workflow", streamed)
    conversation.post("city-workflow", "observe", streamed)


@scenario(*CURRENT)
def input_that_does_not_fit_unseen(conversation: Conversation) -> None:
    """`start` does not tell of a refusal (older servers may die of it)."""
    run_id = conversation.run_id()
    conversation.post("city-workflow", "create-run", run_id)
    conversation.post("city-workflow", "start", run_id, {"inputData": {"city": 3}})
    conversation.read_run("city-workflow", run_id)


@scenario()
def input_with_many_faults(conversation: Conversation) -> None:
    """Each fault is a line, in the order of the schema."""
    run_id = conversation.run_id()
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
        conversation.post("strict-input", "start-async", run_id, {"inputData": data})
    conversation.post("failing", "start-async", run_id, {"inputData": {"kind": "other"}})
    conversation.post("failing", "start-async", run_id, {"inputData": {}})
    conversation.post("foreach", "start-async", run_id, {"inputData": [1, "x", None]})
    conversation.post("foreach-nested", "start-async", run_id, {"inputData": [{"n": 1}, {}]})


@scenario()
def input_is_stripped(conversation: Conversation) -> None:
    """Keys that a schema does not declare are dropped."""
    run_id = conversation.run_id()
    conversation.post("city-workflow", "start-async", run_id, {"inputData": {"city": "NY", "more": 1}})
    conversation.read_run("city-workflow", run_id)


@scenario()
def context_that_does_not_fit(conversation: Conversation) -> None:
    """The request context is checked, but for 1.0 beta."""
    run_id = conversation.run_id()
    conversation.post("context-schema", "start-async", run_id, {"inputData": {}})
    conversation.post("context-schema", "start-async", run_id, {"inputData": {}, "requestContext": {"tenant": 5}})
    conversation.post("context-schema", "start-async", run_id, {"inputData": {}, "requestContext": {"tenant": "x"}})


@scenario()
def numbers_and_surrogates(conversation: Conversation) -> None:
    """Numbers pass through JavaScript."""
    run_id = conversation.run_id()
    raw = (
        b'{"inputData":{"big":12345678901234567890,"infinite":1e400,"whole":1.0,"half":0.5,"zero":-0,"lone":"\\ud800"}}'
    )
    conversation.call("POST", f"/workflows/echo/start-async?runId={run_id}", raw=raw)
    conversation.read_run("echo", run_id)
