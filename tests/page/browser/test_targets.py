"""Runs of one workflow on a fake and on a live server, on one page."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from mastra_sync import MastraClient
from pytest_mastra.fake import FakeMastra
from pytest_mastra.page import tested
from pytest_mastra.page.page import render
from pytest_mastra.page.session import Session
from tests.page.acted_pages import trace_of
from tests.page.browser.conftest import Seen
from tests.run_history.acted_scenes import acted

pytestmark = pytest.mark.browser


def ask(server: FakeMastra, client: MastraClient) -> None:
    question = server.step("ask", lambda ctx: ctx.suspend({"ask": "ok?"}) if ctx.resume_data is None else {"ok": True})
    server.workflow("order").then(question).commit()
    run = client.get_workflow("order").create_run(run_id="order-18-of-today")
    run.start_async({"n": 1})
    run.resume_async({}, step="ask")


def test_fake_and_live(seen: Seen, tmp_path: Path) -> None:
    """They are told apart in the list and in a comparison, in which what a server forgets is no difference."""
    traces = [trace_of(acted(ask, target=target), "passed") for target in ("fake", "live")]
    path = tmp_path / "page.html"
    path.write_bytes(render([tested.tested_of_trace(trace, "") for trace in traces], Session()).html)
    page = seen.open(path)
    assert page.locator("#others .workflows").all_inner_texts() == ["order, fake", "order, live"]
    page.get_by_label("Filter tests by text").fill("live")
    expect(page.locator("#live")).to_have_text("1 test shown")
    page.locator("#others a").click()
    option = page.locator("#compare option").last
    assert option.inner_text().endswith(", fake, order-18-of-today")
    page.get_by_label("Compare with").select_option(index=1)
    expect(page.locator(".comparison thead")).to_have_text("StepfakeliveWhat differs")
    expect(page.locator("#comparison h3")).to_contain_text(", fake")
    assert page.locator(".comparison tr.same").count() == 2
    expect(page.locator("#coverage h3")).to_have_text(["order on the fake", "order on the server"])
