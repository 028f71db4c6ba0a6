"""Why a request met nothing, and what came nearest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mastra_sync.suggest import did_you_mean, nearest_name
from pytest_mastra.fake.api.journal import Request

if TYPE_CHECKING:
    from pytest_mastra.fake.api.routes import Route
    from pytest_mastra.fake.server import FakeMastra


def explain_stray(server: FakeMastra, routes: Sequence[Route], request: Request) -> str:
    """Return in one or two lines what is wrong with a request that met nothing."""
    if request.verb is not None:
        return _unknown_workflow(server, request.workflow_id or "")
    if not request.path.startswith(server.api_prefix):
        return f"{request.method} {request.path} is not below {server.api_prefix}."
    path = request.path[len(server.api_prefix) :]
    others = [route for route in routes if route.pattern.fullmatch(path)]
    if others:
        methods = " or ".join(sorted({route.method for route in others}))
        return f"{request.path} is called with {methods}, not with {request.method}."
    last = path.rpartition("/")[2]
    known = {route.path.rpartition("/")[2]: route for route in routes}
    near = nearest_name(last, known)
    hint = "" if near is None else f" The nearest route is {known[near].method} {server.api_prefix}{known[near].path}."
    return f"There is no route {request.method} {request.path}.{hint}"


def _unknown_workflow(server: FakeMastra, name: str) -> str:
    known = list(server.server_state.workflows)
    hint = did_you_mean(nearest_name(name, known), before=" ", capital=True)
    listed = ", ".join(map(repr, known)) or "none"
    return f"There is no workflow {name!r}.{hint} Declared: {listed}."
