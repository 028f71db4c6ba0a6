"""The note under the client's exceptions, in a report: where the documentation explains them."""

from __future__ import annotations

from mastra_sync.documentation import see_error, slug_of
from pytest_mastra.explain.loaded_classes import loaded_classes

_OURS = ("mastra_sync.errors", "MastraError")


def add_documentation_note(error: BaseException) -> None:
    """Add the address of its explanation to an exception of the client's, once, as a note.

    pytest shows notes, of all Pythons. It is added when a test has failed of the exception, and not when the exception
    is made: `pytest.raises(match=...)` looks at notes too.

    Args:
        error: How a test, or a fixture, ended.
    """
    if not isinstance(error, loaded_classes(_OURS)):
        return
    # one that users derive is explained where its nearest of ours is
    ours = next(kind for kind in type(error).__mro__ if kind.__module__ == "mastra_sync")
    note = see_error(slug_of(ours.__name__))
    notes = getattr(error, "__notes__", [])
    if note not in notes:
        # Python 3.10 has no `add_note`
        error.__notes__ = [*notes, note]  # type: ignore[attr-defined,unused-ignore]
