"""`python -m tests.page.picture`: takes the picture of the report page anew, for README and docs/report.md.

It is of the example suite, whose workflow is told to decline cards.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "tests" / "examples"
PICTURE = ROOT / "docs" / "images" / "report.png"

PAID = '    return {"paid": decision["amount"], "approvedBy": decision["by"]}\n'
DECLINED = f"""    if decision["amount"] > 500:
        raise StepError("card declined: insufficient funds")
{PAID}"""


def page_of_failures(folder: Path) -> Path:
    """Have pytest write the page of the example suite, with tests that fail, and return its path."""
    suite = folder / "expenses"
    shutil.copytree(EXAMPLES, suite, ignore=shutil.ignore_patterns("__pycache__"))
    declared = suite / "conftest.py"
    code = declared.read_text(encoding="utf-8")
    declared.write_text(code.replace(PAID, DECLINED), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "pytest_mastra.plugin"]
    plugins = ["-p", "syrupy"]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT)}
    subprocess.run(
        [*command, *plugins, "--mastra-html=report.html", "expenses"], cwd=folder, env=environment, check=False
    )
    return folder / "report.html"


def main() -> None:
    """Take the picture."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page = page_of_failures(Path(folder))
        chromium = shutil.which("chromium") or "/usr/bin/chromium"
        browser = playwright.chromium.launch(executable_path=chromium, args=["--headless", "--no-sandbox"])
        window = browser.new_page(viewport={"width": 1200, "height": 760})
        window.goto(page.as_uri())
        window.wait_for_selector("body[data-ready]")
        window.screenshot(path=str(PICTURE))
        browser.close()
    print(f"{PICTURE}: {PICTURE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
