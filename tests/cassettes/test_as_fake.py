"""A fake made of a recording answers as the recorded server did; what was not recorded is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_mastra.cassettes.as_fake.build import build_fake
from pytest_mastra.cassettes.drift.pytest_report import compare
from pytest_mastra.cassettes.file.read_write import write_cassette
from pytest_mastra.fake import StepError, TripWire
from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.fake.virtual_time.pace import AT_ONCE
from pytest_mastra.fake.workflows.definition import Workflow
from pytest_mastra.http.exchanges import Exchange
from pytest_mastra.redact.scrubber import Scrubber
from tests.cassettes.recorded_calls import Said, said_again, transcript
from tests.fake.test_random_runs import Builder, Shape, graphs
from tests.properties import examples

MOST_RESUMES = 6


def recorded(
    server: FakeMastra, workflow: str, verb: str, *, reads: bool = True, details: bool = False, given: Any = None
) -> list[Exchange]:
    """Run a workflow of a fake, answer whatever it asks, and return what was said."""
    said = Said(server)
    if details:
        said.call("GET", f"/workflows/{workflow}")
    said.post(workflow, "create-run", "r1")
    said.post(workflow, verb, "r1", {"inputData": {"n": 1} if given is None else given})
    if reads:
        said.read(workflow, "r1")
    for _ in range(MOST_RESUMES):
        state = server.snapshot(workflow, "r1")
        if state.get("status") != "suspended" or not state["suspendedPaths"]:
            break
        answer = {"step": next(iter(state["suspendedPaths"])), "resumeData": {"yes": 1}}
        said.post(workflow, "resume-async" if verb == "start-async" else "resume-stream", "r1", answer)
        if reads:
            said.read(workflow, "r1")
    return said.exchanges


def check_alike(exchanges: list[Exchange], server: FakeMastra) -> None:
    """The fake answers the recorded requests as they were answered."""
    again = said_again(server, exchanges)
    drift = compare(exchanges, again)
    assert not drift, f"{drift}\n{server.gaps}"
    assert drift.notes == {}
    assert server.unexpected_errors == []


def _ends_one_way(shape: Any) -> bool:
    """Leave out blocks in which one fails and another asks: which came first says how the stream ends, and varies."""
    if isinstance(shape, tuple) and shape[0] in ("parallel", "branch"):
        return sum(kind in repr(shape) for kind in ("fails", "asks", "bails")) < 2
    return not isinstance(shape, (list, tuple)) or all(map(_ends_one_way, shape))


@settings(max_examples=examples(60))
@given(shape=graphs.filter(_ends_one_way), verb=st.sampled_from(("start-async", "stream")), details=st.booleans())
def test_any_workflow_that_was_read_answers_again(shape: list[Shape], verb: str, *, details: bool) -> None:
    """Whatever the workflow: a recording in which its runs were read makes a fake that says the same."""
    server = FakeMastra()
    exchanges = recorded(server, Builder(server).workflow(shape).id, verb, details=details)
    check_alike(exchanges, build_fake(FakeMastra, exchanges, seed=99))


def _tells_its_graph(shape: Any) -> bool:
    """Leave out what a run need not show: what is behind a bail, what a branch did not take, rounds before the last."""
    return not any(kind in repr(shape) for kind in ("bails", "branch", "loop", "foreach"))


@settings(max_examples=examples(40))
@given(shape=graphs.filter(_ends_one_way).filter(_tells_its_graph), verb=st.sampled_from(("start-async", "stream")))
def test_the_graph_is_derived_where_nobody_told_it(shape: list[Shape], verb: str) -> None:
    """Without a single reading the graph follows from what steps were given and gave, unless gaps are told."""
    server = FakeMastra()
    exchanges = recorded(server, Builder(server).workflow(shape).id, verb, reads=False)
    fake = build_fake(FakeMastra, exchanges, seed=99)
    if not fake.gaps:
        check_alike(exchanges, fake)


@settings(max_examples=examples(40))
@given(shape=graphs.filter(_ends_one_way))
def test_older_servers_answer_again_too(shape: list[Shape]) -> None:
    """A recording of a 1.2 server makes a fake of that generation."""
    server = FakeMastra(generation="1.2")
    exchanges = recorded(server, Builder(server).workflow(shape).id, "start-async")
    fake = build_fake(FakeMastra, exchanges, seed=99)
    assert fake.generation.name == "1.2"
    check_alike(exchanges, fake)


def test_a_file_makes_a_fake(tmp_path: Path) -> None:
    """From the file of a cassette, as tests do it."""
    server = FakeMastra()
    exchanges = recorded(server, _declare(server, "suspended").id, "start-async")
    path = tmp_path / "asks.yaml"
    write_cassette(path, exchanges, scrubber=Scrubber())
    fake = FakeMastra.from_cassette(path, pace=AT_ONCE)
    assert Said(fake).post("w", "start-async", "x", {"inputData": {"n": 1}})["status"] == "suspended"


def _fails(_: Any) -> Any:
    raise StepError("boom", code="E_BOOM", cause=StepError("why"))


def _trips(_: Any) -> Any:
    raise TripWire("not allowed", retry=True, metadata={"score": 0.9}, processor_id="guard-1")


def _declare(server: FakeMastra, kind: str) -> Workflow:  # noqa: C901, PLR0911 -- one per kind
    workflow = server.workflow("w")
    if kind == "success":
        return workflow.then(server.step("a", lambda ctx: {"got": ctx.input_data})).commit()
    if kind == "failed":
        return workflow.then(server.step("a", _fails)).commit()
    if kind == "tripwire":
        return workflow.then(server.step("a", _trips)).commit()
    if kind == "suspended":
        return workflow.suspends("q", {"ask": "?"})
    if kind == "nested":
        inner = (
            server.workflow("inner", listed=False).then(server.step("i", lambda _: {"i": 1})).suspends("q", {"a": 1})
        )
        return workflow.then(inner).returns({"end": True})
    if kind == "foreach":
        return workflow.map(lambda _: [1, 2, 3]).foreach(server.step("x", lambda c: c.input_data * 10)).commit()
    if kind == "loop":
        step = server.step("inc", lambda ctx: {"n": ctx.input_data["n"] + 1})
        return workflow.dowhile(step, lambda ctx: ctx.input_data["n"] < 4).commit()
    if kind == "parallel":
        return workflow.parallel([server.step(name, lambda _: {"x": 1}) for name in "ab"]).commit()
    if kind == "branch":
        return workflow.branch(
            [
                (lambda ctx: ctx.input_data["n"] > 0, server.step("pos", lambda _: 1)),
                (lambda _: False, server.step("no", _fails)),
            ]
        ).commit()
    if kind == "bail":
        return workflow.then(server.step("a", lambda ctx: ctx.bail({"left": 1}))).returns(2)
    return workflow.sleep(60).returns({"slept": True})


KINDS = (
    "success", "failed", "tripwire", "suspended", "nested", "foreach", "loop", "parallel", "branch", "bail", "sleep",
)  # fmt: skip


@pytest.mark.parametrize("generation", ["current", "1.2", "1.0-beta"])
@pytest.mark.parametrize("verb", ["start-async", "stream"])
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_run_answers_again_to_the_letter(kind: str, verb: str, generation: str) -> None:
    """Even the order of keys is that of the recording; only ids and times are others."""
    server = FakeMastra(generation=generation)
    exchanges = recorded(server, _declare(server, kind).id, verb, details=True)
    fake = build_fake(FakeMastra, exchanges, seed=99)
    again = said_again(fake, exchanges)
    assert transcript(generation, again) == transcript(generation, exchanges)
    assert fake.generation.name == generation


def test_several_runs_give_several_pairs() -> None:
    """Each input that was recorded gives what it gave, in any order."""
    server = FakeMastra()
    server.workflow("w").then(server.step("double", lambda ctx: ctx.input_data * 2)).commit()
    said = Said(server)
    for number in (1, 2, 3):
        said.post("w", "start-async", f"r{number}", {"inputData": number})
    fake = Said(build_fake(FakeMastra, said.exchanges))
    assert [fake.post("w", "start-async", f"x{n}", {"inputData": n})["result"] for n in (3, 1, 2, 3)] == [6, 2, 4, 6]


def test_runs_that_were_started_alike_are_acted_in_their_order() -> None:
    """What failed the first time and not the second does so again; the last one repeats."""
    server = FakeMastra()
    tries: list[int] = []

    def flaky(_: Any) -> Any:
        tries.append(1)
        if len(tries) == 1:
            raise StepError("once")
        return {"tries": len(tries)}

    server.workflow("w").then(server.step("flaky", flaky)).commit()
    said = Said(server)
    for number in (1, 2):
        said.post("w", "start-async", f"r{number}", {"inputData": 0})
    fake = Said(build_fake(FakeMastra, said.exchanges))
    statuses = [fake.post("w", "start-async", f"x{n}", {"inputData": 0})["status"] for n in range(4)]
    assert statuses == ["failed", "success", "success", "success"]


def _weather() -> FakeMastra:
    server = FakeMastra()
    server.workflow("city").then(server.step("lookup", lambda ctx: {"temp": len(ctx.input_data["city"])})).commit()
    said = Said(server)
    for city in ("NY", "Oslo"):
        said.post("city", "start-async", city, {"inputData": {"city": city}})
    return build_fake(FakeMastra, said.exchanges)


def test_an_input_that_was_never_recorded_is_a_clear_error() -> None:
    """The run fails, naming what was recorded, what comes nearest, and how to stub the step."""
    result = Said(_weather()).post("city", "start-async", "r", {"inputData": {"city": "Rome"}})
    assert result["error"] == {
        "name": "NeverRecorded",
        "message": "'lookup' of workflow 'city' was not recorded with the input {'city': 'Rome'}; recorded: "
        "{'city': 'NY'}, {'city': 'Oslo'}. The nearest is {'city': 'NY'}: $.city: expected 'NY', actual 'Rome'. "
        "Say what it does: server.stub('lookup', lambda ctx: ...)",
    }


def test_a_stub_goes_before_what_was_recorded() -> None:
    """Inputs that were never recorded can be given an outcome; so can those that were."""
    fake = _weather()
    fake.stub("lookup", lambda ctx: {"temp": -1})
    assert Said(fake).post("city", "start-async", "r", {"inputData": {"city": "Rome"}})["result"] == {"temp": -1}
    assert Said(fake).post("city", "start-async", "s", {"inputData": {"city": "NY"}})["result"] == {"temp": -1}


def test_an_answer_that_was_never_recorded_is_a_clear_error() -> None:
    """A resume with something else fails the run, and says what was answered when it was recorded."""
    server = FakeMastra()
    server.workflow("w").suspends("q", {"ask": "?"})
    fake = Said(build_fake(FakeMastra, recorded(server, "w", "start-async")))
    fake.post("w", "start-async", "x", {"inputData": {"n": 1}})
    told = fake.post("w", "resume-async", "x", {"step": "q", "resumeData": {"no": 1}})
    assert "was not recorded with the answer {'no': 1}; recorded: {'yes': 1}." in told["error"]["message"]


def test_steps_take_as_long_as_they_took() -> None:
    """Durations are those of the recording, in virtual time."""
    server = FakeMastra()
    server.workflow("w").then(server.step("slow", lambda _: 1, duration=90.0)).commit()
    fake = build_fake(FakeMastra, recorded(server, "w", "start-async"))
    before = fake.clock.now()
    Said(fake).post("w", "start-async", "x", {"inputData": {"n": 1}})
    assert 90 <= fake.clock.now() - before < 91


def test_refused_input_is_refused_again() -> None:
    """A recorded 400 comes again for the same input, though nobody told the schema."""
    server = FakeMastra()
    schema = {"type": "object", "properties": {"n": {"type": "number"}}, "required": ["n"]}
    server.workflow("w", input_schema=schema).then(server.step("a", lambda ctx: ctx.input_data)).commit()
    said = Said(server)
    said.post("w", "start-async", "r1", {"inputData": {"n": "x"}})
    said.post("w", "start-async", "r2", {"inputData": {"n": 1}})
    check_alike(said.exchanges, build_fake(FakeMastra, said.exchanges))


def test_faults_and_paces_are_the_fakes_own() -> None:
    """One recording serves tests of faults too."""
    fake = _weather()
    fake.faults.on("start_async", nth=1).status(503)
    said = Said(fake)
    for _ in range(2):
        said.post("city", "start-async", "r", {"inputData": {"city": "NY"}})
    assert [exchange.status for exchange in said.exchanges] == [503, 200]


def test_what_cannot_be_told_is_listed() -> None:
    """The rounds of a loop before the last one are in no answer; a stream, where they would be seen, says so."""
    server = FakeMastra()
    exchanges = recorded(server, _declare(server, "loop").id, "start-async", reads=False)
    fake = build_fake(FakeMastra, exchanges)
    assert fake.gaps == ("w: what 'inc' gave in its first rounds is not recorded",)
    records = Said(fake).post("w", "stream", "x", {"inputData": {"n": 1}})
    assert "is not in the recording, which tells of the last round only" in json.dumps(records)


def test_a_recording_of_two_generations_is_refused() -> None:
    """Which server is to be faked must be clear."""
    mixed = []
    for generation in ("current", "1.2"):
        server = FakeMastra(generation=generation)
        mixed += recorded(server, _declare(server, "success").id, "start-async")
    with pytest.raises(
        ValueError, match=r"the recording is not of one server generation: POST /api/workflows/w/start-async"
    ):
        build_fake(FakeMastra, mixed)
    assert build_fake(FakeMastra, mixed, generation="current").generation.name == "current"
