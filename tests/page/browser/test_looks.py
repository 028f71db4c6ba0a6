"""What a reader sees of runs that are large, deep, or not there: nothing covers another, nothing is told twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from mastra_sync import MastraClient, WorkflowNotFound
from pytest_mastra.fake import FakeMastra
from tests.page.acted_pages import page_of
from tests.page.browser.conftest import Seen
from tests.run_history.acted_scenes import acted

pytestmark = pytest.mark.browser

ITEMS = 500
COVERED = """
(place) => [...document.querySelectorAll(`${place} .box`)].filter((box) => {
  const [label, count] = box.querySelectorAll("text");
  return count && label.getBoundingClientRect().right > count.getBoundingClientRect().left;
}).length
"""
"""How many labels reach into what is counted beside them."""

RINGS = """
() => {
  const ring = (box) => [getComputedStyle(box).outlineStyle, getComputedStyle(box.querySelector("rect")).strokeWidth];
  return { focused: ring(document.activeElement), chosen: ring(document.querySelector("#run .box.selected")) };
}
"""

CUT = "(names) => names.filter((name) => name.scrollWidth > name.clientWidth).length"


def pass_on(ctx: Any) -> Any:
    return ctx.input_data


def items(server: FakeMastra, client: MastraClient) -> None:
    def item(ctx: Any) -> Any:
        return 1 / (ctx.input_data - 333)

    server.workflow("items").foreach(server.step("item", item), concurrency=10).commit()
    client.get_workflow("items").execute(list(range(ITEMS)))


def nested(server: FakeMastra, client: MastraClient) -> None:
    inner = server.workflow("level-5").then(server.step("deep", lambda ctx: 1 / 0)).commit()
    for number in (4, 3, 2, 1):
        before = server.step(f"before-{number}", pass_on)
        inner = server.workflow(f"level-{number}").then(before).then(inner).commit()
    client.get_workflow("level-1").execute({"x": 1})


def ask_for_nothing(_: FakeMastra, client: MastraClient) -> None:
    with pytest.raises(WorkflowNotFound):
        client.get_workflow("no-such").execute({})


def open_test(page: Page, number: int) -> None:
    page.keyboard.press("Escape")
    page.locator("#failures article a").nth(number).click()
    expect(page.locator("#run .name code")).to_have_text(f"t.py::test_{number}")


def test_large_deep_and_not_there(seen: Seen, tmp_path: Path) -> None:
    """A foreach of 500 items, workflows nested five deep on a phone, a workflow that is not there, and all printed."""
    path = page_of(tmp_path, acted(items), acted(nested), acted(ask_for_nothing))
    page = seen.open(path)
    assert page.evaluate(COVERED, "#failures") == 0
    open_test(page, 0)
    expect(page.locator("#run .box .count")).to_have_text(f"343 of {ITEMS}")
    assert page.evaluate(COVERED, "#run") == 0
    told = page.locator(".story .event").all_inner_texts()
    assert [one.replace("\n", " ").partition("step-")[2] for one in told] == [
        "start item",
        "progress, success \N{MULTIPLICATION SIGN}333 item",
        "progress, failed item",
        "progress, success \N{MULTIPLICATION SIGN}9 item",
        "result item",
    ]
    # what no step tells, the test does
    open_test(page, 2)
    expect(page.locator("#run .drawing")).to_have_count(0)
    assert "graph" not in page.locator("#run .name.run").inner_text()
    page.set_viewport_size({"width": 390, "height": 844})
    open_test(page, 1)
    assert page.locator(".timeline .step").count() == 9
    assert page.locator(".timeline .step").evaluate_all(CUT) == 0
    # where the keyboard is looks otherwise than what is chosen
    page.locator("#run .drawing").focus()
    page.keyboard.press("Tab")
    looks = page.evaluate(RINGS)
    assert looks == {"focused": ["dashed", "1.25px"], "chosen": ["none", "3px"]}
    page.emulate_media(media="print")
    expect(page.locator("#run .copy", has_text="copy").first).to_be_hidden()
    bar = page.locator(".timeline .bar").first
    assert bar.evaluate("(bar) => getComputedStyle(bar).printColorAdjust") == "exact"
