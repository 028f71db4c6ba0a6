"""Gates that are opened and steps that are stubbed which there are not: told when the test ends."""

from __future__ import annotations

import pytest

from pytest_mastra import FakeMastra
from tests.suites_in_folders import RunSuite

DETAILS = {"orderFlow": {"name": "order", "stepGraph": [{"type": "step", "step": {"id": "price"}}]}}

SUITE = f"""
import pytest

@pytest.fixture
def server(mastra_server):
    declare(mastra_server)
    return mastra_server

def declare(server):
    def look(ctx):
        yield server.gate("shutter")

    server.workflow("photo").then(server.step("look", look)).commit()
    server.load({DETAILS})

@pytest.fixture
def start(mastra_client):
    return lambda: mastra_client.get_workflow("photo").create_run().start({{}})

def test_1_gate(server, start):
    start()
    server.open_gate("shuter")

def test_2_gate_of_a_step_that_is_not_reached(server):
    server.open_gate("shutter")

def test_3_stub(server):
    server.stub("prise", 1)

def test_4_stub_elsewhere(server):
    server.stub("price", 1, workflow="ordr")

def test_5_meant_nothing(server):
    with pytest.raises(ValueError, match="declared with what it does"):
        server.stub("look", 1, workflow="photo")

def test_6_beside_its_failure(server):
    server.open_gate("shuter")
    assert server is None

@pytest.fixture(scope="module")
def shared(mastra_server_factory):
    server = mastra_server_factory()
    declare(server)
    server.stub("prices", 1)
    return server

def test_7_of_one_test(mastra_server_factory):
    declare(one := mastra_server_factory())
    one.open_gate("shuter")

def test_8_opened_before(shared):
    shared.open_gate("shutter")

def test_9_come_to_later(shared):
    shared.client().get_workflow("photo").execute({{}})

@pytest.mark.mastra(allow="unused_names")
def test_allowed(server):
    server.open_gate("shuter")

def test_used(server, start):
    server.open_gate("shutter")
    start()
    server.stub("price", 1, workflow="orderFlow")
"""

SAID = {
    "test_1_gate": "this gate, and nothing has named it. Did you mean 'shutter'? Named so far: 'shutter'.",
    "test_2_gate_of_a_step_that_is_not_reached": "this gate, and nothing has named it. Named so far: none.",
    "test_3_stub": "No workflow was loaded that has such a step. Did you mean 'price'? There are 'price'.",
    "test_4_stub_elsewhere": "There is no workflow 'ordr'. Did you mean 'order'? Declared: 'order', 'orderFlow'.",
    "test_7_of_one_test": "this gate, and nothing has named it. Named so far: none.",
}


def test_names_that_nothing_has(run_suite: RunSuite) -> None:
    """Each fails its test, with the line and what may be meant; of a server of several tests, its last one."""
    result = run_suite(SUITE, "-p", "no:cacheprovider")
    result.assert_outcomes(passed=10, failed=1, errors=len(SAID) + 1)
    said = result.stdout.str()
    for name, reason in SAID.items():
        about = said.partition(f"ERROR at teardown of {name} ")[2].partition("errors/#unused-names")[0]
        assert reason in about
        assert "If this is meant: @pytest.mark.mastra(allow='unused_names')" in about
    assert said.partition("_ test_6_beside_its_failure _")[2].count("server.open_gate('shuter')") == 1
    assert "  server.stub('prices', ...)" in said.partition("ERROR at teardown of test_used ")[2]


def test_names_on_a_server_of_several_tests(run_suite: RunSuite) -> None:
    """They are looked at when its fixture ends, if all of its tests have run: one of them may come to a gate."""
    run_suite(SUITE, "-p", "no:cacheprovider", "-k", "test_8").assert_outcomes(passed=1, deselected=10)


def test_a_server_that_no_fixture_made() -> None:
    """`check` tells them, and a stub finds its workflow by its key."""
    server = FakeMastra()
    server.load(DETAILS)
    server.stub("price", 1, workflow="orderFlow")
    server.check()
    server.stub("prise", 1, workflow="orderFlow")
    with pytest.raises(AssertionError, match=r"'orderFlow' has no such step\. Did you mean 'price'\?"):
        server.check()
    server.check(allow="unused_names")
