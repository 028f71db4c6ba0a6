"""The files that a session was asked for, of which no two may be the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_mastra.coverage.wishes import WishError, parse_reports
from pytest_mastra.suite.settings import EXPLICIT_ORIGINS, page_path, summary_setting, usage_error


def refuse_shared(config: pytest.Config) -> None:
    """Refuse one file for two outputs: the second would take the place of the first.

    Raises:
        UsageError: Two outputs would go to the same file.
    """
    names: dict[Path, str] = {}
    for name, given in _outputs(config):
        path = (config.invocation_params.dir / given).resolve()
        if path in names:
            raise usage_error(
                f"{names[path]} and {name} would go to the same file {given}: name another for one of them"
            )
        names[path] = name


def _outputs(config: pytest.Config) -> Iterator[tuple[str, str]]:
    """Give what would be written, and where."""
    page = page_path(config)
    if page is not None:
        yield "--mastra-html", page
    summary = summary_setting(config)
    if summary is not None and summary.origin in EXPLICIT_ORIGINS:
        yield "--mastra-summary", summary.value
    forms = config.getoption("mastra_coverage") or config.getini("mastra_coverage")
    try:
        reports = parse_reports(str(forms), "") if forms else []
    except WishError:
        # whoever reads them for themselves says what is wrong
        reports = []
    yield from (("--mastra-coverage", report.path) for report in reports if report.path)
