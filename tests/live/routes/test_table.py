"""The table of routes in docs/client.md says what the installed server has, and what we have for it."""

from __future__ import annotations

import pytest

from tests.live.install import ServerUnavailable
from tests.live.routes.table import OURS, PAGE, Route, installed_routes, on_page, problems, server_version, written


@pytest.fixture(scope="module")
def routes() -> list[Route]:
    """The routes of the installed server."""
    try:
        return installed_routes()
    except ServerUnavailable as reason:
        pytest.skip(str(reason))


def test_every_route_and_option_has_its_row_or_its_reason(routes: list[Route]) -> None:
    """A route or an option that is new with a server wants a method, an argument, or a reason."""
    assert problems(routes) == []
    assert all(ours.call is not None or ours.why for ours in OURS.values())


def test_the_table_is_what_is_written(routes: list[Route]) -> None:
    """`python -m tests.live.routes.table` writes it anew."""
    assert on_page(PAGE.read_text(encoding="utf-8")).strip() == written(routes, server_version()).strip()


def test_what_is_new_is_noticed(routes: list[Route]) -> None:
    """A route, and an option of a known one, that nobody has heard of."""
    first = routes[0]
    odd = [Route(first.name, (*first.options, "dryRun")), Route("GET /workflows/odd", ()), *routes[1:]]
    assert problems(odd) == [
        "GET /workflows/odd is new: give it a row in OURS",
        "GET /workflows takes dryRun: give MastraClient.list_workflows an argument, or OURS a reason",
    ]
