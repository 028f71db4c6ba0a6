"""Going on with a suspension that was answered before: which one is meant, and was it answered with the same?"""

from __future__ import annotations

import contextlib
import pickle
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from mastra_sync import (
    InputMismatch,
    InvalidArgument,
    MastraClient,
    OutcomeUnknown,
    Run,
    RunNotSuspended,
    RunResult,
    Suspension,
)
from pytest_mastra import FakeMastra, InProcess
from pytest_mastra.fake import StepContext

BASE_URL = "http://answered.test"
YES = {"approved": True, "by": "Ines"}
NO = {"approved": False, "by": "Ines"}


class Decision(BaseModel):
    approved: bool
    by: str = "nobody"


def ask(ctx: StepContext) -> Any:
    return ctx.suspend({"ask": "?"}) if ctx.resume_data is None else {"got": ctx.resume_data}


@pytest.fixture(params=["current", "1.2", "1.0-beta"])
def server(request: pytest.FixtureRequest) -> FakeMastra:
    """A fake of each generation, whose workflows ask in several ways."""
    server = FakeMastra(generation=request.param)

    def ask_twice(ctx: StepContext) -> Any:
        if ctx.resume_data is None or ctx.suspend_data == {"ask": "first?"}:
            return ctx.suspend({"ask": "second?" if ctx.resume_data else "first?"})
        return {"got": ctx.resume_data}

    def ask_slowly(ctx: StepContext) -> Any:
        if ctx.resume_data is None:
            return ctx.suspend({"ask": "?"})
        yield server.gate("held")
        return {"got": ctx.resume_data}

    def held(ctx: StepContext) -> Any:
        yield server.gate("held")
        return {}

    one = server.step("ask", ask, resume_schema=Decision)
    server.workflow("once").then(one).commit()
    server.workflow("twice").then(server.step("ask", ask_twice)).commit()
    server.workflow("both").parallel([server.step("a", ask), server.step("b", ask)]).commit()
    server.workflow("nested").then(server.workflow("inner").then(server.step("ask", ask)).commit()).commit()
    server.workflow("slow").then(server.step("ask", ask_slowly)).commit()
    server.workflow("beside").parallel([server.step("ask", ask), server.step("other", held)]).commit()
    server.workflow("items").foreach(server.step("item", ask), concurrency=3).commit()
    return server


@pytest.fixture
def client(server: FakeMastra) -> Iterator[MastraClient]:
    with InProcess(server, BASE_URL), MastraClient(BASE_URL, token="", clock=server.clock) as client:
        yield client


def suspended(client: MastraClient, workflow: str, given: Any = None) -> tuple[Run, RunResult]:
    run = client.get_workflow(workflow).create_run("r")
    return run, run.start_async({} if given is None else given)


def generation_of(server: FakeMastra) -> str:
    return str(server.generation.name)


def resumes_of(server: FakeMastra, workflow: str) -> int:
    return len(server.runs(workflow)[0].resumes)


ANSWERS: dict[str, Callable[..., RunResult]] = {
    "resume": lambda run, data, **options: run.resume(data, if_answered="join", **options).wait(),
    "resume_async": lambda run, data, **options: run.resume_async(data, if_answered="join", **options),
    "resume_stream": lambda run, data, **options: run.resume_stream(data, if_answered="join", **options).result(),
    "resume_no_wait": lambda run, data, **options: (
        run.resume_no_wait(data, if_answered="join", **options) and run.wait()
    ),
}


@pytest.fixture(params=list(ANSWERS))
def answer(request: pytest.FixtureRequest, server: FakeMastra) -> Callable[..., RunResult]:
    """Each verb that answers, where the server has it."""
    if request.param == "resume_no_wait" and generation_of(server) != "current":
        return ANSWERS["resume"]
    return ANSWERS[request.param]


@pytest.mark.parametrize("workflow", ["once", "nested"])
@pytest.mark.parametrize("how", ["none", "name", "suspension", "pickled"])
def test_an_answer_that_was_given_is_not_given_again(
    server: FakeMastra, client: MastraClient, answer: Callable[..., RunResult], workflow: str, how: str
) -> None:
    """The run is gone on with, whichever way its suspension is named."""
    run, result = suspended(client, workflow)
    [question] = result.suspensions
    step = {
        "none": None,
        "name": question.step,
        "suspension": question,
        "pickled": pickle.loads(pickle.dumps(question)),
    }[how]
    first = answer(run, YES, step=step)
    again = answer(run, YES, step=step)
    assert (first.status, again.status) == ("success", "success")
    assert again.result == first.result
    assert resumes_of(server, workflow) == 1


