"""The browser, and the page of a suite, made once."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.page.browser.suite import SUITE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# of the extra `dev`; where it is missing, `-m browser` finds no test, which fails
TESTS = ["test_page.py", "test_faults.py", "test_differences.py", "test_looks.py", "test_parts.py", "test_targets.py"]
collect_ignore = [] if find_spec("playwright") else TESTS

ARGUMENTS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or "/usr/bin/chromium"
    if not Path(path).is_file():
        pytest.fail("there is no chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the suite."""
    folder = tmp_path_factory.mktemp("suite")
    (folder / "test_shop.py").write_text(SUITE, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "pytest_mastra.plugin", "-p", "no:cacheprovider"]
    environment = {
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONPATH": str(Path(__file__).parents[3]),
        "PATH": "/usr/bin:/bin",
    }
    subprocess.run([*command, "--mastra-html=page.html"], cwd=folder, env=environment, check=False, capture_output=True)
    return folder / "page.html"


class Seen:
    """A page that is open, and what the browser said of it.

    Attributes:
        page: The page.
        said: What stood in the console, and errors.
        asked: What was loaded besides the page.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.said: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("dialog", lambda dialog: self.said.append(f"dialog {dialog.message}"))
        page.on("request", lambda request: self.asked.append(request.url))

    def open(self, path: Path, link: str = "") -> Page:
        """Open a page from disk."""
        self.page.goto(f"{path.as_uri()}{link}")
        self.page.wait_for_selector("body[data-ready]")
        return self.page


@pytest.fixture
def context_options() -> dict[str, Any]:
    return {}


@pytest.fixture
def seen(browser: Browser, context_options: dict[str, Any]) -> Iterator[Seen]:
    """A browser's window; it is an error if the page says anything there, or loads anything."""
    context = browser.new_context(**context_options)
    context.set_default_timeout(20_000)
    watched = Seen(context.new_page())
    yield watched
    context.close()
    assert watched.said == []
    assert len({url.partition("#")[0] for url in watched.asked}) <= 1
