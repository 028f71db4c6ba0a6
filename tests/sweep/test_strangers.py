"""Scripts as strangers write them, each judged before it is swept: the sweep says the same of it."""

from __future__ import annotations

from tests.suites_in_folders import RunSuite
from tests.sweep.test_several_questions import failed_points

CONFTEST = """
import pytest

@pytest.fixture(autouse=True)
def workflows(mastra_server):
    server = mastra_server
    server.workflow("tea").then(server.step("brew", lambda ctx: {"cups": 1})).commit()

    def ask(ctx):
        return ctx.suspend({"pay": 900}) if ctx.resume_data is None else {"by": ctx.resume_data["by"]}

    last = server.step("last", lambda ctx: {"done": True})
    server.workflow("asks").then(server.step("ask", ask)).then(last).commit()
    server.workflow("beside").parallel([server.step("left", ask), server.step("right", ask)]).then(last).commit()
    item = server.step("item", lambda ctx: {"by": 1} if ctx.resume_data else ctx.suspend({"of": ctx.input_data}))
    server.workflow("items").foreach(item).then(last).commit()
"""

SAFE = """
from concurrent.futures import ThreadPoolExecutor

import pytest
import tenacity

from mastra_sync import MastraError

swept = pytest.mark.mastra_sweep
quick = pytest.mark.mastra_sweep(faults=["lost", "timed_out", "killed", "server_died", "unreachable"])
retried = tenacity.retry(
    stop=tenacity.stop_after_attempt(3), retry=tenacity.retry_if_exception_type(MastraError), sleep=lambda _: None
)

@pytest.mark.mastra_sweep(accept=tenacity.RetryError)
def test_retries_a_join(mastra_client):
    @retried
    def drink():
        mastra_client.get_workflow("tea").execute({}, run_id="t", if_started="join").raise_for_status()

    drink()

@quick
def test_threads_that_join(mastra_client):
    def drink(number):
        mastra_client.get_workflow("tea").execute({}, run_id=f"t-{number}", if_started="join").raise_for_status()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(drink, range(2)))

@quick
def test_answers_what_it_finds(mastra_client):
    mastra_client.get_workflow("asks").execute({}, run_id="a", if_started="join")
    for found in mastra_client.iter_suspended():
        run = mastra_client.get_workflow(found.workflow_id).get_run(found.run_id)
        for suspension in found.suspensions:
            run.resume_async({"by": "Ines"}, step=suspension, if_answered="join").raise_for_status()

@quick
def test_answers_each_item(mastra_client):
    run = mastra_client.get_workflow("items").create_run("i")
    result = run.start_async(["a", "b"], if_started="join")
    while result.suspensions:
        result = run.resume_async({"ok": True}, step=result.suspensions[0], if_answered="join")
    assert result.raise_for_status().result == {"done": True}

@swept
def test_cancels_on_purpose(mastra_client):
    run = mastra_client.get_workflow("asks").create_run("a")
    if run.start_async({}, if_started="join").suspensions:
        run.cancel()
    assert run.wait().status == "canceled"
"""

UNSAFE = (
    SAFE.partition("@pytest.mark")[0]
    + """
from mastra_sync import RunNotFound

@pytest.mark.mastra_sweep(faults=["lost", "unreachable"], accept=tenacity.RetryError)
def test_retries_without_an_id(mastra_client):
    @retried
    def drink():
        mastra_client.get_workflow("tea").execute({}).raise_for_status()

    drink()

@quick
def test_lists_what_has_succeeded(mastra_client):
    tea = mastra_client.get_workflow("tea")
    if not any(run.status == "success" for run in tea.runs(resource_id="o-1").runs):
        tea.create_run(resource_id="o-1").start_async({}).raise_for_status()

@pytest.mark.mastra_sweep(faults=["lost", "killed_before", "killed_after"])
def test_deletes_what_is_done(mastra_client):
    tea = mastra_client.get_workflow("tea")
    tea.execute({}, run_id="t", if_started="join").raise_for_status()
    try:
        tea.delete_run_by_id("t")
    except RunNotFound:
        pass

@pytest.fixture
def evented(mastra_server):
    step = mastra_server.step("step", lambda ctx: {})
    mastra_server.workflow("evented", engine="evented").then(step).commit()

@pytest.mark.mastra_sweep(faults=["timed_out", "killed_at_work", "server_died"])
def test_joins_on_the_evented_engine(mastra_client, evented):
    mastra_client.get_workflow("evented").create_run("e").start_async({}, if_started="join").raise_for_status()

@pytest.mark.mastra_sweep(faults=["lost", "server_died"])
def test_answers_beside_a_question(mastra_client):
    run = mastra_client.get_workflow("beside").create_run("b")
    result = run.start_async({}, if_started="join")
    while result.suspensions:
        result = run.resume_async({"by": "Ines"}, step=result.suspensions[0], if_answered="join")
    result.raise_for_status()
"""
)


def test_safe_scripts_survive(run_suite: RunSuite) -> None:
    """Retries that join, threads, an inbox, items of a foreach, a cancel on purpose."""
    run_suite(SAFE, conftest=CONFTEST).assert_outcomes(passed=5)


def test_unsafe_scripts_are_found(run_suite: RunSuite) -> None:
    """A retry without an id, a list of what has succeeded, a run that is deleted, and what a current server loses."""
    result = run_suite(UNSAFE, conftest=CONFTEST)
    assert failed_points(result) == {
        "test_retries_without_an_id": {"start#1:unreachable"},
        "test_lists_what_has_succeeded": {"start_async#1:killed_at_work", "start_async#1:unreachable"},
        "test_deletes_what_is_done": {"delete_run_by_id#1:killed_after"},
        "test_joins_on_the_evented_engine": {"start_async#1:server_died"},
        "test_answers_beside_a_question": {"resume_async#1:server_died", "resume_async#2:server_died"},
    }
    result.stdout.fnmatch_lines(
        [
            "  what to do: keep a run that may be asked for again: who deletes it, forgets that it was done",
            "  what to do: accept it: current servers cannot go on with such a run after a restart",
            "  what to do: accept it: current servers cannot go on with such a run after a restart",
        ]
    )


def test_older_servers_go_on_beside_a_question(run_suite: RunSuite) -> None:
    """There a run that died in an answer asks again."""
    for generation in ("1.2", "1.0-beta"):
        chosen = ("-k", "beside", "--mastra-generation", generation)
        run_suite(UNSAFE, *chosen, conftest=CONFTEST).assert_outcomes(passed=1, deselected=4)