def test_another_answer_is_no_join(server: FakeMastra, client: MastraClient, answer: Callable[..., RunResult]) -> None:
    """What differs is named, and nothing was sent; what the step's schema made of it is no difference."""
    run, result = suspended(client, "once")
    run.resume_async({"approved": True, "odd": 1})
    with pytest.raises(
        InputMismatch, match="step 'ask' was answered before, and otherwise: approved differs"
    ) as caught:
        answer(run, {"approved": False}, step=result.suspensions[0])
    assert (caught.value.argument, caught.value.paths) == ("resume_data", ["approved"])
    assert answer(run, {"approved": True, "odd": 1}, step="ask").ok
    assert answer(run, {"approved": True, "by": "nobody"}, step="ask").ok
    assert resumes_of(server, "once") == 1


def test_without_joining_it_is_refused(client: MastraClient) -> None:
    """`raise` is the default, and what was there before."""
    run, _ = suspended(client, "once")
    run.resume_async(YES)
    for choice in ({}, {"if_answered": "raise"}):
        with pytest.raises(RunNotSuspended):
            run.resume_async(YES, **choice)  # type: ignore[arg-type]


def test_what_nobody_answered_cannot_be_joined(server: FakeMastra, client: MastraClient) -> None:
    """A run that was canceled, or never asked, is no answered one."""
    run, result = suspended(client, "once")
    if generation_of(server) != "1.0-beta":  # where a suspended run can be resumed though it was canceled
        run.cancel()
        with pytest.raises(RunNotSuspended):
            run.resume_async(YES, step=result.suspensions[0], if_answered="join")
    other = client.get_workflow("once").create_run("other")
    with pytest.raises(RunNotSuspended):
        other.resume_async(YES, if_answered="join")


def test_a_step_that_asks_twice(server: FakeMastra, client: MastraClient) -> None:
    """A suspension says which asking is meant; a name does not, and is refused: it may mean the wrong one."""
    run, result = suspended(client, "twice")
    first = result.suspensions[0]
    again = run.resume_async({"n": 1}, step=first, if_answered="join")
    second = again.suspensions[0]
    # the second question waits: the first answer is joined, not given to it
    assert run.resume_async({"n": 1}, step=first, if_answered="join").suspensions[0].payload == {"ask": "second?"}
    with pytest.raises(InputMismatch):
        run.resume_async({"n": 9}, step=first, if_answered="join")
    for step in ("ask", None):
        with pytest.raises(InvalidArgument, match=r"'ask' was answered before, and 'ask' waits now.*suspensions"):
            run.resume_async({"n": 1}, step=step, if_answered="join")
    assert resumes_of(server, "twice") == 1
    assert run.resume_async({"n": 2}, step=second, if_answered="join").result == {"got": {"n": 2}}
    assert run.resume_async({"n": 2}, step=second, if_answered="join").ok
    assert resumes_of(server, "twice") == 2
    if generation_of(server) != "current":
        # they keep when the step asked last, so that an earlier answer is known to be gone
        assert run.resume_async({"n": 1}, step=first, if_answered="join").ok


def test_steps_that_ask_side_by_side(server: FakeMastra, client: MastraClient) -> None:
    """Each is joined by its name; without one, an answer that was given is found only if none waits."""
    run, _ = suspended(client, "both")
    run.resume_async({"n": 1}, step="a", if_answered="join")
    assert run.resume_async({"n": 1}, step="a", if_answered="join").status == "suspended"
    with pytest.raises(InvalidArgument, match="'a' was answered before, and 'b' waits now"):
        run.resume_async({"n": 1}, if_answered="join")
    run.resume_async({"n": 2}, step="b", if_answered="join")
    assert run.resume_async({"n": 1}, step="a", if_answered="join").ok
    assert run.resume_async({"n": 2}, if_answered="join").ok
    with pytest.raises(InvalidArgument, match="say which is meant: 'a', 'b' were answered before"):
        run.resume_async({"n": 3}, if_answered="join")
    with pytest.raises(InputMismatch):
        run.resume_async({"n": 2}, step="a", if_answered="join")
    assert resumes_of(server, "both") == 2


