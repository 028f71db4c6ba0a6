"""A page of much data in a browser: of it only the list is opened at first, and of the rest what is looked at."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from pytest_mastra.page import tested
from pytest_mastra.page.page import link_of, render
from pytest_mastra.page.session import Session
from pytest_mastra.report.trace_reader import Trace, TracedRun
from tests.page.browser.conftest import Seen
from tests.page.pages import read_page

pytestmark = pytest.mark.browser

COUNT = 5
INFLATED = """
const pipe = ReadableStream.prototype.pipeThrough;
window.inflated = 0;
ReadableStream.prototype.pipeThrough = function (...rest) { window.inflated++; return pipe.apply(this, rest); };
"""


def one_test(number: int) -> tested.Tested:
    """Return a test whose trace fills most of a part."""
    noise = "".join(f"{number}{index:06d}" for index in range(100_000))
    account = {"status": "success", "steps": {"pay": {"status": "success", "output": {"number": number}}}}
    run = TracedRun(0, "order", f"run-{number}", "success", 0.0, {"noise": noise}, account, [])
    name = f"t.py::test_{number}"
    trace = Trace(name, "passed", {}, "fake", "", is_virtual=True, epoch=0.0, versions={}, runs=[run])
    return tested.tested_of_trace(trace, "")


def test_parts_are_opened_when_they_are_looked_at(seen: Seen, tmp_path: Path) -> None:
    """The list needs none; a test needs its own, and so does a run that it is compared with."""
    path = tmp_path / "page.html"
    path.write_bytes(render([one_test(number) for number in range(COUNT)], Session()).html)
    assert len(read_page(path).parts) > 2
    seen.page.add_init_script(INFLATED)
    page = seen.open(path)
    expect(page.locator("#others li")).to_have_count(COUNT)
    assert page.evaluate("inflated") == 1
    page.locator("#others a").first.click()
    expect(page.locator(".panel")).to_contain_text("order")
    assert page.evaluate("inflated") == 2
    page.get_by_label("Compare with").select_option(label=f"✓ test_{COUNT - 1}, fake, run-{COUNT - 1}")
    # of two tests neither is the one before
    expect(page.locator(".comparison thead")).not_to_contain_text("Before")
    expect(page.locator(".comparison")).to_contain_text(f"output.number 0 → {COUNT - 1}")
    assert page.evaluate("inflated") == 3
    # what is open already is not opened again
    page.get_by_role("link", name="All tests").click()
    page.locator("#others a").last.click()
    expect(page.locator(".name code").first).to_have_text(f"t.py::test_{COUNT - 1}")
    assert page.evaluate("inflated") == 3
    seen.open(path, link_of("t.py::test_2", "run-2", "pay"))
    expect(page.locator(".panel")).to_contain_text("number: 2")
