"""A workflow that was not found on the server that was asked, and is declared on another one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

RunSuite = Callable[..., pytest.RunResult]

SUITE = """
import pytest

@pytest.fixture
def crm(mastra_server_factory, mastra_server):
    crm = mastra_server_factory()
    crm.workflow("pay out").returns({})
    mastra_server.workflow("ship").returns({})
    return crm

def test_own(crm, mastra_client):
    mastra_client.get_workflow("pay out").execute({})

def test_factory(crm):
    crm.client().get_workflow("ship").execute({})

def test_nowhere(crm):
    crm.client().get_workflow("sail").execute({})

@pytest.mark.mastra(allow="strays")
def test_expected(crm, mastra_client):
    from mastra_sync import WorkflowNotFound
    with pytest.raises(WorkflowNotFound) as caught:
        mastra_client.get_workflow("pay out").execute({})
    assert not getattr(caught.value, "__notes__", [])
"""


def test_which_server_has_it(run_suite: RunSuite) -> None:
    """A failure says which; nothing is said of a workflow that none has, and nothing before a test fails."""
    result = run_suite(SUITE, "-p", "no:randomly")
    result.assert_outcomes(failed=3, passed=1)
    said = result.stdout.str()
    result.stdout.fnmatch_lines(
        [
            "E *'pay out' is declared on a server of mastra_server_factory, which is at http://mastra-*.test; the *",
            "E *'ship' is declared on mastra_server, which is at http://mastra.test; the one that was asked is *",
        ]
    )
    assert said.count("E       'pay out' is declared on") == 1
    assert "'sail' is declared" not in said
