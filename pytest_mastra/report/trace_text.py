"""A trace as the text that is kept or carried: lines of JSON, without secrets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from pytest_mastra.report.redacted import leave_scene, redact_scene
from pytest_mastra.report.trace_records import PARTIAL, lines_of

if TYPE_CHECKING:
    from pytest_mastra.redact.scrubber import Scrubber
    from pytest_mastra.suite.scene import Scene


def trace_text(scene: Scene, scrubber: Scrubber, phases: Mapping[str, str]) -> bytes:
    """Return a test's trace without secrets.

    Args:
        scene: The test's.
        scrubber: Takes the secrets out; learns those that no exchange has.
        phases: The outcome of each phase of the test so far: `setup`, `call`, `teardown`.
    """
    told = leave_scene(scene, scrubber)
    text = "" if told is None else _joined(lines_of(scene, told, phases))
    # in what is cut, or is no text, nobody would find a secret
    if told is None or any(mark in text for mark in PARTIAL) or not scrubber.is_clean(text):
        text = _joined(lines_of(scene, redact_scene(scene, scrubber), phases))
    # half a character is nothing that goes over to another process
    return text.encode("utf-8", "backslashreplace")


def _joined(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
