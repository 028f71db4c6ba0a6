"""What a failure without a traceback says on the page: its first words, not where more is to be read."""

from __future__ import annotations

import re

import pytest

from tests.page.pages import NAIVE_CALLER, read_page
from tests.suites_in_folders import RunSuite

SUITE = f"""
{NAIVE_CALLER}

@pytest.fixture
def pay(mastra_server):
    mastra_server.workflow("pay").then(mastra_server.step("charge", lambda ctx: {{"paid": 1}})).commit()

def test_plain():
    pytest.fail("the stock is empty\\nSee https://example.com/stock", pytrace=False)

def test_suspended(mastra_server, mastra_client):
    ask = mastra_server.step("ask", lambda ctx: ctx.suspend({{"ask": "Pay?"}}))
    mastra_server.workflow("asks").then(ask).commit()
    mastra_client.get_workflow("asks").execute({{}}).raise_for_status()

def test_refused(mastra_server, mastra_client):
    schema = {{"type": "object", "properties": {{"amount": {{"type": "number"}}}}, "required": ["amount"]}}
    mastra_server.workflow("picky", input_schema=schema).then(mastra_server.step("look", lambda ctx: 1)).commit()
    mastra_client.get_workflow("picky").execute({{"amount": "lots"}})

def test_fixture(no_such_fixture):
    pass

@pytest.fixture
def talk(mastra_server):
    mastra_server.workflow("talk").then(mastra_server.step("say", lambda ctx: 1)).commit()

def test_fault(talk, mastra_server, mastra_client):
    mastra_server.faults.on("start_async", nth=2).reset()
    assert mastra_client.get_workflow("talk").create_run().start_async({{}}).ok

def test_stray(talk, mastra_client):
    try:
        mastra_client.get_workflow("tlak").details()
    except Exception:
        pass
"""


def test_first_words(run_suite: RunSuite, pytester: pytest.Pytester) -> None:
    """Those of all failures that have no traceback or no own words; a step's mark says how often it was again."""
    run_suite(SUITE, "--mastra-html=page.html").assert_outcomes(passed=2, failed=4, errors=3)
    page = read_page(pytester.path / "page.html")
    said = {name: test.sentence for name, test in page.tests.items()}
    assert said["test_plain"] == "failed: the stock is empty"
    assert said["test_fixture"].endswith("fixture 'no_such_fixture' not found")
    assert said["test_suspended"] == 'asks is suspended at ask: {"ask": "Pay?"}'
    assert '"amount" must be number, not string' in said["test_refused"]
    assert "See https" not in said["test_refused"]
    assert re.fullmatch(
        r"talk succeeded; then the test fails: 1 unused fault: "
        r"faults\.on\('start_async', nth=2\)\.reset\(\) \(test_\w+\.py:\d+\)",
        said["test_fault"],
    )
    assert said["test_stray"] == (
        "failed at its end: 1 stray request: GET /api/workflows/tlak -> 404 "
        "(There is no workflow 'tlak'. Did you mean 'talk'? Declared: 'talk'.)"
    )
    # coverage and sweeps are shown too
    assert "With scripts off, only the tests that failed are shown, without their details: 7 tests" in page.static
    naive = page.tests["test_naive"]
    assert re.search(r"mastra sweep of 1 request, 10 points: .* failed$", naive.message)
    said_of_it = r"pay did not survive (\d) of 10 points, one of them (start_async#1:\w+): (.+)"
    point = re.fullmatch(said_of_it, naive.sentence)
    assert point is not None, naive.sentence
    assert f"{point[1]} failed" in naive.message
    assert f"{point[2]}: {point[3]}" in page.static.replace("&#39;", "'")
    mark = re.search(">\N{ANTICLOCKWISE OPEN CIRCLE ARROW}7 charge</text>", page.static)
    assert mark is not None
    # beside the name there is room for a mark of one character
    assert re.search(r'textLength="[\d.]+" lengthAdjust="spacingAndGlyphs"$', page.static[: mark.start()])
