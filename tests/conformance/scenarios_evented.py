"""Workflows on the evented engine, as those with a schedule are: all constructs, waited for and streamed."""

from __future__ import annotations

import uuid
from typing import Any

from tests.conformance.conversation import Conversation
from tests.conformance.corpus import CURRENT, SCENARIOS, Scenario
from tests.conformance.stories import Act, tell_story

Entry = dict[str, Any]

ANSWER = {"answer": "yes"}


def _step(id_: str, does: str, **body: Any) -> Entry:
    return {"id": id_, "body": {"do": does, **body}}


def _then(*children: Entry) -> list[Entry]:
    return [{"kind": "then", "child": child} for child in children]


def _within(id_: str, *entries: Entry) -> Entry:
    return {"id": id_, "entries": list(entries)}


def _foreach(child: Entry, concurrency: int = 1) -> Entry:
    return {"kind": "foreach", "child": child, "concurrency": concurrency}


def _parallel(*children: Entry) -> Entry:
    return {"kind": "parallel", "children": list(children)}


def _branch(**children: Entry) -> Entry:
    return {"kind": "branch", "children": list(children.values()), "conditions": list(children)}


def _loop(kind: str, child: Entry, condition: str) -> Entry:
    return {"kind": kind, "child": child, "condition": condition}


INC, ECHO = _step("inc", "inc"), _step("echo", "echo")
ASK, ASK_TOO = _step("q", "ask", payload={"ask": 1}), _step("p", "ask", payload={"ask": 2}, label="one")
PAUSE = {"kind": "sleep", "ms": 3}
WRAP = {"kind": "map", "id": "wrap", "mapping": "wrap"}
FLAKY = {**_step("flaky", "retry", failures=1), "retries": 1}

ENDING: dict[str, tuple[list[Entry], Any]] = {
    "steps": (_then(INC, ECHO), {"n": 1}),
    "no_input": (_then(ECHO), None),
    "nothing": (_then(_step("a", "nothing")), {}),
    "map": ([*_then(INC), WRAP], {"n": 1}),
    "sleep": ([*_then(INC), PAUSE], {"n": 1}),
    "parallel": ([_parallel(INC, ECHO)], {"n": 1}),
    "parallel_and_on": ([_parallel(INC, ECHO), *_then(_step("last", "echo"))], {"n": 1}),
    "parallel_and_sleep": ([_parallel(INC, ECHO), PAUSE], {"n": 1}),
    "branch": ([_branch(always=INC, never=ECHO), *_then(_step("last", "echo"))], {"n": 1}),
    "branch_not_taken": ([_branch(never=INC)], {"n": 1}),
    "bail": (_then(_step("leave", "bail", value={"left": True}), ECHO), {}),
    "bail_in_a_block": ([_parallel(_step("leave", "bail", value=1), ECHO)], {}),
    "bail_in_a_nested": (_then(_within("w", *_then(_step("leave", "bail", value=1), ECHO)), INC), {}),
    "foreach": ([_foreach(INC), *_then(ECHO)], [1, 2]),
    "foreach_at_once": ([_foreach(INC, 2)], [1, 2, 3]),
    "foreach_of_nothing": ([_foreach(INC)], []),
    "foreach_that_fails": ([_foreach(_step("item", "fail-odd"))], [2, 1]),
    "foreach_of_workflows": ([_foreach(_within("w", *_then(INC, _step("last", "echo"))))], [1, 2]),
    "loop": ([_loop("dountil", INC, "second")], {"n": 1}),
    "loop_of_a_workflow": ([_loop("dowhile", _within("w", *_then(INC)), "small")], {"n": 0}),
    "nested": (_then(_within("w", *_then(INC, _step("last", "inc"))), ECHO), {"n": 1}),
    "nested_that_fails": (_then(_within("w", *_then(_step("boom", "fail")))), {"n": 1}),
    "deep": (_then(_within("w", *_then(_within("v", *_then(INC))))), {"n": 1}),
    "failure": (_then(INC, _step("boom", "throw", what="error"), ECHO), {"n": 1}),
    "failure_in_a_block": ([_parallel(_step("boom", "fail"), ECHO)], {"n": 1}),
    "failing_map": ([{"kind": "map", "id": "m", "mapping": "fails"}], {}),
    "tripwire": (_then(_step("guard", "throw", what="tripwire")), {}),
    "retry": (_then(FLAKY), {}),
    "state": (_then(_step("a", "state"), _step("b", "state")), {}),
    "state_of_a_block": ([_parallel(_step("a", "state"), _step("b", "echo")), *_then(_step("c", "state"))], {}),
    "writer": (_then(_step("a", "write")), {}),
}
"""Workflows that end by themselves, with an input."""