def test_an_answer_whose_step_still_executes(
    server: FakeMastra, client: MastraClient, answer: Callable[..., RunResult]
) -> None:
    """Current servers tell it when the step has ended: until then the run is waited for."""
    run, result = suspended(client, "slow")
    [question] = result.suspensions
    run.resume(YES, step=question)
    threading.Timer(0.05, server.open_gate, ["held"]).start()
    assert answer(client.get_workflow("slow").get_run("r"), YES, step=question).result == {"got": YES}
    assert resumes_of(server, "slow") == 1


@pytest.mark.parametrize("verb", ["resume", "resume_async"])
def test_another_answer_whose_step_still_executes(server: FakeMastra, client: MastraClient, verb: str) -> None:
    """It is found out once the step has ended, at the latest by the wait."""
    run, result = suspended(client, "slow")
    [question] = result.suspensions
    run.resume(NO, step=question)
    threading.Timer(0.05, server.open_gate, ["held"]).start()
    with pytest.raises(InputMismatch, match="approved differs"):
        ANSWERS[verb](client.get_workflow("slow").get_run("r"), YES, step=question)


def test_items_of_a_foreach(server: FakeMastra, client: MastraClient) -> None:
    """An item's answer is known while others wait; after that it is known to have been given."""
    run, result = suspended(client, "items", [1, 2])
    first, second = result.suspensions
    if generation_of(server) != "current":
        # all items get one answer
        assert run.resume_async({"n": 1}, step="item", if_answered="join").ok
        assert run.resume_async({"n": 1}, step="item", if_answered="join").ok
        assert resumes_of(server, "items") == 1
        return
    run.resume_async({"n": 1}, step=first, if_answered="join")
    assert run.resume_async({"n": 1}, step=first, if_answered="join").status == "suspended"
    assert run.resume_async({"n": 1}, step="item", for_each_index=0, if_answered="join").status == "suspended"
    for step, index in ((first, None), ("item", 0)):
        with pytest.raises(InputMismatch):
            run.resume_async({"n": 3}, step=step, for_each_index=index, if_answered="join")
    assert resumes_of(server, "items") == 1
    run.resume_async({"n": 2}, step="item", for_each_index=1, if_answered="join")
    assert run.resume_async({"n": 2}, step=second, if_answered="join").ok
    assert run.resume_async({"n": 1}, step=first, if_answered="join").ok
    assert run.resume_async({"n": 1}, step="item", for_each_index=0, if_answered="join").ok
    assert resumes_of(server, "items") == 2


@pytest.mark.parametrize("after_effect", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("verb", ["run_by_id", "resume_async"])
def test_an_answer_survives_a_lost_answer(
    server: FakeMastra, client: MastraClient, verb: Any, *, after_effect: bool
) -> None:
    """Whatever became of it, calling once more gives the result, and the suspension is answered once."""
    run, result = suspended(client, "once")
    server.faults.on(verb, nth=1).reset(after_effect=after_effect)
    with contextlib.suppress(OutcomeUnknown):
        run.resume_async(YES, step=result.suspensions[0], if_answered="join")
    assert run.resume_async(YES, step=result.suspensions[0], if_answered="join").result == {"got": YES}
    assert resumes_of(server, "once") == 1


def test_someone_else_answers_meanwhile(server: FakeMastra, client: MastraClient) -> None:
    """A refusal because it was answered between the look and the answer is looked into."""
    run, result = suspended(client, "once")

    class Late(Run):
        """Is overtaken between its look and its answer."""

        def _hold(self, command: Any, deadline: Any) -> RunResult:
            if not getattr(self, "is_overtaken", False):
                self.is_overtaken = True
                client.get_workflow("once").get_run("r").resume_async(YES)
            return super()._hold(command, deadline)

    late = Late(run.api, fresh=False)
    assert late.resume_async(YES, step=result.suspensions[0], if_answered="join").ok
    assert server.runs("once")[0].status == "success"


def test_a_suspension_without_its_moment_is_as_good_as_a_name(client: MastraClient) -> None:
    """One that was made by hand does not say which asking it is."""
    run, _ = suspended(client, "twice")
    run.resume_async({"n": 1})
    with pytest.raises(InvalidArgument, match="'ask' waits now"):
        run.resume_async({"n": 1}, step=Suspension(path=["ask"]), if_answered="join")


def test_when_a_suspension_began_is_no_part_of_what_runs_are_compared_by(client: MastraClient) -> None:
    """It tells suspensions apart, and is in no dump."""
    _, result = suspended(client, "once")
    [question] = result.suspensions
    assert question.suspended_at == result.steps["ask"].suspended_at is not None
    assert "suspended_at" not in question.model_dump()
    assert pickle.loads(pickle.dumps(question)).suspended_at == question.suspended_at
