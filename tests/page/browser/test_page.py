"""The page in a browser: what is seen, chosen, typed and copied there, and that nothing else happens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from pytest_mastra.page import tested
from pytest_mastra.page.page import link_of, render
from pytest_mastra.page.session import Session
from pytest_mastra.report.trace_reader import Trace, TracedRun
from tests.page.browser.conftest import Seen

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
NAMELESS = (Path(__file__).parent / "nameless.js").read_text(encoding="utf-8")


def shown_tests(page: Page) -> list[str]:
    """Return the tests that are listed, failed ones first."""
    names = page.locator("#failures article:visible .name code, #others .test").all_inner_texts()
    return [name.split("\n")[0].rpartition("::")[2] for name in names]


DRAWINGS = {"graph": "#run .drawing", "timeline": ".timeline", "story": ".story"}


def expect_chosen(page: Page, step: str, **counts: int) -> None:
    """Wait until a step alone is chosen in drawings, in as many places of each as are said."""
    for name, count in counts.items():
        place = f"{DRAWINGS[name]} .selected"
        expect(page.locator(f"{place}[data-step^={step}]")).to_have_count(count)
        expect(page.locator(place)).to_have_count(count)


def test_it_opens_from_disk(seen: Seen, report: Path) -> None:
    """All tests are there, the failed ones drawn; nothing is loaded, and the console is empty."""
    page = seen.open(report)
    expect(page.locator("h1")).to_have_text("5 of 8 tests failed")
    assert shown_tests(page) == [
        *("test_declined", "test_waits", "test_other", "test_hostile", "test_long"),
        *("test_small", "test_large", "test_skipped"),
    ]
    expect(page.locator("#failures article").first).to_contain_text("order failed in step charge")
    assert seen.asked == [report.as_uri()]
    assert page.evaluate("performance.getEntriesByType('resource').length") == 0


def test_filters(seen: Seen, report: Path) -> None:
    """Outcome, workflow and text narrow the tests; what is left is said."""
    page = seen.open(report)
    page.get_by_role("button", name="passed").click()
    assert shown_tests(page) == ["test_small", "test_large"]
    expect(page.locator("#live")).to_have_text("2 tests shown")
    page.get_by_role("button", name="failed").click()
    page.get_by_label("Workflow", exact=True).select_option("order")
    assert shown_tests(page) == ["test_declined", "test_waits", "test_small", "test_large"]
    page.get_by_label("Filter tests by text").fill("CARD decl")
    expect(page.locator("#live")).to_have_text("1 test shown")
    assert shown_tests(page) == ["test_declined"]
    page.get_by_label("Filter tests by text").fill("nothing like it")
    expect(page.get_by_text("No test matches.")).to_be_visible()


def test_one_selection(seen: Seen, report: Path) -> None:
    """A run opens at the step that failed; a step chosen in one drawing is chosen in all, and in the address."""
    page = seen.open(report)
    page.locator("#failures article").first.get_by_role("link").click()
    expect_chosen(page, "charge", graph=1, timeline=1, story=2)
    expect(page.locator(".panel")).to_contain_text("card declined")
    page.locator(".timeline").get_by_role("button", name="ask-manager").click()
    expect_chosen(page, "ask-manager", graph=1, story=4)
    expect(page.locator(".panel")).to_contain_text("Pay 900?")
    expect(page.locator(".panel")).to_contain_text('by: "Ines"')
    page.locator("#run .drawing [data-step=check]").click()
    expect_chosen(page, "check", timeline=1)
    page.locator(".story details[data-step=charge] summary").last.click()
    expect_chosen(page, "charge", graph=1)
    assert page.url.endswith("/charge")
    # what was not come to is told so, and cannot be chosen
    mail = page.locator("#run .drawing g[aria-disabled]", has_text="mail")
    assert (mail.get_attribute("aria-label") or "").endswith("not reached")


def test_the_break_of_a_wait(seen: Seen, report: Path) -> None:
    """An hour's sleep is shrunk, hatched, and has its length."""
    page = seen.open(report, "#test_shop.py%3A%3Atest_large")
    expect(page.locator(".scale")).to_contain_text("// 1 h 00 min //")
    assert page.locator(".timeline .break").count() > 0
    wide = page.locator(".timeline [data-step^=sleep] .bar").bounding_box()
    whole = page.locator(".timeline [data-step^=sleep] .bars").bounding_box()
    assert wide is not None
    assert whole is not None
    assert wide["width"] < whole["width"] / 5


def test_polls_are_folded(seen: Seen, report: Path) -> None:
    """Polls that say the same are one line, which unfolds."""
    page = seen.open(report, "#test_shop.py%3A%3Atest_declined")
    polls = page.locator(".story .polls summary").first
    expect(polls).to_contain_text("poll")
    polls.click()
    expect(page.locator(".story .polls .target").first).to_contain_text("/runs/")


