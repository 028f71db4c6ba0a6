"""Coverage and sweeps on the page, on the drawing of the graph, there without a script."""

from __future__ import annotations

import re

import pytest

from tests.page.pages import NAIVE_CALLER, read_page
from tests.suites_in_folders import RunSuite

SUITE = f"""
{NAIVE_CALLER}

@pytest.fixture
def pay(mastra_server):
    flow = mastra_server.workflow("pay").then(mastra_server.step("charge", lambda ctx: {{"paid": 1}}))
    flow.branch([
        (lambda ctx: ctx.input_data["paid"] > 0, mastra_server.step("thank", lambda ctx: 1)),
        (lambda ctx: ctx.input_data["paid"] <= 0, mastra_server.step("remind", lambda ctx: 1)),
    ]).commit()

def test_pays(pay, mastra_client):
    assert mastra_client.get_workflow("pay").execute({{}}).ok
"""


def section(html: str, name: str) -> str:
    found = re.search(rf'<section id="{name}".*?</section>', html, re.DOTALL)
    assert found is not None
    return found[0]


def test_what_was_tried_and_what_a_sweep_found(run_suite: RunSuite, pytester: pytest.Pytester) -> None:
    """Branches not taken are hollow, with the test to write; a point that failed is marked, with its reason."""
    run_suite(
        SUITE, "--mastra-html=page.html", "-o", "mastra_coverage_omit=pay.charge:failed -- the bank's"
    ).assert_outcomes(passed=1, failed=1)
    page = read_page(pytester.path / "page.html")
    covered = section(page.static, "coverage")
    assert "pay on the fake" in covered
    assert re.search(r"structure \d/\d", covered)
    assert re.search(r'<tr class="missed"><th scope="row">remind taken</th>', covered)
    assert "def test_pay_remind_taken(mastra_server, mastra_client):" in covered
    assert re.search(
        r'class="box step untaken"><title>missed: remind taken.*?</title><rect [^>]*/><text [^>]*>remind<',
        page.static,
        re.DOTALL,
    )
    assert re.search(r"<td>reached</td><td>(<div>[^<]*</div>)*<div>test_suite.py::test_pays</div>", covered)
    assert re.search(r"<td>not counted: the bank&#39;s</td>", covered)
    swept = section(page.static, "sweeps")
    assert "test_suite.py::test_naive" in swept
    assert re.search(r'<th scope="row">start_async#1</th>', swept)
    assert re.search(r'<td class="failed" title="start_async#1:lost: [^"]+">✗</td>', swept)
    assert re.search(r'<p class="why">start_async#1:lost: [^<]+</p>', swept)


def test_pages_without_them(run_suite: RunSuite, pytester: pytest.Pytester) -> None:
    """Where no workflow was run, neither is there."""
    run_suite("def test_it(): pass", "--mastra-html=page.html")
    static = read_page(pytester.path / "page.html").static
    assert 'id="coverage"' not in static
    assert 'id="sweeps"' not in static
