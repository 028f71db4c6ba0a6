"""Workflows built of graphs that are JSON, on the fake; `graphs.mjs` of the real test servers builds the same ones.

A graph is `{"id", "entries", "attempts"?, "engine"?}`. An entry has a `kind`:

- `then`, `foreach` (with `concurrency`), `dountil` and `dowhile` (with the name of a `condition`): one `child`
- `parallel`, `branch` (with the names of `conditions`): `children`
- `sleep`: `ms`
- `map`: an `id`, and the name of a `mapping` or named `sources`

A child is a graph, or a step: `{"id", "body", "retries"?, "answer"?}`, whose body's `do` is a key of `BODIES`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.fake.virtual_time.scheduler import Gate
from pytest_mastra.fake.workflows.definition import Workflow
from pytest_mastra.fake.workflows.errors import StepError, Throw, TripWire
from pytest_mastra.fake.workflows.graph import AnyStep, StepFunction
from pytest_mastra.fake.workflows.javascript import NULL

MOST_ROUNDS = 4
THROWN: dict[str, Callable[[], Exception]] = {
    "error": lambda: StepError("outer", code="E_OUTER", cause=StepError("inner", name="TypeError")),
    "range": lambda: StepError("out of range", name="RangeError"),
    "text": lambda: Throw("just a text"),
    "number": lambda: Throw(5),
    "object": lambda: Throw({"code": 42, "message": "an object"}),
    "list": lambda: Throw([1, 2]),
    "undefined": Throw,
    "null": lambda: Throw(None),
    "tripwire": lambda: TripWire("not allowed", retry=True, metadata={"score": 0.9}, processor_id="guard-1"),
}

Body = dict[str, Any]


class Answer(BaseModel):
    """What a step may be resumed with that says so."""

    answer: str


def _number(value: Any) -> Any:
    if isinstance(value, dict):
        value = value.get("n")
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else 0


def _value(body: Body) -> Any:
    """Return what a body is to give: null where it says null, nothing where it says nothing."""
    given = body.get("value")
    return NULL if given is None and "value" in body else given


def _echo(context: Any) -> Any:
    return NULL if context.input_data is None and context.has_input else context.input_data


def _throw(make: Callable[[], Exception]) -> Any:
    raise make()


def _fail_odd(context: Any) -> Any:
    number = _number(context.input_data)
    if number % 2:
        raise StepError(f"{number} is odd")
    return _echo(context)


def _retry(context: Any, failures: int) -> Any:
    if context.retry_count < failures:
        raise StepError(f"attempt {context.retry_count}")
    return {"attempts": context.retry_count}


def _ask(context: Any, body: Body) -> Any:
    answer = context.resume_data
    is_answer = isinstance(answer, (dict, list)) or bool(answer)
    if is_answer and not (isinstance(answer, dict) and answer.get("again")):
        return {"answer": answer}
    return context.suspend(body.get("payload"), resume_label=body.get("label"))


def _count(context: Any, id_: str) -> Any:
    state = context.state
    context.set_state({**state, id_: _number(state.get(id_)) + 1})
    return {"seen": state}


def _write(context: Any, id_: str) -> Any:
    context.writer.write({"from": id_})
    context.writer.custom({"type": "data-note", "data": {"from": id_}})
    return _echo(context)


def _abort(context: Any) -> Any:
    context.abort()
    return _echo(context)


def _wait_at_gate(gate: Gate, body: Body) -> StepFunction:
    def run(context: Any) -> Any:
        yield gate if body.get("deaf") else context.gate_or_abort(gate)
        return _echo(context)

    return run


BODIES: dict[str, Callable[[Body, str], StepFunction]] = {
    "echo": lambda body, id_: _echo,
    "inc": lambda body, id_: lambda context: {"n": _number(context.input_data) + 1},
    "give": lambda body, id_: lambda context: _value(body),
    "nothing": lambda body, id_: lambda context: None,
    "fail": lambda body, id_: lambda context: _throw(lambda: StepError(f"{id_} fails")),
    "fail-odd": lambda body, id_: _fail_odd,
    "retry": lambda body, id_: lambda context: _retry(context, body["failures"]),
    "bail": lambda body, id_: lambda context: context.bail(_value(body)),
    "ask": lambda body, id_: lambda context: _ask(context, body),
    "state": lambda body, id_: lambda context: _count(context, id_),
    "write": lambda body, id_: lambda context: _write(context, id_),
    "throw": lambda body, id_: lambda context: _throw(THROWN[body["what"]]),
    "abort": lambda body, id_: _abort,
}
"""What a step does; `gate` is another, which needs the gate that has the id of the graph."""

CONDITIONS: dict[str, StepFunction] = {
    "always": lambda context: True,
    "never": lambda context: False,
    "odd": lambda context: _number(context.input_data) % 2 != 0,
    "small": lambda context: _number(context.input_data) < 2,
    "second": lambda context: context.iteration_count == 2,
    "throws": lambda context: _throw(lambda: StepError("no condition")),
}

MAPPINGS: dict[str, StepFunction] = {
    "wrap": lambda context: {"wrapped": context.input_data} if context.has_input else {},
    "number": lambda context: {"n": _number(context.input_data)},
    "items": lambda context: [{"n": _number(context.input_data)}, {"n": _number(context.input_data) + 1}],
    "nothing": lambda context: None,
    "fails": lambda context: _throw(lambda: StepError("no map")),
}


def declare_graph(server: FakeMastra, graph: dict[str, Any]) -> None:
    """Declare the workflow of a graph on a fake."""
    _GraphBuilder(server, server.gate(graph["id"])).build(graph, listed=True)


class _GraphBuilder:
    def __init__(self, server: FakeMastra, gate: Gate) -> None:
        self._server = server
        self._gate = gate

    def build(self, graph: dict[str, Any], *, listed: bool) -> Workflow:
        retries: dict[str, Any] = {"retry_config": {"attempts": graph["attempts"]}} if "attempts" in graph else {}
        engine = graph.get("engine", "default")
        workflow = self._server.workflow(graph["id"], listed=listed, state_schema={}, engine=engine, **retries)
        for entry in graph["entries"]:
            self._add(workflow, entry)
        return workflow.commit()

    def _add(self, workflow: Workflow, entry: dict[str, Any]) -> None:
        match entry["kind"]:
            case "then":
                workflow.then(self._child(entry["child"]))
            case "parallel":
                workflow.parallel([self._child(child) for child in entry["children"]])
            case "branch":
                names, children = entry["conditions"], entry["children"]
                pairs = zip((CONDITIONS[name] for name in names), map(self._child, children), strict=True)
                workflow.branch(list(pairs))
            case "dountil":
                holds = CONDITIONS[entry["condition"]]
                workflow.dountil(
                    self._child(entry["child"]),
                    lambda context: holds(context) or context.iteration_count >= MOST_ROUNDS,
                )
            case "dowhile":
                goes_on = CONDITIONS[entry["condition"]]
                workflow.dowhile(
                    self._child(entry["child"]),
                    lambda context: goes_on(context) and context.iteration_count < MOST_ROUNDS,
                )
            case "foreach":
                workflow.foreach(self._child(entry["child"]), concurrency=entry.get("concurrency", 1))
            case "sleep":
                workflow.sleep(entry["ms"] / 1000)
            case "map":
                workflow.map(self._mapping(workflow, entry), id=entry["id"])

    def _child(self, child: dict[str, Any]) -> AnyStep:
        if "entries" in child:
            return self.build(child, listed=False)
        body, options = child["body"], {}
        if "retries" in child:
            options["retries"] = child["retries"]
        if child.get("answer"):
            options["resume_schema"] = Answer
        if body["do"] == "state":
            options["state_schema"] = {}
        run = _wait_at_gate(self._gate, body) if body["do"] == "gate" else BODIES[body["do"]](body, child["id"])
        return self._server.step(child["id"], run, **options)

    def _mapping(self, workflow: Workflow, entry: dict[str, Any]) -> Any:
        if "mapping" in entry:
            return MAPPINGS[entry["mapping"]]

        def found(source: dict[str, Any]) -> dict[str, Any]:
            if "step" in source:
                return {**source, "step": workflow.steps[source["step"]]}
            if source.get("init"):
                return {"init_data": workflow, "path": source["path"]}
            return source

        return {key: found(source) for key, source in entry["sources"].items()}
