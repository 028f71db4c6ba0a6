"""`__proto__` as a key of the caller's, and values as deep as a server stores them."""

from __future__ import annotations

from typing import Any

from tests.conformance.conversation import Conversation
from tests.conformance.corpus import ALL, SCENARIOS, Scenario, scenario
from tests.conformance.scenarios_asking import Answers, answered
from tests.conformance.scenarios_constructs import in_each_way

PROTO = {"__proto__": {"x": 1}, "a": 2}
DEPTHS = (40, 93, 94, 95, 96, 97, 98, 99, 100, 101, 150)
"""Lists within each other; current servers store no more than 100, counted from the whole run."""

STRAIGHT: list[tuple[str, str, Any]] = [
    ("input", "echo", PROTO),
    ("of_a_number", "echo", {"__proto__": 5, "a": 2, "constructor": {"prototype": 1}, "toString": 3}),
    ("within", "echo", {"a": [{"__proto__": {"__proto__": None}, "b": {"__proto__": []}}]}),
    ("of_another_input", "parallel", {"n": 1, "__proto__": {"fail": "left"}}),
    ("as_items", "items-first", [PROTO, {"__proto__": 1}]),
    ("record", "proto-record", PROTO),
    ("loose", "proto-loose", PROTO),
    ("rest", "proto-rest", PROTO),
]

ASKING: list[tuple[str, str, Any, Answers]] = [
    ("plain", "payload-plain", {"value": PROTO}, [("q", PROTO)]),
    ("labelled", "payload-labelled", {"value": PROTO}, [("q", PROTO)]),
    ("nested", "payload-nested", {"value": PROTO}, [(None, PROTO)]),
    ("block", "payload-parallel", {"value": PROTO}, [("a", PROTO), ("b", PROTO)]),
    ("loop", "payload-loop", {"value": PROTO}, [("q", PROTO)]),
    ("items", "payload-foreach-one", [{"value": PROTO}, {"value": PROTO}], [("q", PROTO), ("q", PROTO)]),
    ("state", "names-state", PROTO, [("q", PROTO)]),
]

REFUSED: list[tuple[str, Any]] = [
    ("strict-input", {"name": "a", "age": 1, "tags": [], "address": {"city": "x"}, "__proto__": {"x": 1}}),
    ("city-workflow", {"__proto__": {"city": "x"}}),
    ("proto-rest", {"__proto__": "text", "b": "text"}),
    ("proto-record", {"__proto__": "text", "b": "text"}),
]


def _straight(name: str, workflow: str, input_data: Any) -> Scenario:
    return Scenario(f"proto_{name}", lambda conversation: in_each_way(conversation, workflow, input_data), ALL)


def _asking(name: str, workflow: str, input_data: Any, answers: Answers) -> Scenario:
    return Scenario(
        f"proto_asking_{name}", lambda conversation: answered(conversation, workflow, input_data, answers), ALL
    )


SCENARIOS += [_straight(*row) for row in STRAIGHT]
SCENARIOS += [_asking(*row) for row in ASKING]


@scenario()
def proto_refused(conversation: Conversation) -> None:
    """A schema may have something to say of it."""
    for workflow, input_data in REFUSED:
        conversation.post(workflow, "start-async", conversation.run_id(), {"inputData": input_data})


@scenario()
def proto_in_bodies(conversation: Conversation) -> None:
    """It is no way to give a body what it has not, and the request context keeps it until it is stored."""
    for body in (
        {"__proto__": {"inputData": 7}},
        {"__proto__": None, "inputData": 1},
        {"inputData": 1, "requestContext": PROTO},
        {"inputData": 1, "initialState": PROTO},
    ):
        run_id = conversation.run_id()
        conversation.post("context", "start-async", run_id, body)
        conversation.read_run("context", run_id)
    run_id = conversation.run_id()
    conversation.post("conf-context-set", "start-async", run_id, {"inputData": 1, "requestContext": PROTO})
    conversation.post("conf-context-set", "resume-async", run_id, {"resumeData": {"answer": "a"}})


@scenario()
def proto_in_a_time_travel(conversation: Conversation) -> None:
    """The past that a caller makes up may have it, as an input may."""
    run_id = conversation.run_id()
    conversation.post("three", "start-async", run_id, {"inputData": {"i": 0}})
    past = {"t1": {"status": "success", "payload": PROTO, "output": PROTO, "startedAt": 1, "endedAt": 2}}
    conversation.post("three", "time-travel-async", run_id, {"step": "t2", "inputData": PROTO, "context": past})
    conversation.read_run("three", run_id)
    conversation.post("three", "time-travel-async", run_id, {"step": "t2", "context": {**past, "__proto__": {}}})
    conversation.read_run("three", run_id)


@scenario()
def stored_depths(conversation: Conversation) -> None:
    """What is stored is as deep as the server lets it be."""
    for depth in DEPTHS:
        value: Any = "end"
        for _ in range(depth):
            value = [value]
        target = f"runId={conversation.run_id()}"
        conversation.call_unrecorded(
            "POST", f"/workflows/payload-plain/start-async?{target}", {"inputData": {"value": value}}
        )
        ended = conversation.call_unrecorded(
            "POST", f"/workflows/payload-plain/resume-async?{target}", {"resumeData": value}
        )
        told = ended.json()
        kept = {"input": told["input"]["value"], "asked": told["result"]["asked"], "answer": told["result"]["answer"]}
        conversation.record_value(f"{depth} lists", {name: _depth(value) for name, value in kept.items()})


def _depth(value: Any) -> tuple[int, Any]:
    """Return how many lists there are within each other, and what is in the innermost."""
    depth = 0
    while isinstance(value, list):
        value, depth = value[0], depth + 1
    return depth, value
