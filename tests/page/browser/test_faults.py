"""A fault stands on the page where it struck, as the test wrote it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from mastra_sync import MastraClient, RunTimeout
from pytest_mastra.fake import FakeMastra
from tests.page.acted_pages import page_of
from tests.page.browser.conftest import Seen
from tests.page.test_retries import play as retry
from tests.run_history.acted_scenes import acted

pytestmark = pytest.mark.browser


def poll(server: FakeMastra, client: MastraClient) -> None:
    server.workflow("pay").then(server.step("charge", lambda ctx: 1, duration=2)).commit()
    server.faults.on("run_by_id").status(503)
    server.faults.on("cancel").reset()
    with pytest.raises(RunTimeout):
        client.get_workflow("pay").execute({}, timeout=60)


def stream(server: FakeMastra, client: MastraClient) -> None:
    server.workflow("pay").then(server.step("charge", lambda ctx: 1, duration=2)).commit()
    server.faults.on("stream", nth=1).cut(after_events=2)
    with client.get_workflow("pay").create_run().stream({}) as events:
        assert [event.type for event in events][-1] == "workflow-finish"


def test_faults(seen: Seen, tmp_path: Path) -> None:
    """It is marked in graph, timeline and story, where a choice of one is of all; each is told below."""
    path = page_of(tmp_path, acted(poll), acted(stream), acted(retry))
    page = seen.open(path)
    card = page.locator("article").first
    expect(card).to_contain_text("faults.on('run_by_id').status(503), met by")
    expect(card).to_contain_text("faults.on('cancel').reset(), never met")
    seen.open(path, "#t.py%3A%3Atest_0")
    line = page.locator(".story .polls summary").last
    expect(line).to_contain_text("polls → 503")
    expect(line).to_contain_text("faults.on('run_by_id').status(503)")
    marks = page.locator(".timeline .strike")
    expect(marks).to_have_count(page.locator(".story .trouble").count())
    box = page.get_by_role("button", name="step charge, succeeded, a fault struck")
    expect(box).to_contain_text("\N{BLACK SCISSORS}")
    marks.first.click()
    expect(page.locator(".story .polls[open] .target").first).to_contain_text("/runs/")
    for drawing in ("#run .drawing g", ".timeline .row", ".timeline .strike", ".story .polls"):
        expect(page.locator(f"{drawing}.selected").first).to_have_attribute("data-step", "charge")
    page.set_viewport_size({"width": 360, "height": 780})
    box_of_line = line.bounding_box()
    assert box_of_line is not None
    assert box_of_line["height"] < 120
    page.set_viewport_size({"width": 1280, "height": 720})
    told = page.locator(".faults .fault")
    expect(told.first).to_contain_text("tests/page/browser/test_faults.py:")
    expect(told.last).to_contain_text("It waited for `cancel`, and none came.")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy as Markdown").click()
    expect(page.locator("#live")).to_have_text("Copied as Markdown")
    assert "- fault: `faults.on('cancel').reset()`, never met\n" in page.evaluate("navigator.clipboard.readText()")
    seen.open(path, "#t.py%3A%3Atest_1")
    kinds = page.locator(".story details").evaluate_all("all => all.map(one => one.className.split(' ')[0])")
    assert kinds[kinds.index("fault") - 1] == "event"
    struck = page.locator(".story .fault summary")
    expect(struck).to_contain_text("faults.on('stream', nth=1).cut(after_events=2)")
    struck.click()
    expect(page.locator(".story .fault .inside")).to_contain_text("met by 1 request")
    # an attempt that failed is a bar of its own
    seen.open(path, "#t.py%3A%3Atest_2")
    row = page.locator('.timeline [data-step="inner.charge"]')
    expect(row.locator(".bar")).to_have_count(3)
    expect(row.locator(".bar.failed")).to_have_count(2)
    expect(row).to_contain_text("3 tries")