def test_a_deep_link(seen: Seen, report: Path) -> None:
    """An address that names test, run and step opens there, also after a reload; one that is of nothing opens all."""
    page = seen.open(report)
    page.locator("#failures article").nth(1).get_by_role("link").click()
    page.locator(".timeline").get_by_role("button", name="check").click()
    link = page.url.partition("#")[2]
    page.reload()
    expect(page.locator("#run .drawing .selected")).to_have_attribute("data-step", "check")
    seen.open(report, f"#{link}")
    expect(page.locator(".panel h3")).to_contain_text("check")
    page.goto(f"{report.as_uri()}#no-such-test")
    expect(page.locator("#all")).to_be_visible()


def test_keys_alone(seen: Seen, report: Path) -> None:
    """From the filter to a test, a run, a step, the next failure and back, without a mouse."""
    page = seen.open(report)
    page.keyboard.press("/")
    page.keyboard.type("card")
    expect(page.locator("#live")).to_have_text("1 test shown")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#run .drawing .selected")).to_have_attribute("data-step", "charge")
    page.keyboard.press("k")
    expect_chosen(page, "sleep", graph=1)
    page.keyboard.press("n")
    expect(page.locator("h2.sentence")).to_contain_text("is suspended at ask-manager")
    page.keyboard.press("Escape")
    expect(page.locator("#all")).to_be_visible()
    # a step of the graph is reached by Tab, and chosen by Enter
    page.locator("#failures article a").first.press("Enter")
    page.locator("#run .drawing").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#run .drawing .selected")).to_have_attribute("data-step", "check")
    expect(page.locator("#live")).to_have_text("check, succeeded")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("context_options", [{}, PHONE], ids=["desktop", "phone"])
def test_it_can_be_read(seen: Seen, report: Path, scheme: Any) -> None:
    """On a desktop and a phone, light and dark: nothing is cut at the side, and all text has contrast."""
    page = seen.page
    page.emulate_media(color_scheme=scheme)
    seen.open(report)
    for link in ("", "#test_shop.py%3A%3Atest_declined", "#test_shop.py%3A%3Atest_waits"):
        page.goto(f"{report.as_uri()}{link}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), link
        assert page.evaluate(CONTRAST) == [], link


@pytest.mark.parametrize("context_options", [{"java_script_enabled": False}], ids=["off"])
def test_without_scripts(seen: Seen, report: Path) -> None:
    """The counts, and each failed test with its sentence and drawing, are there."""
    page = seen.page
    page.goto(report.as_uri())
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator("article h2").first).to_contain_text("order failed in step charge")
    assert page.locator("#failures svg.graph:visible").count() == 3
    box = page.locator("article svg.graph").first.bounding_box()
    assert box is not None
    assert box["width"] > 400
    expect(page.locator("noscript")).to_be_visible()
    expect(page.locator("#filters")).to_be_hidden()


def test_hostile_values(seen: Seen, report: Path) -> None:
    """Tags, bidi and control characters, a megabyte, 10,000 items: shown as they are, a part at a time, and inert."""
    page = seen.open(report, "#test_shop.py%3A%3Atest_hostile")
    expect(page.locator("h2.sentence")).to_contain_text("<script>hacked=1</script> failed in step")
    expect(page.locator("h2.sentence")).to_contain_text("user\\u{202e}gnp.exe")
    page.locator(".timeline button").first.click()
    panel = page.locator(".panel")
    expect(panel).to_contain_text('"</script><script>hacked=1</script>"')
    expect(panel).to_contain_text("bell\\u0007 null\\u0000 escape\\u001b[31m")
    expect(panel.get_by_role("button", name="show all 900,000 characters").first).to_be_visible()
    panel.get_by_text("[10,000 items]").first.click()
    more = panel.get_by_role("button", name="Show 100 more of 10,000").first
    more.click()
    expect(panel.get_by_text("199", exact=True).first).to_be_visible()
    for _ in range(3):
        panel.locator("summary", has_text="a b").first.click()
    assert page.evaluate("window.hacked") is None
    assert page.locator("#run img, #run script, #failures img").count() == 0


def test_a_long_run(seen: Seen, report: Path) -> None:
    """200 steps and 2,000 events: all are reached, the story a part at a time."""
    page = seen.open(report, "#test_shop.py%3A%3Atest_long")
    assert page.locator(".timeline .row").count() == 201
    assert page.locator("#run .drawing .box").count() == 201
    expect(page.locator("#run .drawing")).to_contain_text("\N{MULTIPLICATION SIGN}1000")
    before = page.locator(".story li").count()
    page.get_by_role("button", name="Show 400 more of").click()
    assert page.locator(".story li").count() == before + 400


def test_copies(seen: Seen, report: Path) -> None:
    """A JSON path, the line that runs the test again, and the failure as Markdown."""
    page = seen.open(report, "#test_shop.py%3A%3Atest_large")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])

    def copied() -> str:
        return str(page.evaluate("navigator.clipboard.readText()"))

    page.locator(".timeline").get_by_role("button", name="charge").click()
    page.locator(".panel").get_by_role("button", name='"unit price"').click()
    expect(page.locator("#live")).to_have_text('Copied $.lines[0]["unit price"]')
    assert copied() == '$.lines[0]["unit price"]'
    page.locator(".panel .command").get_by_role("button", name="copy").click()
    expect(page.locator("#live")).to_have_text("Copied Run the test again")
    assert copied() == "pytest test_shop.py::test_large"
    page.goto(f"{report.as_uri()}#test_shop.py%3A%3Atest_declined")
    page.get_by_role("button", name="Copy as Markdown").click()
    expect(page.locator("#live")).to_have_text("Copied as Markdown")
    for part in (
        "### `order` failed in step `charge`\n",
        "Error: card declined",
        "- again: `pytest test_shop.py::test_declined`",
        "`check` (success) → `ask-manager` (success",
        '"customer": "Ada"',
        "resume_async → 200",
    ):
        assert part in copied()


