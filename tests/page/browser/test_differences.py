"""What a run does otherwise than its snapshot, or than a cassette holds it, stands beside the step."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from mastra_sync import MastraClient
from pytest_mastra.fake import FakeMastra
from pytest_mastra.suite.noted_difference import RECORDED_SERVER, NotedDifference
from pytest_mastra.text.differences import MISSING, Difference
from tests.page.acted_pages import page_of
from tests.page.browser.conftest import Seen
from tests.run_history.acted_scenes import acted

pytestmark = pytest.mark.browser


def pay(server: FakeMastra, client: MastraClient) -> None:
    flow = server.workflow("pay").then(server.step("look", lambda ctx: 1))
    flow.then(server.step("charge", lambda ctx: {"paid": 6})).commit()
    assert client.get_workflow("pay").execute({}, run_id="run-1").ok


def test_differences(seen: Seen, tmp_path: Path) -> None:
    """The first is in the sentence; a step's are in its panel, all in the run's; the first such step is open."""
    scene = acted(pay)
    paid = Difference("$.steps.charge.output.paid", 5, 6)
    scene.note_differences(
        [
            NotedDifference("snapshot", Difference("$.result.paid", 5, 6), run_id="run-1"),
            NotedDifference("snapshot", paid, run_id="run-1", step="charge"),
            NotedDifference("cassette", Difference("$.body.city", MISSING, None), "pay.yaml", where="start of 'pay'"),
        ],
    )
    on_fake = acted(pay)
    on_fake.note_differences([NotedDifference(RECORDED_SERVER, paid, "pay.yaml", run_id="run-1", step="charge")])
    path = page_of(tmp_path, scene, on_fake)
    page = seen.open(path)
    card = page.locator("article").first
    expect(card).to_contain_text("it differs from the snapshot: $.result.paid: 5 \N{RIGHTWARDS ARROW} 6 and 2 more")
    # what a server did that nobody was held to is told, but is not why the test fails
    beside = page.locator("#failures article").last
    expect(beside.locator(".why")).to_have_text("AssertionError: assert False")
    expect(beside.locator(".recorded")).to_have_text("$.steps.charge.output.paid: 5 \N{RIGHTWARDS ARROW} 6")
    seen.open(path, "#t.py%3A%3Atest_0")
    panel = page.locator(".panel")
    expect(panel.locator("h3")).to_contain_text("charge")
    expect(panel.locator(".changed")).to_have_text(
        "Differs from the snapshot$.steps.charge.output.paid 5 \N{RIGHTWARDS ARROW} 6"
    )
    expect(page.locator("#run .drawing [data-step=charge] text").first).to_contain_text("\N{NOT EQUAL TO} charge")
    expect(page.get_by_role("button", name="step charge, succeeded, differs")).to_be_visible()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy as Markdown").click()
    expect(page.locator("#live")).to_have_text("Copied as Markdown")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "- differs from the `snapshot` at `$.steps.charge.output.paid`: `5` \N{RIGHTWARDS ARROW} `6`" in copied
    page.locator("#run .drawing").click(position={"x": 3, "y": 3})
    expect(panel.locator(".changed").first).to_contain_text("$.result.paid 5")
    expect(panel.locator(".changed").last).to_contain_text("Differs from the cassette pay.yaml")
    expect(panel.locator(".changed").last).to_contain_text("$.body.city nothing \N{RIGHTWARDS ARROW} null")
