"""What this project adds to pytest's terminal summary, without secrets: nothing else writes there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

    from pytest_mastra.redact.scrubber import Scrubber


class Summary:
    """A section of the terminal summary.

    Args:
        reporter: pytest's.
        scrubber: Takes out what it knows, and what stands under a sensitive name.
    """

    def __init__(self, reporter: pytest.TerminalReporter, scrubber: Scrubber) -> None:
        self._reporter = reporter
        self._scrubber = scrubber

    def begin(self, title: str, **markup: Any) -> None:
        """Write the section's title, on a line of its own."""
        self._reporter.ensure_newline()
        self._reporter.section(self._scrubber.text(title), **markup)

    def line(self, text: str, **markup: bool) -> None:
        """Write a line."""
        self._reporter.write_line(self._scrubber.text(text), **markup)

    def lines(self, texts: Iterable[str]) -> None:
        """Write lines."""
        for text in texts:
            self.line(text)