def test_a_test_to_write_is_taken_whole(seen: Seen, report: Path) -> None:
    """A click on the test that coverage advises selects all of it."""
    page = seen.open(report)
    page.locator("#coverage .goals > summary").first.click()
    advised = page.locator("#coverage .goals .missed").first
    advised.locator("summary").click()
    advised.locator("pre").click()
    taken = page.evaluate("getSelection().toString()").strip()
    assert taken == advised.locator("pre").inner_text().strip()
    assert "def test_" in taken


def test_what_the_test_says(seen: Seen, report: Path) -> None:
    """It is folded below a run that failed, and stands open where the run went well, or there is none."""
    page = seen.open(report, "#test_shop.py%3A%3Atest_declined")
    expect(page.locator(".said pre").first).to_be_hidden()
    page.locator(".said summary").first.click()
    expect(page.locator(".said pre").first).to_contain_text("assert order(declined=True).ok")
    page.goto(f"{report.as_uri()}#test_shop.py%3A%3Atest_long")
    expect(page.locator(".said pre").first).to_be_visible()
    page.goto(f"{report.as_uri()}#test_shop.py%3A%3Atest_other")
    expect(page.locator(".said pre").first).to_be_visible()
    expect(page.locator(".said pre").nth(1)).to_have_text("<b>printed</b>\n")


def test_comparing(seen: Seen, report: Path) -> None:
    """Two runs of a workflow, step by step: what differs, and what one of them did not come to."""
    page = seen.open(report, "#test_shop.py%3A%3Atest_large")
    others = page.locator("#compare option").all_inner_texts()
    page.get_by_label("Compare with").select_option(label=next(one for one in others if "test_small" in one))
    table = page.locator(".comparison")
    row = table.locator("tr", has=page.locator("th", has_text="check"))
    expect(row).to_contain_text("output.amount 5 → 900")
    expect(table.locator("tr", has=page.locator("th", has_text="auto"))).to_contain_text("not reached")
    page.get_by_label("Compare with").select_option(label=next(one for one in others if "test_waits" in one))
    expect(table.locator("tr", has=page.locator("th", has_text="check"))).to_have_class("same")
    expect(table.locator("tr", has=page.locator("th", has_text="mail"))).to_contain_text("not reached")
    # what was later is now, whichever of the two is looked at
    page.goto(f"{report.as_uri()}#test_shop.py%3A%3Atest_small")
    page.get_by_label("Compare with").select_option(label=next(one for one in others if "test_waits" in one))
    expect(row).to_contain_text("output.amount 5 → 900")


def test_names_for_screen_readers(seen: Seen, report: Path) -> None:
    """Landmarks, headings, and what can be pressed have names."""
    page = seen.open(report, "#test_shop.py%3A%3Atest_declined")
    expect(page.get_by_role("main")).to_be_visible()
    expect(page.get_by_role("complementary", name="Step")).to_be_visible()
    expect(page.get_by_role("button", name="step charge, failed")).to_be_visible()
    expect(page.get_by_role("button", name="charge, failed, 0 ms")).to_be_visible()
    assert page.evaluate(NAMELESS) == 0


def test_a_browser_that_cannot_inflate(browser: Browser, report: Path) -> None:
    """What failed is still there, and why there is no more is said."""
    page = browser.new_page()
    page.add_init_script("delete window.DecompressionStream")
    page.goto(report.as_uri())
    expect(page.get_by_text("This browser cannot open the data of the page")).to_be_visible()
    expect(page.locator("article h2").first).to_be_visible()
    page.close()


def test_a_live_run_is_gone_through_again_from_a_step(seen: Seen, tmp_path: Path) -> None:
    """The command has the run's ids and its server, quoted for a shell."""
    account = {"status": "success", "steps": {"pay out": {"status": "success", "output": 1}}}
    run = TracedRun(0, "order", "run-1", "success", 0.0, {}, account, [])
    url = "http://localhost:4111"
    trace = Trace("t.py::test_it", "passed", {}, "live", url, is_virtual=False, epoch=0.0, versions={}, runs=[run])
    path = tmp_path / "page.html"
    path.write_bytes(render([tested.tested_of_trace(trace, "")], Session()).html)
    page = seen.open(path, link_of("t.py::test_it", "run-1", "pay out"))
    command = page.locator(".command", has_text="Run it from this step").locator("pre")
    expect(command).to_have_text("mastra-sync time-travel order run-1 'pay out' --url http://localhost:4111")