ASKING: dict[str, tuple[list[Entry], Any, list[dict[str, Any]]]] = {
    "question": (_then(INC, ASK, ECHO), {"n": 1}, [{"resumeData": ANSWER}]),
    "question_with_a_label": (_then(ASK_TOO), {}, [{"step": "p", "resumeData": ANSWER}]),
    "question_asked_again": (
        _then(ASK),
        {},
        [{"resumeData": {"again": True}}, {"step": ["q", "q"], "resumeData": ANSWER}],
    ),
    "wrong_step": (_then(ASK), {}, [{"step": "nobody", "resumeData": ANSWER}, {"resumeData": ANSWER}]),
    "answered_twice": (_then(ASK), {}, [{"resumeData": ANSWER}, {"resumeData": ANSWER}]),
    "questions_in_a_block": (
        [_parallel(ASK, ASK_TOO), *_then(ECHO)],
        {},
        [{"resumeData": ANSWER}, {"step": "q", "resumeData": ANSWER}, {"step": "p", "resumeData": ANSWER}],
    ),
    "question_in_a_branch": ([_branch(always=ASK, never=INC)], {}, [{"step": "q", "resumeData": ANSWER}]),
    "questions_of_items": (
        [_foreach(ASK), *_then(ECHO)],
        [1, 2],
        [{"step": "q", "resumeData": ANSWER, "forEachIndex": index} for index in (1, 1, 0)],
    ),
    "questions_of_items_answered_at_once": ([_foreach(ASK, 2)], [1, 2, 3], [{"resumeData": ANSWER}] * 2),
    "question_in_a_loop": ([_loop("dountil", ASK, "always")], {"n": 1}, [{"step": "q", "resumeData": ANSWER}]),
    "nested_question": (_then(_within("w", *_then(INC, ASK)), ECHO), {"n": 1}, [{"step": "w.q", "resumeData": ANSWER}]),
    "nested_question_found": (_then(_within("w", *_then(ASK, ECHO))), {"n": 1}, [{"step": "w", "resumeData": ANSWER}]),
    "nested_questions": (
        _then(_within("w", *_then(ASK, ASK_TOO))),
        {"n": 1},
        [{"step": ["w", "q"], "resumeData": ANSWER}, {"step": ["w", "p"], "resumeData": ANSWER}],
    ),
    "deep_question": (
        _then(_within("w", *_then(_within("v", *_then(ASK))))),
        {"n": 1},
        [{"step": ["w", "v", "q"], "resumeData": ANSWER}],
    ),
    "question_then_failure": (_then(ASK, _step("boom", "fail")), {}, [{"resumeData": ANSWER}]),
    "question_then_bail": (_then(ASK, _step("leave", "bail", value=7)), {}, [{"resumeData": ANSWER}]),
}
"""Workflows that ask, with an input and what the answers say."""


def _post(route: str, body: Any, run: int = 0) -> list[Act]:
    return [{"do": "post", "run": run, "route": route, "body": body}, {"do": "read", "run": run}]


def _ended(given: Any) -> list[Act]:
    body = {"inputData": given}
    observed: Act = {"do": "post", "run": 1, "route": "observe", "body": {}}
    return [*_post("start-async", body), *_post("restart-async", {}), *_post("stream", body, 1), observed]


def _answered(given: Any, answers: list[dict[str, Any]]) -> list[Act]:
    waited = [act for answer in answers for act in _post("resume-async", answer)]
    read = [act for answer in answers for act in _post("resume-stream", answer, 1)]
    body = {"inputData": given}
    return [*_post("start-async", body), *waited, *_post("stream", body, 1), *read]


MOVING: dict[str, tuple[list[Entry], list[Act]]] = {
    "time_travel_of_a_writer": (
        _then(_step("a", "write"), ECHO),
        [
            *_post("start-async", {"inputData": {"n": 1}}),
            *_post("time-travel-stream", {"step": "a", "inputData": {"n": 2}}),
        ],
    ),
    "one_step_at_a_time": (
        _then(INC, ECHO),
        [
            *_post("start-async", {"inputData": {"n": 1}, "perStep": True}),
            *_post("time-travel-async", {"step": "echo", "perStep": True}),
            *_post("stream", {"inputData": {"n": 1}, "perStep": True}, 1),
        ],
    ),
    "time_travel": (
        _then(INC, ECHO),
        [
            *_post("start-async", {"inputData": {"n": 1}}),
            *_post("time-travel-async", {"step": "echo", "inputData": {"n": 5}}),
            *_post("time-travel-stream", {"step": "inc"}),
        ],
    ),
    "started_and_read": (
        _then(INC),
        [
            {"do": "post", "run": 0, "route": "create-run", "body": {}},
            {"do": "read", "run": 0},
            {"do": "post", "run": 0, "route": "start", "body": {"inputData": {"n": 1}}},
            {"do": "settle", "run": 0},
            {"do": "read", "run": 0},
        ],
    ),
    "cancel_of_a_question": (
        _then(ASK),
        [
            *_post("start-async", {"inputData": {}}),
            {"do": "cancel", "run": 0},
            {"do": "read", "run": 0},
            *_post("resume-async", {"resumeData": ANSWER}),
        ],
    ),
}
"""What else is done to runs."""


def _scenario(name: str, entries: list[Entry], story: list[Act]) -> Scenario:
    def play(conversation: Conversation) -> None:
        # a server has each workflow once, and keeps it
        tell_story(conversation, {"id": str(uuid.uuid4()), "engine": "evented", "entries": entries}, story)

    return Scenario(f"evented_{name}", play, CURRENT)


SCENARIOS += [_scenario(name, entries, _ended(given)) for name, (entries, given) in ENDING.items()]
SCENARIOS += [_scenario(name, entries, _answered(given, answers)) for name, (entries, given, answers) in ASKING.items()]
SCENARIOS += [_scenario(name, entries, story) for name, (entries, story) in MOVING.items()]
