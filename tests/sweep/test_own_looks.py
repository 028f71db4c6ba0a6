"""What the client asks by itself, to find out whether a server loses bodies, is no request of the script's."""

from __future__ import annotations

from mastra_sync.request import HARMLESS_BODY, LOOK, LOOK_HEADER
from pytest_mastra.http.wire import WireRequest
from tests.suites_in_folders import RunSuite
from tests.sweep.test_sweeping import summaries

SUITE = """
import pytest
from pydantic import BaseModel
from mastra_sync import MastraError

class Nothing(BaseModel):
    pass

@pytest.fixture(autouse=True)
def tea(mastra_server):
    brew = mastra_server.step("brew", lambda ctx: {"cups": 1})
    # what is stored of its runs looks as if the input had been lost
    mastra_server.workflow("tea", engine="evented", input_schema=Nothing).then(brew).commit()

@pytest.mark.mastra_sweep(faults=["lost", "refused", "unreachable"])
def test_drinks(mastra_client, mastra_server):
    run = mastra_client.get_workflow("tea").create_run("t")
    assert run.start_async({"city": "NY"}, if_started="again" if not mastra_server.runs("tea") else "join").ok

def test_fault_of_the_script(mastra_client, mastra_server):
    fault = mastra_server.faults.on("time_travel_async").status(503)
    run = mastra_client.get_workflow("tea").create_run("t")
    run.start_async({"city": "NY"})
    assert fault.fired == 0
    assert "time_travel_async" not in [request.verb for request in mastra_server.requests]
    with pytest.raises(MastraError):
        run.time_travel_async("brew")
    assert fault.fired == 1
"""


def test_the_look_for_lost_bodies_is_no_point(run_suite: RunSuite) -> None:
    """It meets no fault of a sweep or of the test, and no report names it."""
    result = run_suite(SUITE, "-v")
    result.assert_outcomes(passed=2)
    assert summaries(result)["test_drinks"].startswith("7 points: ")


def test_what_may_do_something_is_no_look() -> None:
    """Whoever marks a move as a look hides nothing by it."""
    marks = {LOOK_HEADER: LOOK}
    path = "/api/workflows/tea/time-travel-async?runId=t"
    assert WireRequest("POST", path, marks, HARMLESS_BODY).is_look
    assert not WireRequest("POST", path, marks, b'{"step":"brew"}').is_look
    assert not WireRequest("POST", "/api/workflows/tea/start-async?runId=t", marks, HARMLESS_BODY).is_look
