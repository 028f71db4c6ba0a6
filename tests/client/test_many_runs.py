"""Many runs of one workflow: in the inputs' order, on any executor, and none begun once nobody listens."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

import pytest
from pydantic import BaseModel

from mastra_sync import BadRequestError, InvalidArgument, MastraClient, RunResult, Workflow, many_runs
from mastra_sync.request import Request
from tests.cli.processes import HEARS_CTRL_C, interrupted, started
from tests.client.scripted import Runs, client_of, reply

PATIENCE = 30


def doubled(given: Any) -> dict[str, Any]:
    return {"status": "success", "result": given["n"] * 2}


class Held(Runs):
    """A server that holds back the start of some inputs.

    Args:
        before_start: Called with a run's number before it is started; may wait, or return a refusal.
    """

    def __init__(self, before_start: Callable[[int], Any]) -> None:
        super().__init__(doubled)
        self._before_start = before_start

    def __call__(self, request: Request) -> Any:
        if request.url.endswith("/start") and request.body:
            refused = self._before_start(json.loads(request.body)["inputData"]["n"])
            if refused is not None:
                return refused
        return super().__call__(request)


def workflow_on(server: Runs) -> Workflow:
    return client_of(server, retries=0)[0].get_workflow("w")


def numbers(count: int) -> list[dict[str, int]]:
    return [{"n": number} for number in range(count)]


class ByHand(Executor):
    """An executor that runs nothing by itself."""

    def __init__(self, *, accepts: int = 100) -> None:
        self.futures: list[Future[Any]] = []
        self._accepts = accepts

    def submit(self, function: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
        if len(self.futures) == self._accepts:
            raise RuntimeError("cannot schedule new futures after shutdown")
        future: Future[Any] = Future()
        self.futures.append(future)
        return future

    @property
    def states(self) -> str:
        """One letter for each future: cancelled, done, waiting."""
        return "".join("c" if future.cancelled() else "d" if future.done() else "w" for future in self.futures)


# -- order and laziness


def test_results_come_in_the_order_of_the_inputs() -> None:
    """Though the first run is started when the last has been."""
    last_started = threading.Event()

    def before_start(number: int) -> None:
        if number == 0:
            assert last_started.wait(PATIENCE)
        if number == 2:
            last_started.set()

    results = list(workflow_on(Held(before_start)).map(numbers(3), max_workers=3))
    assert [result.result for result in results] == [0, 2, 4]
    assert [result.input_data for result in results] == numbers(3)


def test_a_result_is_given_as_soon_as_it_is_its_turn() -> None:
    """The first one does not wait for the second."""
    go_on = threading.Event()

    def before_start(number: int) -> None:
        assert number == 0 or go_on.wait(PATIENCE)

    results = workflow_on(Held(before_start)).map(numbers(2), max_workers=2)
    assert next(results).result == 0
    go_on.set()
    assert next(results).result == 2
    with pytest.raises(StopIteration):
        next(results)


def test_all_runs_are_handed_over_at_once() -> None:
    """Nobody has to ask for the first result to have the others begin."""
    executor = ByHand()
    results = workflow_on(Runs(doubled)).map(numbers(3), executor=executor)
    assert executor.states == "www"
    executor.futures[0].set_result(RunResult(status="success"))
    assert next(results).ok


def test_inputs_may_come_from_anywhere() -> None:
    """A generator, and models as well as plain values."""

    class Input(BaseModel):
        n: int

    def inputs() -> Iterator[Any]:
        yield {"n": 1}
        yield Input(n=2)

    assert [result.result for result in workflow_on(Runs(doubled)).map(inputs())] == [2, 4]


def test_no_inputs() -> None:
    """No runs, no results."""
    server = Runs(doubled)
    assert list(workflow_on(server).map([])) == []
    assert server.by_id == {}


# -- how many at a time


@pytest.mark.parametrize("workers", [1, 3])
def test_no_more_runs_at_a_time_than_asked_for(workers: int) -> None:
    """With threads of its own."""
    lock = threading.Lock()
    now: list[int] = []
    most: list[int] = []
    barrier = threading.Barrier(workers)

    def before_start(number: int) -> None:
        with lock:
            now.append(number)
            most.append(len(now))
        barrier.wait(PATIENCE)
        with lock:
            now.remove(number)

    list(workflow_on(Held(before_start)).map(numbers(6), max_workers=workers))
    assert max(most) == workers


def test_an_executors_own_number_counts() -> None:
    """Two numbers would contradict each other; nothing is run then."""
    executor = ByHand()
    with pytest.raises(InvalidArgument, match="max_workers: is for threads of its own"):
        workflow_on(Runs(doubled)).map(numbers(2), executor=executor, max_workers=2)
    assert executor.futures == []


def test_an_executor_is_used_and_not_shut_down() -> None:
    """It is the caller's; the next batch may need it."""
    with ThreadPoolExecutor(2) as executor:
        workflow = workflow_on(Runs(doubled))
        for _ in range(2):
            assert [result.result for result in workflow.map(numbers(3), executor=executor)] == [0, 2, 4]


