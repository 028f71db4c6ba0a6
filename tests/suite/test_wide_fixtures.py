"""Faults that fixtures of a wider scope declare: told at their end, if all their tests ran."""

from __future__ import annotations

import pytest

CONFTEST = """
import pytest

@pytest.fixture(scope="session")
def shared(mastra_server_factory):
    server = mastra_server_factory()
    server.workflow("w").returns(1)
    server.faults.on("create_run", nth=1).latency(1)
    return server

@pytest.fixture
def call(shared):
    return shared.client().get_workflow("w").execute
"""

TESTS = """
import pytest

@pytest.fixture(scope="module")
def faulty(shared):
    shared.faults.on("cancel").reset()
    return shared

@pytest.fixture(scope="module", params=["resume", "restart"])
def each(request, shared):
    shared.faults.on(request.param).reset()

def test_calls(call): assert call({}).ok
def test_one(faulty): pass
def test_two(faulty): pass
def test_each(each): pass
def test_fails(shared): assert shared is None
def test_asks(request): request.getfixturevalue("faulty")
"""

CANCEL, RESUME = (f"  faults.on('{verb}').reset()" for verb in ("cancel", "resume"))


@pytest.fixture
def suite(alone: pytest.Pytester) -> pytest.Pytester:
    """A suite of two files, whose session's fixture is met by the one."""
    alone.makeconftest(CONFTEST)
    alone.makepyfile(test_a=TESTS, test_b="def test_elsewhere(shared): pass")
    return alone


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["-k", "calls or each or asks"], [RESUME]),
        (["-k", "calls or one or asks"], []),
        (["-k", "calls or one or two"], []),
        (["-k", "calls or one or two or asks or fails"], []),
        (["test_a.py", "-k", "one or two or asks"], [CANCEL]),
        (["test_a.py::test_one", "test_a.py::test_two", "test_a.py::test_asks", "test_b.py"], []),
        (["--ignore=test_a.py"], []),
    ],
)
def test_where_only_some_tests_run(suite: pytest.Pytester, options: list[str], told: list[str]) -> None:
    """Those that have nothing to do with the fixture may be left out; one that may meet its fault may not."""
    result = suite.runpytest("-p", "pytest_mastra.plugin", "-p", "no:cacheprovider", *options)
    said = [line for line in result.outlines if line.startswith("  faults.on(")]
    assert said == told
    assert result.parseoutcomes().get("errors", 0) == len(told)
