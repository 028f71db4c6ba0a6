"""Failures whose run ended otherwise than its test takes it to: what raises, and what has become of it."""

from __future__ import annotations

from tests.suites_in_folders import RunSuite

SUITE = """
import unittest

import pytest

from mastra_sync import RunFailed, RunSuspended, RunTimeout
from pytest_mastra import BY_HAND, assert_run

@pytest.fixture
def flow(mastra_server, mastra_client):
    mastra_server.workflow("order").fails("declined")
    mastra_server.workflow("ask").suspends("approve", {"q": 1}).then_returns({"ok": True})
    mastra_server.workflow("slow", pace=BY_HAND).returns({})
    return mastra_client.get_workflow

def test_1_failed(flow):
    with pytest.raises(RunFailed):
        flow("order").execute({})

def test_2_one_of_several(flow):
    with pytest.raises((RunSuspended, RunTimeout)):
        flow("ask").execute({})

class TestCase(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def keep(self, flow):
        self.flow = flow

    def test_3_unittest(self):
        with self.assertRaises(RunFailed):
            self.flow("order").execute({})

def test_4_another_end(flow):
    with pytest.raises(RunSuspended):
        flow("order").execute({})

def test_5_since(flow):
    result = flow("ask").execute({})
    flow("ask").get_run(result.run_id).resume_async({"yes": True}, step="approve")
    assert result.ok

def test_6_canceled(flow):
    run = flow("slow").create_run()
    run.start({})
    run.cancel()
    assert run.result().status == "cancelled"

def test_7_misspelt(flow):
    assert_run(flow("order").execute({})).faild()

def test_9_request(flow, mastra_server):
    result = flow("ask").execute({})
    assert mastra_server.requests[0].json() == {}

def test_whole(flow):
    result = flow("order").execute({})
    assert result == {"paid": True}

def test_8_misspelt_option(flow):
    assert_run(flow("order").execute({})).failed(eror="declined")
"""

RAISES = "  What raises {0} is result.raise_for_status(), or result.output_as(...). Without an exception:"
SAID = {
    "test_1_failed": [
        "mastra: nothing has raised RunFailed",
        "  The run of 'order' failed, and that is a result, which execute() and its kin return.",
        RAISES.format("RunFailed"),
        "      assert result.status == 'failed'",
        "/errors/#run-failed",
    ],
    "test_2_one_of_several": ["mastra: nothing has raised RunSuspended", RAISES.format("RunSuspended")],
    "test_3_unittest": [RAISES.format("RunFailed")],
    "test_4_another_end": [],
    "test_5_since": [
        "  the run of 'ask' is suspended at 'approve'",
        "  since   it succeeded: {'ok': True}; this is how it stood before",
    ],
    "test_6_canceled": ["  the run of 'slow' was canceled"],
    "test_7_misspelt": ["'RunAssertion' object has no attribute 'faild'; did you mean 'failed'?"],
    "test_9_request": ["'Request' object has no attribute 'json'; did you mean 'body'?"],
    "test_whole": ["a run's whole result is compared here: what the run gave is its .result"],
    "test_8_misspelt_option": ["failed() got an unexpected keyword argument 'eror'; did you mean 'error'? It takes"],
}


def test_what_is_said(run_suite: RunSuite) -> None:
    """What raises, where nothing did; how the run stands by now; which name was meant."""
    printed = run_suite(SUITE, "-p", "no:cacheprovider").stdout.str()
    said = {name: printed.partition(f"{name} _")[2].partition("\n____")[0] for name in SAID}
    assert [line for name, lines in SAID.items() for line in lines if line not in said[name]] == []
    assert "nothing has raised" not in said["test_4_another_end"]
    assert "answer" not in said["test_5_since"]
    assert "held" not in said["test_6_canceled"]
    assert "options.py" not in printed