def test_threads_of_its_own_end_with_the_batch() -> None:
    """However it ends: read to the end, closed, or failed."""
    seen: set[threading.Thread] = set()

    def before_start(number: int) -> Any:
        seen.add(threading.current_thread())
        return reply({"error": "no"}, 400) if number == 5 else None

    workflow = workflow_on(Held(before_start))
    list(workflow.map(numbers(2)))
    results = workflow.map(numbers(2))
    next(results)
    results.close()  # type: ignore[attr-defined]
    with pytest.raises(BadRequestError):
        list(workflow.map([{"n": 5}]))
    assert len(seen) >= 3
    for thread in seen:
        thread.join(PATIENCE)
        assert not thread.is_alive()


# -- failures


def refuse_one(number: int) -> Any:
    return reply({"error": "Invalid input data: \n- n: one"}, 400) if number == 1 else None


def test_a_failure_is_raised_in_its_place() -> None:
    """The results before it are given, those after it are not."""
    results = workflow_on(Held(refuse_one)).map(numbers(3), max_workers=1)
    assert next(results).result == 0
    with pytest.raises(BadRequestError, match="n: one"):
        next(results)
    assert list(results) == []


def test_a_failure_is_given_in_its_place() -> None:
    """With `return_exceptions` the others are not lost."""
    first, second, third = workflow_on(Held(refuse_one)).map(numbers(3), return_exceptions=True)
    assert (first.result, third.result) == (0, 4)
    assert isinstance(second, BadRequestError)


def test_a_run_that_failed_is_a_result() -> None:
    """Only a call that failed is an exception; what became of the run is for the caller to look at."""
    workflow = workflow_on(Runs(lambda given: {"status": "failed", "error": {"message": "x"}}))
    assert [result.status for result in workflow.map(numbers(2))] == ["failed", "failed"]


# -- nobody listens any more


def test_closing_begins_no_further_run() -> None:
    """After some results, and before the first one."""
    for read in (0, 1):
        executor = ByHand()
        results = workflow_on(Runs(doubled)).map(numbers(3), executor=executor)
        executor.futures[0].set_result(RunResult(status="success"))
        for _ in range(read):
            next(results)
        results.close()  # type: ignore[attr-defined]
        assert executor.states == "dcc"


def test_dropping_the_iterator_begins_no_further_run() -> None:
    """A loop that is left by `break`, or results that nobody keeps."""
    executor = ByHand()
    for _ in range(2):
        workflow_on(Runs(doubled)).map(numbers(2), executor=executor)
    gc.collect()
    assert executor.states == "cccc"


def test_an_interrupt_begins_no_further_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while waiting for a result."""
    executor = ByHand()
    results = workflow_on(Runs(doubled)).map(numbers(3), executor=executor)

    def interrupted() -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(executor.futures[0], "done", interrupted)
    with pytest.raises(KeyboardInterrupt):
        next(results)
    assert executor.states == "ccc"


INTERRUPTED = f"""
{HEARS_CTRL_C}
from tests.client.scripted import Runs, client_of
from mastra_sync.deadline import SystemClock

client, _ = client_of(Runs(lambda given: dict(status="running")))
try:
    waits = client.get_workflow("w").on_clock(SystemClock()).map([dict(), dict()], timeout=3600)
    print("waiting", flush=True)
    next(waits)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def test_an_interrupt_ends_the_process() -> None:
    """Threads that wait for runs of an hour do not hold up a script that was interrupted."""
    with started(sys.executable, "-c", INTERRUPTED, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        assert interrupted(process)[0] == "interrupted\n"
    assert process.returncode == 0


LEFT = """
from tests.client.scripted import Runs, client_of
from mastra_sync.deadline import SystemClock

client, _ = client_of(Runs(lambda given: dict(status="running")))
waits = client.get_workflow("w").on_clock(SystemClock()).map([dict()] * 3, timeout=3600, max_workers=2)
raise SystemExit("a script that fails while results are to come")
"""


def test_a_script_that_fails_ends() -> None:
    """Whoever keeps the results in a variable does not wait at the end for runs of an hour either."""
    left = subprocess.run(
        [sys.executable, "-c", LEFT],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert (left.returncode, left.stderr) == (1, "a script that fails while results are to come\n")


def test_a_failure_begins_no_further_run() -> None:
    """What had not begun when an exception was raised is not run behind the caller's back."""
    executor = ByHand()
    results = workflow_on(Runs(doubled)).map(numbers(3), executor=executor)
    executor.futures[0].set_exception(ValueError("x"))
    with pytest.raises(ValueError, match="x"):
        next(results)
    assert executor.states == "dcc"


def test_an_executor_that_takes_no_more() -> None:
    """Those that it has taken are not run either."""
    executor = ByHand(accepts=2)
    with pytest.raises(RuntimeError, match="cannot schedule"):
        workflow_on(Runs(doubled)).map(numbers(3), executor=executor)
    assert executor.states == "cc"


# -- options


def test_options_reach_every_run() -> None:
    """Those of `start`, and the time that each may take."""
    seen: list[dict[str, Any]] = []

    class Recording(Executor):
        def submit(self, function: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
            assert function is many_runs.execute_one
            client, workflow_id, _, options = arguments
            assert isinstance(client, MastraClient)
            assert workflow_id == "w"
            seen.append(options)
            future: Future[Any] = Future()
            future.set_result(RunResult(status="success"))
            return future

    list(workflow_on(Runs(doubled)).map(numbers(2), executor=Recording(), timeout=7, resource_id="u"))
    assert seen == [{"timeout": 7, "resource_id": "u"}] * 2
