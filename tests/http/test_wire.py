"""What stood on the wire is noted as it was."""

from __future__ import annotations

from pytest_mastra.http.wire import below_origin


class QuietAddress(str):
    """Shows itself without its query, as the client's do where urllib3 logs them."""

    __slots__ = ()

    def __str__(self) -> str:
        return self.partition("?")[0]


def test_a_target_is_told_whole() -> None:
    """A recording of an address that hides its query has the query, wherever it is shown."""
    assert f"{below_origin(QuietAddress('/runs?fields=error'))}" == "/runs?fields=error"
