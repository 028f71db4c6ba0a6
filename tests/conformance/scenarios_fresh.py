"""Stories of mixed kinds, each told once and kept: what nobody had thought of when the fake was written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.conformance.conversation import Conversation
from tests.conformance.corpus import ALL, SCENARIOS, Scenario, scenario
from tests.conformance.declared.fresh import GIVEN, THROWN

Json = dict[str, Any]


def _run(conversation: Conversation, workflow: str, value: Any = None, **more: Any) -> str:
    """Start a run with an input, wait, read it, and return its id."""
    run_id = conversation.run_id()
    conversation.post(workflow, "start-async", run_id, {"inputData": {} if value is None else value, **more})
    conversation.read_run(workflow, run_id)
    return run_id


def _streamed(conversation: Conversation, workflow: str, value: Any = None, **more: Any) -> str:
    run_id = conversation.run_id()
    conversation.post(workflow, "stream", run_id, {"inputData": {} if value is None else value, **more})
    conversation.read_run(workflow, run_id)
    return run_id


def _answer(conversation: Conversation, workflow: str, run_id: str, step: Any, data: Any, how: str = "async") -> None:
    conversation.post(workflow, f"resume-{how}", run_id, {"step": step, "resumeData": data})
    conversation.read_run(workflow, run_id)


def _both(workflow: str, value: Any = None) -> Any:
    def play(conversation: Conversation) -> None:
        conversation.wait_and_stream(workflow, {"inputData": {} if value is None else value})

    return play


SCENARIOS += [Scenario(f"fresh_throws_{kind}", _both(f"fresh-throws-{kind}"), ALL) for kind in THROWN]
SCENARIOS += [Scenario(f"fresh_gives_{kind}", _both(f"fresh-gives-{kind}"), ALL) for kind in GIVEN]


ARMS: dict[str, Sequence[str]] = {
    "one_after_the_other": ("a1", "a2", "b1", "b2"),
    "in_turns": ("b1", "a1", "b2", "a2"),
    "the_second_first": ("b1", "b2", "a1", "a2"),
}


def _arms(order: Sequence[str], how: str) -> Any:
    def play(conversation: Conversation) -> None:
        start = _run if how == "async" else _streamed
        run_id = start(conversation, "fresh-arms")
        for step in order:
            _answer(conversation, "fresh-arms", run_id, [f"arm-{step[0]}", step], {"said": step}, how)

    return play


SCENARIOS += [Scenario(f"fresh_arms_{name}", _arms(order, "async"), ALL) for name, order in ARMS.items()]
SCENARIOS += [Scenario(f"fresh_arms_streamed_{name}", _arms(order, "stream"), ALL) for name, order in ARMS.items()]


@scenario()
def fresh_twice_beside(conversation: Conversation) -> None:
    """Two that ask twice, side by side, answered crosswise."""
    run_id = _run(conversation, "fresh-twice-beside")
    for step, more in (("q", True), ("p", True), ("p", False), ("q", False)):
        _answer(conversation, "fresh-twice-beside", run_id, step, {"to": step, **({"more": True} if more else {})})


@scenario()
def fresh_items_one_fails(conversation: Conversation) -> None:
    """A foreach whose third item fails, beside items that do not."""
    for workflow in ("fresh-items", "fresh-items-nested"):
        for items in ([{"n": 1}, {"n": 2}, {"n": 3, "fail": True}, {"n": 4}], [{"n": 1, "fail": True}], []):
            conversation.wait_and_stream(workflow, {"inputData": items})


@scenario()
def fresh_items_ask(conversation: Conversation) -> None:
    """Some ask, and are answered without saying which."""
    items = [{"n": 1, "ask": True}, {"n": 2}, {"n": 3, "ask": True}]
    run_id = _run(conversation, "fresh-items", items)
    for number in range(3):
        conversation.post("fresh-items", "resume-async", run_id, {"resumeData": {"to": number}})
        conversation.read_run("fresh-items", run_id)


@scenario("current")
def fresh_items_ask_by_index(conversation: Conversation) -> None:
    """The last is answered first, one is refused by its step."""
    items = [{"n": 1, "ask": True}, {"n": 2}, {"n": 3, "ask": True}]
    run_id = _run(conversation, "fresh-items", items)
    for index, data in ((2, {"to": 2}), (0, {"fail": True})):
        body = {"step": "item", "resumeData": data, "forEachIndex": index}
        conversation.post("fresh-items", "resume-async", run_id, body)
        conversation.read_run("fresh-items", run_id)


@scenario()
def fresh_item_fails_beside_one_that_asks(conversation: Conversation) -> None:
    """One fails while its neighbour asks."""
    items = [{"n": 1, "ask": True}, {"n": 2, "fail": True}, {"n": 3}]
    _run(conversation, "fresh-items", items)
    _streamed(conversation, "fresh-items", items)


@scenario()
def fresh_until_asleep(conversation: Conversation) -> None:
    """A loop over a workflow that sleeps."""
    streamed = conversation.wait_and_stream("fresh-until-asleep", {"inputData": {"n": 0}})
    conversation.post("fresh-until-asleep", "observe", streamed)
    conversation.post("fresh-until-asleep", "observe", streamed)


@scenario()
def fresh_until_asking(conversation: Conversation) -> None:
    """A loop over a workflow that asks in its third round, and in the fourth."""
    for start, how in ((_run, "async"), (_streamed, "stream")):
        run_id = start(conversation, "fresh-until-asking", {"n": 0})
        for number in (1, 2):
            step = ["fresh-round", "loop-ask"]
            _answer(conversation, "fresh-until-asking", run_id, step, {"number": number}, how)


@scenario()
def fresh_none(conversation: Conversation) -> None:
    """A branch of which no condition holds."""
    conversation.wait_and_stream("fresh-none", {"inputData": {"a": 1}})


def _bails(conversation: Conversation, workflow: str, values: Sequence[Any]) -> None:
    for value in values:
        conversation.wait_and_stream(workflow, {"inputData": value})


@scenario()
def fresh_bails(conversation: Conversation) -> None:
    """In a nested workflow, between entries, in either of two side by side, nowhere."""
    _bails(conversation, "fresh-bails", [{"bail": name} for name in ("inside", "between", "left", "right", "nobody")])


@scenario()
def fresh_bails_of_items(conversation: Conversation) -> None:
    """In an item of a foreach, the first or a later one, and in a loop."""
    _bails(conversation, "fresh-bails-items", [[{"bail": "item"}, {"n": 2}], [{"n": 1}, {"bail": "item"}, {"n": 3}]])
    _bails(conversation, "fresh-bails-loop", [{"bail": "round"}, {}])


@scenario()
def fresh_state(conversation: Conversation) -> None:
    """A state with defaults, given in whole, in part, wrongly, not at all."""
    states: tuple[Json, ...] = ({"n": 1}, {"n": 1, "seen": ["me"]}, {"n": "x"})
    given: list[Json] = [{}, *({"initialState": state} for state in states)]
    for more in given:
        _run(conversation, "fresh-state", [1], **more)
        _streamed(conversation, "fresh-state", [1], **more)


CONTEXTS: list[tuple[Json | None, Json | None]] = [
    ({"a": 1}, {"b": 2}),
    ({"a": 1}, {"a": 3}),
    (None, {"c1": "over"}),
    ({"a": 1}, None),
]


@scenario()
def fresh_context(conversation: Conversation) -> None:
    """What steps set there, what the start gave, what the answer gives."""
    for workflow, step in (("fresh-context", "q"), ("fresh-context-nested", ["fresh-context-inner", "q"])):
        for first, second in CONTEXTS:
            run_id = conversation.run_id()
            given = {"requestContext": first} if first else {}
            conversation.post(workflow, "start-async", run_id, {"inputData": {}, **given})
            given = {"requestContext": second} if second else {}
            body = {"step": step, "resumeData": {"ok": True}, **given}
            conversation.post(workflow, "resume-async", run_id, body)
            conversation.read_run(workflow, run_id)


@scenario()
def fresh_context_travelled(conversation: Conversation) -> None:
    """A time travel with a context of its own."""
    run_id = _run(conversation, "fresh-context", {}, requestContext={"a": 1})
    body = {"step": "c2", "inputData": {"x": 1}, "requestContext": {"b": 2}}
    conversation.post("fresh-context", "time-travel-async", run_id, body)
    conversation.read_run("fresh-context", run_id)


@scenario()
def fresh_retries(conversation: Conversation) -> None:
    """Retries of the workflow's and of steps' own, with pauses."""
    conversation.wait_and_stream("fresh-retries", {"inputData": {}})
    conversation.wait_and_stream("fresh-retries-items", {"inputData": [1, 2, 3]})


@scenario()
def fresh_past(conversation: Conversation) -> None:
    """Sleeps until what is over, for nothing, and for less than nothing."""
    conversation.wait_and_stream("fresh-past", {"inputData": {"a": 1}})
    conversation.wait_and_stream("fresh-sleeps", {"inputData": {"a": 1}})


def _careless(kind: str) -> Any:
    def play(conversation: Conversation) -> None:
        for start in (_run, _streamed):
            run_id = start(conversation, f"fresh-careless-{kind}")
            _answer(conversation, f"fresh-careless-{kind}", run_id, "careless", {"answer": 1})

    return play


SCENARIOS += [
    Scenario(f"fresh_careless_{kind.replace('-', '_')}", _careless(kind), ALL)
    for kind in ("goes-on", "throws", "twice", "bails", "nothing")
]


@scenario()
def fresh_sees(conversation: Conversation) -> None:
    """What steps inside and outside see of others, and of the input."""
    conversation.wait_and_stream("fresh-sees", {"inputData": {"n": 1}})


DEFAULTS: tuple[Any, ...] = (
    {},
    {"n": 1, "several": [{}, {"a": "y", "b": 1}], "other": 1},
    {"n": 2.5},
    {"several": [{"a": 1}, 5]},
    {"n": None},
    [],
    "text",
    None,
)


@scenario()
def fresh_defaults(conversation: Conversation) -> None:
    """Defaults in objects, in lists, and of a step; what does not fit."""
    for value in DEFAULTS:
        conversation.post("fresh-defaults", "start-async", conversation.run_id(), {"inputData": value})
        conversation.post("fresh-defaults", "stream", conversation.run_id(), {"inputData": value})
    conversation.post("fresh-defaults", "start-async", conversation.run_id(), {})


@scenario()
def fresh_nothing(conversation: Conversation) -> None:
    """Steps that give nothing, or null, before others and beside each other."""
    conversation.wait_and_stream("fresh-nothing", {"inputData": {"a": 1}})
    conversation.wait_and_stream("fresh-nothing-beside", {"inputData": {"a": 1}})


@scenario()
def fresh_mapped(conversation: Conversation) -> None:
    """A map behind a block, that looks at steps and at the input."""
    conversation.wait_and_stream("fresh-mapped", {"inputData": {"x": [1]}})


@scenario()
def fresh_writes(conversation: Conversation) -> None:
    """A writer in a workflow that is an item of a foreach."""
    streamed = _streamed(conversation, "fresh-writes", ["a", {"b": 1}])
    conversation.post("fresh-writes", "observe", streamed)


@scenario()
def fresh_travels(conversation: Conversation) -> None:
    """Time travels into arms, items and rounds."""
    for workflow, value, step, given in (
        ("fresh-arms", {}, ["arm-b", "b2"], {"x": 1}),
        ("fresh-items-nested", [{"n": 1}, {"n": 2}], ["fresh-item", "kept"], {"n": 9}),
        ("fresh-until-asleep", {"n": 0}, ["fresh-nap", "counted"], {"n": 1}),
        ("fresh-bails", {}, ["fresh-bails-inner", "skipped"], {"bail": "between"}),
        ("fresh-sees", {"n": 1}, ["fresh-sees-inner", "inside"], {"n": 7}),
    ):
        run_id = _run(conversation, workflow, value)
        conversation.post(workflow, "time-travel-async", run_id, {"step": step, "inputData": given})
        conversation.read_run(workflow, run_id)


@scenario()
def fresh_cancels(conversation: Conversation) -> None:
    """A cancel before the start, while something asks, and after the end."""
    for workflow, value in (("fresh-arms", {}), ("fresh-items", [{"n": 1, "ask": True}]), ("fresh-none", {})):
        pending = conversation.run_id()
        conversation.post(workflow, "create-run", pending)
        conversation.cancel(workflow, pending)
        conversation.read_run(workflow, pending)
        run_id = _run(conversation, workflow, value)
        conversation.cancel(workflow, run_id)
        conversation.read_run(workflow, run_id)
        conversation.post(workflow, "resume-async", run_id, {"resumeData": {"ok": True}})
        conversation.read_run(workflow, run_id)


@scenario()
def fresh_one_id_in_two(conversation: Conversation) -> None:
    """Two workflows have a run of the same id."""
    run_id = conversation.run_id()
    for workflow in ("fresh-none", "fresh-nothing", "fresh-context"):
        conversation.post(workflow, "start-async", run_id, {"inputData": {"of": workflow}})
    for workflow in ("fresh-none", "fresh-nothing", "fresh-context"):
        conversation.read_run(workflow, run_id)
        conversation.post(workflow, "observe", run_id)
