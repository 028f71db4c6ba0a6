"""Schedules, and workflows that are stored over HTTP, which current servers have."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.conformance.conversation import Conversation
from tests.conformance.corpus import CURRENT, scenario

MOMENT = 10**11
LOOKS = 400
NIGHTLY = {"workflowId": "echo", "cron": "0 2 * * *"}
NUMBER = {"type": "object", "properties": {"n": {"type": "number"}}, "required": ["n"]}


def say(conversation: Conversation, method: str, path: str, body: Any = None) -> Any:
    """Make a call, record its answer without moments, and return it."""
    answer = conversation.call_unrecorded(method, path, body)
    shown = without_moments({"status": answer.status, "body": answer.json()})
    conversation.record_value(f"{method} {path}", {"sent": body, **shown})
    return answer.json()


def without_moments(value: Any, key: str = "") -> Any:
    """Return a value without what differs with the time of day."""
    if isinstance(value, dict):
        return {name: without_moments(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [without_moments(item) for item in value]
    if isinstance(value, str):
        return re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "<iso>", re.sub(r"_\d{13}\b", "_<ms>", value))
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return "<ms>" if is_number and (value > MOMENT or key == "durationMs") else value


@scenario(*CURRENT)
def schedules(conversation: Conversation) -> None:
    """A schedule is made, told, changed, paused, resumed and deleted."""
    name = conversation.run_id()
    body = {**NIGHTLY, "id": name, "timezone": "Europe/Berlin", "inputData": {"n": 1}, "metadata": {"a": [1]}}
    path = f"/schedules/{say(conversation, 'POST', '/schedules', body)['id']}"
    say(conversation, "POST", "/schedules", body)
    say(conversation, "GET", path)
    say(conversation, "PATCH", path, {"cron": "30 4 1 * *", "requestContext": {"k": 1}, "initialState": None})
    say(conversation, "PATCH", path, {"prompt": "x", "ifIdle": {}})
    say(conversation, "PATCH", path, {})
    for verb in ("pause", "pause", "resume", "resume"):
        say(conversation, "POST", f"{path}/{verb}")
    say(conversation, "PATCH", path, {"status": "paused"})
    say(conversation, "GET", f"{path}/triggers")
    say(conversation, "DELETE", path)
    for method, end in (("GET", ""), ("DELETE", ""), ("POST", "/pause"), ("POST", "/run"), ("GET", "/triggers")):
        say(conversation, method, path + end)
    say(conversation, "PATCH", path, {"cron": "0 2 * * *"})


@scenario(*CURRENT)
def schedules_refused(conversation: Conversation) -> None:
    """What is no schedule is refused: expressions, zones, workflows, fields, queries."""
    for cron in ("nightly", "", "60 * * * *", "* 24 * * *", "5-2 * * * *", "*/0 * * * *", "x * * * *", "0 0 30 2 *"):
        say(conversation, "POST", "/schedules", {"workflowId": "echo", "cron": cron})
    for more in ({"timezone": "Mars/Olympus"}, {"zz": 1}, {"workflowId": "nope"}, {"workflowId": 1}, {"id": "!!"}):
        say(conversation, "POST", "/schedules", {**NIGHTLY, **more})
    say(conversation, "POST", "/schedules", {})
    for query in ("status=nope", "status=paused&workflowId=nope"):
        say(conversation, "GET", f"/schedules?{query}")
    for query in ("limit=0", "limit=x", "limit=1.5", "fromActualFireAt=-1", "toActualFireAt=5&limit=2"):
        say(conversation, "GET", f"/schedules/nope/triggers?{query}")


@scenario(*CURRENT)
def ids_of_schedules(conversation: Conversation) -> None:
    """Words are taken apart, and what is no letter or digit becomes a dash."""
    for number, name in enumerate(("My Sched", "NightlyRun2", "schedule_a__b", "HTMLReport", "x'y z", "--A--")):
        made = say(conversation, "POST", "/schedules", {**NIGHTLY, "id": f"{name} s{number}"})
        say(conversation, "DELETE", f"/schedules/{made['id']}")


@scenario(*CURRENT)
def schedule_fired_by_hand(conversation: Conversation) -> None:
    """Its run is told of by the trigger, and not as its last run."""
    made = say(conversation, "POST", "/schedules", {**NIGHTLY, "id": conversation.run_id(), "inputData": {"n": 1}})
    path = f"/schedules/{made['id']}"
    say(conversation, "POST", f"{path}/run")
    for _ in range(LOOKS):
        (trigger,) = conversation.call_unrecorded("GET", f"{path}/triggers").json()["triggers"]
        if trigger.get("run", {}).get("status") == "success":
            break
        conversation.rest(0.02)
    say(conversation, "GET", f"{path}/triggers")
    say(conversation, "GET", path)
    say(conversation, "DELETE", path)
    say(conversation, "GET", f"{path}/triggers")


@scenario(*CURRENT)
def stored_workflows(conversation: Conversation) -> None:
    """A definition is stored, told, run, replaced and deleted."""
    name = conversation.run_id()
    pick = {"type": "mapping", "id": "pick", "mapConfig": json.dumps({"n": {"initData": True, "path": "n"}})}
    body = {"id": name, "inputSchema": NUMBER, "outputSchema": NUMBER, "graph": [pick], "description": "d"}
    path = f"/stored/workflows/{name}"
    say(conversation, "POST", "/stored/workflows", body)
    say(conversation, "GET", path)
    conversation.call("POST", f"/workflows/{name}/start-async?runId={conversation.run_id()}", {"inputData": {"n": 3}})
    helper = {**body, "id": f"{name}-helper"}
    nested = {"type": "workflow", "id": "inner", "workflowId": helper["id"]}
    bigger = {**body, "graph": [nested, pick], "metadata": {"a": 1}, "dependencies": [helper]}
    say(conversation, "POST", "/stored/workflows", bigger)
    say(conversation, "GET", path)
    conversation.call("POST", f"/workflows/{name}/start-async?runId={conversation.run_id()}", {"inputData": {"n": 3}})
    for _ in range(2):
        say(conversation, "DELETE", path)
    say(conversation, "GET", path)
    conversation.call("GET", f"/workflows/{name}")
    say(conversation, "DELETE", f"{path}-helper")
    say(conversation, "GET", "/stored/workflows?status=archived")


@scenario(*CURRENT)
def stored_workflows_refused(conversation: Conversation) -> None:
    """What is no definition is refused."""
    body: dict[str, Any] = {"id": "dyn-refused", "inputSchema": {"type": "object"}, "outputSchema": {}, "graph": []}
    unknown = {"type": "workflow", "id": "w", "workflowId": "nope"}
    for more in ({}, {"graph": [unknown]}, {"graph": [{"type": "nope", "id": "x"}]}, {"graph": 1}, {"inputSchema": 1}):
        say(conversation, "POST", "/stored/workflows", {**body, **more})
    say(conversation, "POST", "/stored/workflows", {})
    say(conversation, "GET", "/stored/workflows?status=nope")


SCALAR = {"literal": 1}
PREDICATES: list[Any] = [
    *({}, 5, {"op": "nope"}, {"op": "eq", "left": SCALAR}, {"op": "eq", "left": SCALAR, "right": {"path": ""}}),
    *({"op": "exists", "path": "a", "more": 1}, {"op": "exists", "path": ""}, {"op": "in", "value": SCALAR, "set": []}),
    *({"op": "and", "args": []}, {"op": "not", "arg": {"op": "truthy"}}, {"op": "truthy", "value": {"literal": [1]}}),
]
"""Conditions that are none."""

STEP = {"type": "tool", "id": "t", "toolId": "nope"}
ENTRIES: list[Any] = [
    *(
        {"type": kind}
        for kind in ("agent", "tool", "mapping", "workflow", "parallel", "foreach", "sleep", "sleepUntil")
    ),
    *({"type": "conditional"}, {"type": "loop"}, {"type": "sleep", "id": 1, "duration": "1"}, {"type": "nope"}, {}, 5),
    *({"type": "parallel", "steps": [{"type": "sleep", "id": "s", "duration": 1}]}, {"type": "parallel", "steps": {}}),
    {"type": "foreach", "step": {"type": "mapping", "id": "m", "mapConfig": ""}, "opts": {"concurrency": 0}},
    {"type": "conditional", "steps": [STEP], "predicates": []},
    {"type": "tool", "id": "t", "toolId": "x", "options": {"retries": -1, "metadata": []}},
    *({"type": "loop", "step": STEP, "loopType": "for", "predicate": predicate} for predicate in PREDICATES),
]
"""Entries that are none."""


@scenario(*CURRENT)
def stored_entries_refused(conversation: Conversation) -> None:
    """Each field of an entry that lacks, or is of another type, is named; so are those of helpers."""
    body: dict[str, Any] = {"id": "dyn-refused", "inputSchema": {}, "outputSchema": {}}
    for entry in ENTRIES:
        say(conversation, "POST", "/stored/workflows", {**body, "graph": [entry]})
    helper = {**body, "id": "dyn-helper", "graph": [{"type": "sleep"}]}
    say(conversation, "POST", "/stored/workflows", {**body, "graph": [5], "dependencies": [helper]})
    say(conversation, "POST", "/stored/workflows", {**body, "graph": [], "dependencies": {}, "metadata": [], "more": 1})


@scenario(*CURRENT)
def stored_workflows_told(conversation: Conversation) -> None:
    """Fields stand in their order, those that nobody knows are dropped; a workflow inside is told by its id alone."""
    name = conversation.run_id()
    entry = {"workflowId": "three", "more": 1, "id": "inner", "description": "d", "type": "workflow"}
    schema = {"type": "object", "properties": {"i": {"type": "integer"}, "o": {"type": "object", "properties": {}}}}
    body = {"graph": [entry], "outputSchema": {}, "inputSchema": schema, "id": name, "more": 1, "metadata": {"a": 1}}
    say(conversation, "POST", "/stored/workflows", body)
    say(conversation, "GET", f"/stored/workflows/{name}")
    conversation.call("GET", f"/workflows/{name}")
    run_id = conversation.run_id()
    conversation.call("POST", f"/workflows/{name}/start-async?runId={run_id}", {"inputData": {"i": 0}})
    conversation.read_run(name, run_id)
    say(conversation, "DELETE", f"/stored/workflows/{name}")


@scenario(*CURRENT)
def schedules_of_odd_fields(conversation: Conversation) -> None:
    """Each field is checked, in an order of its own; an empty workflow is too short, unless there are unknown keys."""
    for more in ({"workflowId": ""}, {"workflowId": "", "prompt": 1}, {"agentId": "a"}, {"metadata": 1, "cron": 1}):
        say(conversation, "POST", "/schedules", {**NIGHTLY, **more})
    odd = {"resourceId": 1, "requestContext": [], "name": 0, "prompt": None, "metadata": "x", "status": 5, "cron": 1}
    for field, value in odd.items():
        say(conversation, "PATCH", "/schedules/nope", {field: value})
    say(conversation, "PATCH", "/schedules/nope", odd)
    say(conversation, "PATCH", "/schedules/nope", [])
