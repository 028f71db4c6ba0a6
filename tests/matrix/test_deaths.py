"""Every verb meets a server that dies, or a proxy that repeats its request: in virtual time, in process."""

from __future__ import annotations

import math
from typing import Literal, cast

import pytest

from mastra_sync import MastraClient, MastraError, Run
from mastra_sync.waiting import START_GRACE
from pytest_mastra.fake import InProcess
from pytest_mastra.http.verbs import VerbName, call_of
from pytest_mastra.http.wire import WireRequest
from tests.matrix.cells import SLACK, TIMEOUT, FakeServer, prepare
from tests.matrix.secrets import KEY, TOKEN, secret_in, shown_of
from tests.matrix.verbs import VERBS, WORKFLOW, Target, Verb

SIDES = ("before its effect", "after its effect", "in a step")
RUN_ID = "run-of-the-cell"


def request_of(verb: Verb) -> VerbName:
    """Return what the faults call the request of a verb of the matrix."""
    path = verb.path_end.replace("{run}", RUN_ID)
    below = f"/api/workflows/{WORKFLOW}"
    prefixes = (below, f"{below}/runs/{RUN_ID}", "/api", "/api/workflows")
    names = (call_of(WireRequest(verb.method, prefix + path)).verb for prefix in prefixes)
    return cast("VerbName", next(name for name in names if name is not None))


def call_it(verb: Verb, client: MastraClient, run: Run) -> tuple[Exception | None, list[str]]:
    """Call a verb; return what it raised, and what is wrong with what it gave or raised."""
    try:
        answer = verb.call(Target(client, run, TIMEOUT))
    except MastraError as error:
        secret = secret_in(shown_of(error))
        return error, [f"shows the secret {secret}"] if secret else []
    except Exception as error:  # noqa: BLE001 -- which exceptions come out is what is asked here
        return error, [f"no documented exception: {error!r:.200}"]
    return None, [] if verb.is_right(answer) else [f"the answer is wrong: {answer!r:.200}"]


def try_death(verb: Verb, side: str, back_after: float) -> list[str]:
    """Have the server die at a verb's first request, and return what is wrong then."""
    with FakeServer() as server, InProcess(server.fake) as front:
        client = MastraClient(front.url, clock=server.fake.clock, token=TOKEN, headers={"x-key": KEY})
        run = prepare(server, client, verb.needs, RUN_ID)
        before, began = server.executions_of(RUN_ID), server.fake.clock.now()
        meant = server.fake.faults.on(request_of(verb), nth=1)
        if side == "in a step":
            fault = meant.server_dies(back_after=back_after, in_step="q")
        else:
            fault = meant.server_dies(back_after=back_after, after_effect=side == "after its effect")
        error, problems = call_it(verb, client, run)
        took = server.fake.clock.now() - began
        executed = server.executions_of(RUN_ID) - before
        client.close()
    if executed > (1 if verb.moves else 0):
        problems.append(f"executed {executed} times")
    # a batch gives its runs ids of its own
    if error is None and verb.moves and executed != 1 and verb.name != "map":
        problems.append(f"answered, and executed {executed} times")
    if not fault.fired and (side != "in a step" or verb.moves):
        problems.append("the server did not die")
    if took > TIMEOUT + START_GRACE + SLACK:
        problems.append(f"took {took:.1f} s")
    return [f"{verb.name}, {side}, back after {back_after} s: {problem}" for problem in problems]


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("back_after", [0.3, 20.0, math.inf], ids=["soon", "late", "never"])
def test_a_death(side: str, back_after: float) -> None:
    """Each verb ends in time, with a right answer or a documented exception, and has one effect at most."""
    wrong = [problem for verb in VERBS for problem in try_death(verb, side, back_after)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("answer", ["first", "second"])
def test_a_repeat(answer: Literal["first", "second"]) -> None:
    """A verb whose request a proxy delivers twice has sent it once, whatever the server makes of it."""
    wrong = []
    for verb in VERBS:
        with FakeServer() as server, InProcess(server.fake) as front:
            client = MastraClient(front.url, clock=server.fake.clock, token=TOKEN)
            run = prepare(server, client, verb.needs, RUN_ID)
            asked = request_of(verb)
            before = sum(request.verb == asked for request in server.fake.requests)
            fault = server.fake.faults.on(asked, nth=1).delivered_twice(answer=answer)
            _, problems = call_it(verb, client, run)
            delivered = sum(request.verb == asked for request in server.fake.requests) - before
            client.close()
        if verb.moves and delivered != 1 + fault.fired:
            problems.append(f"sent {delivered - fault.fired} times")
        # the second answer may be one of a run that has been moved
        problems = [problem for problem in problems if "the answer is wrong" not in problem]
        wrong += [f"{verb.name}, the {answer} answer: {problem}" for problem in problems]
    assert not wrong, "\n".join(wrong)
