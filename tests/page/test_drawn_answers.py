"""The answers of each question on the page, drawn: those that were given, and those that never were."""

from __future__ import annotations

import re
from pathlib import Path

from tests.page.pages import read_page
from tests.suites_in_folders import RunSuite

SUITE = """
    import pytest

    @pytest.fixture
    def pay(mastra_server):
        def ask(ctx):
            return ctx.suspend({"ask": "Pay?"}) if ctx.resume_data is None else ctx.resume_data

        schema = {"type": "object", "properties": {"approved": {"type": "boolean"}}, "required": ["approved"]}
        mastra_server.workflow("pay").then(mastra_server.step("<ask>", ask, resume_schema=schema)).commit()

    def test_approved(pay, mastra_client):
        run = mastra_client.get_workflow("pay").create_run()
        run.start_async({})
        assert run.resume_async({"approved": True}, step="<ask>").ok
"""


def test_what_was_answered(run_suite: RunSuite) -> None:
    """The step with an arm for each answer, bold where it was given; of one that never was, the test to write."""
    result = run_suite(SUITE, "--mastra-html=page.html", "--mastra-coverage=json")
    result.assert_outcomes(passed=1)
    html = read_page(Path("page.html")).html
    section = html[html.index('<section id="coverage"') :]
    drawn = re.findall(
        r'<svg class="graph" role="img" aria-label="what ([^"]*) was answered".*?href="#([\w-]+)"', section
    )
    ((path, drawing),) = drawn
    assert path == "&lt;ask&gt;"
    shape = re.search(rf'<g id="{drawing}">(.*?</g>)</g>', html, re.DOTALL)
    assert shape is not None
    boxes = dict(re.findall(r'<g class="box step (\w+)">.*?<text [^>]*>([^<]*)</text>', shape[1])[::-1])
    assert boxes == {
        "suspended": "? &lt;ask&gt;",
        "success": "\N{CHECK MARK} approved: true",
        "untaken": "approved: false",
    }
    assert shape[1].count('class="line taken"') == 1
    (untried,) = re.findall(r'<details class="untried">.*?</details>', section, re.DOTALL)
    assert "def test_pay_ask_answered_approved_false(pay, mastra_server, mastra_client):" in untried
    assert "was never answered <code>approved: false</code>" in untried
    assert "run.resume_async({&#39;approved&#39;: False}, step=&#39;&lt;ask&gt;&#39;)" in untried
