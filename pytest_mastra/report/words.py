"""Secrets in what pytest itself says of a failure: values beside a failed assertion, arguments of what raised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

    from pytest_mastra.redact.scrubber import Scrubber

_FAILURE = "E   "
"""What pytest begins the lines with that are not source."""


def scrub(report: pytest.TestReport, scrubber: Scrubber) -> None:
    """Take secrets out of a failure's text, whatever pytest made it of; lines of source stay as they are written.

    Args:
        report: Of a failed test; is changed.
        scrubber: Knows the secrets.
    """
    shown: Any = report.longrepr
    last = (getattr(shown, "reprtraceback", None), getattr(shown, "reprcrash", None), None)
    for traceback, crash, _ in getattr(shown, "chain", None) or [last]:
        if crash is not None:
            crash.message = scrubber.text(crash.message)
        for entry in getattr(traceback, "reprentries", []):
            _scrub_entry(entry, scrubber)


def _scrub_entry(entry: Any, scrubber: Scrubber) -> None:
    is_source = entry.style in ("long", "short")
    entry.lines = [line if is_source and not line.startswith(_FAILURE) else scrubber.text(line) for line in entry.lines]
    arguments = getattr(entry, "reprfuncargs", None)
    if arguments is not None:
        arguments.args = [(name, scrubber.text(value)) for name, value in arguments.args]
    variables = getattr(entry, "reprlocals", None)
    if variables is not None:
        variables.lines = [scrubber.text(line) for line in variables.lines]
