"""A verb that a client sends again as if nothing had happened: each is found, with what was done twice."""

from __future__ import annotations

import pytest

from tests.suites_in_folders import RunSuite

CONFTEST = """
import os

import pytest
import requests

@pytest.fixture(autouse=True)
def workflows(mastra_server):
    def ask(ctx):
        return ctx.suspend({"nth": 1}) if ctx.resume_data is None else {}

    server = mastra_server
    server.workflow("plain").then(server.step("work", lambda ctx: {})).commit()
    asking = server.workflow("asking").then(server.step("before", lambda ctx: {})).then(server.step("ask", ask))
    asking.then(server.step("after", lambda ctx: {})).commit()
    deaths = []

    def die_once(ctx):
        if not deaths:
            deaths.append(1)
            server.die()
        return {}

    def hold(ctx):
        yield server.gate("held")

    dying = server.step("work", die_once)
    server.workflow("dying").then(dying).then(server.step("ask", ask)).commit()
    server.workflow("held").then(dying).then(server.step("hold", hold)).commit()

@pytest.fixture
def send():
    def post(verb, workflow="plain", body=None, again=False, **query):
        url = f"{os.environ['MASTRA_BASE_URL']}/api/workflows/{workflow}/{verb}"
        for attempt in range(3 if again else 1):
            try:
                reply = requests.post(url, json=body or {}, params=query, timeout=60)
                reply.raise_for_status()
                return reply.text
            except requests.RequestException:
                # the planted mistake: whatever it was, it is sent again
                if not again or attempt == 2:
                    raise
    return post
"""

SUITE = """
import pytest
import requests

swept = pytest.mark.mastra_sweep(faults="lost")

@pytest.fixture
def created(send):
    send("create-run", runId="r")

@pytest.fixture
def suspended(send):
    send("start-async", "asking", runId="r")

@pytest.fixture
def done(send):
    send("start-async", runId="r")

@pytest.fixture
def interrupted(send, mastra_server):
    def interrupt(workflow):
        with pytest.raises(requests.ConnectionError):
            send("start-async", workflow, runId="r")
        mastra_server.revive()
    return interrupt

@swept
def test_create_run(send):
    send("create-run", again=True)

@swept
@pytest.mark.parametrize("verb", ["start", "start-async", "stream", "stream-legacy"])
def test_start(send, created, verb):
    send(verb, runId="r", again=True)

@swept
@pytest.mark.parametrize("verb", ["resume", "resume-async", "resume-no-wait", "resume-stream"])
def test_resume(send, suspended, verb):
    send(verb, "asking", {"step": "ask", "resumeData": {}}, runId="r", again=True)

@swept
@pytest.mark.parametrize("verb", ["time-travel", "time-travel-async", "time-travel-stream"])
def test_time_travel(send, done, verb):
    send(verb, "plain", {"step": "work", "inputData": {}}, runId="r", again=True)

@swept
@pytest.mark.parametrize(("verb", "workflow"), [("restart", "held"), ("restart-async", "dying")])
def test_restart(send, interrupted, verb, workflow):
    interrupted(workflow)
    send(verb, workflow, runId="r", again=True)
"""


SCHEDULES = """
import os

import pytest
import requests

@pytest.fixture(autouse=True)
def nightly(mastra_server):
    work = mastra_server.step("work", lambda ctx: {})
    mastra_server.workflow("night", schedule={"cron": "0 2 * * *"}).then(work).commit()

def send(path, server, body=None):
    for _ in range(3):
        try:
            url = f"{os.environ['MASTRA_BASE_URL']}/api/schedules{path}"
            reply = requests.post(url, json=body or {}, timeout=60)
            reply.raise_for_status()
            return
        except requests.ConnectionError:
            server.clock.sleep(1)

@pytest.mark.mastra_sweep(faults="lost")
def test_run_schedule(mastra_server):
    send("/wf_night/run", mastra_server)

@pytest.mark.mastra_sweep(faults="lost")
def test_create_schedule(mastra_server):
    send("", mastra_server, {"workflowId": "night", "cron": "0 3 * * *"})

@pytest.mark.mastra_sweep(faults=["lost", "killed_before"])
def test_by_the_client(mastra_client, mastra_server):
    if not mastra_client.list_schedule_triggers("wf_night"):
        mastra_client.run_schedule("wf_night")
"""


def test_what_is_done_to_a_schedule_again_is_found(run_suite: RunSuite) -> None:
    """Each firing is a run of its own, and each schedule goes on firing; who looks first does it once."""
    result = run_suite(SCHEDULES)
    shown = result.stdout.str()
    result.assert_outcomes(passed=1, failed=2)
    assert shown.count("  a schedule was fired 2 times") == 1
    assert shown.count("  a schedule was made 2 times") == 1
    assert shown.count("  what to do: give the schedule an id of your own (id=...), and look whether it is there") == 1


def test_each_verb_that_is_sent_again_is_found(run_suite: RunSuite) -> None:
    """What takes effect again is told; what is refused makes a script give up that does not look why."""
    result = run_suite(SUITE, conftest=CONFTEST)
    result.assert_outcomes(failed=14)
    shown = result.stdout.str()
    assert shown.count("  'plain' was left pending, and nobody names it") == 1
    assert shown.count("  'plain' was started 2 times; executed again: work (run r)") == 3
    assert shown.count("  'plain' was sent to another step 2 times; executed again: work (run r)") == 3
    assert shown.count("  'asking' was sent 1 answer when it had asked nothing (run r)") == 3
    assert shown.count("  HTTPError: 409 Client Error") == 5  # a stream of a run that is done
    assert shown.count("  'held' was restarted 2 times") == 1
    # an answer to a run that waits for none, and a restart of one that is not at work
    assert shown.count("  HTTPError: 500 Server Error") == 2


@pytest.mark.parametrize("generation", ["current", "1.2", "1.0-beta"])
def test_all_generations_are_counted(run_suite: RunSuite, generation: str) -> None:
    """A start that is sent again is found on each."""
    chosen = ("--mastra-generation", generation, "-k", "test_start and start-async")
    result = run_suite(SUITE, *chosen, conftest=CONFTEST)
    result.assert_outcomes(failed=1, deselected=13)
    result.stdout.fnmatch_lines(["  'plain' was started 2 times; executed again: work (run r)"])
