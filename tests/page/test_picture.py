"""The picture of the report page can be taken anew."""

from __future__ import annotations

from tests.page.picture import EXAMPLES, PAID


def test_the_example_suite_can_be_told_to_decline() -> None:
    """The line of its workflow that the picture's suite has otherwise is there, once."""
    assert (EXAMPLES / "conftest.py").read_text(encoding="utf-8").count(PAID) == 1
